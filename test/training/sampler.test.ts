import { expect, test } from "vitest";
import { createSampler } from "../../main/training/sampler.ts";

const allBatches = (sampler: ReturnType<typeof createSampler>, epoch: number) =>
  Array.from({ length: sampler.stepsPerEpoch }, (_, i) => [...sampler.batch(epoch, i)]);

test("a shuffled epoch shows every case once, in another order each epoch", () => {
  const sampler = createSampler(new Array(24).fill(0), { batchSize: 8, balanced: false, seed: 1 });
  const [first, second] = [allBatches(sampler, 0).flat(), allBatches(sampler, 1).flat()];
  const all = Array.from({ length: 24 }, (_, i) => i);
  expect([...first].sort((a, b) => a - b)).toEqual(all);
  expect([...second].sort((a, b) => a - b)).toEqual(all);
  expect(second).not.toEqual(first);
});

test("batches are always full: the last is topped up from a fresh shuffle", () => {
  const sampler = createSampler(new Array(10).fill(0), { batchSize: 4, balanced: false, seed: 1 });
  const batches = allBatches(sampler, 0);
  expect(batches.map((batch) => batch.length)).toEqual([4, 4, 4]);
  expect(new Set(batches.flat()).size).toBe(10);
});

test("balanced batches hold every class equally often, though one has a tenth of the cases", () => {
  const classes = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const sampler = createSampler(classes, { batchSize: 16, balanced: true, seed: 3 });
  for (const epoch of [0, 1]) {
    for (const batch of allBatches(sampler, epoch)) {
      expect(batch.filter((i) => classes[i] === 1).length).toBe(8);
    }
  }
  // Each of the 20 rare cases was dealt before any came a sixth time: 104 draws from a deck of 20.
  const draws = allBatches(sampler, 0).flat();
  const times = Array.from({ length: 200 }, (_, i) => draws.filter((j) => j === i).length).filter(
    (_, i) => classes[i] === 1,
  );
  expect(Math.min(...times)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...times)).toBeLessThanOrEqual(6);
});

test("a class without cases takes no place, and class numbers need not be dense", () => {
  const sampler = createSampler([0, 0, 5, 5], { batchSize: 2, balanced: true, seed: 3 });
  for (const batch of allBatches(sampler, 0)) expect(batch.map((i) => (i < 2 ? 0 : 5)).sort()).toEqual([0, 5]);
});

test("any batch can be asked for alone: a resumed run sees what the undisturbed one saw", () => {
  const make = () =>
    createSampler(
      Array.from({ length: 50 }, (_, i) => i % 3),
      { batchSize: 8, balanced: true, seed: 9 },
    );
  const undisturbed = make();
  const seen = [0, 1, 2, 3].map((epoch) => allBatches(undisturbed, epoch));
  expect([...make().batch(3, 4)]).toEqual(seen[3]![4]);
  const other = createSampler(
    Array.from({ length: 50 }, (_, i) => i % 3),
    { batchSize: 8, balanced: true, seed: 10 },
  );
  expect([...other.batch(3, 4)]).not.toEqual(seen[3]![4]);
});

test("a set smaller than the batch makes one batch of its own size; an empty one is refused", () => {
  const sampler = createSampler([0, 1, 0], { batchSize: 32, balanced: false, seed: 1 });
  expect([...sampler.batch(0, 0)].sort()).toEqual([0, 1, 2]);
  expect(() => createSampler([], { batchSize: 4, balanced: true, seed: 1 })).toThrow(
    expect.objectContaining({ code: "snapshot/part-empty" }),
  );
});

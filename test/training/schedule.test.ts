import { expect, test } from "vitest";
import { afterEpoch, learningRateAt, NO_PLATEAU } from "../../main/training/schedule.ts";

const cosine = { schedule: "cosine", learningRate: 0.1, warmUp: 0.05 } as const;

test("constant stays", () => {
  expect([0, 50, 99].map((step) => learningRateAt({ ...cosine, schedule: "constant" }, step, 100))).toEqual([
    0.1, 0.1, 0.1,
  ]);
});

test("cosine rises over 5 % of the steps to the full rate, falls ever after, and the last step still moves", () => {
  const rates = Array.from({ length: 200 }, (_, step) => learningRateAt(cosine, step, 200));
  expect(rates[0]).toBeCloseTo(0.01);
  expect(rates[9]).toBe(0.1);
  expect(rates[10]).toBe(0.1);
  for (let step = 11; step < 200; step++) expect(rates[step]).toBeLessThan(rates[step - 1]!);
  expect(rates[105]).toBeCloseTo(0.05, 12);
  expect(rates[199]).toBeGreaterThan(0);
});

test("a run of one step learns at the full rate", () => {
  expect(learningRateAt(cosine, 0, 1)).toBe(0.1);
});

test("step rises over the warm-up, then falls to a tenth at a half and at three quarters", () => {
  const at = (step: number): number => learningRateAt({ ...cosine, schedule: "step" }, step, 200);
  expect(at(0)).toBeCloseTo(0.01, 12);
  expect([at(10), at(99)]).toEqual([0.1, 0.1]);
  expect([at(100), at(149)]).toEqual([at(100), at(100)]);
  expect(at(100)).toBeCloseTo(0.01, 12);
  expect(at(150)).toBeCloseTo(0.001, 12);
});

test("one-cycle has the first, highest and last rate of PyTorch's OneCycleLR", () => {
  const at = (step: number): number => learningRateAt({ ...cosine, schedule: "one-cycle" }, step, 101);
  expect(at(0)).toBeCloseTo(0.1 / 25, 12);
  expect(at(30)).toBeCloseTo(0.1, 12);
  expect(at(65)).toBeCloseTo((0.1 + 0.1 / 250_000) / 2, 12);
  expect(at(100)).toBeCloseTo(0.1 / 250_000, 12);
});

test("plateau falls to a tenth after five epochs that were no better, and counts anew after each fall", () => {
  const better = [true, false, false, false, false, false, false, true, false, false, false, false, false, false];
  let plateau = NO_PLATEAU;
  const reductions = better.map((isBest, epoch) => {
    plateau = afterEpoch(plateau, epoch, isBest);
    return plateau.reductions;
  });
  expect(reductions).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
  expect(learningRateAt({ ...cosine, schedule: "plateau" }, 100, 200, plateau)).toBeCloseTo(0.001, 12);
});

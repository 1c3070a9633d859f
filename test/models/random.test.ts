import { expect, test } from "vitest";
import { createRandom } from "../../main/models/random.ts";

test("the same key gives the same stream, and any other key another one", () => {
  const draw = (...key: number[]) => {
    const random = createRandom(...key);
    return Array.from({ length: 8 }, () => random.uint32()).join();
  };
  const streams = [[], [0], [1], [0, 0], [0, 1], [1, 0], [2 ** 32], [2 ** 32 + 1]].map((key) => draw(...key));
  expect(new Set(streams).size).toBe(streams.length);
  expect(draw(1, 2, 3)).toBe(draw(1, 2, 3));
});

test("the stream of a key never changes between versions: saved runs must resume", () => {
  const random = createRandom(7, 1);
  expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([4256912488, 1499684864, 2141532133]);
});

test("uniform, below and normal have the moments of their distributions", () => {
  const random = createRandom(3);
  const n = 100_000;
  let [uniform, normal, square] = [0, 0, 0];
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    uniform += random.uniform() / n;
    const z = random.normal();
    normal += z / n;
    square += (z * z) / n;
    counts[random.below(5)]!++;
  }
  // Five standard errors of each mean.
  expect(Math.abs(uniform - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(n));
  expect(Math.abs(normal)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(square - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n));
  for (const count of counts) expect(Math.abs(count / n - 0.2)).toBeLessThan((5 * 0.4) / Math.sqrt(n));
});

test("normal has the normal distribution's shares at every distance, and its tail", () => {
  const random = createRandom(5);
  const n = 400_000;
  const values = Float64Array.from({ length: n }, () => random.normal());
  // Phi(z), NIST DLMF 7.2; 3.442619855899 is where the ziggurat's tail begins.
  const shares: readonly [number, number][] = [
    [-3.442619855899, 2.8804e-4],
    [-2.5, 6.20967e-3],
    [-1, 0.15865525],
    [-0.3, 0.38208858],
    [0, 0.5],
    [0.1, 0.53982784],
    [1.7, 0.95543454],
    [2, 0.97724987],
    [3.442619855899, 1 - 2.8804e-4],
    [3.8, 1 - 7.2348e-5],
  ];
  for (const [z, share] of shares) {
    const found = values.reduce((count, value) => count + (value < z ? 1 : 0), 0) / n;
    // Five standard errors.
    expect(Math.abs(found - share), `below ${z}`).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / n));
  }
  expect(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(6.5);
});

test("shuffle keeps every value and reaches every order of three", () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const order = createRandom(seed).shuffle([0, 1, 2]);
    expect([...order].sort()).toEqual([0, 1, 2]);
    orders.add(order.join());
  }
  expect(orders.size).toBe(6);
});

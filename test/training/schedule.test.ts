import { expect, test } from "vitest";
import { learningRateAt } from "../../main/training/schedule.ts";

const cosine = { schedule: "cosine", learningRate: 0.1 } as const;

test("constant stays", () => {
  expect([0, 50, 99].map((step) => learningRateAt({ schedule: "constant", learningRate: 0.1 }, step, 100))).toEqual([
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

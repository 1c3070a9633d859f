import { expect, test } from "vitest";
import { averageRateAt } from "../../main/training/averaging.ts";

const follow = (average: "none" | "ema" | "swa", weights: readonly number[], accumulate = 1): number =>
  weights.reduce((mean, weight, step) => {
    const last = step % accumulate === accumulate - 1;
    const rate = averageRateAt({ average, accumulate }, step, weights.length);
    return last ? mean + rate * (weight - mean) : mean;
  }, 0);

const weights = Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898));
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("none is the last weight, swa the mean of the last quarter", () => {
  expect(follow("none", weights)).toBe(weights.at(-1));
  expect(follow("swa", weights)).toBeCloseTo(meanOf(weights.slice(300)), 12);
});

test("ema is the plain mean until it is full, then forgets: of a constant it is the constant, of a step it is on its way", () => {
  expect(follow("ema", weights.slice(0, 1).concat(new Array<number>(9).fill(weights[0]!)))).toBeCloseTo(
    weights[0]!,
    12,
  );
  const jump = [...new Array<number>(300).fill(0), ...new Array<number>(100).fill(1)];
  // 100 steps at a horizon of 40: 1 - (1 - 1/40)^100.
  expect(follow("ema", jump)).toBeCloseTo(1 - (1 - 1 / 40) ** 100, 12);
});

test("with gradients added up over four batches the average counts steps of the optimiser", () => {
  const slow = weights.flatMap((weight) => new Array<number>(4).fill(weight));
  for (const average of ["none", "ema", "swa"] as const) {
    expect(follow(average, slow, 4)).toBeCloseTo(follow(average, weights), 12);
  }
});

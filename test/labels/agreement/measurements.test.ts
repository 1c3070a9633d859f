import { describe, expect, test } from "vitest";
import {
  limitsOfAgreement,
  lineDistance,
  lineLength,
  pointDistance,
} from "../../../main/labels/agreement/measurements.ts";

/** Both papers print one decimal, and went on from rounded figures (s 38.8, t 2.12; standard error 3.64, t 1.99). */
const FROM_ROUNDED = 0.15;

describe("limits of agreement", () => {
  // Bland and Altman 1986, Table 1: peak expiratory flow, l/min, first measurements with both meters.
  const large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427];
  const mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451];

  test("Bland and Altman 1986: -2.1, limits -79.7 and 75.5 l/min, interval of the mean -22.1 to 17.8", () => {
    const found = limitsOfAgreement(mini, large, { multiplier: 2 })!;
    expect(found.cases).toBe(17);
    expect(found.deviation).toBeCloseTo(38.8, 1);
    const figures = [found.bias.value, found.lower.value, found.upper.value, found.bias.low!, found.bias.high!];
    [-2.1, -79.7, 75.5, -22.1, 17.8].forEach((printed, i) => {
      expect(Math.abs(figures[i]! - printed)).toBeLessThan(FROM_ROUNDED);
    });
  });

  test("Bland and Altman 1999, 85 subjects: limits -54.7 (-61.9 to -47.5) and 22.1 (14.9 to 29.3) from mean -16.29 and s 19.61", () => {
    const ramp = Array.from({ length: 85 }, (_, i) => i - 42);
    const spread = Math.sqrt(ramp.reduce((sum, x) => sum + x * x, 0) / 84);
    const differences = ramp.map((x) => -16.29 + (19.61 * x) / spread);
    const { lower, upper } = limitsOfAgreement(
      differences.map(() => 0),
      differences,
    )!;
    const figures = [lower.value, lower.low!, lower.high!, upper.value, upper.low!, upper.high!];
    [-54.7, -61.9, -47.5, 22.1, 14.9, 29.3].forEach((printed, i) => {
      expect(Math.abs(figures[i]! - printed)).toBeLessThan(FROM_ROUNDED);
    });
  });

  test("one case has no limits, equal readings have limits of no width", () => {
    expect(limitsOfAgreement([1], [2])).toBeNull();
    const same = limitsOfAgreement([1, 5, 9], [3, 7, 11])!;
    expect(same.lower).toEqual({ value: 2, low: 2, high: 2 });
    expect(() => limitsOfAgreement([1, 2], [3])).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    expect(() => limitsOfAgreement([1, 2], [3, Number.NaN])).toThrow("finite");
  });
});

describe("points and lines", () => {
  test("distances are in mm: rows and columns have spacings of their own", () => {
    expect(pointDistance([0, 0], [3, 4], [1, 1])).toBe(5);
    expect(pointDistance([0, 0], [6, 4], [1, 0.5])).toBe(5);
    expect(
      lineLength(
        [
          [0, 0],
          [6, 4],
          [6, 8],
        ],
        [1, 0.5],
      ),
    ).toBe(9);
    expect(lineLength([[2, 2]], [1, 1])).toBe(0);
  });

  test("parallel lines lie their distance apart, whichever way and with whichever corners they were drawn", () => {
    const a = [
      [0, 0],
      [10, 0],
    ] as const;
    const b = [
      [10, 3],
      [4, 3],
      [0, 3],
    ] as const;
    const found = lineDistance(a, b, [2, 1], 0.5)!;
    expect(found.mean).toBeCloseTo(6, 12);
    expect(found.farthest).toBeCloseTo(6, 12);
  });

  test("the farthest place is found between corners too, within half a step", () => {
    const straight = [
      [0, 0],
      [10, 0],
    ] as const;
    const tent = [
      [0, 0],
      [5, 4],
      [10, 0],
    ] as const;
    expect(lineDistance(straight, tent, [1, 1], 0.1)!.farthest).toBeCloseTo(4, 12);
    // From the middle of the straight line the tent is at 5 x 4 / sqrt(41).
    const middle = lineDistance([[5, 0]], tent, [1, 1], 0.1)!;
    expect(middle.farthest).toBeCloseTo(Math.hypot(5, 0), 12);
    expect(lineDistance([], tent, [1, 1], 0.1)).toBeNull();
    expect(() => lineDistance(straight, tent, [1, 1], 0)).toThrow("step above 0");
  });
});

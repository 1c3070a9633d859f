import fc from "fast-check";
import { expect, test } from "vitest";
import { addCounts, dice, emptyCounts, jaccard } from "../../main/models/metrics/overlap.ts";

test("a worked example: 3 pixels found and there, 1 found only, 2 there only", () => {
  const counts = emptyCounts(2);
  addCounts(counts, [1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0]);
  expect(dice(counts, 1)).toBeCloseTo(6 / 9, 12);
  expect(jaccard(counts, 1)).toBeCloseTo(3 / 6, 12);
});

test("a class that is neither there nor found agrees fully; unknown truth does not count", () => {
  const counts = emptyCounts(3);
  addCounts(counts, [0, 2, 1], [0, -1, 1]);
  expect([0, 1, 2].map((c) => dice(counts, c))).toEqual([1, 1, 1]);
});

test("Dice and Jaccard are what sets say, over any split into images", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })), { minLength: 2 }),
      (pixels) => {
        const counts = emptyCounts(3);
        const half = pixels.length >> 1;
        for (const part of [pixels.slice(0, half), pixels.slice(half)]) {
          addCounts(
            counts,
            part.map(([p]) => p),
            part.map(([, t]) => t),
          );
        }
        for (const c of [0, 1, 2]) {
          const both = pixels.filter(([p, t]) => p === c && t === c).length;
          const either = pixels.filter(([p, t]) => p === c || t === c).length;
          const sum = pixels.filter(([p]) => p === c).length + pixels.filter(([, t]) => t === c).length;
          expect(dice(counts, c)).toBeCloseTo(sum === 0 ? 1 : (2 * both) / sum, 12);
          expect(jaccard(counts, c)).toBeCloseTo(either === 0 ? 1 : both / either, 12);
        }
      },
    ),
    { seed: 5 },
  ));

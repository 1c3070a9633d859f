import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Box, boxIou, f1OfBoxes, generalisedIou, matchBoxes } from "../../../main/labels/agreement/boxes.ts";

const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });
const side = fc.integer({ min: 0, max: 8 });
const anyBox = fc
  .tuple(side, side, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, width, height]) => box(x, y, width, height));

describe("two boxes", () => {
  test("IoU and generalised IoU by hand", () => {
    // 2 x 2 boxes that share 1 x 1: 1/7; the box around both is 3 x 3, of which 2 are empty.
    expect(boxIou(box(0, 0, 2, 2), box(1, 1, 2, 2))).toBeCloseTo(1 / 7, 12);
    expect(generalisedIou(box(0, 0, 2, 2), box(1, 1, 2, 2))).toBeCloseTo(1 / 7 - 2 / 9, 12);
    expect(boxIou(box(0, 0, 1, 1), box(9, 0, 1, 1))).toBe(0);
    expect(generalisedIou(box(0, 0, 1, 1), box(9, 0, 1, 1))).toBeCloseTo(-0.8, 12);
    expect(boxIou(box(1, 1, 0, 0), box(1, 1, 0, 0))).toBe(0);
    expect(generalisedIou(box(1, 1, 0, 0), box(1, 1, 0, 0))).toBe(0);
  });

  test("IoU counts the unit squares of both and of either", () => {
    const squares = ({ x, y, width, height }: Box) =>
      new Set(Array.from({ length: width * height }, (_, i) => `${x + (i % width)} ${y + Math.floor(i / width)}`));
    fc.assert(
      fc.property(anyBox, anyBox, (a, b) => {
        const [inA, inB] = [squares(a), squares(b)];
        const both = [...inA].filter((square) => inB.has(square)).length;
        expect(boxIou(a, b)).toBeCloseTo(both / new Set([...inA, ...inB]).size, 12);
        expect(generalisedIou(a, b)).toBeLessThanOrEqual(boxIou(a, b));
        expect(generalisedIou(a, b)).toBeGreaterThan(-1);
      }),
    );
  });
});

describe("matching", () => {
  test("the best pair first can cost a pair: optimal matching keeps both", () => {
    const chain = { a: [box(0, 0, 10, 1), box(-5, 0, 10, 1)], b: [box(-1, 0, 10, 1), box(5, 0, 10, 1)] };
    expect(matchBoxes(chain.a, chain.b, 0.3, "greedy")).toHaveLength(1);
    expect(matchBoxes(chain.a, chain.b, 0.3)).toHaveLength(2);
  });

  /** The most pairs, then the largest overlap, by trying everything. */
  function best(first: readonly Box[], second: readonly Box[], threshold: number): [pairs: number, total: number] {
    const [own, ...others] = first;
    if (own === undefined) return [0, 0];
    let found = best(others, second, threshold);
    second.forEach((other, j) => {
      const iou = boxIou(own, other);
      if (iou < threshold) return;
      const [pairs, total] = best(others, second.toSpliced(j, 1), threshold);
      if (pairs + 1 > found[0] || (pairs + 1 === found[0] && total + iou > found[1])) found = [pairs + 1, total + iou];
    });
    return found;
  }

  test("optimal matching has as many pairs as possible, then the largest overlap; greedy at least half as many", () => {
    const some = fc.array(anyBox, { maxLength: 5 });
    fc.assert(
      fc.property(some, some, fc.constantFrom(0.1, 0.3, 0.5), (first, second, threshold) => {
        const pairs = matchBoxes(first, second, threshold);
        expect(new Set(pairs.map((pair) => pair.second)).size).toBe(pairs.length);
        expect(new Set(pairs.map((pair) => pair.first)).size).toBe(pairs.length);
        for (const pair of pairs) expect(pair.iou).toBe(boxIou(first[pair.first]!, second[pair.second]!));
        const [most, total] = best(first, second, threshold);
        expect(pairs.length).toBe(most);
        expect(pairs.reduce((sum, { iou }) => sum + iou, 0)).toBeCloseTo(total, 9);
        expect(2 * matchBoxes(first, second, threshold, "greedy").length).toBeGreaterThanOrEqual(most);
      }),
      { numRuns: 500 },
    );
  });

  test("a threshold that is none is refused", () => {
    for (const threshold of [0, -1, 1.1, Number.NaN]) {
      expect(() => matchBoxes([], [], threshold)).toThrow(expect.objectContaining({ code: "app/invalid-input" }));
    }
  });

  test("F1 of 3 pairs among 4 and 6 boxes is 0.6, of no boxes 1, of boxes of one reader only 0", () => {
    expect(f1OfBoxes(3, 4, 6)).toBeCloseTo(0.6, 12);
    expect(f1OfBoxes(0, 0, 0)).toBe(1);
    expect(f1OfBoxes(0, 3, 0)).toBe(0);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dice,
  intersectionOverUnion,
  maskOverlap,
  type Region,
  regionOfMasks,
  regionOverlap,
  volumeDifference,
  volumetricSimilarity,
} from "../../../main/labels/agreement/overlap.ts";
import { surfaceDistances } from "../../../main/labels/agreement/surface.ts";
import { maskOfBytes } from "../../../main/labels/masks/runs.ts";
import { drawn, type Pixels, twoPixels } from "../masks/mask-arbitraries.ts";

const regionOf = ({ bytes, rows, columns }: Pixels): Region => ({ extent: [1, rows, columns], bytes });
const maskOf = ({ bytes, rows, columns }: Pixels) => maskOfBytes(bytes, rows, columns);
const MM = [1, 1, 1] as const;

describe("overlap in area", () => {
  // Taha and Hanbury 2015, equation 9: Dice = 2 IoU / (1 + IoU).
  test("Dice and IoU of two 4 × 4 squares that share 2 × 2 pixels are 1/4 and 1/7", () => {
    const a = drawn("####..", "####..", "####..", "####..", "......", "......");
    const b = drawn("......", "......", "..####", "..####", "..####", "..####");
    const counts = regionOverlap(regionOf(a), regionOf(b));
    expect(counts).toEqual({ first: 16, second: 16, both: 4 });
    expect(dice(counts)).toBeCloseTo(1 / 4, 12);
    expect(intersectionOverUnion(counts)).toBeCloseTo(1 / 7, 12);
    expect(volumetricSimilarity(counts)).toBe(1);
  });

  test("runs and bytes count the same; Dice follows from IoU; order does not matter", () => {
    fc.assert(
      fc.property(twoPixels, ([a, b]) => {
        const counts = regionOverlap(regionOf(a), regionOf(b));
        expect(maskOverlap(maskOf(a), maskOf(b))).toEqual(counts);
        const back = maskOverlap(maskOf(b), maskOf(a));
        const iou = intersectionOverUnion(counts);
        expect(dice(counts)).toBeCloseTo((2 * iou) / (1 + iou), 12);
        expect(intersectionOverUnion(back)).toBe(iou);
        expect(volumetricSimilarity(counts)).toBeGreaterThanOrEqual(dice(counts) - 1e-12);
        expect(volumeDifference(back, [2, 0.5, 0.5])).toBeCloseTo(-volumeDifference(counts, [2, 0.5, 0.5]), 12);
      }),
    );
  });

  test("two empty masks agree fully, one empty mask not at all", () => {
    const [empty, full] = [drawn("...", "..."), drawn(".#.", ".#.")];
    for (const measure of [dice, intersectionOverUnion, volumetricSimilarity]) {
      expect(measure(maskOverlap(maskOf(empty), maskOf(empty)))).toBe(1);
      expect(measure(maskOverlap(maskOf(empty), maskOf(full)))).toBe(0);
    }
    expect(surfaceDistances(regionOf(empty), regionOf(empty), MM)).toBeNull();
    expect(surfaceDistances(regionOf(empty), regionOf(full), MM)).toBeNull();
    expect(surfaceDistances(regionOf(full), regionOf(empty), MM)).toBeNull();
  });

  test("regions of different extents are refused, and stacks with slices of different sizes", () => {
    const [a, b] = [drawn("##", "##"), drawn("####")];
    expect(() => regionOverlap(regionOf(a), regionOf(b))).toThrow("1 × 2 × 2 and 1 × 1 × 4");
    expect(() => regionOfMasks([maskOf(a), maskOf(b)])).toThrow("Slice 2 is not 2 × 2 pixels");
    expect(() => regionOfMasks([])).toThrow(expect.objectContaining({ code: "labels/geometry-invalid" }));
  });
});

/** The definition with all pairs of surface pixels, and numpy's percentile. */
function byDefinition(a: Pixels, b: Pixels, spacing: readonly [number, number]) {
  const surface = ({ rows, columns, bytes }: Pixels): [number, number][] => {
    const at = (y: number, x: number) => y >= 0 && x >= 0 && y < rows && x < columns && bytes[y * columns + x] === 1;
    return [...bytes.keys()]
      .map((i): [number, number] => [Math.floor(i / columns), i % columns])
      .filter(([y, x]) => at(y, x) && !(at(y - 1, x) && at(y + 1, x) && at(y, x - 1) && at(y, x + 1)));
  };
  const [from, to] = [surface(a), surface(b)];
  const nearest = (place: [number, number], others: [number, number][]) =>
    Math.min(...others.map((o) => Math.hypot((o[0] - place[0]) * spacing[0], (o[1] - place[1]) * spacing[1])));
  const [there, back] = [from.map((p) => nearest(p, to)), to.map((p) => nearest(p, from))];
  const percentile = (values: number[]) => {
    const sorted = values.toSorted((x, y) => x - y);
    const position = 0.95 * (sorted.length - 1);
    const low = sorted[Math.floor(position)]!;
    return low + (position % 1) * ((sorted[Math.floor(position) + 1] ?? low) - low);
  };
  return {
    hausdorff: Math.max(...there, ...back),
    hausdorff95: Math.max(percentile(there), percentile(back)),
    average: [...there, ...back].reduce((sum, x) => sum + x, 0) / (there.length + back.length),
  };
}

describe("distances of surfaces", () => {
  test("two squares 3 columns apart are 3 spacings apart, however thick", () => {
    const a = drawn("###.......", "###.......", "###.......");
    const b = drawn("...###....", "...###....", "...###....");
    const found = surfaceDistances(regionOf(a), regionOf(b), [1, 1, 0.5])!;
    expect(found.hausdorff).toBeCloseTo(1.5, 12);
  });

  test("equal those by definition, over all pairs of surface pixels", () => {
    fc.assert(
      fc.property(twoPixels, fc.double({ min: 0.2, max: 4, noNaN: true }), ([a, b], step) => {
        const found = surfaceDistances(regionOf(a), regionOf(b), [1, step, 1]);
        if (!a.bytes.includes(1) || !b.bytes.includes(1)) {
          expect(found).toBeNull();
          return;
        }
        const expected = byDefinition(a, b, [step, 1]);
        for (const name of ["hausdorff", "hausdorff95", "average"] as const) {
          expect(found![name]).toBeCloseTo(expected[name], 9);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a stack counts the faces between slices; the spacing of slices is its own", () => {
    const plate = drawn("....", ".##.", ".##.", "....");
    const empty = drawn("....", "....", "....", "....");
    const low = regionOfMasks([plate, plate, empty, empty].map(maskOf));
    const high = regionOfMasks([empty, empty, plate, plate].map(maskOf));
    expect(surfaceDistances(low, high, [2.5, 1, 1])).toEqual({ hausdorff: 5, hausdorff95: 5, average: 3.75 });
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Slice, sortByGeometry } from "../../main/imaging/series.ts";
import { readOne } from "./pictures.ts";

const AXIAL = [1, 0, 0, 0, 1, 0];

function slice(
  z: number,
  instanceNumber: number | null,
  orientation: number[] | null = AXIAL,
  reference = "1.2",
): Slice {
  const geometry = {
    position: [-100, -100, z],
    orientation,
    spacing: null,
    thickness: null,
    frameOfReference: reference,
  };
  return { geometry, instanceNumber };
}
const heights = (slices: readonly Slice[]) => slices.map(({ geometry }) => geometry?.position?.[2]);

describe("a series in the order of its places", () => {
  test("the position along the normal counts, not the number", () => {
    const { slices, orderedBy, step, gaps, duplicates, problem } = sortByGeometry([
      slice(5, 1),
      slice(-5, 2),
      slice(0, 3),
    ]);
    expect(heights(slices)).toEqual([-5, 0, 5]);
    expect({ orderedBy, step, gaps, duplicates, problem }).toEqual({
      orderedBy: "position",
      step: 5,
      gaps: [],
      duplicates: [],
      problem: null,
    });
  });

  test("whatever the planes' direction and the order of the files, steps come out", () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    fc.assert(
      fc.property(
        angle,
        angle,
        fc.double({ min: 0.5, max: 10, noNaN: true }),
        fc.infiniteStream(fc.nat()),
        (a, b, step, order) => {
          const [row, column] = [
            [Math.cos(a), Math.sin(a), 0],
            [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)],
          ];
          const normal = [
            row[1] * column[2] - row[2] * column[1],
            row[2] * column[0] - row[0] * column[2],
            row[0] * column[1] - row[1] * column[0],
          ];
          const made = Array.from({ length: 9 }, (_, i) => ({
            place: i,
            key: order.next().value as number,
            instanceNumber: null,
            geometry: {
              position: normal.map((part, axis) => [7, -3, 11][axis] + part * step * i + (axis < 2 ? 1e-4 : 0)),
              orientation: [...row, ...column],
              spacing: null,
              thickness: null,
              frameOfReference: null,
            },
          })).sort((x, y) => x.key - y.key);
          const sorted = sortByGeometry(made);
          expect(sorted.slices.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
          expect(sorted.step).toBeCloseTo(step, 6);
          expect(sorted.gaps).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 5 },
    );
  });

  test("gaps and frames in one place are reported, and nothing is dropped", () => {
    const sorted = sortByGeometry([slice(0, 9), slice(3, 2), slice(0.001, 1), slice(12, 4), slice(6, 3)]);
    expect(sorted.slices.map(({ instanceNumber }) => instanceNumber)).toEqual([1, 9, 2, 3, 4]);
    expect(sorted.duplicates).toEqual([1]);
    expect(sorted.gaps).toEqual([{ after: 3, distance: 6, missing: 1 }]);
    expect(sorted.step).toBeCloseTo(3, 2);
  });

  const sagittal = [0, 1, 0, 0, 0, -1];
  for (const [problem, slices] of [
    ["orientations-mixed", [slice(1, 3), slice(2, 1, sagittal), slice(3, 2)]],
    ["orientations-mixed", [slice(1, 3), slice(2, 1, [0, 1, 0, -1, 0, 0]), slice(3, 2)]],
    ["geometry-missing", [slice(1, 3), slice(2, 1, null), slice(3, 2)]],
    ["geometry-missing", [slice(1, 3, [1, 0, 0, 1, 0, 0]), slice(2, 1), slice(3, 2)]],
    ["frames-of-reference-mixed", [slice(1, 3), slice(2, 1, AXIAL, "1.3"), slice(3, 2)]],
  ] as const) {
    test(`${problem}: the instance number orders, and that is said`, () => {
      const sorted = sortByGeometry(slices);
      expect(sorted).toMatchObject({ orderedBy: "instance-number", problem, step: null });
      expect(sorted.slices.map(({ instanceNumber }) => instanceNumber)).toEqual([1, 2, 3]);
    });
  }

  test("without numbers, frames stay as they came; of none there is nothing to say", () => {
    const given = [slice(3, null, null), slice(1, null, null), slice(2, 4, null)];
    expect(heights(sortByGeometry(given).slices)).toEqual([2, 3, 1]);
    expect(sortByGeometry([])).toMatchObject({ slices: [], step: null });
    expect(sortByGeometry([slice(1, 1)])).toMatchObject({ orderedBy: "position", step: null });
  });
});

const SHARED = fileURLToPath(new URL("../../../shared/data/dicom/dicomdirtests", import.meta.url));

describe.skipIf(!existsSync(SHARED))("real series (skipped where ../shared/data is not there)", () => {
  test("each is ordered by position, in even steps, or says why not", () => {
    const images = readdirSync(SHARED, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/README|DICOMDIR|TINY/.test(join(entry.parentPath, entry.name)))
      .map((entry) => readOne(new Uint8Array(readFileSync(join(entry.parentPath, entry.name)))));
    const series = [...Map.groupBy(images, (image) => image.series).values()].filter((group) => group.length > 2);
    const said = series.map((group) => {
      const { orderedBy, problem, step, gaps, duplicates } = sortByGeometry(
        group.map(({ geometry, instanceNumber }) => ({ geometry: geometry[0] ?? null, instanceNumber })),
      );
      const rounded = step === null ? null : Math.round(step * 100) / 100;
      return [group.length, orderedBy, problem, rounded, gaps.length, duplicates.length];
    });
    // Slices were left out of the folder when it was made small; three series are localisers and rotated planes.
    expect(said).toEqual([
      [4, "position", null, 1.25, 1, 0],
      [5, "position", null, 2.5, 0, 0],
      [3, "instance-number", "orientations-mixed", null, 0, 0],
      [3, "instance-number", "orientations-mixed", null, 0, 0],
      [7, "instance-number", "orientations-mixed", null, 0, 0],
    ]);
  });
});

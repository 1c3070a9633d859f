import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageSummary } from "../../../preload/contract/index.ts";
import { imagePx } from "../../../renderer/viewer/coordinates.ts";
import { firstIndex, followedIndex, lookLike } from "../../../renderer/viewer/panes/link.ts";
import { candidatesOf, cellsFor, MAIN, swapped, usualSource } from "../../../renderer/viewer/panes/panes.ts";
import { referenceLine } from "../../../renderer/viewer/panes/reference.ts";
import { ontoSlice, type SlicePlane, slicePlane, toPatient } from "../../../renderer/viewer/volume/geometry.ts";

const AXIAL = [1, 0, 0, 0, 1, 0];
const SAGITTAL = [0, 1, 0, 0, 0, -1];
const CORONAL = [1, 0, 0, 0, 0, -1];

function plane(orientation: number[], position: number[], more: { frame?: string | null; spacing?: number } = {}) {
  const { frame = "1.2", spacing = 1 } = more;
  const made = slicePlane(
    { position, orientation, spacing: [spacing, spacing], thickness: null, frameOfReference: frame },
    { columns: 100, rows: 100 },
  );
  if (!made) throw new Error("no plane");
  return made;
}
const axialStack = (count: number, step: number, from = 0, frame: string | null = "1.2"): SlicePlane[] =>
  Array.from({ length: count }, (_, i) => plane(AXIAL, [0, 0, from + i * step], { frame }));

describe("linked scrolling", () => {
  test("goes to the place in the patient where frames of reference agree, whatever the steps", () => {
    const thin = axialStack(100, 1);
    const thick = axialStack(20, 5, 2.5);
    const leader = { plane: thin[41] ?? null, count: 41 };
    expect(followedIndex(leader, { planes: thick, index: 0, offset: 7 })).toBe(8); // 42.5 mm
    expect(followedIndex({ plane: thick[19] ?? null, count: 19 }, { planes: thin, index: 0, offset: 0 })).toBe(97);
  });

  test("keeps its distance in slices where coordinates cannot be compared, also after the end was met", () => {
    const other = axialStack(10, 1, 0, "9.9");
    const go = (count: number) =>
      followedIndex({ plane: axialStack(1, 1)[0] ?? null, count }, { planes: other, index: 3, offset: 2 });
    expect([go(0), go(5), go(50), go(5)]).toEqual([2, 7, 9, 7]);
    const unknown = { planes: axialStack(4, 1, 0, null), index: 0, offset: 0 };
    expect(followedIndex({ plane: plane(AXIAL, [0, 0, 3], { frame: null }), count: 1 }, unknown)).toBe(1);
  });

  test("a stack across it stays where it is", () => {
    const sagittal = [0, 1, 2].map((x) => plane(SAGITTAL, [x, 0, 100]));
    expect(
      followedIndex({ plane: plane(AXIAL, [0, 0, 50]), count: 2 }, { planes: sagittal, index: 1, offset: 0 }),
    ).toBe(1);
  });

  test("begins at the same part of the way beside a study of another frame", () => {
    const main = { plane: axialStack(1, 1)[0] ?? null, count: 30, of: 61 };
    expect(firstIndex(main, axialStack(21, 1, 0, "9.9"))).toBe(10);
    expect(firstIndex({ ...main, count: 0, of: 1 }, axialStack(21, 1, 0, "9.9"))).toBe(0);
  });
});

test("a pane that looks like another shows the same place at the same size of a mm", () => {
  const from = plane(AXIAL, [0, 0, 0], { spacing: 0.5 });
  const to = plane(AXIAL, [-10, 0, 3], { spacing: 2 });
  const look = { size: from.size, spacing: from.spacing, plane: from, center: imagePx(50.5, 20.5), scale: 3 };
  const found = lookLike(look, { size: to.size, spacing: to.spacing, plane: to });
  expect(found.scale).toBe(12);
  expect(found.center.x).toBeCloseTo((25 + 10) / 2 + 0.5);
  expect(found.center.y).toBeCloseTo(10 / 2 + 0.5);
  const elsewhere = lookLike(look, { size: { columns: 200, rows: 50 }, spacing: null, plane: null });
  expect(elsewhere).toEqual({ center: imagePx(101, 10.25), scale: 1.5 });
});

describe("reference lines", () => {
  test("an axial slice is a level line on a coronal picture, from edge to edge of what both cover", () => {
    const coronal = plane(CORONAL, [0, 50, 99]);
    const line = referenceLine(plane(AXIAL, [20, 0, 59]), coronal);
    expect(line && [line.from, line.to].sort((a, b) => a.x - b.x)).toEqual([
      { x: expect.closeTo(20), y: expect.closeTo(40.5) },
      { x: expect.closeTo(100), y: expect.closeTo(40.5) },
    ]);
  });

  test("no line where they do not meet, are parallel, or have no common frame", () => {
    const coronal = plane(CORONAL, [0, 50, 99]);
    expect(referenceLine(plane(AXIAL, [0, 0, 200]), coronal)).toBeNull();
    expect(referenceLine(plane(AXIAL, [300, 0, 50]), coronal)).toBeNull();
    expect(referenceLine(plane(CORONAL, [0, 40, 99]), coronal)).toBeNull();
    expect(referenceLine(plane(AXIAL, [0, 0, 50], { frame: "9.9" }), coronal)).toBeNull();
    expect(
      referenceLine(plane(AXIAL, [0, 0, 50], { frame: null }), plane(CORONAL, [0, 50, 99], { frame: null })),
    ).toBeNull();
  });

  test("both ends lie in both pictures and on the cutting slice, at any angle", () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const place = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -60, max: 60, noNaN: true })));
    fc.assert(
      fc.property(angle, angle, place, place, (first, second, at, on) => {
        const turned = (turn: number): number[] => [Math.cos(turn), Math.sin(turn), 0, 0, 0, -1];
        const slice = plane([1, 0, 0, 0, Math.cos(first), Math.sin(first)], at);
        const picture = plane(turned(second), on);
        const line = referenceLine(slice, picture);
        if (!line) return;
        for (const end of [line.from, line.to]) {
          for (const value of [end.x, end.y]) {
            expect(value).toBeGreaterThanOrEqual(-1e-6);
            expect(value).toBeLessThanOrEqual(100 + 1e-6);
          }
          const { at: there, distance } = ontoSlice(slice, toPatient(picture, end));
          expect(Math.abs(distance)).toBeLessThan(1e-6);
          expect(Math.min(there.x, there.y)).toBeGreaterThanOrEqual(-1e-5);
          expect(Math.max(there.x, there.y)).toBeLessThanOrEqual(100 + 1e-5);
        }
      }),
    );
  });
});

describe("panes", () => {
  const image = (id: string, series: string, study: string): ImageSummary => ({
    id,
    series,
    study,
    name: `${id}.dcm`,
    format: "dicom",
    modality: "CT",
    patient: "P",
    rows: 1,
    columns: 1,
    frames: 1,
    importedAt: "2026-01-01T00:00:00Z",
    classId: null,
    shapes: 0,
  });

  test("what lies beside is what other studies of the patient have, then this one's; a series once", () => {
    const images = [
      image("a1", "A", "now"),
      image("b1", "B", "now"),
      image("c1", "C", "before"),
      image("c2", "C", "before"),
      image("loose", "", "before"),
    ];
    const found = candidatesOf(images, new Set(["a1"]), "now");
    expect(found.map(({ imageId, images: count, sameStudy }) => [imageId, count, sameStudy])).toEqual([
      ["c1", 2, false],
      ["loose", 1, false],
      ["b1", 1, true],
    ]);
    expect(usualSource(0, found, 60)).toEqual({ of: "image", imageId: "c1", index: null });
    expect(usualSource(3, found, 60)).toEqual({ of: "main", offset: 1 });
    expect(usualSource(4, found, 60)).toEqual({ of: "main", offset: 2 });
    expect(usualSource(3, found, 1)).toBeNull();
  });

  test("the main picture is there in every layout, once, and what stays keeps its place", () => {
    const step = fc.record({ count: fc.constantFrom(1, 2, 4, 9), swap: fc.nat(8) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        let cells = cellsFor(1, []);
        for (const { count, swap } of steps) {
          cells = cellsFor(count, cells);
          expect(cells).toHaveLength(count);
          expect(new Set(cells).size).toBe(count);
          expect(cells).toContain(MAIN);
          const key = cells[swap % count];
          if (key && key !== MAIN) {
            const at = cells.indexOf(key);
            cells = swapped(cells, key);
            expect(cells[at]).toBe(MAIN);
          }
        }
      }),
    );
  });
});

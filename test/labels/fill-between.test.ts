import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillBetween, type StackSlice } from "../../main/labels/fill-between.ts";
import { geometryBetween } from "../../main/labels/geometry-between.ts";
import { interpolateMasks } from "../../main/labels/masks/interpolation.ts";
import type { Mask } from "../../main/labels/masks/runs.ts";
import type { Geometry, Shape } from "../../preload/contract/index.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const stack = (positions: readonly (number | null)[]): StackSlice[] =>
  positions.map((position, i) => ({ imageId: `slice ${i}`, frame: 0, position, spacing: [1, 1] }));
const even = stack([0, 1, 2, 3, 4, 5, 6]);

function shape(slice: number, geometry: Geometry, more: Partial<Shape> = {}): Shape {
  const common = { id: randomUUID(), frame: 0, classId: "lesion", attributes: {}, track: null, source: null };
  return { ...common, imageId: `slice ${slice}`, geometry, reader: "Ada", ...more };
}
const boxAt = (x: number): Geometry => ({ kind: "box", x, y: 2, width: 4, height: 4 });
const columns = (from: number, to: number): Geometry => ({
  kind: "mask",
  rows: 1,
  columns: 12,
  runs: [from, to - from, 12 - to],
});
const put = (edits: ReturnType<typeof fillBetween>) => edits.flatMap((edit) => (edit.do === "put" ? [edit.shape] : []));

describe("which slices are filled", () => {
  const [a, b, c] = [shape(0, columns(0, 6)), shape(3, columns(3, 9)), shape(6, columns(6, 12))];
  const masks = [a, b, c];
  const filled = (at: number, shapes: readonly Shape[] = masks) =>
    put(fillBetween(even, shapes, at, { classId: "lesion" }))
      .filter(({ source }) => source === "interpolation")
      .map(({ imageId }) => imageId);

  test("those between the nearest two around the place; from a labelled slice those before it, or after it where nothing is before", () => {
    expect(filled(1)).toEqual(["slice 1", "slice 2"]);
    expect(filled(5)).toEqual(["slice 4", "slice 5"]);
    expect(filled(3)).toEqual(["slice 1", "slice 2"]);
    expect(filled(0)).toEqual(["slice 1", "slice 2"]);
    expect(filled(6)).toEqual(["slice 4", "slice 5"]);
  });

  test("refuses where there is one, where two are neighbours, and before the first", () => {
    const refused = (at: number, shapes: Shape[]) =>
      expect(() => filled(at, shapes)).toThrow(refusal("labels/nothing-between"));
    refused(1, [a]);
    refused(1, [a, shape(1, columns(0, 6))]);
    refused(0, [b, c]);
    refused(2, [a, shape(3, columns(3, 9), { classId: "other" })]);
  });

  test("all of it gets one track, the two by hand too; it moves evenly; filling again changes the same shapes", () => {
    const edits = put(fillBetween(even, masks, 1, { classId: "lesion" }));
    expect(new Set(edits.map(({ track }) => track))).toEqual(new Set([a.id]));
    expect(edits.map(({ source }) => source)).toEqual([null, null, "interpolation", "interpolation"]);
    const [from, to] = [a, b].map(({ geometry }) => geometry as Mask);
    const expected = interpolateMasks(from!, to!, 2).map((mask) => ({ kind: "mask", ...mask }));
    expect(edits.slice(2).map(({ geometry }) => geometry)).toEqual(expected);
    const later = [...edits.map((one): Shape => ({ ...one, reader: "Ada" })), c];
    const again = put(fillBetween(even, later, 1, { classId: "lesion" }));
    expect(again).toEqual(edits.slice(2));
  });

  test("a slice corrected by hand is left alone, and is the next one to fill up to", () => {
    const edits = put(fillBetween(even, [a, shape(2, columns(0, 2)), c], 1, { classId: "lesion" }));
    expect(edits.filter(({ source }) => source === "interpolation").map(({ imageId }) => imageId)).toEqual(["slice 1"]);
  });

  test("follows places in the patient where slices do not lie evenly", () => {
    const uneven = stack([0, 1, 4]);
    const [, , middle] = put(
      fillBetween(uneven, [shape(0, boxAt(0)), shape(2, boxAt(4), { id: B })], 2, { shapeId: B }),
    );
    expect(middle!.geometry).toMatchObject({ x: 1 });
  });

  test("several masks of the class on a slice are one, and keep their tracks", () => {
    const pair = [shape(0, columns(0, 2)), shape(0, columns(4, 6)), shape(2, columns(0, 6))];
    const edits = put(fillBetween(even, pair, 1, { classId: "lesion" }));
    expect(edits).toHaveLength(1);
    expect(edits[0]).toMatchObject({ imageId: "slice 1", source: "interpolation" });
  });
});

const B = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";

describe("tracks", () => {
  test("a copy belongs to the shape that it was copied from, whatever else lies there", () => {
    const first = shape(0, boxAt(0));
    const shapes = [first, shape(0, boxAt(50)), shape(4, boxAt(8), { track: first.id, id: B }), shape(2, boxAt(50))];
    const edits = put(fillBetween(even, shapes, 4, { shapeId: B }));
    const made = edits.filter(({ source }) => source === "interpolation");
    expect(made.map(({ geometry }) => (geometry as { x: number }).x)).toEqual([2, 4, 6]);
    expect(edits[0]).toMatchObject({ id: first.id, track: first.id });
  });

  test("without a track, the only one of its kind and class on another slice; never one of two", () => {
    const last = shape(4, boxAt(8), { id: B });
    expect(put(fillBetween(even, [shape(0, boxAt(0)), last], 4, { shapeId: B }))).toHaveLength(5);
    const two = [shape(0, boxAt(0)), shape(0, boxAt(20)), last];
    expect(() => fillBetween(even, two, 4, { shapeId: B })).toThrow(refusal("labels/nothing-between"));
    expect(() => fillBetween(even, [], 4, { shapeId: B })).toThrow(refusal("app/not-found"));
  });
});

describe("geometries", () => {
  test("an ellipse turns the shorter way", () => {
    const ellipse = (angle: number) => ({ kind: "ellipse", x: 0, y: 0, radiusX: 3, radiusY: 1, angle }) as const;
    expect(geometryBetween(ellipse(170), ellipse(10), 0.5)).toMatchObject({ angle: 180 });
    expect(geometryBetween(ellipse(10), ellipse(170), 0.5)).toMatchObject({ angle: 0 });
    expect(geometryBetween(ellipse(30), ellipse(60), 0.5)).toMatchObject({ angle: 45 });
  });

  test("outlines that start at other corners, go round the other way or have more corners do not collapse", () => {
    const square = [0, 0, 10, 0, 10, 10, 0, 10];
    const turned = [30, 10, 30, 0, 20, 0, 20, 10]; // 20 to the right, from another corner, the other way round
    const many = [20, 0, 25, 0, 30, 0, 30, 5, 30, 10, 25, 10, 20, 10, 20, 5];
    const area = (points: readonly number[]) => {
      let twice = 0;
      for (let i = 0; i < points.length; i += 2) {
        const j = (i + 2) % points.length;
        twice += points[i]! * points[j + 1]! - points[j]! * points[i + 1]!;
      }
      return Math.abs(twice / 2);
    };
    for (const other of [turned, many]) {
      const middle = geometryBetween({ kind: "polygon", points: square }, { kind: "polygon", points: other }, 0.5);
      const { points } = middle as { points: number[] };
      expect(points).toHaveLength(other.length);
      expect(area(points)).toBeCloseTo(100, 6);
      expect(Math.min(...points.filter((_, i) => i % 2 === 0))).toBeCloseTo(10, 6);
    }
  });

  test("a box in between is between, whatever the two; shapes of two kinds have no way", () => {
    const number = fc.integer({ min: 0, max: 100 });
    const box = fc.record({ kind: fc.constant("box" as const), x: number, y: number, width: number, height: number });
    fc.assert(
      fc.property(box, box, fc.double({ min: 0, max: 1, noNaN: true }), (p, q, fraction) => {
        const middle = geometryBetween(p, q, fraction) as typeof p;
        for (const key of ["x", "y", "width", "height"] as const) {
          expect(middle[key]).toBeGreaterThanOrEqual(Math.min(p[key], q[key]) - 1e-9);
          expect(middle[key]).toBeLessThanOrEqual(Math.max(p[key], q[key]) + 1e-9);
        }
      }),
    );
    expect(() =>
      geometryBetween({ kind: "point", x: 1, y: 1 }, { kind: "box", x: 1, y: 1, width: 1, height: 1 }, 0.5),
    ).toThrow(refusal("labels/nothing-between"));
  });
});

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { imagePx } from "../../../renderer/viewer/coordinates.ts";
import {
  boundsOf,
  type Drawn,
  handlesOf,
  isUnder,
  measure,
  moved,
  pulled,
  simplified,
} from "../../../renderer/viewer/shapes/geometry.ts";
import { type Draft, type DrawingKind, ShapeTool } from "../../../renderer/viewer/shapes/ShapeTool.ts";

const size = { columns: 200, rows: 100 };
const A: Drawn = { kind: "box", x: 10, y: 20, width: 30, height: 40 };

/** Speaks like a reader; the shapes are what the studio would keep. */
let shapes: Map<string, Drawn>;
let saves: Draft[];
let tool: ShapeTool;

beforeEach(() => {
  shapes = new Map([["a", A]]);
  saves = [];
  tool = new ShapeTool({
    imageSize: () => size,
    geometryOf: (id) => shapes.get(id) ?? null,
    save: (draft) => {
      saves.push(draft);
      const id = draft.id ?? `s${shapes.size}`;
      shapes.set(id, draft.geometry);
      return id;
    },
    remove: (id) => shapes.delete(id),
  });
});

const drag = (kind: DrawingKind, ...points: [number, number][]) => {
  const [first, ...rest] = points.map(([x, y]) => imagePx(x, y));
  tool.press(kind, first!, 3);
  for (const point of rest) tool.move(point);
  tool.release();
};
const clicks = (kind: DrawingKind, ...points: [number, number][]) => {
  for (const point of points) drag(kind, point);
};

describe("drawing", () => {
  test("a drag draws a box or an ellipse between its ends and selects it", () => {
    drag("box", [50, 60], [55, 61], [40, 90]);
    drag("ellipse", [10, 10], [30, 20]);
    expect(saves.map(({ geometry }) => geometry)).toEqual([
      { kind: "box", x: 40, y: 60, width: 10, height: 30 },
      { kind: "ellipse", x: 20, y: 15, radiusX: 10, radiusY: 5, angle: 0 },
    ]);
    expect(tool.selected).toBe("s2");
  });

  test("a click without a drag keeps nothing and takes the selection away", () => {
    tool.select("a");
    drag("box", [50, 60]);
    drag("freehand", [50, 60]);
    expect([saves, tool.selected, tool.isIdle]).toEqual([[], null, true]);
  });

  test("a drag over the edge stops at it", () => {
    drag("box", [150, 50], [900, -900]);
    expect(saves[0]!.geometry).toEqual({ kind: "box", x: 150, y: 0, width: 50, height: 50 });
  });

  test("a point is one click", () => {
    drag("point", [7.5, 8]);
    expect(saves[0]!.geometry).toEqual({ kind: "point", x: 7.5, y: 8 });
  });

  test("a polygon takes a point at each click and closes on its first; a line ends on its last", () => {
    clicks("polygon", [10, 10], [50, 10], [50, 50], [11, 11]);
    expect(saves[0]!.geometry).toEqual({ kind: "polygon", points: [10, 10, 50, 10, 50, 50] });
    clicks("polyline", [10, 10], [50, 10], [51, 11]);
    expect(saves[1]!.geometry).toEqual({ kind: "polyline", points: [10, 10, 50, 10] });
  });

  test("a length ends with its second point, an angle with its third", () => {
    clicks("length", [0, 0], [30, 40]);
    clicks("angle", [10, 0], [0, 0], [0, 10]);
    expect(saves.map(({ geometry }) => geometry.kind)).toEqual(["length", "angle"]);
    expect(measure(saves[0]!.geometry, [1, 1])).toEqual({ length: 50 });
    expect(measure(saves[1]!.geometry, [1, 1]).angle).toBeCloseTo(90, 12);
  });

  test("points go back one by one; what is not enough for a shape is not kept", () => {
    clicks("polygon", [10, 10], [50, 10], [50, 50]);
    tool.stepBack();
    tool.complete();
    expect([saves, tool.isIdle]).toEqual([[], true]);
    clicks("polygon", [10, 10]);
    tool.stepBack();
    expect(tool.isIdle).toBe(true);
  });

  test("Enter keeps a polygon that has its points; another tool completes it too", () => {
    clicks("polygon", [10, 10], [50, 10], [50, 50]);
    drag("box", [100, 10], [120, 30]);
    expect(saves.map(({ geometry }) => geometry.kind)).toEqual(["polygon", "box"]);
  });

  test("a freehand outline becomes a polygon with the points that matter", () => {
    const along = Array.from({ length: 41 }, (_, i): [number, number] => [10 + i, 10]);
    const down = Array.from({ length: 41 }, (_, i): [number, number] => [50, 10 + i]);
    drag("freehand", ...along, ...down);
    expect(saves[0]!.geometry).toEqual({ kind: "polygon", points: [10, 10, 50, 10, 50, 50] });
  });
});

describe("changing", () => {
  test("a shape moves with the pointer, once, and stops at the edge", () => {
    tool.startMoving("a", imagePx(20, 30));
    tool.move(imagePx(25, 29));
    tool.move(imagePx(500, 29));
    tool.release();
    expect(saves).toEqual([{ id: "a", geometry: { ...A, x: 170, y: 19 } }]);
  });

  test("a shape put back where it was is no change", () => {
    tool.startMoving("a", imagePx(20, 30));
    tool.move(imagePx(25, 29));
    tool.move(imagePx(20, 30));
    tool.release();
    expect(saves).toEqual([]);
  });

  test("Escape gives back what was there, a second one deselects", () => {
    tool.startMoving("a", imagePx(20, 30));
    tool.move(imagePx(90, 30));
    tool.cancel();
    expect([saves, tool.selected]).toEqual([[], "a"]);
    tool.cancel();
    expect(tool.selected).toBeNull();
  });

  test("a handle pulls its corner; over the opposite edge the box turns round", () => {
    tool.startPulling("a", 0);
    tool.move(imagePx(60, 70));
    tool.release();
    expect(saves[0]!.geometry).toEqual({ kind: "box", x: 40, y: 60, width: 20, height: 10 });
  });

  test("arrows move and resize the selected shape; letting go makes one change of it", () => {
    tool.select("a");
    tool.nudge(1, 0);
    tool.nudge(1, 0);
    tool.grow(0, 1);
    expect(saves).toEqual([]);
    tool.keysReleased();
    expect(saves).toEqual([{ id: "a", geometry: { ...A, x: 14, height: 42 } }]);
  });

  test("a box by keys starts in the middle and waits for Enter", () => {
    tool.startByKeys("box");
    tool.nudge(-1, 0);
    tool.keysReleased();
    expect(saves).toEqual([]);
    tool.complete();
    expect(saves).toEqual([{ id: null, geometry: { kind: "box", x: 73, y: 38, width: 50, height: 25 } }]);
  });

  test("a shape that somebody took away in the meantime is not changed", () => {
    tool.select("a");
    shapes.delete("a");
    tool.nudge(1, 1);
    tool.complete();
    expect(saves).toEqual([]);
  });

  test("the selected shape is removed", () => {
    tool.select("a");
    tool.removeSelected();
    expect([shapes.has("a"), tool.selected]).toEqual([false, null]);
  });
});

const place = fc.tuple(fc.double({ min: 20, max: 180, noNaN: true }), fc.double({ min: 20, max: 80, noNaN: true }));
const drawn: fc.Arbitrary<Drawn> = fc.oneof(
  fc.record({
    kind: fc.constant("ellipse" as const),
    x: fc.double({ min: 60, max: 140, noNaN: true }),
    y: fc.double({ min: 45, max: 55, noNaN: true }),
    radiusX: fc.double({ min: 1, max: 30, noNaN: true }),
    radiusY: fc.double({ min: 1, max: 30, noNaN: true }),
    angle: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  fc.array(place, { minLength: 3, maxLength: 8 }).map((points): Drawn => ({ kind: "polygon", points: points.flat() })),
  fc.constant(A),
);

describe("geometry", () => {
  test("whatever is moved or pulled stays on the picture", () => {
    const far = fc.double({ min: -999, max: 999, noNaN: true });
    fc.assert(
      fc.property(drawn, far, far, fc.nat(7), (shape, x, y, pick) => {
        const handle = pick % handlesOf(shape).length;
        for (const after of [moved(size, shape, x, y), pulled(size, shape, handle, imagePx(x, y))]) {
          if (after === null) continue;
          const bounds = boundsOf(after);
          expect(Math.min(bounds.x, bounds.y)).toBeGreaterThanOrEqual(-1e-9);
          expect(bounds.x + bounds.width).toBeLessThanOrEqual(size.columns + 1e-9);
          expect(bounds.y + bounds.height).toBeLessThanOrEqual(size.rows + 1e-9);
        }
      }),
    );
  });

  test("every handle lies on its shape, and pulling it to where it is changes nothing", () => {
    fc.assert(
      fc.property(drawn, (shape) => {
        handlesOf(shape).forEach((handle, index) => {
          expect(isUnder(shape, handle, 1e-6)).toBe(true);
          const same = pulled(size, shape, index, handle);
          const before = boundsOf(shape);
          const after = boundsOf(same!);
          expect(after.width).toBeCloseTo(before.width, 6);
          expect(after.height).toBeCloseTo(before.height, 6);
        });
      }),
    );
  });

  test("areas and lengths are in mm, with pixels that need not be square", () => {
    expect(measure({ kind: "polygon", points: [0, 0, 4, 0, 4, 3] }, [2, 0.5])).toEqual({
      area: 6,
      length: 2 + 6 + Math.hypot(2, 6),
    });
    expect(measure(A, [2, 0.5])).toEqual({ area: 1200 });
    const ellipse: Drawn = { kind: "ellipse", x: 50, y: 50, radiusX: 3, radiusY: 2, angle: 30 };
    expect(measure(ellipse, [1, 1]).area).toBeCloseTo(6 * Math.PI, 12);
    expect(measure({ kind: "polyline", points: [0, 0, 3, 0, 3, 4] }, [1, 1])).toEqual({ length: 7 });
    expect(measure({ kind: "angle", points: [1, 0, 0, 0, -1, 1e-9] }, [1, 1]).angle).toBeCloseTo(180, 6);
  });

  test("a simplified line is nowhere further from the drawn one than allowed", () => {
    const line = fc.array(place, { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(line, fc.double({ min: 0.1, max: 20, noNaN: true }), (points, within) => {
        const drawn = points.map(([x, y]) => imagePx(x, y));
        const kept = simplified(drawn, within);
        const flat = { kind: "polyline", points: kept.flatMap(({ x, y }) => [x, y]) } as const;
        for (const point of drawn) expect(isUnder(flat, point, within + 1e-9)).toBe(true);
        expect([kept[0], kept.at(-1)]).toEqual([drawn[0], drawn.at(-1)]);
      }),
    );
  });
});

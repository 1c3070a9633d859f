import fc from "fast-check";
import { expect, test } from "vitest";
import {
  clampPoint,
  cssPx,
  imagePx,
  moveRect,
  rectBetween,
  rectToCss,
  toCss,
  toImage,
  viewTransform,
} from "../../../renderer/viewer/coordinates.ts";

const size = { columns: 256, rows: 128 };
const point = fc.record({
  x: fc.double({ min: -500, max: 500, noNaN: true }),
  y: fc.double({ min: -500, max: 500, noNaN: true }),
});

test("a point of the page goes to the picture and back, at any zoom, pan and pixel shape", () => {
  const scale = fc.double({ min: 0.01, max: 60, noNaN: true });
  fc.assert(
    fc.property(point, point, scale, scale, (origin, at, scaleX, scaleY) => {
      const view = { origin: cssPx(origin.x, origin.y), scaleX, scaleY };
      const back = toCss(view, toImage(view, cssPx(at.x, at.y)));
      expect(back.x).toBeCloseTo(at.x, 6);
      expect(back.y).toBeCloseTo(at.y, 6);
    }),
  );
});

test("the transform of two corners puts the outer corners of the picture exactly there", () => {
  const view = viewTransform(size, cssPx(10, 20), cssPx(522, 404));
  expect(view).toMatchObject({ scaleX: 2, scaleY: 3 });
  expect(toCss(view, imagePx(256, 128))).toEqual(cssPx(522, 404));
  expect(rectToCss(view, { x: 1, y: 1, width: 2, height: 4 })).toEqual({ x: 12, y: 23, width: 4, height: 12 });
});

test("a rectangle is the same whichever corner comes first", () => {
  const wanted = { x: 3, y: 4, width: 7, height: 5 };
  expect(rectBetween(imagePx(3, 4), imagePx(10, 9))).toEqual(wanted);
  expect(rectBetween(imagePx(10, 9), imagePx(3, 4))).toEqual(wanted);
  expect(rectBetween(imagePx(10, 4), imagePx(3, 9))).toEqual(wanted);
});

test("nothing is moved or clamped over the edge of the picture", () => {
  fc.assert(
    fc.property(point, ({ x, y }) => {
      const moved = moveRect(size, { x: 100, y: 50, width: 30, height: 20 }, x, y);
      expect(moved.x).toBeGreaterThanOrEqual(0);
      expect(moved.x + moved.width).toBeLessThanOrEqual(size.columns);
      expect(moved.y).toBeGreaterThanOrEqual(0);
      expect(moved.y + moved.height).toBeLessThanOrEqual(size.rows);
      const inside = clampPoint(size, imagePx(x, y));
      expect(inside.x).toBeGreaterThanOrEqual(0);
      expect(inside.y).toBeLessThanOrEqual(size.rows);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  clampPoint,
  cssMatrix,
  cssPx,
  imagePx,
  rectBetween,
  scaleOf,
  toCss,
  toImage,
  viewTransform,
} from "../../../renderer/viewer/coordinates.ts";

const size = { columns: 256, rows: 128 };
const point = fc.record({
  x: fc.double({ min: -500, max: 500, noNaN: true }),
  y: fc.double({ min: -500, max: 500, noNaN: true }),
});

test("a point of the page goes to the picture and back, at any zoom, pan, turn, mirror and pixel shape", () => {
  const scale = fc.double({ min: 0.01, max: 60, noNaN: true });
  const turn = fc.constantFrom(0, 90, 180, 270);
  fc.assert(
    fc.property(point, point, scale, scale, turn, fc.boolean(), (origin, at, scaleX, scaleY, degrees, mirrored) => {
      const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      const view = {
        origin: cssPx(origin.x, origin.y),
        across: cssPx(scaleX * cos * (mirrored ? -1 : 1), scaleX * sin * (mirrored ? -1 : 1)),
        down: cssPx(-scaleY * sin, scaleY * cos),
      };
      const back = toCss(view, toImage(view, cssPx(at.x, at.y)));
      expect(back.x).toBeCloseTo(at.x, 6);
      expect(back.y).toBeCloseTo(at.y, 6);
    }),
  );
});

test("the transform of three corners puts the outer corners of the picture exactly there", () => {
  const view = viewTransform(size, cssPx(10, 20), cssPx(522, 20), cssPx(10, 404));
  expect(scaleOf(view)).toBe(2);
  expect(toCss(view, imagePx(256, 128))).toEqual(cssPx(522, 404));
  expect(cssMatrix(view)).toBe("matrix(2, 0, 0, 3, 10, 20)");
});

test("a rectangle is the same whichever corner comes first", () => {
  const wanted = { x: 3, y: 4, width: 7, height: 5 };
  expect(rectBetween(imagePx(3, 4), imagePx(10, 9))).toEqual(wanted);
  expect(rectBetween(imagePx(10, 9), imagePx(3, 4))).toEqual(wanted);
  expect(rectBetween(imagePx(10, 4), imagePx(3, 9))).toEqual(wanted);
});

test("nothing is clamped over the edge of the picture", () => {
  fc.assert(
    fc.property(point, ({ x, y }) => {
      const inside = clampPoint(size, imagePx(x, y));
      expect(inside.x).toBeGreaterThanOrEqual(0);
      expect(inside.x).toBeLessThanOrEqual(size.columns);
      expect(inside.y).toBeGreaterThanOrEqual(0);
      expect(inside.y).toBeLessThanOrEqual(size.rows);
    }),
  );
});

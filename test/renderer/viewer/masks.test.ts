import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { MaskGeometry } from "../../../preload/contract/index.ts";
import { imagePx } from "../../../renderer/viewer/coordinates.ts";
import { Bitmap, NOTHING } from "../../../renderer/viewer/masks/bitmap.ts";
import { type BrushSettings, MaskTool } from "../../../renderer/viewer/masks/MaskTool.ts";
import { maskAt, maskInBox } from "../../../renderer/viewer/masks/random-walker.ts";

const size = { columns: 40, rows: 30 };
const rowsOf = (bitmap: Bitmap) =>
  Array.from({ length: bitmap.rows }, (_, row) =>
    [...bitmap.pixels.subarray(row * bitmap.columns, (row + 1) * bitmap.columns)].join(""),
  );

describe("bitmap", () => {
  test("runs and pixels are the same mask, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12, max: 1 }), (pixels) => {
        const bitmap = new Bitmap({ columns: 4, rows: 3 }, pixels);
        const geometry = bitmap.geometry();
        expect(geometry.runs.reduce((sum, run) => sum + run, 0)).toBe(12);
        expect([...Bitmap.of(geometry).pixels]).toEqual([...pixels]);
      }),
    );
  });

  test("a stroke is what a disc covers on its way, and says where it painted", () => {
    const bitmap = new Bitmap({ columns: 9, rows: 5 });
    const touched = bitmap.stroke(imagePx(2.5, 2.5), imagePx(6.5, 2.5), 1, 1);
    expect(rowsOf(bitmap)).toEqual(["000000000", "001111100", "011111110", "001111100", "000000000"]);
    expect(touched).toEqual({ left: 1, top: 1, right: 8, bottom: 4 });
    bitmap.stroke(imagePx(4.5, 2.5), imagePx(4.5, 2.5), 0.2, 0);
    expect(bitmap.pixels[2 * 9 + 4]).toBe(0); // the thinnest brush still takes the pixel under it
    expect(bitmap.area).toBe(16);
  });

  test("growing takes what is connected by edges, not by corners", () => {
    const bitmap = new Bitmap({ columns: 4, rows: 3 });
    const values = [1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0];
    bitmap.grow(imagePx(0.5, 0.5), (index) => values[index] === 1);
    expect(rowsOf(bitmap)).toEqual(["1100", "0000", "0000"]);
    expect(bitmap.grow(imagePx(3.5, 2.5), (index) => values[index] === 1)).toBe(NOTHING);
    expect(bitmap.grow(imagePx(-1, 0), () => true)).toBe(NOTHING);
  });

  test("a hole is filled, the outside is not", () => {
    const bitmap = new Bitmap({ columns: 5, rows: 5 });
    bitmap.pixels.set([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(bitmap.fillHole(imagePx(0.5, 0.5))).toBe(NOTHING);
    expect(bitmap.area).toBe(8);
    expect(bitmap.fillHole(imagePx(2.5, 2.5))).toEqual({ left: 2, top: 2, right: 3, bottom: 3 });
    expect(bitmap.area).toBe(9);
  });
});

describe("the mask tool", () => {
  let kept: MaskGeometry | null;
  let saves: number;
  let settings: BrushSettings;
  let tool: MaskTool;
  const values = (index: number) => (index % size.columns < 20 ? 0 : 100);

  beforeEach(() => {
    kept = null;
    saves = 0;
    settings = { size: 4, tolerance: null };
    tool = new MaskTool({
      imageSize: () => size,
      current: () => kept,
      settings: () => settings,
      values: () => values,
      save: (mask) => {
        kept = mask;
        saves++;
      },
    });
  });
  const area = () => (kept ? Bitmap.of(kept).area : 0);
  const stroke = (kind: Parameters<MaskTool["press"]>[0], ...points: [number, number][]) => {
    tool.press(kind, imagePx(...points[0]!));
    for (const point of points.slice(1)) tool.move(imagePx(...point));
    tool.release();
  };

  test("a stroke is one change; erasing everything takes the mask away; nothing painted is no change", () => {
    stroke("brush", [10, 10], [14, 10], [14, 14]);
    expect([saves, area() > 30]).toEqual([1, true]);
    stroke("eraser", [30, 25]);
    expect(saves).toBe(1);
    settings = { size: 60, tolerance: null };
    stroke("eraser", [12, 12]);
    expect([saves, kept]).toEqual([2, null]);
  });

  test("listeners hear the bitmap while it is painted and null when it is done", () => {
    const heard: (boolean | number)[] = [];
    tool.subscribe((bitmap, touched) => heard.push(bitmap !== null && touched.right - touched.left));
    stroke("brush", [10, 10], [11, 10]);
    expect(heard).toEqual([4, 5, false]);
    tool.press("brush", imagePx(20, 20));
    tool.cancel();
    expect([heard.at(-1), saves]).toEqual([false, 1]);
  });

  test("a brush with a tolerance keeps to values like the one where it began", () => {
    settings = { size: 6, tolerance: 10 };
    stroke("brush", [19, 10], [22, 10]);
    const bitmap = Bitmap.of(kept!);
    expect(bitmap.pixels[10 * 40 + 19]).toBe(1);
    expect(bitmap.pixels[10 * 40 + 20]).toBe(0);
  });

  test("a region grows to the edge of its values", () => {
    settings = { size: 1, tolerance: 10 };
    stroke("grow", [5, 5]);
    expect(area()).toBe(20 * 30);
  });

  test("scissors cut the inside of their outline away, or with Shift fill it", () => {
    settings = { size: 1, tolerance: 10 };
    stroke("grow", [5, 5]);
    stroke("scissors", [0, 0], [10, 0], [10, 10], [0, 10]);
    expect(area()).toBe(600 - 100);
    tool.press("scissors", imagePx(0, 0));
    for (const point of [imagePx(10, 0), imagePx(10, 10), imagePx(0, 10)]) tool.move(point);
    expect(tool.outline).toHaveLength(4);
    tool.release({ add: true });
    expect(area()).toBe(600);
  });
});

describe("the random walker", () => {
  // A disc of value 120 in noise around 40, from a fixed generator.
  const [columns, rows] = [96, 80];
  let seed = 7;
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const inDisc = (index: number) =>
    Math.hypot((index % columns) + 0.5 - 50, Math.floor(index / columns) + 0.5 - 40) < 16;
  const picture = Float64Array.from(
    { length: columns * rows },
    (_, index) => (inDisc(index) ? 120 : 40) + 30 * noise(),
  );
  const dice = (bitmap: Bitmap) => {
    let both = 0;
    let sum = 0;
    bitmap.pixels.forEach((pixel, index) => {
      both += pixel === 1 && inDisc(index) ? 1 : 0;
      sum += pixel + (inDisc(index) ? 1 : 0);
    });
    return (2 * both) / sum;
  };

  test("finds a noisy disc from a box around it and from a click in it", () => {
    expect(dice(maskInBox(picture, { columns, rows }, { x: 26, y: 16, width: 50, height: 48 }))).toBeGreaterThan(0.97);
    expect(dice(maskAt(picture, { columns, rows }, imagePx(52, 38), 30))).toBeGreaterThan(0.97);
  });

  test("a flat picture and a box of nothing give a mask without a crash", () => {
    const flat = new Float64Array(columns * rows);
    const inside = maskInBox(flat, { columns, rows }, { x: 10, y: 10, width: 20, height: 20 });
    expect(inside.pixels[20 * columns + 20]).toBe(1);
    expect(maskInBox(flat, { columns, rows }, { x: 10, y: 10, width: 1, height: 1 }).isEmpty).toBe(true);
  });
});

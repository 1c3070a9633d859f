// A mask while it is painted: one byte for each pixel, row by row, 0 or 1; and what a stroke, a seed or an outline does to it.
//
// Every change says which rectangle it touched, so that only that much is drawn again. Pixels are painted by their centres.
import type { MaskGeometry } from "../../../preload/contract/index.ts";
import type { ImagePx, ImageSize } from "../coordinates.ts";
import { isInside } from "../shapes/geometry.ts";

/** Whole pixels; right and bottom are outside. Empty where right <= left. */
export interface Touched {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const NOTHING: Touched = { left: 0, top: 0, right: 0, bottom: 0 };

export function union(a: Touched, b: Touched): Touched {
  if (a.right <= a.left) return b;
  if (b.right <= b.left) return a;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

export class Bitmap {
  readonly columns: number;
  readonly rows: number;
  readonly pixels: Uint8Array;

  constructor({ columns, rows }: ImageSize, pixels = new Uint8Array(rows * columns)) {
    this.columns = columns;
    this.rows = rows;
    this.pixels = pixels;
  }

  static of({ rows, columns, runs }: Omit<MaskGeometry, "kind">): Bitmap {
    const bitmap = new Bitmap({ rows, columns });
    let at = 0;
    runs.forEach((length, index) => {
      if (index % 2 === 1) bitmap.pixels.fill(1, at, at + length);
      at += length;
    });
    return bitmap;
  }

  geometry(): MaskGeometry {
    const { rows, columns, pixels } = this;
    const runs: number[] = [];
    let value = 0;
    let start = 0;
    for (let i = 0; i <= pixels.length; i++) {
      if (i < pixels.length && pixels[i] === value) continue;
      runs.push(i - start);
      start = i;
      value = 1 - value;
    }
    return { kind: "mask", rows, columns, runs };
  }

  get isEmpty(): boolean {
    return !this.pixels.includes(1);
  }

  get area(): number {
    return this.pixels.reduce((sum, pixel) => sum + pixel, 0);
  }

  /**
   * A stroke of a round brush from one point to another. `radius` in image pixels (the pixel under a point is always painted);
   * `allows` may leave pixels out (a threshold brush).
   */
  stroke(from: ImagePx, to: ImagePx, radius: number, value: 0 | 1, allows?: (index: number) => boolean): Touched {
    const { columns, rows, pixels } = this;
    const reach = Math.max(radius, 0.5);
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
    const right = Math.min(columns, Math.ceil(Math.max(from.x, to.x) + reach));
    const bottom = Math.min(rows, Math.ceil(Math.max(from.y, to.y) + reach));
    const [alongX, alongY] = [to.x - from.x, to.y - from.y];
    const length = alongX * alongX + alongY * alongY;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const [dx, dy] = [column + 0.5 - from.x, row + 0.5 - from.y];
        const at = length === 0 ? 0 : Math.max(0, Math.min(1, (dx * alongX + dy * alongY) / length));
        const [awayX, awayY] = [dx - at * alongX, dy - at * alongY];
        const under = Math.abs(awayX) <= 0.5 && Math.abs(awayY) <= 0.5;
        if (!under && awayX * awayX + awayY * awayY > radius * radius) continue;
        const index = row * columns + column;
        if (allows === undefined || allows(index)) pixels[index] = value;
      }
    }
    return { left, top, right, bottom };
  }

  /** Everything inside an outline (even-odd), by pixel centres. */
  fillPolygon(points: readonly number[], value: 0 | 1): Touched {
    const xs = points.filter((_, index) => index % 2 === 0);
    const ys = points.filter((_, index) => index % 2 === 1);
    const left = Math.max(0, Math.floor(Math.min(...xs)));
    const top = Math.max(0, Math.floor(Math.min(...ys)));
    const right = Math.min(this.columns, Math.ceil(Math.max(...xs)));
    const bottom = Math.min(this.rows, Math.ceil(Math.max(...ys)));
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        if (isInside(points, column + 0.5, row + 0.5)) this.pixels[row * this.columns + column] = value;
      }
    }
    return { left, top, right, bottom };
  }

  /** Connected pixels (by edges) from a seed that `belongs` says yes to. */
  grow(seed: ImagePx, belongs: (index: number) => boolean, value: 0 | 1 = 1): Touched {
    const { columns, rows, pixels } = this;
    const [column, row] = [Math.floor(seed.x), Math.floor(seed.y)];
    if (column < 0 || row < 0 || column >= columns || row >= rows) return NOTHING;
    const first = row * columns + column;
    if (!belongs(first)) return NOTHING;
    const seen = new Uint8Array(rows * columns);
    const open = new Int32Array(rows * columns);
    open[0] = first;
    seen[first] = 1;
    let touched: Touched = { left: column, top: row, right: column + 1, bottom: row + 1 };
    const visit = (index: number, end: number): number => {
      if (seen[index] || !belongs(index)) return end;
      seen[index] = 1;
      open[end] = index;
      return end + 1;
    };
    for (let at = 0, end = 1; at < end; at++) {
      const index = open[at];
      const [x, y] = [index % columns, Math.floor(index / columns)];
      touched = union(touched, { left: x, top: y, right: x + 1, bottom: y + 1 });
      pixels[index] = value;
      if (x > 0) end = visit(index - 1, end);
      if (x < columns - 1) end = visit(index + 1, end);
      if (y > 0) end = visit(index - columns, end);
      if (y < rows - 1) end = visit(index + columns, end);
    }
    return touched;
  }

  /**
   * Fills the hole around a seed: the pixels that are not in the mask and cannot reach the edge of the picture. Nothing happens
   * where the seed can reach it.
   */
  fillHole(seed: ImagePx): Touched {
    const trial = new Bitmap(this, this.pixels.slice());
    const touched = trial.grow(seed, (index) => this.pixels[index] === 0);
    const reachesEdge =
      touched.left === 0 || touched.top === 0 || touched.right === this.columns || touched.bottom === this.rows;
    if (touched === NOTHING || reachesEdge) return NOTHING;
    this.pixels.set(trial.pixels);
    return touched;
  }
}

// From a box or a click to a mask, without a model: the random walker (Grady, IEEE PAMI 28(11), 2006).
//
// Each pixel asks: would a walker that starts here, and crosses edges of the picture unwillingly, first meet a seed of the thing or
// one of its surroundings? The probabilities solve a linear system on the pixel grid (weights exp(-beta (difference of values)²)),
// found by conjugate gradients. Deterministic; on a crop of at most `SIDE`² pixels it takes about a tenth of a second.
import type { ImagePx, ImageRect, ImageSize } from "../coordinates.ts";
import { Bitmap } from "./bitmap.ts";

/** Crops are looked at with at most this many pixels a side. */
const SIDE = 160;
/** Grady's free parameter, for values scaled to their mean squared difference. */
const BETA = 60;
const LEAST_WEIGHT = 1e-4;
const STEPS = 400;
const ACCURACY = 1e-4;

/** 0: unknown, 1: the thing, 2: its surroundings. */
type Seeds = Uint8Array;

/** What lies in a box: its middle belongs to it, its edge does not. Values are those of the whole picture, row by row. */
export function maskInBox(values: ArrayLike<number>, size: ImageSize, box: ImageRect): Bitmap {
  return segment(values, size, box, (column, row, columns, rows) => {
    if (column === 0 || row === 0 || column === columns - 1 || row === rows - 1) return 2;
    const [dx, dy] = [(column + 0.5) / columns - 0.5, (row + 0.5) / rows - 0.5];
    return Math.hypot(dx, dy) < 0.12 ? 1 : 0;
  });
}

/** What lies around a click, up to `reach` image pixels away. */
export function maskAt(values: ArrayLike<number>, size: ImageSize, click: ImagePx, reach: number): Bitmap {
  const left = Math.max(0, Math.floor(click.x - reach));
  const top = Math.max(0, Math.floor(click.y - reach));
  const right = Math.min(size.columns, Math.ceil(click.x + reach));
  const bottom = Math.min(size.rows, Math.ceil(click.y + reach));
  const crop = { x: left, y: top, width: right - left, height: bottom - top };
  return segment(values, size, crop, (column, row, columns, rows) => {
    const [x, y] = [left + ((column + 0.5) * crop.width) / columns, top + ((row + 0.5) * crop.height) / rows];
    const away = Math.hypot(x - click.x, y - click.y);
    if (away <= Math.max(1.5, reach * 0.06)) return 1;
    return away >= reach * 0.95 || column === 0 || row === 0 || column === columns - 1 || row === rows - 1 ? 2 : 0;
  });
}

function segment(
  values: ArrayLike<number>,
  size: ImageSize,
  crop: ImageRect,
  seedAt: (column: number, row: number, columns: number, rows: number) => 0 | 1 | 2,
): Bitmap {
  const result = new Bitmap(size);
  const left = Math.max(0, Math.floor(crop.x));
  const top = Math.max(0, Math.floor(crop.y));
  const right = Math.min(size.columns, Math.ceil(crop.x + crop.width));
  const bottom = Math.min(size.rows, Math.ceil(crop.y + crop.height));
  if (right - left < 3 || bottom - top < 3) return result;
  const step = Math.max(1, (right - left) / SIDE, (bottom - top) / SIDE);
  const columns = Math.max(3, Math.floor((right - left) / step));
  const rows = Math.max(3, Math.floor((bottom - top) / step));
  const small = new Float64Array(rows * columns);
  const seeds: Seeds = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      small[row * columns + column] = meanOf(values, size.columns, left, top, column, row, step, right, bottom);
      seeds[row * columns + column] = seedAt(column, row, columns, rows);
    }
  }
  const inside = walk(small, seeds, columns, rows);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const x = Math.min(columns - 1, Math.floor((column + 0.5 - left) / step));
      const y = Math.min(rows - 1, Math.floor((row + 0.5 - top) / step));
      if (inside[y * columns + x] > 0.5) result.pixels[row * size.columns + column] = 1;
    }
  }
  return result;
}

/** Mean of the picture under one pixel of the crop. */
function meanOf(
  values: ArrayLike<number>,
  stride: number,
  left: number,
  top: number,
  column: number,
  row: number,
  step: number,
  right: number,
  bottom: number,
): number {
  const [x0, y0] = [Math.floor(left + column * step), Math.floor(top + row * step)];
  const x1 = Math.min(right, Math.max(x0 + 1, Math.floor(left + (column + 1) * step)));
  const y1 = Math.min(bottom, Math.max(y0 + 1, Math.floor(top + (row + 1) * step)));
  let sum = 0;
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += values[y * stride + x];
  return sum / ((x1 - x0) * (y1 - y0));
}

/** Probability of each pixel to belong to seed 1. */
function walk(values: Float64Array, seeds: Seeds, columns: number, rows: number): Float64Array {
  const count = rows * columns;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    if (i % columns < columns - 1) squares += (values[i + 1] - values[i]) ** 2;
    if (i + columns < count) squares += (values[i + columns] - values[i]) ** 2;
  }
  const scale = squares > 0 ? (BETA * count) / (100 * squares) : 0;
  const right = new Float64Array(count);
  const down = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (i % columns < columns - 1) right[i] = Math.exp(-scale * (values[i + 1] - values[i]) ** 2) + LEAST_WEIGHT;
    if (i + columns < count) down[i] = Math.exp(-scale * (values[i + columns] - values[i]) ** 2) + LEAST_WEIGHT;
  }
  const degree = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    degree[i] = right[i] + down[i] + (i % columns > 0 ? right[i - 1] : 0) + (i >= columns ? down[i - columns] : 0);
  }
  const neighbours = (of: Float64Array, i: number) =>
    (right[i] > 0 ? right[i] * of[i + 1] : 0) +
    (down[i] > 0 ? down[i] * of[i + columns] : 0) +
    (i % columns > 0 ? right[i - 1] * of[i - 1] : 0) +
    (i >= columns ? down[i - columns] * of[i - columns] : 0);

  // L x = b over the pixels without a seed, x of seeds fixed; Jacobi preconditioner.
  const found = Float64Array.from(seeds, (seed) => (seed === 1 ? 1 : 0));
  const residual = new Float64Array(count);
  const direction = new Float64Array(count);
  let rz = 0;
  for (let i = 0; i < count; i++) {
    if (seeds[i] !== 0) continue;
    residual[i] = neighbours(found, i) - degree[i] * found[i];
    direction[i] = residual[i] / degree[i];
    rz += residual[i] * direction[i];
  }
  const first = rz;
  const product = new Float64Array(count);
  for (let step = 0; step < STEPS && rz > ACCURACY ** 2 * first && rz > 0; step++) {
    let curvature = 0;
    for (let i = 0; i < count; i++) {
      if (seeds[i] !== 0) continue;
      product[i] = degree[i] * direction[i] - neighbours(direction, i);
      curvature += direction[i] * product[i];
    }
    const length = rz / curvature;
    let next = 0;
    for (let i = 0; i < count; i++) {
      if (seeds[i] !== 0) continue;
      found[i] += length * direction[i];
      residual[i] -= length * product[i];
      next += (residual[i] * residual[i]) / degree[i];
    }
    for (let i = 0; i < count; i++) {
      if (seeds[i] === 0) direction[i] = residual[i] / degree[i] + (next / rz) * direction[i];
    }
    rz = next;
  }
  return found;
}

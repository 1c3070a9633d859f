// Masks for the slices between two that a reader drew.
//
// Shape-based interpolation: Raya and Udupa, IEEE Transactions on Medical Imaging 9 (1990), https://doi.org/10.1109/42.52980. Each mask becomes a map of distances to
// its border, above 0 inside and below outside; maps are mixed in proportion, and what is not below 0 is inside. Two masks without a common
// pixel would vanish in between: they are first moved, by whole pixels, so that their centres lie on the line between them.

import { AppError } from "../../../preload/contract/errors.ts";
import { squaredDistances } from "./distance-transform.ts";
import {
  bytesOfMask,
  eachRowStretch,
  type Mask,
  maskArea,
  maskBounds,
  maskOfBytes,
  type PixelBounds,
  sharedArea,
  union,
} from "./runs.ts";

/** Maps are sums of square roots: a pixel this near the border, in pixels' units, lies on it. */
const ON_BORDER = 1e-9;

/**
 * `count` masks at even steps between `a` and `b`, from the one nearest to `a`. `spacing` in mm from row to row and column to column. All are empty when one of
 * the two is: there is no shape to go to. Throws labels/geometry-invalid for different frames.
 */
export function interpolateMasks(
  a: Mask,
  b: Mask,
  count: number,
  spacing: readonly [rows: number, columns: number] = [1, 1],
): Mask[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new AppError("app/invalid-input", `Expected a whole number of slices in between, found ${count}.`);
  }
  const even = Array.from({ length: count }, (_, i) => (i + 1) / (count + 1));
  return masksBetween(a, b, even, spacing);
}

/** The same where slices do not lie evenly: `fractions` of the way from `a` to `b`, between 0 and 1. */
export function masksBetween(
  a: Mask,
  b: Mask,
  fractions: readonly number[],
  spacing: readonly [rows: number, columns: number] = [1, 1],
): Mask[] {
  const apart = sharedArea(a, b) === 0;
  if (maskArea(a) === 0 || maskArea(b) === 0) {
    return fractions.map(() => ({ rows: a.rows, columns: a.columns, runs: [a.rows * a.columns] }));
  }
  if (!apart) {
    const mix = mixer(a, b, spacing);
    return fractions.map(mix);
  }
  const [from, to] = [centreOf(a), centreOf(b)];
  const way = [Math.round(to[0] - from[0]), Math.round(to[1] - from[1])] as const;
  return fractions.map((fraction) => {
    const gone = [Math.round(fraction * way[0]), Math.round(fraction * way[1])] as const;
    const moved = [translated(a, gone[0], gone[1]), translated(b, gone[0] - way[0], gone[1] - way[1])] as const;
    return mixer(moved[0], moved[1], spacing)(fraction);
  });
}

/** Both maps, computed once, over the smallest window around both masks with a border of background. */
function mixer(a: Mask, b: Mask, spacing: readonly [number, number]): (fraction: number) => Mask {
  const { rows, columns } = a;
  const bounds = maskBounds(union(a, b));
  if (bounds === null) return () => ({ rows, columns, runs: [rows * columns] });
  const { top, left, bottom, right } = bounds;
  const width = right - left + 2;
  const [first, second] = [a, b].map((mask) => signedDistances(mask, bounds, spacing));
  return (fraction) => {
    const bytes = new Uint8Array(rows * columns);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const i = (row - top + 1) * width + column - left + 1;
        if ((1 - fraction) * first[i] + fraction * second[i] >= -ON_BORDER) bytes[row * columns + column] = 1;
      }
    }
    return maskOfBytes(bytes, rows, columns);
  };
}

/** Distance to the nearest pixel of the other kind, in mm: above 0 inside, below 0 outside. Beyond the frame is background. */
function signedDistances(
  mask: Mask,
  { top, left, bottom, right }: PixelBounds,
  [rowStep, columnStep]: readonly [number, number],
): Float64Array {
  const bytes = bytesOfMask(mask);
  const [height, width] = [bottom - top + 2, right - left + 2];
  const inside = new Uint8Array(height * width);
  for (let row = top; row < bottom; row++) {
    const from = row * mask.columns;
    inside.set(bytes.subarray(from + left, from + right), (row - top + 1) * width + 1);
  }
  const extent = [1, height, width] as const;
  const spacing = [1, rowStep, columnStep] as const;
  const toForeground = squaredDistances(inside, extent, spacing);
  const toBackground = squaredDistances(
    inside.map((value) => 1 - value),
    extent,
    spacing,
  );
  return toBackground.map((square, i) => Math.sqrt(square) - Math.sqrt(toForeground[i]));
}

function centreOf(mask: Mask): readonly [row: number, column: number] {
  let [rows, columns, area] = [0, 0, 0];
  eachRowStretch(mask, (row, from, to) => {
    rows += row * (to - from);
    columns += ((from + to - 1) / 2) * (to - from);
    area += to - from;
  });
  return [rows / area, columns / area];
}

/** Moved by whole pixels; what leaves the frame is cut off. */
function translated(mask: Mask, down: number, across: number): Mask {
  const { rows, columns } = mask;
  const bytes = new Uint8Array(rows * columns);
  eachRowStretch(mask, (row, from, to) => {
    const [at, start, end] = [row + down, Math.max(0, from + across), Math.min(columns, to + across)];
    if (at >= 0 && at < rows && start < end) bytes.fill(1, at * columns + start, at * columns + end);
  });
  return maskOfBytes(bytes, rows, columns);
}

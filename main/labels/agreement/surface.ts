// How far the surfaces of two masks lie apart, in mm: Hausdorff distance, its 95th percentile, the average.
//
// A surface is the foreground pixels with a background pixel, or the edge of the image, on one of their sides (4 of them in a single frame, 6 in a
// stack): the mask less its erosion by a cross. Distances are between pixels' centres.
// - Hausdorff: the farthest that any surface pixel of either mask is from the other's surface.
// - Hausdorff 95: the larger of the two directed 95th percentiles, interpolated linearly. So does MONAI's compute_hausdorff_distance and Metrics
//   Reloaded (Maier-Hein et al., Nature Methods 21, 2024). MedPy takes one percentile of both directions pooled: a smaller figure where one
//   direction is worse than the other. DeepMind's surface-distance weighs each pixel by its piece of surface. Name the definition beside the figure.
// - Average: the mean over both surfaces pooled (ASSD; Heimann et al., IEEE TMI 28, 2009).

import type { Extent, Spacing } from "../masks/distance-transform.ts";
import { squaredDistances } from "../masks/distance-transform.ts";
import { assertSameExtent, type Region } from "./overlap.ts";

export interface SurfaceDistances {
  readonly hausdorff: number;
  readonly hausdorff95: number;
  readonly average: number;
}

/** null when either mask has no foreground: there is no distance to what is not there. Throws labels/geometry-invalid for different sizes. */
export function surfaceDistances(a: Region, b: Region, spacing: Spacing): SurfaceDistances | null {
  assertSameExtent(a, b);
  const window = windowOf(a, b);
  if (window === null) return null;
  const surfaces = [surfaceOf(a, window), surfaceOf(b, window)] as const;
  const there = directed(surfaces[0], surfaces[1], window.extent, spacing);
  const back = directed(surfaces[1], surfaces[0], window.extent, spacing);
  if (there.length === 0 || back.length === 0) return null;
  const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);
  return {
    hausdorff: Math.max(there[there.length - 1], back[back.length - 1]),
    hausdorff95: Math.max(percentile(there, 0.95), percentile(back, 0.95)),
    average: (sum(there) + sum(back)) / (there.length + back.length),
  };
}

interface Window {
  readonly start: readonly [slice: number, row: number, column: number];
  readonly extent: Extent;
}

/** The smallest box around both masks: nothing outside it has a part in any distance. null without foreground. */
function windowOf(a: Region, b: Region): Window | null {
  const [slices, rows, columns] = a.extent;
  const least = [slices, rows, columns];
  const most = [-1, -1, -1];
  for (let slice = 0, i = 0; slice < slices; slice++) {
    for (let row = 0; row < rows; row++, i += columns) {
      let [left, right] = [0, columns - 1];
      while (left < columns && a.bytes[i + left] === 0 && b.bytes[i + left] === 0) left++;
      if (left === columns) continue;
      while (a.bytes[i + right] === 0 && b.bytes[i + right] === 0) right--;
      least[0] = Math.min(least[0], slice);
      least[1] = Math.min(least[1], row);
      least[2] = Math.min(least[2], left);
      most[0] = slice;
      most[1] = Math.max(most[1], row);
      most[2] = Math.max(most[2], right);
    }
  }
  if (most[0] < 0) return null;
  const [s, r, c] = least;
  return { start: [s, r, c], extent: [most[0] - s + 1, most[1] - r + 1, most[2] - c + 1] };
}

/** 1 on the surface, 0 elsewhere, over the window. */
function surfaceOf({ bytes, extent }: Region, window: Window): Uint8Array {
  const [slices, rows, columns] = extent;
  const [s0, r0, c0] = window.start;
  const [height, width] = [window.extent[1], window.extent[2]];
  const frame = rows * columns;
  const surface = new Uint8Array(window.extent[0] * height * width);
  let at = 0;
  for (let slice = s0; slice < s0 + window.extent[0]; slice++) {
    const stackEdge = slices > 1 && (slice === 0 || slice === slices - 1);
    for (let row = r0; row < r0 + height; row++) {
      const rowEdge = stackEdge || row === 0 || row === rows - 1;
      for (let column = c0; column < c0 + width; column++, at++) {
        const i = slice * frame + row * columns + column;
        if (bytes[i] === 0) continue;
        const inside =
          !rowEdge &&
          column > 0 &&
          column < columns - 1 &&
          bytes[i - 1] !== 0 &&
          bytes[i + 1] !== 0 &&
          bytes[i - columns] !== 0 &&
          bytes[i + columns] !== 0 &&
          (slices === 1 || (bytes[i - frame] !== 0 && bytes[i + frame] !== 0));
        if (!inside) surface[at] = 1;
      }
    }
  }
  return surface;
}

/** Distances from each surface pixel of one mask to the nearest of the other, ascending; [] when either has none. */
function directed(from: Uint8Array, to: Uint8Array, extent: Extent, spacing: Spacing): Float64Array {
  if (!to.includes(1)) return new Float64Array();
  const squares = squaredDistances(to, extent, spacing);
  let count = 0;
  for (let i = 0; i < from.length; i++) if (from[i] === 1) squares[count++] = squares[i];
  return squares.slice(0, count).map(Math.sqrt).sort();
}

/** Linear interpolation between the two nearest of ascending values. */
function percentile(ascending: Float64Array, q: number): number {
  const position = q * (ascending.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (position - below) * (ascending[above] - ascending[below]);
}

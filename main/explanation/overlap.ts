// A map beside what readers drew: does it point where they pointed?
import type { Overlap } from "../../preload/contract/index.ts";
import type { RawMap } from "./explainer.ts";
import { resampleBilinear } from "./resample.ts";

/** How far from what was drawn the highest point may lie, as part of the longer side: the pointing game allows 15 pixels of its pictures of about 500. */
const TOLERANCE = 0.03;
/**
 * Deviation of the Gaussian that a map is smoothed with before its highest point is taken, as part of the longer side: the pointing game of Fong et al. 2019
 * (https://arxiv.org/abs/1910.08485, TorchRay) smooths gradients so. Of a map over pixels the single highest pixel is chance; where they lie close is not.
 */
const SMOOTHING = 0.02;

/**
 * The map, stretched over the frame, beside the pixels that readers marked; null where they marked none or all.
 * @param marked rows * columns, 0 or 1
 */
export function overlapOf(map: RawMap, marked: Uint8Array, rows: number, columns: number): Overlap | null {
  const area = marked.reduce((sum, inside) => sum + inside, 0);
  if (area === 0 || area === marked.length) return null;
  const values = resampleBilinear(map.values, map, { rows, columns });
  const smooth = smoothed(values, rows, columns, SMOOTHING * Math.max(rows, columns));
  let top = 0;
  let whole = 0;
  let within = 0;
  for (let i = 0; i < values.length; i++) {
    if (smooth[i]! > smooth[top]!) top = i;
    whole += values[i]!;
    if (marked[i] === 1) within += values[i]!;
  }
  // A map without a highest point points nowhere.
  const points = smooth[top]! > 0;
  return {
    pointing: points && near(marked, rows, columns, top),
    inside: whole > 0 ? within / whole : 0,
    iou: points ? iouOfEqualArea(values, marked, area) : 0,
    share: area / marked.length,
  };
}

function near(marked: Uint8Array, rows: number, columns: number, place: number): boolean {
  const reach = Math.round(TOLERANCE * Math.max(rows, columns));
  const [row, column] = [Math.floor(place / columns), place % columns];
  for (let y = Math.max(0, row - reach); y <= Math.min(rows - 1, row + reach); y++) {
    for (let x = Math.max(0, column - reach); x <= Math.min(columns - 1, column + reach); x++) {
      if (marked[y * columns + x] === 1 && (y - row) ** 2 + (x - column) ** 2 <= reach ** 2) return true;
    }
  }
  return false;
}

/** Intersection over union of what was drawn and as many of the map's highest pixels. */
function iouOfEqualArea(values: Float32Array, marked: Uint8Array, area: number): number {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]!);
  let shared = 0;
  for (let k = 0; k < area; k++) shared += marked[order[k]!]!;
  return shared / (2 * area - shared);
}

/** A Gaussian of this deviation in pixels along both axes, cut at three deviations; outside of the map there is nothing. */
function smoothed(values: Float32Array, rows: number, columns: number, deviation: number): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / deviation) ** 2),
  );
  const along = (from: Float32Array, lines: number, length: number, step: number, stride: number) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        const last = Math.min(length - 1, i + reach);
        for (let k = Math.max(0, i - reach); k <= last; k++) {
          sum += kernel[k - i + reach]! * from[line * stride + k * step]!;
        }
        to[line * stride + i * step] = sum;
      }
    }
    return to;
  };
  return along(along(values, rows, columns, 1, columns), columns, rows, columns, 1);
}

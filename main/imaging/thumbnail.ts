// The small picture in the library's grid: windowed to 8 bit, at most 192 px on its longer side, PNG.

import type { PixelDescription } from "../../preload/contract/index.ts";
import { encodePng } from "./formats/png.ts";
import { resample } from "./prepare.ts";
import type { DecodedFrame } from "./types.ts";

const LONGER_SIDE = 192;

/** Ends of a window in modality values: DICOM's linear function (PS3.3 C.11.2.1.2.1). */
function windowEnds(window: PixelDescription["window"]): { low: number; high: number } {
  const { center, width } = window;
  const low = center - 0.5 - (width - 1) / 2;
  return { low, high: Math.max(center - 0.5 + (width - 1) / 2, low + Number.EPSILON) };
}

/** The window whose ends are the darkest and the brightest value. */
export function windowOver(low: number, high: number): PixelDescription["window"] {
  return { center: (low + high + 1) / 2, width: Math.max(high - low, 0) + 1 };
}

export function drawThumbnail(frame: DecodedFrame, pixels: PixelDescription): Uint8Array {
  const { rows, columns, samples, values } = frame;
  const shrink = Math.min(1, LONGER_SIDE / Math.max(rows, columns));
  const toRows = Math.max(1, Math.round(rows * shrink));
  const toColumns = Math.max(1, Math.round(columns * shrink));
  const { low, high } = windowEnds(pixels.window);
  const picture = new Uint8Array(toRows * toColumns * samples);
  const plane = new Float32Array(rows * columns);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < plane.length; i++) {
      const value = values[i * samples + s] * pixels.slope + pixels.intercept;
      const unit = (value - low) / (high - low);
      const clipped = unit > 0 ? Math.min(unit, 1) : 0;
      plane[i] = 255 * (pixels.inverted ? 1 - clipped : clipped);
    }
    const small = shrink < 1 ? resample(plane, rows, columns, toRows, toColumns) : plane;
    for (let i = 0; i < small.length; i++) picture[i * samples + s] = Math.round(small[i]);
  }
  return encodePng({ rows: toRows, columns: toColumns, samples, values: picture });
}

// The small picture in the library's grid: as the frame is shown at first, at most 192 px on its longer side, PNG.

import type { PixelDescription } from "../../preload/contract/index.ts";
import { renderFrame } from "./display.ts";
import { encodePng } from "./formats/png.ts";
import { resample } from "./prepare.ts";
import type { DecodedFrame } from "./types.ts";

const LONGER_SIDE = 192;

/** `pixels`: of this very frame (`pixelsOfFrame`). */
export function drawThumbnail(frame: DecodedFrame, pixels: PixelDescription): Uint8Array {
  const { rows, columns, samples } = frame;
  const shrink = Math.min(1, LONGER_SIDE / Math.max(rows, columns));
  const shown = renderFrame(frame, pixels);
  if (shrink === 1) return encodePng({ rows, columns, samples, values: shown });
  const toRows = Math.max(1, Math.round(rows * shrink));
  const toColumns = Math.max(1, Math.round(columns * shrink));
  const picture = new Uint8Array(toRows * toColumns * samples);
  const plane = new Float32Array(rows * columns);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < plane.length; i++) plane[i] = shown[i * samples + s];
    const small = resample(plane, rows, columns, toRows, toColumns);
    for (let i = 0; i < small.length; i++) picture[i * samples + s] = Math.round(small[i]);
  }
  return encodePng({ rows: toRows, columns: toColumns, samples, values: picture });
}

// An image with a saliency map over it, as a PNG: only for a file that somebody asked for by name.

import { encode } from "fast-png";
import type { Explanation, PixelDescription, PixelType } from "../../../preload/contract/index.ts";

const ARRAYS: Record<PixelType, new (buffer: ArrayBuffer) => ArrayLike<number>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
};
/** How much of the map's red lies over the image where the map is 1. */
const OPACITY = 0.6;

/** `samples`: one decoded frame as `/pixels/…` gives it. The map is resized by the nearest value. */
export function drawOverlay(samples: ArrayBuffer, pixels: PixelDescription, map: Explanation): Uint8Array {
  const { rows, columns, slope, intercept, window, inverted } = pixels;
  const values = new ARRAYS[pixels.type](samples);
  const low = window.center - window.width / 2;
  const data = new Uint8Array(rows * columns * 3);
  for (let pixel = 0; pixel < rows * columns; pixel += 1) {
    const mapRow = Math.floor((Math.floor(pixel / columns) * map.rows) / rows);
    const mapColumn = Math.floor(((pixel % columns) * map.columns) / columns);
    const strength = OPACITY * map.values[mapRow * map.columns + mapColumn]!;
    for (let channel = 0; channel < 3; channel += 1) {
      const sample = values[pixel * pixels.samples + (pixels.samples === 3 ? channel : 0)]!;
      const shown = Math.min(1, Math.max(0, (sample * slope + intercept - low) / window.width));
      const brightness = 255 * (inverted ? 1 - shown : shown);
      data[pixel * 3 + channel] = Math.round(brightness * (1 - strength) + (channel === 0 ? 255 : 0) * strength);
    }
  }
  return encode({ width: columns, height: rows, data, channels: 3, depth: 8 });
}

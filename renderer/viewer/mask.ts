// Pictures laid over the image: a mask from its runs, a saliency map from its values. Both as RGBA, row by row.
import type { Explanation, Mask } from "../../preload/contract/index.ts";

/** Opacity is applied when it is drawn, so the mask itself is opaque where it is. */
export function maskPixels(mask: Mask, color: string): Uint8ClampedArray<ArrayBuffer> {
  const [red, green, blue] = rgbOf(color);
  const rgba = new Uint8ClampedArray(mask.rows * mask.columns * 4);
  let at = 0;
  mask.runs.forEach((length, index) => {
    const end = Math.min(at + length, mask.rows * mask.columns);
    // Background first: odd runs are foreground.
    if (index % 2 === 1) for (let i = at; i < end; i++) rgba.set([red, green, blue, 255], i * 4);
    at = end;
  });
  return rgba;
}

/**
 * Colours of the heat map, from no influence to the most: dark violet over red and orange to pale yellow (matplotlib's
 * "inferno" at nine places). Lightness grows all the way, so it reads without colour too.
 */
export const HEAT_COLORS: readonly string[] = [
  "#000004",
  "#210c4a",
  "#56106e",
  "#89226a",
  "#bb3754",
  "#e35933",
  "#f98e09",
  "#f9cb35",
  "#fcffa4",
];

const HEAT_RGB = HEAT_COLORS.map(rgbOf);

/** No influence is transparent, so that the picture stays readable where the model did not look. */
export function heatPixels({ rows, columns, values }: Explanation): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(rows * columns * 4);
  for (let i = 0; i < rows * columns; i++) {
    const value = Math.max(0, Math.min(1, values[i]));
    const place = value * (HEAT_RGB.length - 1);
    const lower = Math.min(Math.floor(place), HEAT_RGB.length - 2);
    const part = place - lower;
    for (let channel = 0; channel < 3; channel++) {
      rgba[i * 4 + channel] = HEAT_RGB[lower][channel] * (1 - part) + HEAT_RGB[lower + 1][channel] * part;
    }
    rgba[i * 4 + 3] = 255 * Math.min(1, value * 2);
  }
  return rgba;
}

function rgbOf(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

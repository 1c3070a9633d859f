// Pictures laid over the image: a mask from its runs, a saliency map from its values. Both as RGBA, row by row.
import type { Explanation, MaskGeometry } from "../../../preload/contract/index.ts";
import type { Bitmap, Touched } from "./bitmap.ts";

/** Opacity is applied when it is drawn, so the mask itself is opaque where it is. */
export function maskPixels(mask: MaskGeometry, color: string): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(mask.rows * mask.columns * 4);
  const words = new Uint32Array(rgba.buffer);
  const word = wordOf(color);
  let at = 0;
  mask.runs.forEach((length, index) => {
    const end = Math.min(at + length, words.length);
    // Background first: odd runs are foreground.
    if (index % 2 === 1) words.fill(word, at, end);
    at = end;
  });
  return rgba;
}

/** Draws one rectangle of a mask on a canvas that has the mask's own size. */
export function paintMask(
  context: CanvasRenderingContext2D,
  bitmap: Bitmap,
  color: string,
  { left, top, right, bottom }: Touched,
): void {
  const [width, height] = [right - left, bottom - top];
  if (width <= 0 || height <= 0) return;
  const word = wordOf(color);
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let y = 0; y < height; y++) {
    const row = (top + y) * bitmap.columns + left;
    for (let x = 0; x < width; x++) if (bitmap.pixels[row + x] === 1) words[y * width + x] = word;
  }
  context.putImageData(image, left, top);
}

/** An opaque pixel as RGBA bytes in memory, read as one number: the least significant byte comes first everywhere we run. */
function wordOf(color: string): number {
  const [red, green, blue] = rgbOf(color);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
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

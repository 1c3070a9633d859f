// Masks of images of any size by a model that takes patches: windows half a patch apart, their answers averaged with more weight on the middle, where a window
// sees most around a pixel (nnU-Net: Isensee et al. 2021, https://doi.org/10.1038/s41592-020-01008-z). Where a picture has no upper side and no left one, the mean over
// its mirror images is steadier.
import { floatTensor } from "../graph/graph.ts";
import type { Inference } from "./task.ts";

export interface PlainImage {
  readonly rows: number;
  readonly columns: number;
  /** Row by row, in [0, 1]. */
  readonly pixels: Float32Array;
}

/** Windows in one run of the model. */
const BATCH = 4;
/** Standard deviation of the weights, part of the patch's side. */
const SPREAD = 1 / 8;

/** Places of windows of `patch` along `size` pixels: at most half a patch apart, the first and the last at the edges. */
export function windowStarts(size: number, patch: number): readonly number[] {
  if (size <= patch) return [0];
  const steps = Math.ceil((size - patch) / (patch / 2));
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * (size - patch)) / steps));
}

/** The mean of `slidingWindow` over the image and its three mirror images. */
export async function mirroredWindows(
  inference: Inference,
  image: PlainImage,
  options: { patch: number; classes: number },
): Promise<Float32Array> {
  const mean = new Float32Array(options.classes * image.rows * image.columns);
  for (const [down, across] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const turned = { ...image, pixels: mirrored(image.pixels, image, down, across) };
    const found = mirrored(await slidingWindow(inference, turned, options), image, down, across);
    for (let i = 0; i < mean.length; i++) mean[i]! += found[i]! / 4;
  }
  return mean;
}

/** Maps [any, rows, columns], each mirrored up and down or left and right; its own inverse. */
function mirrored(
  values: Float32Array,
  { rows, columns }: Pick<PlainImage, "rows" | "columns">,
  down: boolean,
  across: boolean,
): Float32Array {
  const area = rows * columns;
  return Float32Array.from(values, (_, i) => {
    const [map, at] = [Math.floor(i / area) * area, i % area];
    const [row, column] = [Math.floor(at / columns), at % columns];
    return values[map + (down ? rows - 1 - row : row) * columns + (across ? columns - 1 - column : column)]!;
  });
}

/**
 * Probabilities [classes, rows, columns] of a model with input `image` [N, 1, patch, patch] and output `probabilities` [N, classes, patch, patch]. Beyond the
 * edges of images smaller than a patch lies their border pixel.
 */
export async function slidingWindow(
  inference: Inference,
  image: PlainImage,
  { patch, classes }: { patch: number; classes: number },
): Promise<Float32Array> {
  const { rows, columns } = image;
  const area = rows * columns;
  const places = windowStarts(rows, patch).flatMap((top) =>
    windowStarts(columns, patch).map((left) => ({ top, left })),
  );
  const weights = middleWeights(patch);
  const sums = new Float32Array(classes * area);
  const totals = new Float32Array(area);
  for (let first = 0; first < places.length; first += BATCH) {
    const some = places.slice(first, first + BATCH);
    const pixels = new Float32Array(some.length * patch * patch);
    some.forEach(({ top, left }, i) => {
      cut(image, top, left, patch, pixels.subarray(i * patch * patch));
    });
    const answers = await inference.run({ image: floatTensor([some.length, 1, patch, patch], pixels) }, [
      "probabilities",
    ]);
    const found = answers.probabilities!.data as Float32Array;
    some.forEach(({ top, left }, i) => {
      for (let y = 0; y < patch && top + y < rows; y++) {
        for (let x = 0; x < patch && left + x < columns; x++) {
          const weight = weights[y * patch + x]!;
          const at = (top + y) * columns + left + x;
          totals[at]! += weight;
          for (let c = 0; c < classes; c++) {
            sums[c * area + at]! += weight * found[((i * classes + c) * patch + y) * patch + x]!;
          }
        }
      }
    });
  }
  for (let c = 0; c < classes; c++) for (let at = 0; at < area; at++) sums[c * area + at]! /= totals[at]!;
  return sums;
}

/** A patch of an image, row by row, into `into`; beyond the edges lies the border pixel. */
export function cut(
  { rows, columns, pixels }: PlainImage,
  top: number,
  left: number,
  patch: number,
  into: Float32Array,
): void {
  for (let y = 0; y < patch; y++) {
    const row = Math.min(rows - 1, Math.max(0, top + y)) * columns;
    for (let x = 0; x < patch; x++) into[y * patch + x] = pixels[row + Math.min(columns - 1, Math.max(0, left + x))]!;
  }
}

/** A Gaussian around the middle, nowhere 0. */
function middleWeights(patch: number): Float32Array {
  const middle = (patch - 1) / 2;
  const line = Array.from({ length: patch }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * (SPREAD * patch) ** 2)));
  return Float32Array.from({ length: patch * patch }, (_, i) =>
    Math.max(1e-6, line[Math.floor(i / patch)]! * line[i % patch]!),
  );
}

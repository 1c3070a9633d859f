// The methods: from a picture and a question to a map of what moved the answer.
//
// A raw map is as its paper defines it: signed where the method is. A shown map has no negative numbers: gradients by their size, attributions by what
// speaks for the answer. Chance (noise, masks) comes from a seed: same seed, same map.
import { AppError } from "../../preload/contract/errors.ts";
import { createRandom } from "../models/random.ts";
import type { Explainer, Question, RawMap } from "./explainer.ts";
import { resampleBilinear } from "./resample.ts";

export type Method =
  | "input-gradient"
  | "gradient-x-input"
  | "smoothgrad"
  | "integrated-gradients"
  | "grad-cam"
  | "grad-cam++"
  | "layer-cam"
  | "occlusion"
  | "rise";

interface Case {
  readonly explainer: Explainer;
  /** channels * rows * columns numbers from 0 to 1 */
  readonly image: Float32Array;
  readonly question: Question;
  readonly seed: number;
}

/** Noise of SmoothGrad as part of the picture's range: 0.1 to 0.2 in its paper. */
const SMOOTHGRAD_NOISE = 0.15;
const SMOOTHGRAD_SAMPLES = 24;
/** Points on the path of integrated gradients: 20 to 300 in its paper. */
const PATH_STEPS = 32;
/** Windows of occlusion along each axis fit this often without overlap; they move by half. */
const OCCLUSION_CELLS = 8;
/** RISE: masks, cells of a mask along each axis, and the chance that a cell stays. Its paper has 4 000 masks of 7 cells for 224 pixels. */
const RISE_MASKS = 512;
const RISE_CELLS = 7;
const RISE_CHANCE = 0.5;
/** Pictures made at a time; divides the number of masks. */
const PICTURES_AT_ONCE = 64;

/** Mean over `samples` gradients under Gaussian noise (Smilkov et al. 2017), signed, [C, rows, columns]. `noise` comes one picture after the other. */
export async function smoothGradient(
  { explainer, image, question }: Omit<Case, "seed">,
  noise: Float32Array,
): Promise<Float32Array> {
  const noisy = noise.map((value, i) => value + image[i % image.length]!);
  return meanOf(await explainer.gradients(noisy, question), image.length);
}

/**
 * Integrated gradients (Sundararajan et al. 2017) along the straight line from `baseline`, by the midpoint rule, signed, [C, rows, columns]: sums up to the
 * difference of the scores.
 */
export async function integratedGradients(
  { explainer, image, question }: Omit<Case, "seed">,
  baseline: Float32Array,
  steps = PATH_STEPS,
): Promise<Float32Array> {
  const points = new Float32Array(steps * image.length);
  for (let step = 0; step < steps; step++) {
    const along = (step + 0.5) / steps;
    for (let i = 0; i < image.length; i++) {
      points[step * image.length + i] = baseline[i]! + along * (image[i]! - baseline[i]!);
    }
  }
  const slopes = meanOf(await explainer.gradients(points, question), image.length);
  return slopes.map((slope, i) => slope * (image[i]! - baseline[i]!));
}

/** The mean fall of the score over the windows that cover a pixel (Zeiler and Fergus 2014), signed. Windows hold the picture's mean. */
export async function occlusion({ explainer, image, question }: Omit<Case, "seed">): Promise<RawMap> {
  const { rows, columns, channels } = explainer;
  const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side / OCCLUSION_CELLS)));
  const windows: { top: number; left: number }[] = [];
  for (const top of placesAlong(rows, height!)) {
    for (const left of placesAlong(columns, width!)) windows.push({ top, left });
  }
  const fill = meanValue(image);
  const [whole] = await explainer.scores(image, question);
  const without: number[] = [];
  for (let start = 0; start < windows.length; start += PICTURES_AT_ONCE) {
    const some = windows.slice(start, start + PICTURES_AT_ONCE);
    const pictures = new Float32Array(some.length * image.length);
    some.forEach(({ top, left }, k) => {
      const picture = pictures.subarray(k * image.length, (k + 1) * image.length);
      picture.set(image);
      for (let channel = 0; channel < channels; channel++) {
        for (let y = top; y < top + height!; y++) {
          const row = (channel * rows + y) * columns;
          picture.fill(fill, row + left, row + left + width!);
        }
      }
    });
    without.push(...(await explainer.scores(pictures, question)));
  }
  const values = new Float32Array(rows * columns);
  const covered = new Float32Array(rows * columns);
  windows.forEach(({ top, left }, k) => {
    for (let y = top; y < top + height!; y++) {
      for (let x = left; x < left + width!; x++) {
        values[y * columns + x]! += whole! - without[k]!;
        covered[y * columns + x]! += 1;
      }
    }
  });
  return { rows, columns, values: values.map((value, i) => value / covered[i]!) };
}

/**
 * RISE (Petsiuk et al. 2018, equation 4): for each pixel the mean score over random smooth masks, weighted by how much each leaves of it, by the masks that
 * were drawn rather than those to be expected; hidden parts take the picture's mean.
 */
async function rise({ explainer, image, question, seed }: Case): Promise<RawMap> {
  const { rows, columns } = explainer;
  const random = createRandom(seed, 2);
  const sum = new Float32Array(rows * columns);
  const visible = new Float32Array(rows * columns);
  const fill = meanValue(image);
  for (let start = 0; start < RISE_MASKS; start += PICTURES_AT_ONCE) {
    const masks = Array.from({ length: PICTURES_AT_ONCE }, () => smoothMask(rows, columns, random));
    const pictures = new Float32Array(PICTURES_AT_ONCE * image.length);
    masks.forEach((mask, k) => {
      for (let i = 0; i < image.length; i++) {
        const kept = mask[i % mask.length]!;
        pictures[k * image.length + i] = kept * image[i]! + (1 - kept) * fill;
      }
    });
    const scores = await explainer.scores(pictures, question);
    for (const [k, mask] of masks.entries()) {
      for (let i = 0; i < sum.length; i++) {
        sum[i]! += scores[k]! * mask[i]!;
        visible[i]! += mask[i]!;
      }
    }
  }
  // The lowest place is the map's zero: what no mask made differ has no influence.
  const values = sum.map((value, i) => value / visible[i]!);
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  return { rows, columns, values: values.map((value) => value - least) };
}

function smoothMask(rows: number, columns: number, random: ReturnType<typeof createRandom>): Float32Array {
  const cells = RISE_CELLS + 1;
  const grid = Float32Array.from({ length: cells * cells }, () => (random.uniform() < RISE_CHANCE ? 1 : 0));
  const [cellRows, cellColumns] = [Math.ceil(rows / RISE_CELLS), Math.ceil(columns / RISE_CELLS)];
  const tall = { rows: cells * cellRows, columns: cells * cellColumns };
  const large = resampleBilinear(grid, { rows: cells, columns: cells }, tall);
  const [top, left] = [random.below(cellRows), random.below(cellColumns)];
  const mask = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const from = (y + top) * tall.columns + left;
    mask.set(large.subarray(from, from + columns), y * columns);
  }
  return mask;
}

/** The map as it is shown: nothing negative. Errors: explanation/not-possible; graph/not-differentiable; app/aborted. */
export async function mapOf(method: Method, given: Case): Promise<RawMap> {
  const { explainer, image, question, seed } = given;
  const overPixels = (values: Float32Array, shown: (value: number) => number): RawMap => ({
    rows: explainer.rows,
    columns: explainer.columns,
    values: overChannels(values, explainer.channels, shown),
  });
  switch (method) {
    case "input-gradient":
      return overPixels(await explainer.gradients(image, question), Math.abs);
    case "gradient-x-input": {
      const slopes = await explainer.gradients(image, question);
      return overPixels(
        slopes.map((slope, i) => slope * image[i]!),
        positive,
      );
    }
    case "smoothgrad": {
      const random = createRandom(seed, 1);
      const deviation = SMOOTHGRAD_NOISE * rangeOf(image);
      const noise = Float32Array.from({ length: SMOOTHGRAD_SAMPLES * image.length }, () => deviation * random.normal());
      return overPixels(await smoothGradient(given, noise), Math.abs);
    }
    case "integrated-gradients":
      return overPixels(await integratedGradients(given, baselineOf(image, explainer)), positive);
    case "occlusion":
    case "rise": {
      const map = await (method === "rise" ? rise(given) : occlusion(given));
      return { ...map, values: map.values.map(positive) };
    }
    default:
      return explainer.stage(image, question, method);
  }
}

/**
 * The map by `method`, or by one that needs no gradients where the model's operators have none: occlusion for maps over pixels, RISE for maps of a
 * stage. `reason` says which operator stood in the way; null where the method asked for is the one given.
 */
export async function mapOrFallback(
  method: Method,
  given: Case,
): Promise<{ method: Method; map: RawMap; reason: string | null }> {
  try {
    return { method, map: await mapOf(method, given), reason: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "graph/not-differentiable") throw error;
    const other = method.includes("cam") ? "rise" : "occlusion";
    return { method: other, map: await mapOf(other, given), reason: error.message };
  }
}

/** Where integrated gradients begin: the picture without its detail (Sturmfels et al. 2020), since black means something in an X-ray. */
function baselineOf(image: Float32Array, { rows, columns, channels }: Explainer): Float32Array {
  const result = new Float32Array(image.length);
  for (let channel = 0; channel < channels; channel++) {
    const plane = image.subarray(channel * rows * columns, (channel + 1) * rows * columns);
    result.set(blurred(plane, rows, columns), channel * rows * columns);
  }
  return result;
}

/** Box blur, three times: close to a Gaussian whose deviation is a twelfth of the longer side. Edges are held. */
export function blurred(plane: Float32Array, rows: number, columns: number): Float32Array {
  const reach = Math.max(1, Math.round(Math.max(rows, columns) / 12));
  let values = plane;
  for (let pass = 0; pass < 3; pass++) {
    values = boxAlong(boxAlong(values, rows, columns, reach, 1, columns), columns, rows, reach, columns, 1);
  }
  return values;
}

/** Running means of 2 * reach + 1 values along lines: `step` between values of a line, `stride` between lines. */
function boxAlong(
  values: Float32Array,
  lines: number,
  length: number,
  reach: number,
  step: number,
  stride: number,
): Float32Array {
  const out = new Float32Array(values.length);
  const at = (line: number, i: number) => values[line * stride + Math.min(length - 1, Math.max(0, i)) * step]!;
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    for (let i = -reach; i <= reach; i++) sum += at(line, i);
    for (let i = 0; i < length; i++) {
      out[line * stride + i * step] = sum / (2 * reach + 1);
      sum += at(line, i + reach + 1) - at(line, i - reach);
    }
  }
  return out;
}

const positive = (value: number): number => Math.max(0, value);

/** Largest over the channels of a pixel. */
function overChannels(values: Float32Array, channels: number, shown: (value: number) => number): Float32Array {
  const plane = values.length / channels;
  const result = new Float32Array(plane);
  for (let i = 0; i < values.length; i++) result[i % plane] = Math.max(result[i % plane]!, shown(values[i]!));
  return result;
}

function meanOf(pictures: Float32Array, area: number): Float32Array {
  const sum = new Float64Array(area);
  for (let i = 0; i < pictures.length; i++) sum[i % area]! += pictures[i]!;
  return Float32Array.from(sum, (value) => (value * area) / pictures.length);
}

export function meanValue(image: Float32Array): number {
  return image.reduce((sum, value) => sum + value, 0) / image.length;
}

export function rangeOf(image: Float32Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of image) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return high - low;
}

/** Starts of windows that move by half their length and reach the far edge. */
function placesAlong(side: number, length: number): number[] {
  const places: number[] = [];
  for (let start = 0; start < side - length; start += Math.max(1, length >> 1)) places.push(start);
  return [...places, side - length];
}

// The chance in augmentation: what is done to each image of a batch. The images are changed by a graph (main/models/augmentation.ts).
import type { Recipe } from "../../preload/contract/index.ts";
import { floatTensor } from "../graph/graph.ts";
import { type AugmentationShape, type AugmentationStep, BLUR_TAPS, ELASTIC_POINTS } from "../models/augmentation.ts";
import type { Random } from "../models/random.ts";
import type { Values } from "./engines/session.ts";

export type Augment = NonNullable<Recipe["augment"]>;

/** The steps of the graph that an augmentation needs. */
export function stepsOf({ elastic, gamma, blur, noise, cutout }: Augment): readonly AugmentationStep[] {
  const used = { elastic, gamma, blur, noise, cutout };
  return (Object.keys(used) as AugmentationStep[]).filter((step) => used[step] > 0);
}

/**
 * Inputs of the augmentation graph of this shape beside image and mask, each image's drawn evenly within the recipe's limits.
 * theta maps a place in the output (x and y from -1 to 1) to the place in the input that it is read from.
 */
export function drawAugmentation(augment: Augment, shape: AugmentationShape, random: Random): Values {
  const { batch, channels = 1, rows, columns } = shape;
  const { shift, rotate, scale, flip, intensity } = augment;
  const within = (limit: number): number => limit * (2 * random.uniform() - 1);
  const theta = new Float32Array(batch * 6);
  const gain = new Float32Array(batch);
  const offset = new Float32Array(batch);
  for (let i = 0; i < batch; i++) {
    const angle = (within(rotate) * Math.PI) / 180;
    const size = 1 + within(scale);
    const [cosine, sine] = [Math.cos(angle) / size, Math.sin(angle) / size];
    const side = random.uniform() < 0.5 && flip ? -1 : 1;
    // A shift is a part of the side, and the side is 2 long.
    theta.set([side * cosine, -sine, 2 * within(shift), side * sine, cosine, 2 * within(shift)], 6 * i);
    gain[i] = 1 + within(intensity);
    offset[i] = within(intensity);
  }
  // What came later draws after what there was, so that recipes without it see the images they always saw.
  for (let i = 0; i < batch; i++) turnFurther(theta.subarray(6 * i, 6 * i + 6), augment, random);
  const values: Record<string, Values[string]> = {
    theta: floatTensor([batch, 2, 3], theta),
    gain: floatTensor([batch], gain),
    offset: floatTensor([batch], offset),
  };
  const draw = (length: number, make: (i: number) => number): Float32Array =>
    Float32Array.from({ length }, (_, i) => make(i));
  const { elastic, gamma, blur, noise, cutout } = augment;
  if (elastic > 0) {
    const dims = [batch, 2, ELASTIC_POINTS, ELASTIC_POINTS];
    values.displacement = floatTensor(
      dims,
      draw(batch * 2 * ELASTIC_POINTS ** 2, () => 2 * within(elastic)),
    );
  }
  if (gamma > 0)
    values.gamma = floatTensor(
      [batch],
      draw(batch, () => Math.exp(within(gamma))),
    );
  if (blur > 0) values.kernel = kernels(batch, channels, blur, random);
  if (noise > 0) {
    const deviations = draw(batch, () => noise * random.uniform());
    const area = channels * rows * columns;
    const dims = [batch, channels, rows, columns];
    values.noise = floatTensor(
      dims,
      draw(batch * area, (i) => deviations[Math.floor(i / area)]! * random.normal()),
    );
  }
  if (cutout > 0) {
    const holes = Array.from({ length: batch }, () => {
      const [high, wide] = [cutout * rows * random.uniform(), cutout * columns * random.uniform()];
      const [top, left] = [random.uniform() * (rows - high), random.uniform() * (columns - wide)];
      return [top, top + high, left, left + wide];
    });
    values.hole = floatTensor([batch, 4], holes.flat());
  }
  return values;
}

/** Mirrors, turns by 90 degrees and shears a map [a, b, c, d, e, f] further, in place. */
function turnFurther(map: Float32Array, { flipVertical, quarterTurns, shear }: Augment, random: Random): void {
  if (flipVertical && random.uniform() < 0.5) multiply(map, 1, 0, 0, -1);
  if (quarterTurns) for (let turns = random.below(4); turns > 0; turns--) multiply(map, 0, -1, 1, 0);
  if (shear > 0) multiply(map, 1, Math.tan((shear * (2 * random.uniform() - 1) * Math.PI) / 180), 0, 1);
}

/** The map after the linear map [[p, q], [r, s]] of the output's places. */
function multiply(map: Float32Array, p: number, q: number, r: number, s: number): void {
  for (const row of [0, 3]) {
    const [a, b] = [map[row]!, map[row + 1]!];
    map[row] = a * p + b * r;
    map[row + 1] = a * q + b * s;
  }
}

/** A Gaussian kernel for each image, the same for its channels; a deviation near 0 leaves the image as it is. */
function kernels(batch: number, channels: number, blur: number, random: Random): Values[string] {
  const middle = (BLUR_TAPS - 1) / 2;
  const values: number[] = [];
  for (let i = 0; i < batch; i++) {
    const deviation = Math.max(1e-3, blur * random.uniform());
    const line = Array.from({ length: BLUR_TAPS }, (_, tap) => Math.exp(-((tap - middle) ** 2) / (2 * deviation ** 2)));
    const sum = line.reduce((total, value) => total + value, 0);
    const kernel = line.flatMap((row) => line.map((column) => (row * column) / sum ** 2));
    for (let channel = 0; channel < channels; channel++) values.push(...kernel);
  }
  return floatTensor([batch * channels, 1, BLUR_TAPS, BLUR_TAPS], values);
}

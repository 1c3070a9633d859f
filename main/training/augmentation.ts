// The chance in augmentation: which map each image of a batch gets. The images are moved by a graph (main/models/augmentation.ts).
import type { Recipe } from "../../preload/contract/index.ts";
import { floatTensor } from "../graph/graph.ts";
import type { Random } from "../models/random.ts";
import type { Values } from "./engines/onnx.ts";

export type Augment = NonNullable<Recipe["augment"]>;

/**
 * Inputs `theta`, `gain` and `offset` of the augmentation graph for `batch` images, each drawn evenly within the recipe's limits.
 * theta maps a place in the output (x and y from -1 to 1) to the place in the input that it is read from.
 */
export function drawAugmentation(
  { shift, rotate, scale, flip, intensity }: Augment,
  batch: number,
  random: Random,
): Values {
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
  return {
    theta: floatTensor([batch, 2, 3], theta),
    gain: floatTensor([batch], gain),
    offset: floatTensor([batch], offset),
  };
}

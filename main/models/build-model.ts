// From a recipe to a model. One row per architecture: the compiler asks for a new one here.
import type { Architecture, Recipe } from "../../preload/contract/index.ts";
import { convnet } from "./architectures/convnet.ts";
import { logistic } from "./architectures/logistic.ts";
import { resnet18 } from "./architectures/resnet18.ts";
import type { ModelShape } from "./layers.ts";
import type { ModelGraph, Normalisation } from "./model-graph.ts";

const ARCHITECTURES = {
  logistic,
  convnet,
  resnet18,
} satisfies Record<Architecture, (shape: ModelShape, width: number) => ModelGraph>;

/**
 * The forward graph with initial weights drawn from `seed`: same arguments, same weights, bit for bit.
 * @param classes at least 2
 * @param normalise mean and (positive) standard deviation of the training images' values in [0, 1]
 */
export function buildModel(
  { architecture, inputSize, width }: Pick<Recipe, "architecture" | "inputSize" | "width">,
  classes: number,
  normalise: Normalisation,
  seed: number,
): ModelGraph {
  return ARCHITECTURES[architecture]({ classes, inputSize, normalise, seed }, width);
}

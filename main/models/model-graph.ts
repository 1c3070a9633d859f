// A model: its forward graph, and which of the graph's constants are learnt.
//
// The graph reads images and is complete as it stands (parameters are constants with initial values), so the same object is
// trained, explained, compressed and shipped. Training mode is not in it: training-step.ts derives that.

import { AppError } from "../../preload/contract/errors.ts";
import type { Recipe } from "../../preload/contract/index.ts";
import { elementCount, type Graph, type Tensor } from "../graph/graph.ts";

export interface Parameter {
  readonly name: string;
  /** Whether weight decay shrinks it: weights do, biases and batch-norm scales do not. */
  readonly decays: boolean;
}

/** Grey values in [0, 1] are normalised inside the graph: (x - mean) / std. */
export interface Normalisation {
  readonly mean: number;
  readonly std: number;
}

export interface ModelGraph {
  readonly architecture: Recipe["architecture"];
  readonly classes: number;
  readonly inputSize: number;
  /** Input `image` float32 [N, 1, size, size] in [0, 1]; outputs `logits` and `probabilities` [N, classes]. */
  readonly graph: Graph;
  /** Learnt constants of the graph, in the order of the layers. */
  readonly parameters: readonly Parameter[];
  /** Constants of the graph that training keeps as running means and variances. */
  readonly statistics: readonly string[];
  /** The last value [N, C, h, w] that still has places in it, for Grad-CAM; null when there is none. */
  readonly featureMap: string | null;
}

/** Trainable numbers. */
export function parameterCount({ graph, parameters }: ModelGraph): number {
  return parameters.reduce((sum, { name }) => sum + elementCount(graph.initializers.get(name)!.dims), 0);
}

/**
 * The model as a graph of its own with these weights: parameters and running statistics by name, as trained. Input `image`, outputs
 * `logits` and `probabilities`, any batch.
 * @throws graph/invalid when a weight is missing or has other dimensions
 */
export function inferenceModel(model: ModelGraph, weights: ReadonlyMap<string, Tensor>): Graph {
  const initializers = new Map(model.graph.initializers);
  for (const name of [...model.parameters.map((parameter) => parameter.name), ...model.statistics]) {
    const weight = weights.get(name);
    const dims = initializers.get(name)!.dims;
    if (weight?.type !== "float32" || weight.dims.join() !== dims.join()) {
      throw new AppError("graph/invalid", `Weight "${name}" must be float32 [${dims}], found [${weight?.dims ?? ""}].`);
    }
    initializers.set(name, weight);
  }
  return { ...model.graph, initializers };
}

// A model: its forward graph, what goes in and comes out, and which of the graph's constants are learnt.
//
// The graph reads cases and is complete as it stands (parameters are constants with initial values), so the same object is
// trained, explained, compressed and shipped. Training mode is not in it: training-step.ts derives that.

import { AppError } from "../../preload/contract/errors.ts";
import { elementCount, type Graph, type Tensor } from "../graph/graph.ts";

/** What a model reads. N is the number of cases, any in use. */
export type ModelInput =
  /** `image` float32 [N, channels, ...size], values in [0, 1]; two or three spatial axes. */
  | { readonly kind: "image"; readonly channels: number; readonly size: readonly number[] }
  /** `sequence` float32 [N, steps, features]. */
  | { readonly kind: "sequence"; readonly steps: number; readonly features: number }
  /** `tokens` int64 [N, steps], each from 0 up to but not including `vocabulary`. */
  | { readonly kind: "tokens"; readonly steps: number; readonly vocabulary: number }
  /** `table` float32 [N, features]. */
  | { readonly kind: "table"; readonly features: number };

/** Sizes of one case of an input, without N. */
export function caseShape(input: ModelInput): readonly number[] {
  switch (input.kind) {
    case "image":
      return [input.channels, ...input.size];
    case "sequence":
      return [input.steps, input.features];
    case "tokens":
      return [input.steps];
    case "table":
      return [input.features];
  }
}

/** One answer about a case. */
export type Answer =
  /** One of several: `logits` [N, classes] and `probabilities`, their softmax. */
  | { readonly kind: "class"; readonly classes: number }
  /** Any of several: `logits` [N, labels] and `probabilities`, their sigmoid. */
  | { readonly kind: "labels"; readonly labels: number }
  /**
   * Numbers: `values` [N, values]. With `scale`, one for each, the last layer's answer times std plus mean, so that the layer and its loss see numbers near 1 whatever
   * their unit is.
   */
  | { readonly kind: "value"; readonly values: number; readonly scale?: readonly Normalisation[] };

/** One of several answers about the same case; its outputs are called `NAME/logits` and so on. */
export interface Head {
  /** Not empty, and no other head's. */
  readonly name: string;
  readonly answer: Answer;
}

/** What a model answers. */
export type ModelOutput =
  | Answer
  /** Several answers from the same features (multi-task learning: Caruana 1997, Machine Learning 28). */
  | { readonly kind: "heads"; readonly heads: readonly Head[] }
  /** A class for each pixel, class 0 being the background: `logits` [N, classes, ...size] and `probabilities`, their softmax over axis 1. */
  | { readonly kind: "mask"; readonly classes: number }
  /** Boxes: see architectures/detector.ts. */
  | { readonly kind: "boxes"; readonly classes: number };

export interface Parameter {
  readonly name: string;
  /** Whether weight decay shrinks it: weights do, biases and scales of normalisations do not. */
  readonly decays: boolean;
  /** The layer that it belongs to, counted from the input; layers can be frozen and given rates of their own by it. */
  readonly depth: number;
}

/** A place where training lets chance in; in use the node passes its input on. */
export interface Chance {
  /** An Identity node of the graph. */
  readonly node: string;
  /** Part of the elements (dropout), or chance that a case's whole branch (stochastic depth), is left out. */
  readonly ratio: number;
  readonly unit: "element" | "case";
}

/** Where numbers lie. Values of an image, a sequence or a table are normalised inside the graph: (x - mean) / std. */
export interface Normalisation {
  readonly mean: number;
  readonly std: number;
}

export interface ModelGraph {
  readonly architecture: string;
  readonly input: ModelInput;
  readonly output: ModelOutput;
  /** The input named by `input`, the outputs named by `output`. */
  readonly graph: Graph;
  /** Learnt constants of the graph, in the order of the layers. */
  readonly parameters: readonly Parameter[];
  /** Constants of the graph that training keeps as running means and variances. */
  readonly statistics: readonly string[];
  /** The last value [N, C, h, w] that still has places in it, for Grad-CAM; null when there is none. */
  readonly featureMap: string | null;
  /** The value [N, F] that the last layer reads, for a new head on frozen features; null when there is none. */
  readonly features: string | null;
  readonly chance: readonly Chance[];
}

/** Trainable numbers. */
export function parameterCount({ graph, parameters }: ModelGraph): number {
  return parameters.reduce((sum, { name }) => sum + elementCount(graph.initializers.get(name)!.dims), 0);
}

/**
 * The model as a graph of its own with these weights: parameters and running statistics by name, as trained. Inputs and outputs are the
 * model's, for any number of cases.
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

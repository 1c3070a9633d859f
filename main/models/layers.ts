// Layers: a few nodes and the weights they need, named and drawn from a seed.
//
// Weights are drawn in the order in which layers are made, one random stream per parameter, so adding a layer does not change the others.
// He initialisation (He et al. 2015, https://arxiv.org/abs/1502.01852): normal, variance 2 / inputs of one output.
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { elementCount, fixedDims, floatTensor } from "../graph/graph.ts";
import type { ModelGraph, Normalisation, Parameter } from "./model-graph.ts";
import { createRandom } from "./random.ts";

const BATCH_NORM_EPSILON = 1e-5;

export interface ModelShape {
  readonly classes: number;
  readonly inputSize: number;
  readonly normalise: Normalisation;
  readonly seed: number;
}

/** Collects a model's nodes, parameters and statistics; used inside one architecture function. */
export class ModelBuilder {
  readonly b: GraphBuilder;
  private readonly shape: ModelShape;
  private readonly architecture: ModelGraph["architecture"];
  private readonly parameters: Parameter[] = [];
  private readonly statistics: string[] = [];

  constructor(architecture: ModelGraph["architecture"], shape: ModelShape) {
    this.architecture = architecture;
    this.shape = shape;
    this.b = new GraphBuilder(architecture);
  }

  /** The graph's input, normalised. */
  image(): Value {
    const { inputSize, normalise } = this.shape;
    const image = this.b.input("image", "float32", ["N", 1, inputSize, inputSize]);
    return this.b.div(this.b.sub(image, normalise.mean), normalise.std);
  }

  /** Square convolution with "same" padding for odd kernels: [N, C, h, w] to [N, channels, h / stride, w / stride]. */
  conv(
    name: string,
    x: Value,
    channels: number,
    options: { kernel?: number; stride?: number; bias?: boolean } = {},
  ): Value {
    const { kernel = 3, stride = 1, bias = true } = options;
    const inputs = fixedDims(x.shape.slice(1, 2), "Channels")[0]!;
    const dims = [channels, inputs, kernel, kernel];
    const weight = this.weight(`${name}.weight`, dims, heDeviation(dims));
    const pad = (kernel - 1) / 2;
    return this.b.as(name).conv(x, weight, bias ? this.filled(`${name}.bias`, channels, 0) : null, {
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  batchNorm(name: string, x: Value): Value {
    const channels = fixedDims(x.shape.slice(1, 2), "Channels")[0]!;
    const scale = this.filled(`${name}.scale`, channels, 1);
    const bias = this.filled(`${name}.bias`, channels, 0);
    const mean = this.b.initializer(`${name}.mean`, floatTensor([channels], new Float32Array(channels)));
    const variance = this.b.initializer(
      `${name}.variance`,
      floatTensor([channels], new Float32Array(channels).fill(1)),
    );
    this.statistics.push(mean.name, variance.name);
    return this.b.as(name).batchNormalization(x, scale, bias, mean, variance, { epsilon: BATCH_NORM_EPSILON });
  }

  /**
   * The model, from the last features [N, inputs] on. `featureMap` is the last value with places in it; null when the features are the pixels
   * themselves. Then the weights start at 0: a combination of pixels that no training image shows would keep a random weight for ever.
   */
  classify(features: Value, featureMap: Value | null): ModelGraph {
    const { classes } = this.shape;
    const dims = [classes, fixedDims(features.shape.slice(1), "The features")[0]!];
    const weight = this.weight("logits.weight", dims, featureMap === null ? 0 : heDeviation(dims));
    const bias = this.filled("logits.bias", classes, 0);
    const logits = this.b.as("logits").gemm(features, weight, bias, { transB: true });
    this.b.output(logits);
    this.b.output(this.b.as("probabilities").softmax(logits));
    return {
      architecture: this.architecture,
      classes: this.shape.classes,
      inputSize: this.shape.inputSize,
      graph: this.b.build(),
      parameters: this.parameters,
      statistics: this.statistics,
      featureMap: featureMap?.name ?? null,
    };
  }

  private weight(name: string, dims: readonly number[], deviation: number): Value {
    const random = createRandom(this.shape.seed, this.parameters.length);
    const values = Float32Array.from({ length: elementCount(dims) }, () => random.normal() * deviation);
    this.parameters.push({ name, decays: true });
    return this.b.initializer(name, floatTensor(dims, values));
  }

  private filled(name: string, length: number, value: number): Value {
    this.parameters.push({ name, decays: false });
    return this.b.initializer(name, floatTensor([length], new Float32Array(length).fill(value)));
  }
}

/** Of weights [outputs, inputs...]. */
function heDeviation(dims: readonly number[]): number {
  return Math.sqrt(2 / elementCount(dims.slice(1)));
}

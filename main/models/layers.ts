// Layers: a few nodes and the weights they need, named and drawn from a seed.
//
// Weights are drawn in the order in which layers are made, one random stream per parameter, so adding a layer does not change the others.
// Every layer with weights is one deeper than the one made before it; normalisations belong to the layer before them.
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { elementCount, fixedDims, floatTensor } from "../graph/graph.ts";
import {
  type Answer,
  type Chance,
  caseShape,
  type ModelGraph,
  type ModelInput,
  type ModelOutput,
  type Normalisation,
  type Parameter,
} from "./model-graph.ts";
import { createRandom } from "./random.ts";

export interface ModelShape {
  readonly input: ModelInput;
  readonly output: ModelOutput;
  readonly normalise: Normalisation;
  readonly seed: number;
  /** Part of the features that is left out before the last layer while training; 0 when absent. */
  readonly dropout?: number;
  /** Chance that the last residual branch is left out in a step, earlier ones less (Huang et al. 2016, arXiv 1603.09382); 0 when absent. */
  readonly stochasticDepth?: number;
}

/** How weights begin: the standard deviation of a normal distribution, from the weight's dimensions [outputs, inputs...]. */
export type Initial = (dims: readonly number[]) => number;

/** He et al. 2015, https://arxiv.org/abs/1502.01852: variance 2 / inputs of one output; for layers that Relu follows. */
export const he: Initial = (dims) => Math.sqrt(2 / elementCount(dims.slice(1)));
/** Variance 1 / inputs (LeCun et al. 1998): for layers without Relu. */
export const lecun: Initial = (dims) => Math.sqrt(1 / elementCount(dims.slice(1)));
/** As transformers and ConvNeXt begin. */
export const narrow: Initial = () => 0.02;

export interface ConvOptions {
  /** One size for every spatial axis, or one for each. */
  readonly kernel?: number | readonly number[];
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  /** Zeros on each side; what keeps odd kernels centred when absent. */
  readonly pad?: number;
  readonly initial?: Initial;
}

/** Collects a model's nodes, parameters, statistics and places of chance; used inside one architecture function. */
export class ModelBuilder {
  readonly b: GraphBuilder;
  readonly shape: ModelShape;
  private readonly architecture: string;
  private readonly parameters: Parameter[] = [];
  private readonly statistics: string[] = [];
  private readonly chance: Chance[] = [];
  private depth = -1;

  constructor(architecture: string, shape: ModelShape) {
    this.architecture = architecture;
    this.shape = shape;
    this.b = new GraphBuilder(architecture);
  }

  /** The graph's input, normalised where it is made of real numbers. */
  input(): Value {
    const { input, normalise } = this.shape;
    const shape = ["N", ...caseShape(input)];
    if (input.kind === "tokens") return this.b.input("tokens", "int64", shape);
    const x = this.b.input(input.kind, "float32", shape);
    return this.b.div(this.b.sub(x, normalise.mean), normalise.std);
  }

  /** Convolution over all spatial axes: [N, C, ...size] to [N, channels, ...size / stride]. */
  conv(name: string, x: Value, channels: number, options: ConvOptions = {}): Value {
    const { kernel = 3, stride = 1, dilation = 1, groups = 1, bias = true, initial = he } = options;
    const axes = x.shape.length - 2;
    const kernels = typeof kernel === "number" ? new Array<number>(axes).fill(kernel) : kernel;
    const pads = kernels.map((size) => options.pad ?? ((size - 1) * dilation) / 2);
    this.depth++;
    const weight = this.weight(`${name}.weight`, [channels, channelsOf(x) / groups, ...kernels], initial);
    return this.b.as(name).conv(x, weight, bias ? this.filled(`${name}.bias`, [channels], 0) : null, {
      strides: kernels.map(() => stride),
      pads: [...pads, ...pads],
      ...(dilation === 1 ? {} : { dilations: kernels.map(() => dilation) }),
      ...(groups === 1 ? {} : { group: groups }),
    });
  }

  /** Transposed convolution whose kernel is its stride: every spatial axis grows by it. */
  upConv(name: string, x: Value, channels: number, stride = 2): Value {
    const kernels = new Array<number>(x.shape.length - 2).fill(stride);
    this.depth++;
    // Every output pixel sees one tap, so its inputs are the channels.
    const dims = [channelsOf(x), channels, ...kernels];
    const weight = this.weight(`${name}.weight`, dims, () => Math.sqrt(1 / channelsOf(x)));
    return this.b.as(name).convTranspose(x, weight, this.filled(`${name}.bias`, [channels], 0), { strides: kernels });
  }

  /** y = x W^T + bias over the last axis, weights [outputs, inputs] as PyTorch keeps them. */
  dense(
    name: string,
    x: Value,
    outputs: number,
    { bias = true, initial = lecun }: { bias?: boolean; initial?: Initial } = {},
  ): Value {
    const inputs = fixedDims(x.shape.slice(-1), "The features")[0]!;
    this.depth++;
    const weight = this.weight(`${name}.weight`, [outputs, inputs], initial);
    const offset = bias ? this.filled(`${name}.bias`, [outputs], 0) : null;
    if (x.shape.length === 2) return this.b.as(name).gemm(x, weight, offset, { transB: true });
    const turned = this.b.transpose(weight, [1, 0]);
    if (!offset) return this.b.as(name).matMul(x, turned);
    return this.b.as(name).add(this.b.matMul(x, turned), offset);
  }

  batchNorm(name: string, x: Value, { epsilon = 1e-5 }: { epsilon?: number } = {}): Value {
    const channels = channelsOf(x);
    const scale = this.filled(`${name}.scale`, [channels], 1);
    const bias = this.filled(`${name}.bias`, [channels], 0);
    const mean = this.b.initializer(`${name}.mean`, filledTensor([channels], 0));
    const variance = this.b.initializer(`${name}.variance`, filledTensor([channels], 1));
    this.statistics.push(mean.name, variance.name);
    return this.b.as(name).batchNormalization(x, scale, bias, mean, variance, { epsilon });
  }

  /** Over the pixels of each channel of each case. */
  instanceNorm(name: string, x: Value): Value {
    const scale = this.filled(`${name}.scale`, [channelsOf(x)], 1);
    const bias = this.filled(`${name}.bias`, [channelsOf(x)], 0);
    return this.b.as(name).op("InstanceNormalization", [x, scale, bias], { epsilon: 1e-5 });
  }

  /** Over the last axis. */
  layerNorm(name: string, x: Value, { epsilon = 1e-5 }: { epsilon?: number } = {}): Value {
    const features = fixedDims(x.shape.slice(-1), "The features")[0]!;
    const scale = this.filled(`${name}.scale`, [features], 1);
    const bias = this.filled(`${name}.bias`, [features], 0);
    return this.b.as(name).op("LayerNormalization", [x, scale, bias], { axis: -1, epsilon });
  }

  /** Rows of a table picked by token: [N, T] to [N, T, features]. */
  embedding(name: string, tokens: Value, vocabulary: number, features: number): Value {
    this.depth++;
    const table = this.weight(`${name}.weight`, [vocabulary, features], narrow);
    return this.b.as(name).gather(table, tokens, 0);
  }

  /**
   * Multi-head self-attention over [N, T, D] (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): one projection to queries, keys and
   * values, as PyTorch's `in_proj_weight` and timm's `qkv` have it.
   */
  selfAttention(name: string, x: Value, heads: number): Value {
    const b = this.b;
    const [steps, width] = fixedDims(x.shape.slice(1), "A sequence") as [number, number];
    const split = b.reshape(this.dense(`${name}.qkv`, x, 3 * width, { initial: narrow }), [
      -1,
      steps,
      3,
      heads,
      width / heads,
    ]);
    // [3, N, heads, T, D / heads]
    const parts = b.split(b.transpose(split, [2, 0, 3, 1, 4]), [1, 1, 1], 0).map((part) => b.squeeze(part, [0]));
    const [query, key, value] = parts as [Value, Value, Value];
    const scores = b.matMul(b.mul(query, Math.sqrt(heads / width)), b.transpose(key, [0, 1, 3, 2]));
    const mixed = b.matMul(b.as(`${name}.attention`).softmax(scores), value);
    const joined = b.reshape(b.transpose(mixed, [0, 2, 1, 3]), [-1, steps, width]);
    return this.dense(`${name}.out`, joined, width, { initial: narrow });
  }

  /** Leaves out a part of the elements while training (Srivastava et al. 2014). */
  dropout(name: string, x: Value, ratio: number): Value {
    return ratio > 0 ? this.letChanceIn(name, x, ratio, "element") : x;
  }

  /** x + branch, where `block` of `blocks` may leave its branch out while training. */
  residual(name: string, x: Value, branch: Value, block: number, blocks: number): Value {
    const ratio = ((this.shape.stochasticDepth ?? 0) * (block + 1)) / blocks;
    return this.b.add(x, ratio > 0 ? this.letChanceIn(`${name}.branch`, branch, ratio, "case") : branch);
  }

  /** A learnt constant of any meaning. */
  weight(name: string, dims: readonly number[], initial: Initial, decays = true): Value {
    const random = createRandom(this.shape.seed, this.parameters.length);
    const deviation = initial(dims);
    // A loop: Float32Array.from would make an array of boxed numbers first.
    const values = new Float32Array(elementCount(dims));
    for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
    this.parameters.push({ name, decays, depth: Math.max(0, this.depth) });
    return this.b.initializer(name, floatTensor(dims, values));
  }

  /** A learnt constant that begins with one value everywhere and does not decay. */
  filled(name: string, dims: readonly number[], value: number): Value {
    return this.constantOf(name, dims, new Float32Array(elementCount(dims)).fill(value));
  }

  /** A learnt constant that begins with these values and does not decay. */
  constantOf(name: string, dims: readonly number[], values: Float32Array): Value {
    this.parameters.push({ name, decays: false, depth: Math.max(0, this.depth) });
    return this.b.initializer(name, floatTensor(dims, values));
  }

  /**
   * The model, from the last features [N, inputs] on: a dense layer and what its kind of output adds, for each head where there are several. `featureMap` is the
   * last value with places in it. `initial` is how the last layer begins.
   */
  finish(features: Value, featureMap: Value | null, initial: Initial = he): ModelGraph {
    const { output, dropout = 0 } = this.shape;
    const x = this.dropout("features.dropout", features, dropout);
    if (output.kind === "mask" || output.kind === "boxes") {
      throw new Error(`${this.architecture} answers about whole cases, not with ${output.kind}`);
    }
    if (output.kind === "heads") {
      // Heads are one layer, side by side.
      const { depth } = this;
      for (const { name, answer } of output.heads) {
        this.depth = depth;
        this.answer(x, answer, initial, `${name}/`);
      }
    } else this.answer(x, output, initial, "");
    return this.model(featureMap, x);
  }

  private answer(x: Value, answer: Answer, initial: Initial, prefix: string): void {
    const { b } = this;
    switch (answer.kind) {
      case "class": {
        const logits = this.dense(`${prefix}logits`, x, answer.classes, { initial });
        b.output(logits);
        b.output(b.as(`${prefix}probabilities`).softmax(logits));
        return;
      }
      case "labels": {
        const logits = this.dense(`${prefix}logits`, x, answer.labels, { initial });
        b.output(logits);
        b.output(b.as(`${prefix}probabilities`).sigmoid(logits));
        return;
      }
      case "value": {
        if (!answer.scale) {
          b.output(this.dense(`${prefix}values`, x, answer.values, { initial }));
          return;
        }
        const standard = this.dense(`${prefix}standard`, x, answer.values, { initial });
        const row = (of: "mean" | "std") =>
          b.constant(
            floatTensor(
              [answer.values],
              answer.scale!.map((one) => one[of]),
            ),
          );
        b.output(b.as(`${prefix}values`).add(b.mul(standard, row("std")), row("mean")));
      }
    }
  }

  /** The model, from a map of logits [N, classes, ...size] on. */
  finishMask(logits: Value, featureMap: Value): ModelGraph {
    const named = this.b.as("logits").identity(logits);
    this.b.output(named);
    this.b.output(this.b.as("probabilities").softmax(named, 1));
    return this.model(featureMap, null);
  }

  /** The model as it stands; its outputs have been declared. */
  model(featureMap: Value | null, features: Value | null): ModelGraph {
    return {
      architecture: this.architecture,
      input: this.shape.input,
      output: this.shape.output,
      graph: this.b.build(),
      parameters: this.parameters,
      statistics: this.statistics,
      featureMap: featureMap?.name ?? null,
      features: features?.name ?? null,
      chance: this.chance,
    };
  }

  private letChanceIn(name: string, x: Value, ratio: number, unit: Chance["unit"]): Value {
    const passed = this.b.as(name).identity(x);
    this.chance.push({ node: name, ratio, unit });
    return passed;
  }
}

/** Channels of [N, C, ...]. */
export function channelsOf(x: Value): number {
  return fixedDims(x.shape.slice(1, 2), "Channels")[0]!;
}

function filledTensor(dims: readonly number[], value: number) {
  return floatTensor(dims, new Float32Array(elementCount(dims)).fill(value));
}

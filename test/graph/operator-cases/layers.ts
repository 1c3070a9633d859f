// Cases of layers: convolution, products, normalisation, pooling, reductions, resizing, recurrence.
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../../main/graph/graph.ts";
import type { OpName } from "../../../main/graph/operators/index.ts";
import type { Random } from "../../../main/models/random.ts";
import { distinctTensor } from "../central-differences.ts";
import {
  apart,
  clear,
  type Draw,
  positive,
  product,
  SINGLE,
  STRAIGHT,
  seedOf,
  singly,
  sizes,
  some,
  upTo,
} from "./draw.ts";

/** Over axes given as an attribute or, for ReduceSum, as an input. */
function reducing(
  op: OpName,
  theirs: (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor,
  draw: (random: Random, dims: readonly number[]) => Tensor = some,
): Draw {
  return (random) => {
    const dims = sizes(random, upTo(random, 3, 2));
    const axes = [...dims.keys()].filter(() => random.uniform() < 0.6);
    const chosen = axes.length === 0 ? [0] : axes;
    const keepdims = random.below(2);
    return {
      inputs: { x: draw(random, dims) },
      ...SINGLE,
      build: (b, { x }) =>
        op === "ReduceSum" ? b.op(op, [x!, b.ints(chosen)], { keepdims }) : b.op(op, [x!], { axes: chosen, keepdims }),
      theirs: ({ x }) => theirs(x!, chosen, keepdims === 1),
    };
  };
}

/** [N, C, H, W] to TensorFlow's [N, H, W, C] and back. */
const channelsLast = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);

const channelsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 3, 1, 2]);

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly size: readonly number[];
}

function window(random: Random): Window {
  const kernel = sizes(random, 2, 3);
  return {
    kernel,
    strides: sizes(random, 2, 2),
    pads: [0, 1, 0, 1].map((axis) => random.below(kernel[axis]!)),
    size: kernel.map((size) => size + random.below(4)),
  };
}

const explicit = ({ pads: [top, left, bottom, right] }: Window) =>
  [
    [0, 0],
    [top!, bottom!],
    [left!, right!],
    [0, 0],
  ] as [[number, number], [number, number], [number, number], [number, number]];

const convolution: Draw = (random) => {
  const found = window(random);
  const { kernel, strides, pads, size } = found;
  const [batch, channels, filters] = [upTo(random, 2), upTo(random, 3), upTo(random, 3)];
  return {
    inputs: {
      x: some(random, [batch, channels, ...size], -1, 1, "float32"),
      w: some(random, [filters, channels, ...kernel], -1, 1, "float32"),
      bias: some(random, [filters], -1, 1, "float32"),
    },
    ...STRAIGHT,
    build: (b, { x, w, bias }) => b.conv(x!, w!, bias!, { strides, pads }),
    theirs: ({ x, w, bias }) =>
      channelsFirst(
        tf.add(
          tf.conv2d(
            channelsLast(x!),
            tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D,
            strides as [number, number],
            explicit(found) as unknown as number,
          ),
          bias!,
        ),
      ),
  };
};

const transposed: Draw = (random) => {
  const [kernel, strides] = [sizes(random, 2, 3), sizes(random, 2, 2)];
  const [batch, channels, filters] = [upTo(random, 2), upTo(random, 3), upTo(random, 3)];
  const size = sizes(random, 2, 4);
  const made = size.map((length, i) => (length - 1) * strides[i]! + kernel[i]!);
  return {
    inputs: {
      x: some(random, [batch, channels, ...size], -1, 1, "float32"),
      w: some(random, [channels, filters, ...kernel], -1, 1, "float32"),
    },
    ...STRAIGHT,
    build: (b, { x, w }) => b.convTranspose(x!, w!, null, { strides }),
    theirs: ({ x, w }) =>
      channelsFirst(
        tf.conv2dTranspose(
          channelsLast(x!),
          tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D,
          [batch, ...made, filters] as [number, number, number, number],
          strides as [number, number],
          "valid",
        ),
      ),
  };
};

function pooling(op: "MaxPool" | "AveragePool"): Draw {
  return (random) => {
    const { kernel, strides, size } = window(random);
    const dims = [upTo(random, 2), upTo(random, 2), ...size];
    const pool = op === "MaxPool" ? tf.maxPool : tf.avgPool;
    return {
      inputs: { x: distinctTensor(dims, seedOf(random), 0.25) },
      ...STRAIGHT,
      build: (b, { x }) => b.op(op, [x!], { kernel_shape: kernel, strides }),
      theirs: ({ x }) =>
        channelsFirst(pool(channelsLast(x!), kernel as [number, number], strides as [number, number], "valid")),
    };
  };
}

/** Mean and variance over `axes`, then scale and bias of shape `weights`. */
function normalised(
  x: tf.Tensor,
  axes: number[],
  scale: tf.Tensor,
  bias: tf.Tensor,
  weights: number[],
  epsilon: number,
): tf.Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  const unit = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(unit, tf.reshape(scale, weights)), tf.reshape(bias, weights));
}

const EPSILON = 0.01;

const recurrent =
  (op: "LSTM" | "GRU" | "RNN", gates: number, states: number): Draw =>
  (random) => {
    const [steps, batch, features, hidden] = [upTo(random, 3), upTo(random, 2), upTo(random, 2), upTo(random, 3)];
    return {
      inputs: {
        x: some(random, [steps, batch, features], -1, 1, "float32"),
        w: some(random, [1, gates * hidden, features], -1, 1, "float32"),
        r: some(random, [1, gates * hidden, hidden], -1, 1, "float32"),
      },
      ...SINGLE,
      build: (b, { x, w, r }) => b.node(op, [x!, w!, r!], { hidden_size: hidden }, 1 + states),
    };
  };

/** One element of some is 0: a quotient of the whole product would not be a number there. */
function withZero(random: Random, drawn: Tensor): Tensor {
  if (random.below(2) === 0) drawn.data[random.below(drawn.data.length)] = 0;
  return drawn;
}

export const layers: Readonly<Partial<Record<OpName, Draw>>> = {
  Conv: convolution,
  ConvTranspose: transposed,
  Einsum: (random) => {
    const [a, b, c, d] = sizes(random, 4) as [number, number, number, number];
    return {
      inputs: { x: some(random, [a, b, c], -1, 1, "float32"), y: some(random, [a, d, c], -1, 1, "float32") },
      ...STRAIGHT,
      build: (builder, { x, y }) => builder.op("Einsum", [x!, y!], { equation: "nij,nkj->nik" }),
      theirs: ({ x, y }) => tf.matMul(x!, y!, false, true),
    };
  },
  MatMul: product(
    (b, x, y) => b.matMul(x, y),
    (x, y) => tf.matMul(x, y),
  ),
  FusedMatMul: product(
    (b, x, y) => b.fusedMatMul(x, y, { transB: true, alpha: 0.5 }),
    (x, y) => tf.mul(tf.matMul(x, y, false, true), 0.5),
    true,
  ),
  Gemm: product(
    (b, x, y) => b.gemm(x, y, null, { transB: true }),
    (x, y) => tf.matMul(x, y, false, true),
    true,
  ),
  LayerNormalization: (random) => {
    const dims = [...sizes(random, 2), upTo(random, 4, 2)];
    const features = dims.at(-1)!;
    return {
      inputs: {
        x: some(random, dims, -2, 2, "float32"),
        scale: some(random, [features], 0.5, 1.5, "float32"),
        bias: some(random, [features], -1, 1, "float32"),
      },
      ...SINGLE,
      build: (b, { x, scale, bias }) => b.op("LayerNormalization", [x!, scale!, bias!], { axis: -1, epsilon: EPSILON }),
      theirs: ({ x, scale, bias }) => normalised(x!, [dims.length - 1], scale!, bias!, [features], EPSILON),
    };
  },
  InstanceNormalization: (random) => {
    const dims = [upTo(random, 2), upTo(random, 3), upTo(random, 3, 2), upTo(random, 3, 2)];
    return {
      inputs: {
        x: some(random, dims, -2, 2, "float32"),
        scale: some(random, [dims[1]!], 0.5, 1.5, "float32"),
        bias: some(random, [dims[1]!], -1, 1, "float32"),
      },
      ...SINGLE,
      build: (b, { x, scale, bias }) => b.op("InstanceNormalization", [x!, scale!, bias!], { epsilon: EPSILON }),
      theirs: ({ x, scale, bias }) => normalised(x!, [2, 3], scale!, bias!, [dims[1]!, 1, 1], EPSILON),
    };
  },
  BatchNormalization: (random) => {
    const dims = [upTo(random, 3), upTo(random, 3), upTo(random, 3)];
    const channel = (low: number, high: number) => some(random, [dims[1]!], low, high, "float32");
    const [mean, variance] = [channel(-1, 1), channel(0.5, 2)];
    return {
      inputs: { x: some(random, dims, -2, 2, "float32"), scale: channel(0.5, 1.5), bias: channel(-1, 1) },
      ...SINGLE,
      build: (b, { x, scale, bias }) =>
        b.batchNormalization(x!, scale!, bias!, b.constant(mean), b.constant(variance), { epsilon: EPSILON }),
      theirs: ({ x, scale, bias }) => {
        const [m, v, s, o] = [
          tf.tensor(mean.data as Float32Array),
          tf.tensor(variance.data as Float32Array),
          scale!,
          bias!,
        ].map((value) => tf.reshape(value, [dims[1]!, 1])) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.add(tf.mul(tf.div(tf.sub(x!, m), tf.sqrt(tf.add(v, EPSILON))), s), o);
      },
    };
  },
  MaxPool: pooling("MaxPool"),
  AveragePool: pooling("AveragePool"),
  GlobalAveragePool: (random) => ({
    inputs: { x: some(random, sizes(random, 4, 3), -1, 1, "float32") },
    ...STRAIGHT,
    build: (b, { x }) => b.globalAveragePool(x!),
    theirs: ({ x }) => tf.mean(x!, [2, 3], true),
  }),
  GlobalMaxPool: (random) => ({
    inputs: { x: singly(apart(random, sizes(random, 4, 3))) },
    ...SINGLE,
    build: (b, { x }) => b.op("GlobalMaxPool", [x!]),
    theirs: ({ x }) => tf.max(x!, [2, 3], true),
  }),
  ReduceMin: reducing("ReduceMin", (x, axes, keep) => tf.min(x, axes, keep), apart),
  ReduceMax: reducing("ReduceMax", (x, axes, keep) => tf.max(x, axes, keep), apart),
  ReduceSum: reducing("ReduceSum", (x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reducing("ReduceMean", (x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceL1: reducing(
    "ReduceL1",
    (x, axes, keep) => tf.sum(tf.abs(x), axes, keep),
    (random, dims) => singly(clear(random, dims, [0])),
  ),
  ReduceL2: reducing(
    "ReduceL2",
    (x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep)),
    (random, dims) => singly(positive(random, dims)),
  ),
  ReduceProd: reducing(
    "ReduceProd",
    (x, axes, keep) => tf.prod(x, axes, keep),
    (random, dims) => singly(withZero(random, some(random, dims, -1.5, 1.5))),
  ),
  ReduceSumSquare: reducing("ReduceSumSquare", (x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceLogSumExp: reducing("ReduceLogSumExp", (x, axes, keep) => tf.logSumExp(x, axes, keep)),
  ReduceLogSum: reducing(
    "ReduceLogSum",
    (x, axes, keep) => tf.log(tf.sum(x, axes, keep)),
    (random, dims) => singly(positive(random, dims)),
  ),
  Resize: (random) => {
    // Square: TensorFlow.js 4.22 takes rows for columns in the shape of this gradient.
    const size = new Array<number>(2).fill(upTo(random, 4));
    const factors = sizes(random, 2, 3);
    const to = size.map((length, i) => length * factors[i]!) as [number, number];
    return {
      inputs: { x: some(random, [1, 2, ...size], -1, 1, "float32") },
      ...STRAIGHT,
      build: (b, { x }) =>
        b.op("Resize", [x!, null, null, b.ints([1, 2, ...to])], {
          mode: "linear",
          coordinate_transformation_mode: "align_corners",
        }),
      theirs: ({ x }) => channelsFirst(tf.image.resizeBilinear(channelsLast(x!), to, true)),
    };
  },
  LSTM: recurrent("LSTM", 4, 2),
  GRU: recurrent("GRU", 3, 1),
  RNN: recurrent("RNN", 1, 1),
};

// One family of random cases for every operator that has a gradient, and the same function by TensorFlow.js where it has one.
//
// registry.test.ts runs them: a row without a case, or a case without a row, fails there by name. What a family cannot draw (every window, every mode) has tests
// of its own in gradients/.
import * as tf from "@tensorflow/tfjs";
import type { GraphBuilder, Value } from "../../main/graph/builder.ts";
import { floatTensor, type Tensor, tensor } from "../../main/graph/graph.ts";
import type { OpName } from "../../main/graph/operators/index.ts";
import type { Random } from "../../main/models/random.ts";
import { distinctTensor, type GradientCase, randomTensor } from "./central-differences.ts";

type Inputs = Readonly<Record<string, Value>>;

export interface OperatorCase extends GradientCase {
  /** The same function; absent where TensorFlow.js has none that it can differentiate. */
  readonly theirs?: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor;
}

type Draw = (random: Random) => OperatorCase;

const upTo = (random: Random, most: number, least = 1): number => least + random.below(most - least + 1);
const sizes = (random: Random, rank: number, most = 4): number[] =>
  Array.from({ length: rank }, () => upTo(random, most));
const seedOf = (random: Random): number => random.below(2 ** 20);
const some = (random: Random, dims: readonly number[], low = -1, high = 1, type: "float32" | "float64" = "float64") =>
  randomTensor(type, dims, seedOf(random), low, high);
/** Runtime kernels that exist in single precision only; functions that curve within a step need a short one. */
const SINGLE = { step: 0.01, within: 2e-3 };
const STRAIGHT = { step: 0.1, within: 1e-3 };

/** Numbers at least 0.1 away from every corner, so that no step crosses one. */
function clear(random: Random, dims: readonly number[], corners: readonly number[], reach = 2, type?: "float32") {
  const drawn = some(random, dims, -reach, reach, type);
  for (let i = 0; i < drawn.data.length; i++) {
    const near = corners.find((corner) => Math.abs(Number(drawn.data[i]) - corner) < 0.1);
    if (near !== undefined) drawn.data[i] = near + (random.uniform() < 0.5 ? -0.2 : 0.2);
  }
  return drawn;
}

interface UnaryOptions {
  readonly low?: number;
  readonly high?: number;
  readonly corners?: readonly number[];
  readonly attributes?: Readonly<Record<string, number | string>>;
  readonly single?: boolean;
}

/** y = f(x) for each element. */
function elementwise(op: OpName, theirs: ((x: tf.Tensor) => tf.Tensor) | null, options: UnaryOptions = {}): Draw {
  const { low = -2, high = 2, corners, attributes = {}, single = false } = options;
  return (random) => {
    const dims = sizes(random, upTo(random, 3));
    const type = single ? "float32" : undefined;
    const x = corners ? clear(random, dims, corners, high, type) : some(random, dims, low, high, type ?? "float64");
    return {
      inputs: { x },
      ...(single ? SINGLE : {}),
      build: (b, { x: value }) => b.op(op, [value!], attributes),
      ...(theirs ? { theirs: ({ x: value }) => theirs(value!) } : {}),
    };
  };
}

/** y = f(a, b) with either side broadcast. */
function broadcasting(
  op: OpName,
  theirs: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  draw: (random: Random, dims: readonly number[]) => Tensor = some,
): Draw {
  return (random) => {
    const dims = sizes(random, 3);
    const narrowed = dims.map((dim) => (random.uniform() < 0.4 ? 1 : dim)).slice(random.below(3));
    const [x, y] = random.uniform() < 0.5 ? [dims, narrowed] : [narrowed, dims];
    return {
      inputs: { x: draw(random, x), y: draw(random, y) },
      build: (b, { x: left, y: right }) => b.op(op, [left!, right!]),
      theirs: ({ x: left, y: right }) => theirs(left!, right!),
    };
  };
}

/** Numbers that stay in order when one moves by a central difference's step. */
function apart(random: Random, dims: readonly number[]): Tensor {
  const { data } = distinctTensor(dims, seedOf(random), 0.05);
  return tensor(
    "float64",
    dims,
    Float64Array.from(data as Float32Array, (value) => value + 0.001 * random.uniform()),
  );
}

/** Several inputs of one shape, combined element by element. */
function combining(op: OpName, theirs: (parts: tf.Tensor[]) => tf.Tensor, single = false): Draw {
  return (random) => {
    const dims = sizes(random, 2);
    const count = upTo(random, 3);
    const all = apart(random, [count, ...dims]).data as Float64Array;
    const each = all.length / count;
    const part = (i: number) => tensor("float64", dims, all.slice(i * each, (i + 1) * each));
    const inputs = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`x${i}`, single ? singly(part(i)) : part(i)]),
    );
    return {
      inputs,
      ...(single ? STRAIGHT : {}),
      build: (b, values) => b.op(op, Object.values(values)),
      theirs: (values) => theirs(Object.values(values)),
    };
  };
}

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

const positive = (random: Random, dims: readonly number[]): Tensor => some(random, dims, 0.3, 2);
const axisOf = (random: Random, rank: number): number => random.below(2 * rank) - rank;
const fromFront = (axis: number, rank: number): number => (axis + rank) % rank;
const index = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor =>
  tensor("int64", dims, BigInt64Array.from(values.map(BigInt)));

function softened(op: OpName, theirs: (x: tf.Tensor) => tf.Tensor): Draw {
  return (random) => {
    const dims = sizes(random, upTo(random, 3, 2));
    const axis = axisOf(random, dims.length);
    const at = fromFront(axis, dims.length);
    // TensorFlow.js has it for the last axis alone.
    const last = [...dims.keys()].filter((i) => i !== at).concat(at);
    const back = [...dims.keys()].map((i) => last.indexOf(i));
    return {
      inputs: { x: some(random, dims, -2, 2) },
      build: (b, { x }) => b.op(op, [x!], { axis }),
      theirs: ({ x }) => tf.transpose(theirs(tf.transpose(x!, last)), back),
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

function product(
  build: (b: GraphBuilder, x: Value, y: Value) => Value,
  theirs: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  turned = false,
): Draw {
  return (random) => {
    const [rows, inner, columns, batch] = sizes(random, 4) as [number, number, number, number];
    const lead = turned ? [] : [batch];
    const second = turned ? [columns, inner] : [...lead, inner, columns];
    return {
      inputs: {
        x: some(random, [...lead, rows, inner], -1, 1, "float32"),
        y: some(random, second, -1, 1, "float32"),
      },
      ...STRAIGHT,
      build: (b, { x, y }) => build(b, x!, y!),
      theirs: ({ x, y }) => theirs(x!, y!),
    };
  };
}

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

/** A place in a graph where only shapes change: TensorFlow.js reads elements in the same order. */
const rearranged =
  (
    plan: (
      random: Random,
      dims: number[],
    ) => { build: (b: GraphBuilder, x: Value) => Value | readonly Value[]; theirs: (x: tf.Tensor) => tf.Tensor },
  ): Draw =>
  (random) => {
    const dims = sizes(random, upTo(random, 3, 2));
    const { build, theirs } = plan(random, dims);
    return {
      inputs: { x: some(random, dims) },
      build: (b: GraphBuilder, { x }: Inputs) => build(b, x!),
      theirs: ({ x }) => theirs(x!),
    };
  };

export const CASES: Readonly<Partial<Record<OpName, Draw>>> = {
  Relu: elementwise("Relu", tf.relu, { corners: [0] }),
  LeakyRelu: elementwise("LeakyRelu", (x) => tf.leakyRelu(x, 0.3), {
    corners: [0],
    attributes: { alpha: 0.3 },
    single: true,
  }),
  PRelu: (random) => {
    const dims = sizes(random, 3);
    return {
      inputs: { x: clear(random, dims, [0]), slope: some(random, [dims[1]!, 1], 0.1, 0.9) },
      build: (b, { x, slope }) => b.op("PRelu", [x!, slope!]),
      theirs: ({ x, slope }) => tf.prelu(x!, tf.broadcastTo(slope!, dims)),
    };
  },
  Elu: elementwise("Elu", tf.elu, { corners: [0], single: true }),
  Celu: elementwise("Celu", (x) => tf.add(tf.maximum(x, 0), tf.minimum(tf.mul(1.5, tf.expm1(tf.div(x, 1.5))), 0)), {
    corners: [0],
    attributes: { alpha: 1.5 },
    single: true,
  }),
  Selu: elementwise("Selu", tf.selu, { corners: [0], single: true }),
  Softsign: elementwise("Softsign", (x) => tf.div(x, tf.add(1, tf.abs(x))), { corners: [0], single: true }),
  ThresholdedRelu: elementwise("ThresholdedRelu", (x) => tf.mul(x, tf.step(tf.sub(x, 0.5))), {
    corners: [0.5],
    attributes: { alpha: 0.5 },
    single: true,
  }),
  Shrink: elementwise(
    "Shrink",
    (x) =>
      tf.sub(
        tf.mul(x, tf.step(tf.sub(tf.abs(x), 0.6))),
        tf.mul(0.2, tf.mul(tf.sign(x), tf.step(tf.sub(tf.abs(x), 0.6)))),
      ),
    { corners: [-0.6, 0.6], attributes: { lambd: 0.6, bias: 0.2 }, single: true },
  ),
  Dropout: elementwise("Dropout", (x) => tf.mul(x, 1)),
  Sigmoid: elementwise("Sigmoid", tf.sigmoid),
  HardSigmoid: elementwise("HardSigmoid", (x) => tf.clipByValue(tf.add(tf.mul(x, 0.3), 0.4), 0, 1), {
    corners: [-4 / 3, 2],
    high: 3,
    attributes: { alpha: 0.3, beta: 0.4 },
    single: true,
  }),
  HardSwish: elementwise("HardSwish", (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)), {
    corners: [-3, 3],
    high: 4,
    single: true,
  }),
  Softplus: elementwise("Softplus", tf.softplus, { single: true }),
  Tanh: elementwise("Tanh", tf.tanh),
  Erf: elementwise("Erf", tf.erf, { single: true }),
  Softmax: softened("Softmax", (x) => tf.softmax(x)),
  LogSoftmax: softened("LogSoftmax", (x) => tf.logSoftmax(x)),
  Clip: (random) => ({
    inputs: { x: clear(random, sizes(random, 2), [-0.5, 0.7]) },
    build: (b, { x }) => b.clip(x!, -0.5, 0.7),
    theirs: ({ x }) => tf.clipByValue(x!, -0.5, 0.7),
  }),
  Min: combining("Min", (parts) => parts.reduce((a, b) => tf.minimum(a, b))),
  Max: combining("Max", (parts) => parts.reduce((a, b) => tf.maximum(a, b))),
  Sum: combining("Sum", (parts) => tf.addN(parts)),
  Mean: combining("Mean", (parts) => tf.div(tf.addN(parts), parts.length), true),
  Add: broadcasting("Add", tf.add),
  Sub: broadcasting("Sub", tf.sub),
  Mul: broadcasting("Mul", tf.mul),
  Div: broadcasting("Div", tf.div, positive),
  Pow: broadcasting("Pow", tf.pow, positive),
  Mod: (random) => {
    const dims = sizes(random, 2);
    return {
      inputs: { x: clear(random, dims, [-1.5, 0, 1.5], 2, "float32") },
      ...STRAIGHT,
      step: 0.05,
      build: (b, { x }) => b.op("Mod", [x!, b.constant(floatTensor([], [1.5]))], { fmod: 1 }),
      // The remainder has the sign of x, as C's fmod; theirs has no gradient.
      theirs: ({ x }) => tf.sub(x!, tf.mul(1.5, tf.mul(tf.sign(x!), tf.floor(tf.div(tf.abs(x!), 1.5))))),
    };
  },
  Neg: elementwise("Neg", tf.neg),
  Sqrt: elementwise("Sqrt", tf.sqrt, { low: 0.3 }),
  Exp: elementwise("Exp", tf.exp),
  Log: elementwise("Log", tf.log, { low: 0.3 }),
  Abs: elementwise("Abs", tf.abs, { corners: [0] }),
  Sin: elementwise("Sin", tf.sin),
  Cos: elementwise("Cos", tf.cos, { single: true }),
  Reciprocal: elementwise("Reciprocal", tf.reciprocal, { low: 0.3 }),
  Identity: elementwise("Identity", (x) => tf.mul(x, 1)),
  Cast: (random) => ({
    inputs: { x: some(random, sizes(random, 2), -2, 2, "float32") },
    build: (b, { x }) => b.cast(b.mul(b.cast(x!, "float64"), b.scalar(2, "float64")), "float32"),
    theirs: ({ x }) => tf.mul(x!, 2),
  }),
  Where: (random) => {
    const dims = sizes(random, 2);
    const [yes, no] = [some(random, dims), some(random, [dims[1]!])];
    const condition = some(random, dims);
    const greater = Float32Array.from(condition.data as Float64Array, (value) => (value > 0 ? 1 : 0));
    return {
      inputs: { yes, no },
      build: (b, values) => b.where(b.greater(b.constant(floatTensor(dims, greater)), 0.5), values.yes!, values.no!),
      theirs: (values) =>
        tf.where(tf.greater(tf.tensor(greater, dims), 0.5), values.yes!, tf.broadcastTo(values.no!, dims)),
    };
  },
  Conv: convolution,
  ConvTranspose: transposed,
  Tile: rearranged((random, dims) => {
    const repeats = sizes(random, dims.length, 3);
    return { build: (b, x) => b.op("Tile", [x, b.ints(repeats)]), theirs: (x) => tf.tile(x, repeats) };
  }),
  DepthToSpace: (random) => {
    const [batch, channels, rows, columns] = sizes(random, 4, 2) as [number, number, number, number];
    return {
      inputs: { x: some(random, [batch, 4 * channels, rows, columns]) },
      build: (b, { x }) => b.op("DepthToSpace", [x!], { blocksize: 2 }),
      // depthToSpace has no gradient there; this is what ONNX says that it is.
      theirs: ({ x }) =>
        tf.reshape(tf.transpose(tf.reshape(x!, [batch, 2, 2, channels, rows, columns]), [0, 3, 4, 1, 5, 2]), [
          batch,
          channels,
          2 * rows,
          2 * columns,
        ]),
    };
  },
  SpaceToDepth: (random) => {
    const [batch, channels, rows, columns] = sizes(random, 4, 2) as [number, number, number, number];
    return {
      inputs: { x: some(random, [batch, channels, 2 * rows, 2 * columns]) },
      build: (b, { x }) => b.op("SpaceToDepth", [x!], { blocksize: 2 }),
      theirs: ({ x }) =>
        tf.reshape(tf.transpose(tf.reshape(x!, [batch, channels, rows, 2, columns, 2]), [0, 3, 5, 1, 2, 4]), [
          batch,
          4 * channels,
          rows,
          columns,
        ]),
    };
  },
  CumSum: (random) => {
    const dims = sizes(random, 2);
    const axis = random.below(2);
    const [exclusive, reverse] = [random.below(2), random.below(2)];
    return {
      inputs: { x: some(random, dims) },
      build: (b, { x }) => b.op("CumSum", [x!, b.constant(index([axis], []))], { exclusive, reverse }),
      // Along the last axis: for others TensorFlow.js 4.22 returns a gradient of the wrong shape.
      theirs: ({ x }) => {
        const order = axis === 0 ? [1, 0] : [0, 1];
        return tf.transpose(tf.cumsum(tf.transpose(x!, order), 1, exclusive === 1, reverse === 1), order);
      },
    };
  },
  Gather: (random) => {
    const dims = sizes(random, 3);
    const axis = random.below(3);
    const picked = Array.from({ length: upTo(random, 4) }, () => random.below(dims[axis]!));
    return {
      inputs: { x: some(random, dims) },
      build: (b, { x }) => b.gather(x!, b.constant(index(picked)), axis),
      theirs: ({ x }) => tf.gather(x!, tf.tensor1d(picked, "int32"), axis),
    };
  },
  GatherElements: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const picked = Array.from({ length: rows * columns }, () => random.below(rows));
    return {
      inputs: { x: some(random, [rows, columns]) },
      build: (b, { x }) => b.op("GatherElements", [x!, b.constant(index(picked, [rows, columns]))], { axis: 0 }),
      theirs: ({ x }) =>
        tf.reshape(
          tf.gather(
            tf.reshape(x!, [-1]),
            tf.tensor1d(
              picked.map((row, i) => row * columns + (i % columns)),
              "int32",
            ),
          ),
          [rows, columns],
        ),
    };
  },
  GatherND: (random) => {
    const [rows, columns, deep] = sizes(random, 3) as [number, number, number];
    const picked = Array.from({ length: upTo(random, 4) }, () => [random.below(rows), random.below(columns)]);
    return {
      inputs: { x: some(random, [rows, columns, deep]) },
      build: (b, { x }) => b.op("GatherND", [x!, b.constant(index(picked.flat(), [picked.length, 2]))]),
      // gatherND has no gradient there, picking rows has.
      theirs: ({ x }) => {
        const places = picked.map(([row, column]) => row! * columns + column!);
        return tf.gather(tf.reshape(x!, [rows * columns, deep]), tf.tensor1d(places, "int32"));
      },
    };
  },
  ScatterElements: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const count = upTo(random, rows);
    const reduction = random.below(2) === 0 ? "none" : "add";
    // No place is written twice: which one stays would be the runtime's choice.
    const columnsOf = Array.from({ length: columns }, () =>
      random.shuffle([...new Array(rows).keys()]).slice(0, count),
    );
    const places = Array.from({ length: count * columns }, (_, i) => columnsOf[i % columns]![Math.floor(i / columns)]!);
    const flat = places.map((row, i) => row * columns + (i % columns));
    return {
      inputs: {
        x: some(random, [rows, columns], -1, 1, "float32"),
        updates: some(random, [count, columns], -1, 1, "float32"),
      },
      ...STRAIGHT,
      build: (b, { x, updates }) =>
        b.op("ScatterElements", [x!, b.constant(index(places, [count, columns])), updates!], { axis: 0, reduction }),
      theirs: ({ x, updates }) => scattered(x!, updates!, flat, reduction),
    };
  },
  ScatterND: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    const reduction = random.below(2) === 0 ? "none" : "add";
    const written = random.shuffle([...new Array(rows).keys()]).slice(0, upTo(random, rows));
    const flat = written.flatMap((row) => Array.from({ length: columns }, (_, i) => row * columns + i));
    return {
      inputs: {
        x: some(random, [rows, columns], -1, 1, "float32"),
        updates: some(random, [written.length, columns], -1, 1, "float32"),
      },
      ...STRAIGHT,
      build: (b, { x, updates }) =>
        b.op("ScatterND", [x!, b.constant(index(written, [written.length, 1])), updates!], { reduction }),
      theirs: ({ x, updates }) => scattered(x!, updates!, flat, reduction),
    };
  },
  TopK: (random) => {
    const dims = sizes(random, 2);
    const k = upTo(random, dims[1]!);
    return {
      inputs: { x: apart(random, dims) },
      build: (b, { x }) => b.node("TopK", [x!, b.ints([k])], { axis: 1 }, 2)[0]!,
      // topk has no gradient there, picking what it found has.
      theirs: ({ x }) => {
        const found = tf.topk(x!, k).indices.dataSync();
        const places = found.map((column, i) => column + Math.floor(i / k) * dims[1]!);
        return tf.gather(tf.reshape(x!, [-1]), tf.tensor2d(places, [dims[0]!, k], "int32"));
      },
    };
  },
  Reshape: rearranged((_, dims) => ({
    build: (b, x) => b.reshape(x, [-1, dims[0]!]),
    theirs: (x) => tf.reshape(x, [-1, dims[0]!]),
  })),
  Flatten: rearranged((random, dims) => {
    const axis = random.below(dims.length + 1);
    const front = dims.slice(0, axis).reduce((a, b) => a * b, 1);
    return { build: (b, x) => b.flatten(x, axis), theirs: (x) => tf.reshape(x, [front, -1]) };
  }),
  Transpose: rearranged((random, dims) => {
    const order = random.shuffle([...dims.keys()]);
    return { build: (b, x) => b.transpose(x, order), theirs: (x) => tf.transpose(x, order) };
  }),
  Squeeze: (random) => {
    const [rows, columns] = sizes(random, 2) as [number, number];
    return {
      inputs: { x: some(random, [rows, 1, columns]) },
      build: (b, { x }) => b.squeeze(x!, [1]),
      theirs: ({ x }) => tf.squeeze(x!, [1]),
    };
  },
  Unsqueeze: rearranged((random, dims) => {
    const axis = random.below(dims.length + 1);
    return { build: (b, x) => b.unsqueeze(x, [axis]), theirs: (x) => tf.expandDims(x, axis) };
  }),
  Expand: (random) => {
    const [a, b, c] = sizes(random, 3) as [number, number, number];
    return {
      inputs: { x: some(random, [b, 1]) },
      build: (builder, { x }) => builder.expand(x!, [a, b, c]),
      theirs: ({ x }) => tf.broadcastTo(x!, [a, b, c]),
    };
  },
  Concat: (random) => {
    const dims = sizes(random, 3);
    const axis = random.below(3);
    const other = dims.map((dim, i) => (i === axis ? upTo(random, 4) : dim));
    return {
      inputs: { x: some(random, dims), y: some(random, other) },
      build: (b, { x, y }) => b.concat([x!, y!], axis),
      theirs: ({ x, y }) => tf.concat([x!, y!], axis),
    };
  },
  Split: (random) => {
    const parts = sizes(random, 2);
    const dims = [upTo(random, 3), parts[0]! + parts[1]!];
    return {
      inputs: { x: some(random, dims) },
      // The second part alone: the first gets no gradient.
      build: (b, { x }) => b.split(x!, parts, 1)[1]!,
      theirs: ({ x }) => tf.split(x!, parts, 1)[1]!,
    };
  },
  Slice: rearranged((random, dims) => {
    const axis = random.below(dims.length);
    const start = random.below(dims[axis]!);
    const step = upTo(random, 2);
    const taken = Array.from({ length: Math.ceil((dims[axis]! - start) / step) }, (_, i) => start + i * step);
    return {
      build: (b, x) => b.slice(x, [start], [dims[axis]!], [axis], [step]),
      theirs: (x) => tf.gather(x, tf.tensor1d(taken, "int32"), axis),
    };
  }),
  Pad: rearranged((random, dims) => {
    const mode = ["constant", "reflect", "edge"][random.below(3)]!;
    if (mode !== "constant") {
      // Each axis by the elements that stand there; a mirror needs room.
      const room = (dim: number) => (mode === "edge" ? 3 : dim);
      const sides = dims.map((dim) => [random.below(room(dim)), random.below(room(dim))] as const);
      const pads = [...sides.map(([before]) => before), ...sides.map(([, after]) => after)];
      const source = (place: number, dim: number) => {
        const inside = Math.min(dim - 1, Math.max(0, place));
        return mode === "edge" ? inside : 2 * inside - place;
      };
      return {
        build: (b, x) => b.op("Pad", [x, b.ints(pads)], { mode }),
        theirs: (x) =>
          sides.reduce((value, [before, after], axis) => {
            const dim = dims[axis]!;
            const taken = Array.from({ length: before + dim + after }, (_, i) => source(i - before, dim));
            return tf.gather(value, tf.tensor1d(taken, "int32"), axis);
          }, x),
      };
    }
    const pads = dims.map(() => [random.below(3), random.below(3)] as [number, number]);
    return {
      build: (b, x) => b.pad(x, [...pads.map(([before]) => before), ...pads.map(([, after]) => after)]),
      theirs: (x) => tf.pad(x, pads),
    };
  }),
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

/** One element of some is 0: a quotient of the whole product would not be a number there. */
function withZero(random: Random, drawn: Tensor): Tensor {
  if (random.below(2) === 0) drawn.data[random.below(drawn.data.length)] = 0;
  return drawn;
}

/** Updates written into a copy of x, by flat place, as one product with a matrix of 0 and 1. */
function scattered(x: tf.Tensor, updates: tf.Tensor, flat: readonly number[], reduction: string): tf.Tensor {
  const places = tf.oneHot(tf.tensor1d([...flat], "int32"), x.size).toFloat() as tf.Tensor2D;
  const added = tf.reshape(tf.matMul(tf.reshape(updates, [1, -1]), places), x.shape);
  const kept = reduction === "add" ? x : tf.mul(x, tf.sub(1, tf.reshape(tf.sum(places, 0), x.shape)));
  return tf.add(kept, added);
}

const singly = ({ dims, data }: Tensor): Tensor => floatTensor(dims, Float32Array.from(data as Float64Array));

/** Rows that central differences or TensorFlow.js cannot judge, and what judges them instead. */
export const ELSEWHERE: Readonly<Partial<Record<OpName, string>>> = {
  QuantizeLinear: "its gradient is passed straight through on purpose: gradients/quantization.test.ts",
  DequantizeLinear: "its gradient is passed straight through on purpose: gradients/quantization.test.ts",
  GridSample: "straight only between pixels, so its places are chosen by hand: gradients/windows.test.ts",
};

/** Cases without a witness in TensorFlow.js, and why. */
export const NO_WITNESS: Readonly<Partial<Record<OpName, string>>> = {
  LSTM: "its gates come in another order; PyTorch's whole LSTM is the witness in test/interop",
  GRU: "as for LSTM",
  RNN: "as for LSTM",
};

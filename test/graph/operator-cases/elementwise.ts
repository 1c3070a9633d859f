// Cases of operators that work element by element: activations, arithmetic with broadcasting.
import * as tf from "@tensorflow/tfjs";
import { floatTensor, type Tensor, tensor } from "../../../main/graph/graph.ts";
import type { OpName } from "../../../main/graph/operators/index.ts";
import type { Random } from "../../../main/models/random.ts";
import { apart, clear, type Draw, positive, SINGLE, STRAIGHT, singly, sizes, some, upTo } from "./draw.ts";

interface UnaryOptions {
  readonly low?: number;
  readonly high?: number;
  readonly corners?: readonly number[];
  readonly attributes?: Readonly<Record<string, number | string>>;
  readonly single?: boolean;
}

/** y = f(x) for each element. */
function ofEach(op: OpName, theirs: ((x: tf.Tensor) => tf.Tensor) | null, options: UnaryOptions = {}): Draw {
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

const axisOf = (random: Random, rank: number): number => random.below(2 * rank) - rank;

const fromFront = (axis: number, rank: number): number => (axis + rank) % rank;

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

export const elementwise: Readonly<Partial<Record<OpName, Draw>>> = {
  Relu: ofEach("Relu", tf.relu, { corners: [0] }),
  LeakyRelu: ofEach("LeakyRelu", (x) => tf.leakyRelu(x, 0.3), {
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
  Elu: ofEach("Elu", tf.elu, { corners: [0], single: true }),
  Celu: ofEach("Celu", (x) => tf.add(tf.maximum(x, 0), tf.minimum(tf.mul(1.5, tf.expm1(tf.div(x, 1.5))), 0)), {
    corners: [0],
    attributes: { alpha: 1.5 },
    single: true,
  }),
  Selu: ofEach("Selu", tf.selu, { corners: [0], single: true }),
  Softsign: ofEach("Softsign", (x) => tf.div(x, tf.add(1, tf.abs(x))), { corners: [0], single: true }),
  ThresholdedRelu: ofEach("ThresholdedRelu", (x) => tf.mul(x, tf.step(tf.sub(x, 0.5))), {
    corners: [0.5],
    attributes: { alpha: 0.5 },
    single: true,
  }),
  Shrink: ofEach(
    "Shrink",
    (x) =>
      tf.sub(
        tf.mul(x, tf.step(tf.sub(tf.abs(x), 0.6))),
        tf.mul(0.2, tf.mul(tf.sign(x), tf.step(tf.sub(tf.abs(x), 0.6)))),
      ),
    { corners: [-0.6, 0.6], attributes: { lambd: 0.6, bias: 0.2 }, single: true },
  ),
  Dropout: ofEach("Dropout", (x) => tf.mul(x, 1)),
  Sigmoid: ofEach("Sigmoid", tf.sigmoid),
  HardSigmoid: ofEach("HardSigmoid", (x) => tf.clipByValue(tf.add(tf.mul(x, 0.3), 0.4), 0, 1), {
    corners: [-4 / 3, 2],
    high: 3,
    attributes: { alpha: 0.3, beta: 0.4 },
    single: true,
  }),
  HardSwish: ofEach("HardSwish", (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)), {
    corners: [-3, 3],
    high: 4,
    single: true,
  }),
  Softplus: ofEach("Softplus", tf.softplus, { single: true }),
  Tanh: ofEach("Tanh", tf.tanh),
  Erf: ofEach("Erf", tf.erf, { single: true }),
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
  Neg: ofEach("Neg", tf.neg),
  Sqrt: ofEach("Sqrt", tf.sqrt, { low: 0.3 }),
  Exp: ofEach("Exp", tf.exp),
  Log: ofEach("Log", tf.log, { low: 0.3 }),
  Abs: ofEach("Abs", tf.abs, { corners: [0] }),
  Sin: ofEach("Sin", tf.sin),
  Cos: ofEach("Cos", tf.cos, { single: true }),
  Reciprocal: ofEach("Reciprocal", tf.reciprocal, { low: 0.3 }),
  Identity: ofEach("Identity", (x) => tf.mul(x, 1)),
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
};

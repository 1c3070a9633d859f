// A layer of a Keras model as its row meets it, and how its settings and weights are read.
import type { GraphBuilder, Value } from "../../graph/builder.ts";
import { elementCount, floatTensor, type Tensor } from "../../graph/graph.ts";
import type { Held } from "./held.ts";

export type Config = Readonly<Record<string, unknown>>;

/** A layer as its row meets it. */
export interface Site {
  readonly b: GraphBuilder;
  readonly className: string;
  readonly config: Config;
  readonly inputs: readonly Held[];
  /** A weight by the last part of its name, among those whose name has `within` in it where given. */
  readonly weight: (name: string, within?: string) => Tensor;
  /** A constant for it, called after the layer. */
  readonly constant: (name: string, value: Tensor) => Value;
  /** Of Keras 3, whose hard sigmoid is another one. */
  readonly keras3: boolean;
  readonly refuse: (reason: string) => never;
}

/** A setting that must be a number, a word, a switch; with Keras's default. */
export const number = ({ config }: Site, name: string, fallback: number): number =>
  typeof config[name] === "number" ? config[name] : fallback;
export const word = ({ config }: Site, name: string, fallback: string): string =>
  typeof config[name] === "string" ? config[name] : fallback;
export const flag = ({ config }: Site, name: string, fallback: boolean): boolean =>
  typeof config[name] === "boolean" ? config[name] : fallback;

/** The same numbers with their axes in another order. */
export function permuted({ dims, data }: Tensor, order: readonly number[]): Tensor {
  const to = order.map((axis) => dims[axis]!);
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const values = new Float32Array(data.length);
  const at = new Array<number>(to.length).fill(0);
  for (let i = 0; i < values.length; i++) {
    values[i] = Number(data[at.reduce((sum, place, axis) => sum + place * strides[order[axis]!]!, 0)]);
    for (let axis = to.length - 1; axis >= 0 && ++at[axis]! === to[axis]; axis--) at[axis] = 0;
  }
  return floatTensor(to, values);
}

const ACTIVATIONS: Readonly<Record<string, (b: GraphBuilder, x: Value, keras3: boolean) => Value>> = {
  linear: (_, x) => x,
  relu: (b, x) => b.relu(x),
  relu6: (b, x) => b.clip(x, 0, 6),
  sigmoid: (b, x) => b.sigmoid(x),
  tanh: (b, x) => b.op("Tanh", [x]),
  elu: (b, x) => b.op("Elu", [x], { alpha: 1 }),
  selu: (b, x) => b.op("Selu", [x]),
  softplus: (b, x) => b.op("Softplus", [x]),
  softsign: (b, x) => b.op("Softsign", [x]),
  exponential: (b, x) => b.exp(x),
  hardsigmoid: (b, x, keras3) => b.op("HardSigmoid", [x], { alpha: keras3 ? 1 / 6 : 0.2, beta: 0.5 }),
  swish: (b, x) => b.mul(x, b.sigmoid(x)),
  silu: (b, x) => b.mul(x, b.sigmoid(x)),
  mish: (b, x) => b.mul(x, b.op("Tanh", [b.op("Softplus", [x])])),
  gelu: (b, x) => b.mul(b.mul(x, 0.5), b.add(b.op("Erf", [b.mul(x, Math.SQRT1_2)]), 1)),
};

/** An activation by its name in Keras or TensorFlow.js; null where it is none that is read. */
export function activationOf(name: string): ((b: GraphBuilder, x: Value, keras3: boolean) => Value) | null {
  return ACTIVATIONS[name.replaceAll("_", "").toLowerCase()] ?? null;
}

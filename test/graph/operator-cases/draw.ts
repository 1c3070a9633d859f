// What random cases are drawn with: sizes, numbers that stay away from corners, and the families that several operators share.
import type * as tf from "@tensorflow/tfjs";
import type { GraphBuilder, Value } from "../../../main/graph/builder.ts";
import { floatTensor, type Tensor, tensor } from "../../../main/graph/graph.ts";
import type { Random } from "../../../main/models/random.ts";
import { distinctTensor, type GradientCase, randomTensor } from "../central-differences.ts";

export type Inputs = Readonly<Record<string, Value>>;

export interface OperatorCase extends GradientCase {
  /** The same function; absent where TensorFlow.js has none that it can differentiate. */
  readonly theirs?: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor;
}

export type Draw = (random: Random) => OperatorCase;

export const upTo = (random: Random, most: number, least = 1): number => least + random.below(most - least + 1);

export const sizes = (random: Random, rank: number, most = 4): number[] =>
  Array.from({ length: rank }, () => upTo(random, most));

export const seedOf = (random: Random): number => random.below(2 ** 20);

export const some = (
  random: Random,
  dims: readonly number[],
  low = -1,
  high = 1,
  type: "float32" | "float64" = "float64",
) => randomTensor(type, dims, seedOf(random), low, high);

/** Runtime kernels that exist in single precision only; functions that curve within a step need a short one. */
export const SINGLE = { step: 0.01, within: 2e-3 };

export const STRAIGHT = { step: 0.1, within: 1e-3 };

/** Numbers at least 0.1 away from every corner, so that no step crosses one. */
export function clear(
  random: Random,
  dims: readonly number[],
  corners: readonly number[],
  reach = 2,
  type?: "float32",
) {
  const drawn = some(random, dims, -reach, reach, type);
  for (let i = 0; i < drawn.data.length; i++) {
    const near = corners.find((corner) => Math.abs(Number(drawn.data[i]) - corner) < 0.1);
    if (near !== undefined) drawn.data[i] = near + (random.uniform() < 0.5 ? -0.2 : 0.2);
  }
  return drawn;
}

/** Numbers that stay in order when one moves by a central difference's step. */
export function apart(random: Random, dims: readonly number[]): Tensor {
  const { data } = distinctTensor(dims, seedOf(random), 0.05);
  return tensor(
    "float64",
    dims,
    Float64Array.from(data as Float32Array, (value) => value + 0.001 * random.uniform()),
  );
}

export const positive = (random: Random, dims: readonly number[]): Tensor => some(random, dims, 0.3, 2);

export function product(
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

export const singly = ({ dims, data }: Tensor): Tensor => floatTensor(dims, Float32Array.from(data as Float64Array));

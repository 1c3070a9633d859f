// What a kernel of the TensorFlow.js engine is given: one node whose shapes are known, and the values that it reads.
import type * as tf from "@tensorflow/tfjs-core";
import { AppError } from "../../../../preload/contract/index.ts";
import { fixedDims, type Node, type Tensor, type TensorType } from "../../../graph/graph.ts";
import { type Attributes, attributesOf } from "../../../graph/operators/rule.ts";

export type TensorFlow = typeof tf;

export interface Known {
  readonly type: TensorType["type"];
  readonly shape: readonly number[];
}

export interface KernelSite extends Attributes {
  readonly tf: TensorFlow;
  readonly x: (index: number) => tf.Tensor;
  readonly has: (index: number) => boolean;
  /** All inputs that are not left out. */
  readonly all: () => tf.Tensor[];
  readonly known: (index: number) => Known;
  /** How many outputs the node names. */
  readonly outputs: number;
  /** What output `index` will be. */
  readonly made: (index: number) => Known;
  /** What an input of whole numbers or scales is known to hold. */
  readonly numbers: (index: number) => readonly number[];
  /** @throws app/unsupported-platform, naming operator and node */
  readonly refuse: (reason: string) => never;
}

/** Computes a node's outputs. What it makes on the way is freed by the caller. */
export type Kernel = (site: KernelSite) => tf.Tensor | readonly tf.Tensor[];

export function kernelSite(
  library: TensorFlow,
  node: Node,
  typeOf: (value: string) => TensorType | undefined,
  read: (value: string) => tf.Tensor,
): KernelSite {
  const { op, name, inputs, outputs } = node;
  const refuse = (reason: string): never => {
    throw new AppError("app/unsupported-platform", `TensorFlow.js cannot compute ${op} "${name}" here: ${reason}`);
  };
  const type = (value: string): TensorType => typeOf(value) ?? refuse(`the value "${value}" is not there.`);
  const known = (value: string): Known => {
    const { type: elements, shape } = type(value);
    return { type: elements, shape: fixedDims(shape, `${op} "${name}"`) };
  };
  const has = (index: number) => (inputs[index] ?? "") !== "";
  return {
    tf: library,
    x: (index) => read(inputs[index]!),
    has,
    all: () => inputs.filter((input) => input !== "").map(read),
    known: (index) => known(inputs[index]!),
    outputs: outputs.length,
    made: (index) => known(outputs[index]!),
    numbers: (index) =>
      (type(inputs[index]!).contents as readonly number[] | undefined) ?? refuse(`input ${index} must be constant.`),
    ...attributesOf(node),
    refuse,
  };
}

/** TensorFlow.js's type for ours: whole numbers are 32 bits wide there, and single precision is all there is. */
export function theirType(type: Tensor["type"]): "float32" | "int32" | "bool" {
  if (type === "bool") return "bool";
  return type === "float32" || type === "float64" || type === "float16" ? "float32" : "int32";
}

export const last = (rank: number, axis: number): number => (axis < 0 ? axis + rank : axis);

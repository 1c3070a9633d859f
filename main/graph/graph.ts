// A graph is plain records: nodes in topological order, named values between them, constants beside them.
//
// Nothing here has behaviour and nothing changes after it is made: a pass takes a graph and returns a graph, sharing what it
// did not touch. A value is known by its name alone; who made it and what shape it has is asked of the graph (`inferShapes`).
// Dimensions may be symbols ("N", the batch), so one graph serves every batch size.
import { AppError } from "../../preload/contract/errors.ts";
import type { DataType, TensorData } from "./data-type.ts";
import type { OpName } from "./operators/index.ts";

/** A number of elements, or a symbol for one that is known only when the graph runs: "N", or a multiple of one: "4*N". */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface TensorType {
  readonly type: DataType;
  readonly shape: Shape;
  /** What an int64 vector (or scalar) is known to hold: axes, starts, a shape. Absent when unknown. */
  readonly contents?: Shape;
}

/** A constant: row-major elements. dims [] is a scalar with one element. */
export interface Tensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export interface ValueInfo {
  readonly name: string;
  readonly type: DataType;
  readonly shape: Shape;
}

/** Whether a number is an int or a float is said by the operator's row, not by the value. */
export type Attribute = number | string | readonly number[];

export interface Node {
  readonly op: OpName;
  /** Unique in the graph and never empty; messages name it. */
  readonly name: string;
  /** Value names; "" is an optional input that is left out. */
  readonly inputs: readonly string[];
  /** Value names; "" is an optional output that nobody wants. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

/** Elements of a tensor with these dimensions; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export function tensor(type: DataType, dims: readonly number[], data: TensorData): Tensor {
  if (data.length !== elementCount(dims)) {
    throw new AppError("graph/invalid", `A tensor of dimensions [${dims}] has ${data.length} elements.`);
  }
  return { type, dims, data };
}

export function floatTensor(dims: readonly number[], values: ArrayLike<number>): Tensor {
  return tensor("float32", dims, values instanceof Float32Array ? values : Float32Array.from(values));
}

export function intTensor(values: readonly number[]): Tensor {
  return tensor("int64", [values.length], BigInt64Array.from(values, BigInt));
}

/** The dimensions as numbers. @throws graph/invalid, naming `what`, when one is a symbol */
export function fixedDims(shape: Shape, what: string): readonly number[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw new AppError("graph/invalid", `${what} needs fixed dimensions but has [${shape.join(", ")}].`);
  });
}

/** The same graph with some dimension symbols given a number, for example the batch: { N: 64 }. */
export function bindDimensions(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const bind = (info: ValueInfo): ValueInfo => ({ ...info, shape: info.shape.map((dim) => bound(dim, sizes)) });
  return { ...graph, inputs: graph.inputs.map(bind), outputs: graph.outputs.map(bind) };
}

function bound(dim: Dim, sizes: Readonly<Record<string, number>>): Dim {
  if (typeof dim === "number") return dim;
  const { factor, symbol } = splitDim(dim);
  return Object.hasOwn(sizes, symbol) ? factor * sizes[symbol]! : dim;
}

/** "4*N" -> 4 and "N". */
export function splitDim(dim: string): { factor: number; symbol: string } {
  const match = /^(\d+)\*(.+)$/s.exec(dim);
  return match ? { factor: Number(match[1]), symbol: match[2]! } : { factor: 1, symbol: dim };
}

export function multiplyDim(factor: number, symbol: string): string {
  return factor === 1 ? symbol : `${factor}*${symbol}`;
}

// What a gradient rule is given and what it gives back.
import { AppError } from "../../../preload/contract/errors.ts";
import type { GraphBuilder, Value } from "../builder.ts";
import { floatTensor, type Node, type Shape, tensor } from "../graph.ts";

/** Where the gradient will run: `portable` uses ONNX's own operators only, `cpu` may use ONNX Runtime's fused CPU kernels. */
export type Target = "portable" | "cpu";

/** A node's attributes by name, or what they are where it has none. */
export interface Attributes {
  readonly int: (name: string, fallback: number) => number;
  readonly number: (name: string, fallback: number) => number;
  readonly ints: (name: string, fallback: readonly number[]) => readonly number[];
  readonly string: (name: string, fallback: string) => string;
}

export function attributesOf({ attributes }: Node): Attributes {
  return {
    int: (name, fallback) => (attributes[name] as number | undefined) ?? fallback,
    number: (name, fallback) => (attributes[name] as number | undefined) ?? fallback,
    ints: (name, fallback) => (attributes[name] as readonly number[] | undefined) ?? fallback,
    string: (name, fallback) => (attributes[name] as string | undefined) ?? fallback,
  };
}

/** One node, and a builder to write others with. */
export interface ForwardSite extends Attributes {
  readonly b: GraphBuilder;
  readonly node: Node;
  readonly x: (index: number) => Value;
  readonly has: (index: number) => boolean;
  /** @throws graph/not-differentiable, naming operator and node */
  readonly refuse: (reason: string) => never;
}

export function forwardSite(b: GraphBuilder, node: Node): ForwardSite {
  return {
    b,
    node,
    x: (index) => b.value(node.inputs[index]!),
    has: (index) => (node.inputs[index] ?? "") !== "",
    ...attributesOf(node),
    refuse: (reason) => refuseGradient(node, reason),
  };
}

/** One node on the way back: the gradient that arrived at its outputs, and whose gradients are wanted. */
export interface GradientSite extends ForwardSite {
  readonly target: Target;
  /** Gradient of the loss with respect to output 0, shaped like it. */
  readonly dy: Value;
  readonly y: (index: number) => Value;
  /** Gradient that arrived at a further output; null when none did. */
  readonly dyOf: (index: number) => Value | null;
  /** Whether anyone asks for the gradient of this input: rules need not write what nobody wants. */
  readonly wants: (index: number) => boolean;
}

/** Gradients of the inputs, in order, each shaped like its input; null where nothing flows back. */
type Rule = (site: GradientSite) => readonly (Value | null)[];

/** A written choice: this operator stops differentiation, and why. */
export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

/** The node's outputs written in operators that have rules of their own; differentiation goes through those. */
export interface Expansion {
  readonly expansion: (site: ForwardSite) => readonly Value[];
}

export type GradientRule = Rule | NotDifferentiable | Expansion;

export function notDifferentiable(reason: string): NotDifferentiable {
  return { notDifferentiable: reason };
}

export function refuseGradient({ op, name }: Node, reason: string): never {
  throw new AppError("graph/not-differentiable", `No gradient goes through ${op} "${name}": ${reason}`);
}

/** Undoes broadcasting: sums `gradient` over the axes along which a value of `shape` was repeated. */
export function sumTo(b: GraphBuilder, gradient: Value, like: Value): Value {
  const extra = gradient.shape.length - like.shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < extra || (like.shape[i - extra] === 1 && dim !== 1) ? [i] : []));
  const summed = axes.length === 0 ? gradient : b.reduceSum(gradient, axes);
  return extra === 0 ? summed : b.reshapeLike(summed, like);
}

/** 1 where the condition holds, else 0. */
export function indicator(b: GraphBuilder, condition: Value, like: Value): Value {
  return b.cast(condition, like.type);
}

/** Per-channel values [C] shaped to broadcast over [N, C, spatial...]. */
export function perChannel(b: GraphBuilder, values: Value, rank: number): Value {
  return b.reshape(values, [-1, ...new Array<number>(rank - 2).fill(1)]);
}

/** All axes but the channels. */
export function allButChannels(shape: Shape): readonly number[] {
  return shape.flatMap((_, i) => (i === 1 ? [] : [i]));
}

/** One axis of a value times a matrix [from, to] of known numbers: [.., from, ..] to [.., to, ..]. */
export function alongAxis(
  b: GraphBuilder,
  value: Value,
  axis: number,
  dims: readonly [from: number, to: number],
  numbers: Float64Array,
): Value {
  const matrix = b.constant(value.type === "float64" ? tensor("float64", dims, numbers) : floatTensor(dims, numbers));
  const order = [...value.shape.keys()].filter((at) => at !== axis).concat(axis);
  if (axis === value.shape.length - 1) return b.matMul(value, matrix);
  const product = b.matMul(b.transpose(value, order), matrix);
  return b.transpose(
    product,
    order.map((_, at) => order.indexOf(at)),
  );
}

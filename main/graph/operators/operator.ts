// What a row of the operator table says, and what a shape rule may ask while it runs.
import { AppError } from "../../../preload/contract/errors.ts";
import type { DataType } from "../data-type.ts";
import { isFloat } from "../data-type.ts";
import type { Attribute, Dim, Shape, TensorType } from "../graph.ts";
import type { GradientRule } from "./rule.ts";

export type AttributeKind = "int" | "ints" | "float" | "floats" | "string";

export interface Operator {
  /** "" is ONNX's own operators. */
  readonly domain: "" | "com.microsoft" | "com.microsoft.nchwc";
  /** Its name in a file, where a row of another domain has that name already. */
  readonly called?: string;
  /** Opset versions, both ends included, in which the operator means what this row says. */
  readonly opset: readonly [from: number, to: number];
  readonly inputs: readonly [least: number, most: number];
  readonly outputs: readonly [least: number, most: number];
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** Types of the outputs; throws graph/invalid, naming the node, when the inputs cannot be right. */
  readonly infer: (site: ShapeSite) => readonly TensorType[];
  /** How gradients of the inputs follow from those of the outputs, or a written reason why they do not. */
  readonly gradient: GradientRule;
}

/** The newest opset whose operators this table was read against. */
export const NEWEST = 21;

/** One node as its shape rule sees it. */
export class ShapeSite {
  readonly label: string;
  readonly inputs: readonly (TensorType | null)[];
  /** How many outputs the node names. */
  readonly outputs: number;
  private readonly attributes: Readonly<Record<string, Attribute>>;

  constructor(
    label: string,
    inputs: readonly (TensorType | null)[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>>,
  ) {
    this.label = label;
    this.inputs = inputs;
    this.outputs = outputs;
    this.attributes = attributes;
  }

  fail(message: string): never {
    throw new AppError("graph/invalid", `${this.label}: ${message}`);
  }

  has(index: number): boolean {
    return (this.inputs[index] ?? null) !== null;
  }

  input(index: number): TensorType {
    return this.inputs[index] ?? this.fail(`input ${index} is missing.`);
  }

  shape(index: number): Shape {
    return this.input(index).shape;
  }

  /** Input `index`, which must have floating-point elements. */
  float(index: number): TensorType {
    const found = this.input(index);
    if (!isFloat(found.type)) this.fail(`input ${index} must be floating point, it is ${found.type}.`);
    return found;
  }

  typed(index: number, ...allowed: readonly DataType[]): TensorType {
    const found = this.input(index);
    if (!allowed.includes(found.type)) {
      this.fail(`input ${index} must be ${allowed.join(" or ")}, it is ${found.type}.`);
    }
    return found;
  }

  /** The element type that all of these inputs share. */
  sameType(...indices: readonly number[]): DataType {
    const { type } = this.input(indices[0]!);
    for (const index of indices) {
      if (this.input(index).type !== type) {
        this.fail(`input ${index} is ${this.input(index).type} where input ${indices[0]} is ${type}.`);
      }
    }
    return type;
  }

  ranked(index: number, rank: number): Shape {
    const { shape } = this.input(index);
    if (shape.length !== rank) this.fail(`input ${index} must have ${rank} dimensions, it has [${shape.join(", ")}].`);
    return shape;
  }

  /** What an int64 input holds, which the rule must know now: axes, starts, a shape. */
  contents(index: number): Shape {
    const found = this.typed(index, "int64");
    return found.contents ?? this.fail(`input ${index} must be constant.`);
  }

  numbers(index: number): readonly number[] {
    return this.contents(index).map((dim) =>
      typeof dim === "number" ? dim : this.fail(`input ${index} must hold numbers, it holds ${dim}.`),
    );
  }

  /** What a float32 input holds, which the rule must know now: a scale for each axis. */
  scales(index: number): readonly number[] {
    const found = this.typed(index, "float32").contents ?? this.fail(`input ${index} must be constant.`);
    return found as readonly number[];
  }

  int(name: string, fallback: number): number {
    const value = this.attributes[name];
    return typeof value === "number" ? value : fallback;
  }

  string(name: string, fallback: string): string {
    const value = this.attributes[name];
    return typeof value === "string" ? value : fallback;
  }

  ints(name: string): readonly number[] | null {
    const value = this.attributes[name];
    return Array.isArray(value) ? (value as readonly number[]) : null;
  }

  /** An axis counted from the front; negative ones count from the end. */
  axis(axis: number, rank: number): number {
    const index = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(index) || index < 0 || index >= rank)
      this.fail(`axis ${axis} is outside ${rank} dimensions.`);
    return index;
  }

  axes(axes: readonly number[], rank: number): readonly number[] {
    const result = axes.map((axis) => this.axis(axis, rank));
    if (new Set(result).size !== result.length) this.fail(`an axis is named twice in [${axes}].`);
    return result;
  }

  /** A dimension that must be a number here. */
  fixed(dim: Dim, what: string): number {
    return typeof dim === "number" ? dim : this.fail(`${what} must be a fixed size, it is ${dim}.`);
  }

  /** ONNX's multidirectional broadcasting: from the right, equal or one of them 1. */
  broadcast(a: Shape, b: Shape): Shape {
    const rank = Math.max(a.length, b.length);
    return Array.from({ length: rank }, (_, i) => {
      const left = a[i - rank + a.length] ?? 1;
      const right = b[i - rank + b.length] ?? 1;
      if (left === right || right === 1) return left;
      if (left === 1) return right;
      return this.fail(`shapes [${a.join(", ")}] and [${b.join(", ")}] do not broadcast.`);
    });
  }
}

/** One floating-point input gives one output like it. */
export function oneFloat(site: ShapeSite): readonly TensorType[] {
  const { type, shape } = site.float(0);
  return [{ type, shape }];
}

/** What rows of one input, one output and no attributes share. */
export const unary = { domain: "", inputs: [1, 1], outputs: [1, 1], attributes: {} } as const;

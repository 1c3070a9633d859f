// What type and shape every value of a graph has, worked out from its inputs and constants by the operators' shape rules.
//
// Nothing is stored in the graph: the answer is recomputed, so it cannot be stale.
import { AppError } from "../../preload/contract/errors.ts";
import type { Graph, Node, Tensor, TensorType } from "./graph.ts";
import { OPERATORS } from "./operators/index.ts";
import { type AttributeKind, ShapeSite } from "./operators/operator.ts";

/** One scale for each axis. */
const LONGEST_SCALES = 5;
/** Longest constant of whole numbers whose numbers shape rules may ask for; axes and shapes are far shorter. */
const LONGEST_CONTENTS = 64;

/** The type of a constant, with its numbers when it is a short vector or scalar of whole numbers, or a short float32 vector (scales of a Resize). */
export function typeOfTensor({ type, dims, data }: Tensor): TensorType {
  const scales = data instanceof Float32Array && dims.length === 1 && data.length <= LONGEST_SCALES;
  const whole = data instanceof BigInt64Array || data instanceof Int32Array;
  if (!scales && (!whole || dims.length > 1 || data.length > LONGEST_CONTENTS)) return { type, shape: dims };
  return { type, shape: dims, contents: Array.from(data, Number) };
}

/** Output types of one node. @throws graph/invalid, naming the node, when its arity, attributes, types or shapes cannot be right */
export function inferNode(node: Node, typeOf: (value: string) => TensorType | undefined): readonly TensorType[] {
  const label = `${node.op} "${node.name}"`;
  const row = OPERATORS[node.op];
  within(label, "inputs", node.inputs.length, row.inputs);
  within(label, "outputs", node.outputs.length, row.outputs);
  for (const [name, value] of Object.entries(node.attributes)) {
    const kind = Object.hasOwn(row.attributes, name) ? row.attributes[name] : undefined;
    if (!kind || !fits(value, kind)) {
      throw new AppError("graph/invalid", `${label}: attribute ${name} is ${kind ? `not ${kind}` : "unknown"}.`);
    }
  }
  const inputs = node.inputs.map((input, i) => {
    if (input === "") {
      if (i < row.inputs[0]) throw new AppError("graph/invalid", `${label}: input ${i} may not be left out.`);
      return null;
    }
    const found = typeOf(input);
    if (found) return found;
    throw new AppError("graph/invalid", `${label}: value "${input}" is used before it is made.`);
  });
  return row.infer(new ShapeSite(label, inputs, node.outputs.length, node.attributes));
}

function within(label: string, what: string, found: number, [least, most]: readonly [number, number]): void {
  if (found >= least && found <= most) return;
  throw new AppError("graph/invalid", `${label}: ${found} ${what} where ${least} to ${most} are allowed.`);
}

function fits(value: unknown, kind: AttributeKind): boolean {
  switch (kind) {
    case "int":
      return Number.isSafeInteger(value);
    case "float":
      return typeof value === "number" && !Number.isNaN(value);
    case "string":
      return typeof value === "string";
    case "ints":
      return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
    case "floats":
      return Array.isArray(value) && value.every((item) => typeof item === "number" && !Number.isNaN(item));
  }
}

/** Type and shape of every input, constant and node output. @throws graph/invalid at the first node that cannot be right */
export function inferShapes(graph: Graph): ReadonlyMap<string, TensorType> {
  const types = new Map<string, TensorType>();
  const define = (name: string, type: TensorType, where: string) => {
    if (name === "") throw new AppError("graph/invalid", `${where} has an empty name.`);
    if (types.has(name)) throw new AppError("graph/invalid", `Value "${name}" is made twice; ${where} repeats it.`);
    types.set(name, type);
  };
  for (const { name, type, shape } of graph.inputs) define(name, { type, shape }, "a graph input");
  for (const [name, constant] of graph.initializers) define(name, typeOfTensor(constant), "a constant");
  for (const node of graph.nodes) {
    const inferred = inferNode(node, (value) => types.get(value));
    node.outputs.forEach((output, i) => {
      if (output !== "") define(output, inferred[i]!, `${node.op} "${node.name}"`);
    });
  }
  return types;
}

// Everything that must hold for a graph to mean something. Runs after every pass in tests, and on every file that is read.
import { AppError } from "../../preload/contract/errors.ts";
import { DATA_TYPES } from "./data-type.ts";
import { elementCount, type Graph } from "./graph.ts";
import { inferShapes } from "./infer-shapes.ts";

/**
 * Checks names (unique, nodes too), topological order, arity, attributes, element types and shapes, constants and declared outputs.
 * @throws graph/invalid with the first thing that is wrong
 */
export function verifyGraph(graph: Graph): void {
  const names = new Set<string>();
  for (const { name, op } of graph.nodes) {
    if (name === "" || names.has(name)) throw invalid(`The name "${name}" of a ${op} node is empty or used twice.`);
    names.add(name);
  }
  for (const { name, shape } of graph.inputs) {
    for (const dim of shape) {
      const ok = typeof dim === "number" ? Number.isSafeInteger(dim) && dim >= 0 : dim !== "";
      if (!ok) throw invalid(`Input "${name}" has a dimension ${dim === "" ? "without a name" : dim}.`);
    }
  }
  for (const [name, { type, dims, data }] of graph.initializers) {
    const sized = dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) && data.length === elementCount(dims);
    const held = data.constructor === DATA_TYPES[type].view(new ArrayBuffer(0)).constructor;
    if (!sized || !held) throw invalid(`Constant "${name}" of type ${type} [${dims}] has ${data.length} elements.`);
  }
  const types = inferShapes(graph);
  const outputs = new Set<string>();
  for (const { name, type, shape } of graph.outputs) {
    if (outputs.has(name)) throw invalid(`Output "${name}" is listed twice.`);
    outputs.add(name);
    const made = types.get(name);
    if (!made) throw invalid(`Output "${name}" is made by no node.`);
    if (made.type !== type || made.shape.join() !== shape.join()) {
      throw invalid(`Output "${name}" is declared ${type} [${shape}] but is ${made.type} [${made.shape}].`);
    }
  }
}

function invalid(message: string): AppError {
  return new AppError("graph/invalid", message);
}

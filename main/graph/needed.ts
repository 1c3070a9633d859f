// What of a graph its outputs need.
import type { Graph } from "./graph.ts";

/** The graph with the nodes and constants alone that its outputs depend on, up to the values in `given`, which nothing in it makes then. */
export function needed(graph: Graph, given: ReadonlySet<string> = new Set()): Graph {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((name) => wanted.has(name) && !given.has(name))) return false;
    for (const name of inputs) wanted.add(name);
    return true;
  });
  const initializers = new Map([...graph.initializers].filter(([name]) => wanted.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}

// Channels out of a graph: constants lose their entries, grouped convolutions their groups, and nothing is masked.
import { type Graph, type Node, type Tensor, tensor } from "../../graph/graph.ts";
import type { Channels } from "./channels.ts";

/** The graph without these units; names, inputs and outputs stay. @param channels of this graph; each constant must keep an entry along each axis */
export function removeUnits(graph: Graph, channels: Channels, removed: ReadonlySet<number>): Graph {
  const initializers = new Map(graph.initializers);
  const stays = (unit: number): boolean => !removed.has(unit);
  for (const { constant, axis, units } of channels.slices) {
    const kept = [...units.keys()].filter((i) => stays(units[i]!));
    if (kept.length < units.length) initializers.set(constant, take(initializers.get(constant)!, axis, kept));
  }
  const nodes = graph.nodes.map((node): Node => {
    const groups = channels.groups.get(node.name);
    if (!groups) return node;
    return { ...node, attributes: { ...node.attributes, group: groups.filter(stays).length } };
  });
  return { ...graph, initializers, nodes };
}

/** The entries `kept` along an axis. */
function take({ type, dims, data }: Tensor, axis: number, kept: readonly number[]): Tensor {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = dims.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const size = dims.map((dim, i) => (i === axis ? kept.length : dim));
  const taken = data.slice(0, outer * kept.length * inner);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const entry of kept) {
      const from = (block * dims[axis]! + entry) * inner;
      for (let i = 0; i < inner; i++) taken[at++] = data[from + i]!;
    }
  }
  return tensor(type, size, taken);
}

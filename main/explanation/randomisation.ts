// A model that has forgotten, layer by layer from the answer back to the picture (Adebayo et al. 2018, cascading randomisation).
//
// A map that stays the same when the weights it claims to explain are gone shows edges of the picture, not reasons of the model.
import type { Graph, Tensor } from "../graph/graph.ts";
import { createRandom } from "../models/random.ts";

/** Operators whose constants are what a layer has learnt. */
const LAYERS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU"]);

/** Names of learnt constants, layer by layer, the last layer first. A constant that several layers share is the last one's. */
export function learntLayers({ nodes, initializers }: Graph): string[][] {
  const seen = new Set<string>();
  const layers: string[][] = [];
  for (const node of nodes.toReversed()) {
    if (!LAYERS.has(node.op)) continue;
    const learnt = node.inputs.filter((name) => {
      const constant = initializers.get(name);
      return constant?.type === "float32" && constant.data.length > 1 && !seen.has(name);
    });
    for (const name of learnt) seen.add(name);
    if (learnt.length > 0) layers.push(learnt);
  }
  return layers;
}

/** The graph with these constants drawn anew: normal, with mean 0 and the mean square that each had. */
export function randomised(graph: Graph, names: readonly string[], seed: number): Graph {
  const initializers = new Map(graph.initializers);
  for (const [i, name] of names.entries()) {
    const { dims, data } = initializers.get(name)!;
    const random = createRandom(seed, 3, i);
    const size = Math.sqrt((data as Float32Array).reduce((sum, value) => sum + value * value, 0) / data.length);
    const drawn = Float32Array.from({ length: data.length }, () => size * random.normal());
    initializers.set(name, { type: "float32", dims, data: drawn } satisfies Tensor);
  }
  return { ...graph, initializers };
}

/** The graph with all its layers drawn anew. */
export function fullyRandomised(graph: Graph, seed: number): Graph {
  return randomised(graph, learntLayers(graph).flat(), seed);
}

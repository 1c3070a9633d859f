// What a model makes of an image just before it decides: the values that its last layer reads.
//
// Found in the graph itself, so that models from other tools and compressed ones have them too: backwards from `logits` to the nearest product of matrices.

import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";

/** Name of the value [N, F] that the last layer reads; null where there is none. */
export function lastFeatures(graph: Graph): string | null {
  const madeBy = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const builder = GraphBuilder.from(graph);
  let front = ["logits"];
  const seen = new Set(front);
  while (front.length > 0) {
    const next: string[] = [];
    for (const value of front) {
      const node = madeBy.get(value);
      if (node === undefined) continue;
      const [data] = node.inputs;
      const product = node.op === "Gemm" || node.op === "MatMul";
      if (product && data !== undefined && builder.value(data).shape.length === 2) return data;
      for (const input of node.inputs) {
        if (seen.has(input)) continue;
        seen.add(input);
        next.push(input);
      }
    }
    front = next;
  }
  return null;
}

/** The model with its features as an output beside the others, and their name; null where it has none. */
export function withFeatures(onnx: Uint8Array): { onnx: Uint8Array; name: string } | null {
  const graph = readOnnx(onnx);
  const name = lastFeatures(graph);
  if (name === null) return null;
  const builder = GraphBuilder.from(graph);
  builder.output(builder.value(name));
  return { onnx: writeOnnx(builder.build()), name };
}

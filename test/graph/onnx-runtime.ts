// Runs a graph on ONNX Runtime, the way the studio does: written to bytes first. Checks on the way that shape inference told the truth.
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import type { TensorData } from "../../main/graph/data-type.ts";
import type { Graph, Tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";

export type Feeds = Readonly<Record<string, Tensor>>;

/** A loaded graph; `run` gives the outputs by name. */
export async function load(graph: Graph): Promise<(feeds: Feeds) => Promise<Readonly<Record<string, Tensor>>>> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), {
    intraOpNumThreads: 1,
    graphOptimizationLevel: "basic",
    logSeverityLevel: 3,
  });
  return async (feeds) => {
    const given = Object.entries(feeds).map(([name, { type, dims, data }]) => [
      name,
      new ort.Tensor(type, data as Float32Array, dims),
    ]);
    const results = await session.run(Object.fromEntries(given) as Record<string, ort.Tensor>);
    const outputs = graph.outputs.map(({ name, type, shape }): [string, Tensor] => {
      const made = results[name]!;
      const known = made.dims.map((dim, i) => (typeof shape[i] === "number" ? dim : (shape[i] ?? dim)));
      expect({ name, type: made.type, shape: known }).toEqual({ name, type, shape });
      return [name, { type, dims: made.dims, data: made.data as TensorData }];
    });
    return Object.fromEntries(outputs);
  };
}

export async function runGraph(graph: Graph, feeds: Feeds): Promise<Readonly<Record<string, Tensor>>> {
  return (await load(graph))(feeds);
}

export function numbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as Float32Array, Number);
}

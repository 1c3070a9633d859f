// Batch normalisation in training: a pass that lets it use the batch's own mean and variance, and carries running ones along.
//
// The model's graph normalises with constants (running statistics), as it will when it is used. Here each such node becomes one in
// training mode whose momentum is 0: it then hands out exactly the batch's mean and variance, which the gradient rule needs. The running
// statistics move by our own nodes: new = 0.9 old + 0.1 batch, the variance with Bessel's correction, as PyTorch does.
//
// ONNX Runtime's CPU kernel writes the batch's mean and variance over the buffers of inputs 3 and 4, whatever else uses them (seen in
// 1.30: one shared input gave the mean as variance too). So each gets a fresh value of its own: the running statistic times 0.
import { GraphBuilder } from "../graph/builder.ts";
import { elementCount, fixedDims, floatTensor, type Graph, type Node } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";

const KEPT = 0.9;

export interface BatchStatistics {
  readonly graph: Graph;
  /** For each running statistic, the value that replaces it after the step. */
  readonly updated: ReadonlyMap<string, string>;
}

/** Every BatchNormalization whose statistics are among `statistics` uses the batch's; the batch size must be fixed. */
export function withBatchStatistics(
  graph: Graph,
  statistics: readonly string[],
  updatedName: (name: string) => string,
): BatchStatistics {
  const running = new Set(statistics);
  const types = inferShapes(graph);
  const found: { mean: string; variance: string; batchMean: string; batchVariance: string; count: number }[] = [];
  const zero = "batch_statistics.zero";
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const [x, scale, bias, mean, variance] = node.inputs;
    if (node.op !== "BatchNormalization" || !running.has(mean!) || !running.has(variance!)) return [node];
    const shape = fixedDims(types.get(x!)!.shape, `The input of "${node.name}"`);
    const batchMean = `${node.name}.batch_mean`;
    const batchVariance = `${node.name}.batch_variance`;
    found.push({ mean: mean!, variance: variance!, batchMean, batchVariance, count: elementCount(shape) / shape[1]! });
    const zeroed = [mean!, variance!].map((statistic): Node => {
      const name = `${statistic}.zeroed`;
      return { op: "Mul", name, inputs: [statistic, zero], outputs: [name], attributes: {} };
    });
    const normalise: Node = {
      ...node,
      inputs: [x!, scale!, bias!, ...zeroed.map(({ name }) => name)],
      outputs: [node.outputs[0]!, batchMean, batchVariance],
      attributes: { ...node.attributes, training_mode: 1, momentum: 0 },
    };
    return [...zeroed, normalise];
  });
  const initializers =
    found.length > 0 ? new Map([...graph.initializers, [zero, floatTensor([], [0])]]) : graph.initializers;
  const b = GraphBuilder.from({ ...graph, initializers, nodes });
  const updated = new Map<string, string>();
  for (const { mean, variance, batchMean, batchVariance, count } of found) {
    const unbiased = count > 1 ? count / (count - 1) : 1;
    const move = (name: string, batch: string, factor: number) => {
      const kept = b.mul(b.value(name), KEPT);
      updated.set(name, b.as(updatedName(name)).add(kept, b.mul(b.value(batch), (1 - KEPT) * factor)).name);
    };
    move(mean, batchMean, 1);
    move(variance, batchVariance, unbiased);
  }
  return { graph: b.build(), updated };
}

// Batch normalisation in training: a pass that lets it use the batch's own mean and variance, and carries running ones along.
//
// The model's graph normalises with constants (running statistics), as it will when it is used. Here each such node gets the batch's mean and variance
// instead. The running statistics move by our own nodes: new = 0.9 old + 0.1 batch, the variance with Bessel's correction, as PyTorch does.
//
// On the processor the node goes into training mode with momentum 0: it then hands out exactly the batch's mean and variance, which its gradient rule needs.
// ONNX Runtime's CPU kernel writes them over the buffers of inputs 3 and 4, whatever else uses them (seen in 1.30: one shared input gave the mean as variance
// too). So each gets a fresh value of its own: the running statistic times 0.
// Other devices have no training mode (WebGPU, seen in 1.30): there mean and variance are reductions, in two passes, and gradients go through them.
import { GraphBuilder } from "../graph/builder.ts";
import { elementCount, fixedDims, floatTensor, type Graph, type Node } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import { allButChannels, type Target } from "../graph/operators/rule.ts";

const KEPT = 0.9;

export interface BatchStatistics {
  readonly graph: Graph;
  /** For each running statistic, the value that replaces it after the step. */
  readonly updated: ReadonlyMap<string, string>;
}

interface Found {
  readonly mean: string;
  readonly variance: string;
  readonly batchMean: string;
  readonly batchVariance: string;
  /** Elements that each mean is over. */
  readonly count: number;
}

/** Every BatchNormalization whose statistics are among `statistics` uses the batch's; the batch size must be fixed. */
export function withBatchStatistics(
  graph: Graph,
  statistics: readonly string[],
  updatedName: (name: string) => string,
  target: Target,
): BatchStatistics {
  const running = new Set(statistics);
  const types = inferShapes(graph);
  const found = graph.nodes.flatMap((node): readonly (Found & { node: Node })[] => {
    const [x, , , mean, variance] = node.inputs;
    if (node.op !== "BatchNormalization" || !running.has(mean!) || !running.has(variance!)) return [];
    const shape = fixedDims(types.get(x!)!.shape, `The input of "${node.name}"`);
    const batchMean = `${node.name}.batch_mean`;
    const batchVariance = `${node.name}.batch_variance`;
    return [
      { node, mean: mean!, variance: variance!, batchMean, batchVariance, count: elementCount(shape) / shape[1]! },
    ];
  });
  const written = target === "cpu" ? inTrainingMode(graph, found) : byReductions(graph, found);
  const b = GraphBuilder.from(written);
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

function inTrainingMode(graph: Graph, found: readonly (Found & { node: Node })[]): Graph {
  if (found.length === 0) return graph;
  const zero = "batch_statistics.zero";
  const replaced = new Map(
    found.map(({ node, mean, variance, batchMean, batchVariance }) => {
      const zeroed = [mean, variance].map((statistic): Node => {
        const name = `${statistic}.zeroed`;
        return { op: "Mul", name, inputs: [statistic, zero], outputs: [name], attributes: {} };
      });
      const normalise: Node = {
        ...node,
        inputs: [...node.inputs.slice(0, 3), ...zeroed.map(({ name }) => name)],
        outputs: [node.outputs[0]!, batchMean, batchVariance],
        attributes: { ...node.attributes, training_mode: 1, momentum: 0 },
      };
      return [node, [...zeroed, normalise]] as const;
    }),
  );
  return {
    ...graph,
    initializers: new Map([...graph.initializers, [zero, floatTensor([], [0])]]),
    nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]),
  };
}

function byReductions(graph: Graph, found: readonly (Found & { node: Node })[]): Graph {
  const normalisations = new Map(found.map((one) => [one.node, one]));
  const b = GraphBuilder.replaying(graph);
  for (const node of graph.nodes) {
    const one = normalisations.get(node);
    if (!one) {
      b.replay(node);
      continue;
    }
    const x = b.value(node.inputs[0]!);
    const others = allButChannels(x.shape);
    const mean = b.reduceMean(x, others);
    const centred = b.sub(x, mean);
    const flat = b.as(one.batchMean).reshape(mean, [-1]);
    const variance = b.as(one.batchVariance).reduceMean(b.mul(centred, centred), others, false);
    b.replay({ ...node, inputs: [...node.inputs.slice(0, 3), flat.name, variance.name] });
  }
  for (const { name } of graph.outputs) b.output(b.value(name));
  return b.build();
}

// One step of training as one graph: forward, loss, backward, optimiser.
//
// Inputs: the batch, every parameter, what the optimiser remembers, the running statistics, and scalars. Outputs: the loss, the
// probabilities, and the new value of everything that was fed as state, under the name "next/" + its name. The loop is then:
// feed state, run, take each `output` as the next state. Nothing is hidden, so a checkpoint is the state and the step number.
import type { Recipe } from "../../preload/contract/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { gradient } from "../graph/gradient.ts";
import type { Target } from "../graph/operators/rule.ts";
import { bindDimensions, floatTensor, type Graph, type Tensor } from "../graph/graph.ts";
import { withBatchStatistics } from "./batch-statistics.ts";
import { softmaxCrossEntropy } from "./losses.ts";
import type { ModelGraph } from "./model-graph.ts";
import { LEARNING_RATE, OPTIMISERS, zeros } from "./optimisers.ts";

export interface StateTensor {
  /** Name of the graph's input. */
  readonly name: string;
  readonly kind: "parameter" | "statistic" | "memory";
  readonly initial: Tensor;
  /** Name of the graph's output that replaces it. */
  readonly output: string;
}

export interface TrainingStep {
  /**
   * Inputs `image` [batch, 1, size, size] in [0, 1], `target` [batch, classes], all of `state`, all of `scalars`;
   * outputs `loss` (one number), `probabilities` [batch, classes], and each state's `output`.
   */
  readonly graph: Graph;
  readonly batchSize: number;
  readonly state: readonly StateTensor[];
  /** The scalar inputs of step `step` (from 1) at this learning rate, by name. */
  readonly scalars: (step: number, learningRate: number) => ReadonlyMap<string, Tensor>;
}

export function trainingStep(
  model: ModelGraph,
  { optimiser, batchSize, weightDecay }: Pick<Recipe, "optimiser" | "batchSize" | "weightDecay">,
  target: Target = "cpu",
): TrainingStep {
  const learnt = new Map(model.parameters.map(({ name }) => [name, model.graph.initializers.get(name)!]));
  const running = new Map(model.statistics.map((name) => [name, model.graph.initializers.get(name)!]));
  const asInputs = statesAsInputs(bindDimensions(dropOutputs(model.graph), { N: batchSize }), [...learnt, ...running]);
  const { graph: forward, updated } = withBatchStatistics(asInputs, model.statistics, next);

  const withLoss = GraphBuilder.from(forward);
  const truth = withLoss.input("target", "float32", [batchSize, model.classes]);
  withLoss.output(softmaxCrossEntropy(withLoss, withLoss.value("logits"), truth, "loss"));
  withLoss.output(withLoss.value("probabilities"));
  const names = [...learnt.keys()];
  const { graph: backward, gradients } = gradient(withLoss.build(), "loss", names, target);

  const rule = OPTIMISERS[optimiser];
  const b = GraphBuilder.from(backward);
  const scalar = new Map([LEARNING_RATE, ...rule.scalars].map((name) => [name, b.input(name, "float32", [])]));
  // Decoupled weight decay: weights are multiplied by 1 - learning rate * decay before they move.
  const shrink = weightDecay > 0 ? b.sub(1, b.mul(scalar.get(LEARNING_RATE)!, weightDecay)) : null;
  const state: StateTensor[] = [];
  const keep = (name: string, kind: StateTensor["kind"], initial: Tensor, output: string) => {
    b.output(b.value(output));
    state.push({ name, kind, initial, output });
  };
  for (const { name, decays } of model.parameters) {
    const initial = learnt.get(name)!;
    const memories = rule.memories.map((memory) => `${memory}/${name}`);
    const parameter = b.value(name);
    rule.update(b, {
      parameter: decays && shrink ? b.mul(parameter, shrink) : parameter,
      gradient: b.value(gradients.get(name)!),
      memories: memories.map((memory) => b.input(memory, "float32", initial.dims)),
      scalar: (wanted) => scalar.get(wanted)!,
      nextParameter: next(name),
      nextMemories: memories.map(next),
    });
    keep(name, "parameter", initial, next(name));
    for (const memory of memories) keep(memory, "memory", zeros(initial.dims), next(memory));
  }
  for (const [name, initial] of running) keep(name, "statistic", initial, updated.get(name)!);
  return {
    graph: { ...b.build(), name: `${model.architecture}-training-step` },
    batchSize,
    state,
    scalars: (step, learningRate) =>
      new Map(Object.entries(rule.values(step, learningRate)).map(([name, value]) => [name, floatTensor([], [value])])),
  };
}

function next(name: string): string {
  return `next/${name}`;
}

function dropOutputs(graph: Graph): Graph {
  return { ...graph, outputs: [] };
}

/** Constants become inputs, so that a session can be fed new ones at each step. */
function statesAsInputs(graph: Graph, states: readonly (readonly [string, Tensor])[]): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name] of states) initializers.delete(name);
  const inputs = states.map(([name, { type, dims }]) => ({ name, type, shape: dims }));
  return { ...graph, inputs: [...graph.inputs, ...inputs], initializers };
}

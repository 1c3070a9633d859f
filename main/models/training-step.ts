// One step of training as one graph: forward, loss, backward, optimiser.
//
// Inputs: the batch, every parameter, what the optimiser remembers, the running statistics, and scalars. Outputs: the loss and the new value of
// everything that was fed as state, under the name "next/" + its name. The loop is then: feed state, run, take each `output` as the
// next state. Nothing is hidden, so a checkpoint is the state and the step number.
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { gradient } from "../graph/gradient.ts";
import { bindDimensions, fixedDims, floatTensor, type Graph, type Tensor } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import { batchInnermost } from "../graph/lowering/batch-innermost.ts";
import { needed } from "../graph/needed.ts";
import type { Target } from "../graph/operators/rule.ts";
import { withBatchStatistics } from "./batch-statistics.ts";
import type { ModelGraph } from "./model-graph.ts";
import { classObjective, headsObjective, labelsObjective, type Objective, valueObjective } from "./objectives.ts";
import {
  LEARNING_RATE,
  OPTIMISERS,
  type OptimiserName,
  type OptimiserOptions,
  squaredNorm,
  zeros,
} from "./optimisers.ts";
import type { Random } from "./random.ts";

export interface StateTensor {
  /** Name of the graph's input. */
  readonly name: string;
  readonly kind: "parameter" | "statistic" | "memory" | "average";
  readonly initial: Tensor;
  /** Name of the graph's output that replaces it. */
  readonly output: string;
}

export interface StepSettings extends OptimiserOptions {
  readonly optimiser: OptimiserName;
  readonly batchSize: number;
  /** Decoupled: weights shrink by learning rate * weightDecay at each step. */
  readonly weightDecay: number;
  /** What is added to the loss for each weight, by its size; its gradient, l1 * sign, is. */
  readonly l1?: number;
  /** What the step makes small; what suits the model's kind of output when absent (masks and boxes have no default). */
  readonly objective?: Objective;
  /** Largest Euclidean norm of all gradients together; longer ones are scaled down to it (Pascanu et al. 2012, arXiv 1211.5063). */
  readonly clipNorm?: number | null;
  /** Learning rate of a layer over that of the next deeper one; 1 when absent. */
  readonly layerDecay?: number;
  /** Layers, from the input on, that do not learn; their batch norms use the running statistics. */
  readonly frozenLayers?: number;
  /** Batches whose gradients are averaged before the weights move; 1 when absent. */
  readonly accumulate?: number;
  /** Whether an average of the weights over the steps is carried along. */
  readonly average?: boolean;
}

/** What the caller decides for one step. */
export interface StepScalars {
  /** How far the average moves towards the weights after this step: 1 replaces it, 0 leaves it. */
  readonly averageRate?: number;
  /** Counted from 0, of this batch among those whose gradients are added up. */
  readonly micro?: number;
}

export interface TrainingStep {
  /**
   * Inputs: the model's, for `batchSize` cases, those of the objective, all of `state`, `scalars` and `chance`; outputs `loss` (one number), the model's
   * outputs, and each state's `output`.
   */
  readonly graph: Graph;
  readonly batchSize: number;
  readonly state: readonly StateTensor[];
  /** The scalar inputs of step `step` (from 1) at this learning rate, by name. */
  readonly scalars: (step: number, learningRate: number, more?: StepScalars) => ReadonlyMap<string, Tensor>;
  /** What is left out in one step (dropout, stochastic depth), drawn at random, by the name of its input. */
  readonly chance: (random: Random) => ReadonlyMap<string, Tensor>;
  /**
   * A state for comparing devices: the initial one, but squares of gradients are 1. From zeros a first step of Adam moves every weight by the learning rate
   * in the direction of its gradient's sign, however small that is, so rounding would decide.
   */
  readonly steady: () => ReadonlyMap<string, Tensor>;
  /** The weights for use in a state: all parameters and running statistics by name, averaged ones where there are. */
  readonly weights: (state: ReadonlyMap<string, Tensor>) => ReadonlyMap<string, Tensor>;
}

/** A step's graph with the loss and the next state alone: what else it can say costs time and memory. */
export function learningGraph(graph: Graph, state: readonly { readonly output: string }[]): Graph {
  const wanted = new Set(["loss", ...state.map(({ output }) => output)]);
  return needed({ ...graph, outputs: graph.outputs.filter(({ name }) => wanted.has(name)) });
}

const AVERAGE_RATE = "average_rate";
const APPLY = "apply";

export function trainingStep(model: ModelGraph, settings: StepSettings, target: Target = "cpu"): TrainingStep {
  const { optimiser, batchSize, weightDecay, frozenLayers = 0, clipNorm, accumulate = 1, average = false } = settings;
  const objective = settings.objective ?? usualObjective(model);
  const learning = model.parameters.filter(({ depth }) => depth >= frozenLayers);
  const learnt = new Map(learning.map(({ name }) => [name, model.graph.initializers.get(name)!]));
  const moving = statisticsOf(model, new Set(learnt.keys()));
  const running = new Map(moving.map((name) => [name, model.graph.initializers.get(name)!]));
  const bound = bindDimensions({ ...model.graph, outputs: [] }, { N: batchSize });
  const chanced = withChance(statesAsInputs(bound, [...learnt, ...running]), model);
  const { graph: forward, updated } = withBatchStatistics(chanced.graph, moving, next, target);

  const withLoss = GraphBuilder.from(target === "cpu" ? batchInnermost(forward) : forward);
  withLoss.output(withLoss.as("loss").identity(objective.write(withLoss)));
  for (const { name } of model.graph.outputs) withLoss.output(withLoss.value(name));
  const { graph: backward, gradients } = gradient(withLoss.build(), "loss", [...learnt.keys()], target);

  const rule = OPTIMISERS[optimiser](settings);
  const b = GraphBuilder.from(backward);
  const scalars = [
    LEARNING_RATE,
    ...rule.scalars,
    ...(average ? [AVERAGE_RATE] : []),
    ...(accumulate > 1 ? [APPLY] : []),
  ];
  const scalar = new Map(scalars.map((name) => [name, b.input(name, "float32", [])]));
  const applies = accumulate > 1 ? b.greater(scalar.get(APPLY)!, 0.5) : null;
  const state: StateTensor[] = [];
  const keep = (name: string, kind: StateTensor["kind"], initial: Tensor, output: string) => {
    b.output(b.value(output));
    state.push({ name, kind, initial, output });
  };
  /** The new value where this batch is the last of those that are added up, else the one before, under the new one's name. */
  const settle = (name: string, value: Value, before: Value) => {
    if (applies) b.as(name).where(applies, value, before);
  };
  const whole = new Map<string, Value>();
  for (const { name, decays } of learning) {
    const sums = b.value(gradients.get(name)!);
    const own = decays && settings.l1 ? b.add(sums, b.mul(b.op("Sign", [b.value(name)]), settings.l1)) : sums;
    if (!applies) {
      whole.set(name, own);
      continue;
    }
    const memory = `sum/${name}`;
    const { dims } = learnt.get(name)!;
    const total = b.add(b.input(memory, "float32", dims), b.mul(own, 1 / accumulate));
    whole.set(name, total);
    b.as(next(memory)).where(applies, b.mul(total, 0), total);
    keep(memory, "memory", zeros(dims), next(memory));
  }
  const scale = clipNorm ? clipping(b, [...whole.values()], clipNorm) : null;
  const rates = rateFactors(b, scalar, settings);
  const deepest = Math.max(...model.parameters.map(({ depth }) => depth));
  for (const { name, decays, depth } of learning) {
    const initial = learnt.get(name)!;
    const memories = rule.memories.map((memory) => `${memory}/${name}`);
    const before = memories.map((memory) => b.input(memory, "float32", initial.dims));
    const parameter = b.value(name);
    const sums = whole.get(name)!;
    const decay = decays ? weightDecay : 0;
    const rate = rates(deepest - depth);
    const made = (output: string) => (applies ? `${output}.made` : output);
    rule.update(b, {
      parameter,
      gradient: scale ? b.mul(sums, scale) : sums,
      memories: before,
      scalar: (wanted) => scalar.get(wanted)!,
      rate: rate.of,
      decay,
      shrink: decay > 0 ? rate.shrink() : null,
      nextParameter: made(next(name)),
      nextMemories: memories.map((memory) => made(next(memory))),
    });
    settle(next(name), b.value(made(next(name))), parameter);
    memories.forEach((memory, i) => {
      settle(next(memory), b.value(made(next(memory))), before[i]!);
    });
    keep(name, "parameter", initial, next(name));
    for (const memory of memories) keep(memory, "memory", zeros(initial.dims), next(memory));
  }
  for (const [name, initial] of running) keep(name, "statistic", initial, updated.get(name)!);
  for (const { name, initial } of objective.state ?? []) keep(name, "memory", initial, next(name));
  if (average) {
    for (const [name, initial] of [...learnt, ...running]) {
      const kept = `average/${name}`;
      const mean = b.input(kept, "float32", initial.dims);
      const now = b.value(state.find((tensor) => tensor.name === name)!.output);
      const moved = b.add(mean, b.mul(b.sub(now, mean), scalar.get(AVERAGE_RATE)!));
      if (applies) b.as(next(kept)).where(applies, moved, mean);
      else b.as(next(kept)).identity(moved);
      keep(kept, "average", initial, next(kept));
    }
  }
  return {
    graph: { ...b.build(), name: `${model.architecture}-training-step` },
    batchSize,
    state,
    scalars: (step, learningRate, { averageRate = 1, micro = accumulate - 1 } = {}) => {
      const values: Record<string, number> = { ...rule.values(step, learningRate) };
      if (average) values[AVERAGE_RATE] = averageRate;
      if (accumulate > 1) values[APPLY] = micro === accumulate - 1 ? 1 : 0;
      return new Map(Object.entries(values).map(([name, value]) => [name, floatTensor([], [value])]));
    },
    chance: (random) => new Map(chanced.masks.map((mask) => [mask.name, drawMask(mask, random)])),
    steady: () =>
      new Map(
        state.map(({ name, initial }) => {
          const square = rule.squares.some((memory) => name.startsWith(`${memory}/`));
          return [name, square ? { ...initial, data: new Float32Array(initial.data.length).fill(1) } : initial];
        }),
      ),
    weights: (values) =>
      new Map(
        [...model.parameters.map(({ name }) => name), ...model.statistics].map((name) => [
          name,
          (average ? values.get(`average/${name}`) : undefined) ??
            values.get(name) ??
            model.graph.initializers.get(name)!,
        ]),
      ),
  };
}

function next(name: string): string {
  return `next/${name}`;
}

function usualObjective({ output, architecture }: ModelGraph): Objective {
  switch (output.kind) {
    case "class":
      return classObjective();
    case "labels":
      return labelsObjective();
    case "value":
      return valueObjective({ scale: output.scale });
    case "heads":
      return headsObjective(output.heads);
    default:
      throw new Error(`${architecture} answers with ${output.kind}: say what is to be made small`);
  }
}

/** Running statistics of the normalisations whose scale learns; the others stay as they are. */
function statisticsOf({ graph, statistics }: ModelGraph, learnt: ReadonlySet<string>): readonly string[] {
  const all = new Set(statistics);
  return graph.nodes.flatMap(({ op, inputs }) =>
    op === "BatchNormalization" && learnt.has(inputs[1]!) ? inputs.slice(3).filter((name) => all.has(name)) : [],
  );
}

/** What all gradients are multiplied by so that their common norm is at most `limit`. */
function clipping(b: GraphBuilder, gradients: readonly Value[], limit: number): Value {
  const squares = gradients.map((value) => squaredNorm(b, value));
  const length = b.sqrt(squares.length === 1 ? squares[0]! : b.op("Sum", squares));
  return b.op("Min", [b.div(limit, b.add(length, 1e-6)), b.scalar(1)]);
}

/** Learning rates by how many layers lie between a layer and the last, each written once. */
function rateFactors(
  b: GraphBuilder,
  scalar: ReadonlyMap<string, Value>,
  { layerDecay = 1, weightDecay }: StepSettings,
) {
  const made = new Map<string, Value>();
  const once = (key: string, make: () => Value): Value => {
    const value = made.get(key) ?? make();
    made.set(key, value);
    return value;
  };
  return (distance: number) => {
    const factor = layerDecay ** distance;
    const of = (name: string): Value =>
      factor === 1 ? scalar.get(name)! : once(`${name} ${distance}`, () => b.mul(scalar.get(name)!, factor));
    return {
      of,
      shrink: () => once(`shrink ${distance}`, () => b.sub(1, b.mul(of(LEARNING_RATE), weightDecay))),
    };
  };
}

interface Mask {
  /** Name of the graph's input. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly ratio: number;
}

/** Places of chance become products with inputs that say what is left out. */
function withChance(graph: Graph, { chance }: ModelGraph): { graph: Graph; masks: readonly Mask[] } {
  if (chance.length === 0) return { graph, masks: [] };
  const types = inferShapes(graph);
  const masks = new Map(
    chance.map(({ node, ratio, unit }) => {
      const dims = fixedDims(types.get(node)!.shape, `The input of "${node}"`);
      const shape = unit === "case" ? dims.map((dim, axis) => (axis === 0 ? dim : 1)) : dims;
      return [node, { name: `chance/${node}`, dims: shape, ratio }] as const;
    }),
  );
  const nodes = graph.nodes.map((node) => {
    const mask = masks.get(node.name);
    return mask ? { ...node, op: "Mul" as const, inputs: [node.inputs[0]!, mask.name], attributes: {} } : node;
  });
  const inputs = [...masks.values()].map(({ name, dims }) => ({ name, type: "float32" as const, shape: dims }));
  return { graph: { ...graph, inputs: [...graph.inputs, ...inputs], nodes }, masks: [...masks.values()] };
}

/** 0 for what is left out, 1 / (1 - ratio) for the rest, so that the mean stays. */
function drawMask({ dims, ratio }: Mask, random: Random): Tensor {
  const kept = 1 / (1 - ratio);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return floatTensor(
    dims,
    Float32Array.from({ length: count }, () => (random.uniform() < ratio ? 0 : kept)),
  );
}

/** Constants become inputs, so that a session can be fed new ones at each step. */
function statesAsInputs(graph: Graph, states: readonly (readonly [string, Tensor])[]): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name] of states) initializers.delete(name);
  const inputs = states.map(([name, { type, dims }]) => ({ name, type, shape: dims }));
  return { ...graph, inputs: [...graph.inputs, ...inputs], initializers };
}

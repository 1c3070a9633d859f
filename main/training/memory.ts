// Memory of a training step on the processor: estimated from its graph before it starts, and batches in parts where it would not fit.
import { AppError } from "../../preload/contract/index.ts";
import { DATA_TYPES } from "../graph/data-type.ts";
import { elementCount, fixedDims, type Graph } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import type { OpName } from "../graph/operators/index.ts";
import { learningGraph, type StateTensor, type TrainingStep } from "../models/training-step.ts";

/** Operators that give their input under another shape, without a copy. */
const VIEWS: readonly OpName[] = ["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"];

/**
 * Fitted to peaks of resident memory that were measured on six steps (README): what the runtime itself takes, what its allocator adds to what is alive, and how many times
 * the state is there while a step hands it over.
 */
const RUNTIME_BYTES = 90e6;
const ALLOCATOR = 1.35;
const STATES = 2.5;
/** Part of the free memory that a step may take; the rest is for images on their way, evaluation and the rest of the machine. */
const USABLE = 0.8;
/** Fewer cases than this have no statistics that a batch norm could use. */
const LEAST_CASES = 2;

/** Bytes that a process needs to make this step, within about an eighth; what it held before not counted. */
export function stepBytes({
  graph,
  state,
}: Pick<TrainingStep, "graph"> & { readonly state: readonly Pick<StateTensor, "output" | "initial">[] }): number {
  const alive = peakBytes(learningGraph(graph, state));
  const held = state.reduce((sum, { initial }) => sum + initial.data.byteLength, 0);
  return RUNTIME_BYTES + ALLOCATOR * alive + STATES * held;
}

/** Most bytes of values alive at once when the nodes run in order, each value freed after its last reader. Inputs and constants are not counted. */
function peakBytes(graph: Graph): number {
  const { nodes, inputs, outputs, initializers } = graph;
  const types = inferShapes(graph);
  const owner = new Map<string, string>();
  const ownerOf = (name: string): string => owner.get(name) ?? name;
  for (const { op, inputs: read, outputs: made } of nodes) {
    if (VIEWS.includes(op)) owner.set(made[0]!, ownerOf(read[0]!));
  }
  const given = new Set([...inputs.map(({ name }) => name), ...initializers.keys()]);
  const lastReader = new Map<string, number>();
  nodes.forEach((node, at) => {
    for (const name of [...node.inputs, ...node.outputs]) if (name !== "") lastReader.set(ownerOf(name), at);
  });
  for (const { name } of outputs) lastReader.set(ownerOf(name), nodes.length);
  const bytesOf = (name: string): number => {
    const { type, shape } = types.get(name)!;
    return elementCount(fixedDims(shape, name)) * DATA_TYPES[type].bytes;
  };
  let [alive, most] = [0, 0];
  const counted = new Map<string, number>();
  nodes.forEach((node, at) => {
    for (const name of node.outputs) {
      if (name === "" || owner.has(name) || given.has(name)) continue;
      counted.set(name, bytesOf(name));
      alive += counted.get(name)!;
    }
    most = Math.max(most, alive);
    for (const name of new Set([...node.inputs, ...node.outputs].map(ownerOf))) {
      if (lastReader.get(name) !== at) continue;
      alive -= counted.get(name) ?? 0;
      counted.delete(name);
    }
  });
  return most;
}

export interface Fit {
  /** Bytes that a step needs, about, and bytes that were free when it was asked. */
  readonly needed: number;
  readonly free: number;
  /** Batches that the recipe's batch is made of; 1 where it fits whole. Gradients are averaged over them before the weights move. */
  readonly parts: number;
}

/**
 * In how few parts a batch fits into `free` bytes. Errors: training/too-large, with both figures, where no part is small enough.
 */
export function fitBatch(batchSize: number, free: number, stepOf: (cases: number) => TrainingStep): Fit {
  for (let parts = 1; ; parts *= 2) {
    const cases = casesOf(batchSize, parts);
    const bytes = stepBytes(stepOf(cases));
    if (bytes <= USABLE * free) return { needed: bytes, free, parts };
    if (casesOf(batchSize, 2 * parts) < LEAST_CASES) {
      throw new AppError(
        "training/too-large",
        `A step on ${cases} images needs about ${megabytes(bytes)}, of which ${megabytes(free)} are free; take a smaller width or input size, or close other programs.`,
      );
    }
  }
}

/** Cases of one part of a batch. */
export function casesOf(batchSize: number, parts: number): number {
  return Math.ceil(batchSize / parts);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

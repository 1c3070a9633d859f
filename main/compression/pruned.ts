// One model in, one with fewer channels out, trained on and gated.
//
// What the cut leaves is kept as a model of its own, refused by the gate as a rule: it is where the training afterwards begins, and that training is a run like any other,
// with curves, checkpoints and a recipe that says so. The gate judges what comes out of it.
import { availableParallelism } from "node:os";
import {
  AppError,
  type CompressionReport,
  hasSmallerNumbers,
  type Model,
  type Pruning,
  type Recipe,
} from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { averagedOverCopies, copiesOf, withoutCopies } from "../models/test-time-augmentation.ts";
import { type PreparedPart, prepareImages } from "../training/dataset.ts";
import { furtherTraining } from "./further-training.ts";
import { gate, type Measured, measured, type Place } from "./kept.ts";
import { judge, type MeasuringOptions } from "./measure.ts";
import { partsOf } from "./parts.ts";
import { channelsOf, magnitude, pruneChannels, taylor } from "./pruning/prune.ts";
import type { CompressionOptions } from "./recipe.ts";
import { Steps } from "./steps.ts";

const TAYLOR_BATCH = 32;

/**
 * A model without the share of its operations that it needs least, trained on for so many epochs. Kept in the project either way, marked accepted or not. Blocks its thread:
 * child process. Errors: compression/refused for a model of smaller numbers, or where its form does not allow the share; snapshot/part-empty; training/*; app/aborted.
 */
export async function pruneModel(
  pruning: Pruning,
  options: CompressionOptions,
  place: Place,
): Promise<CompressionReport> {
  const { project, modelId, limits, onProgress = () => {} } = options;
  const how = {
    threads: options.threads ?? availableParallelism(),
    signal: options.signal ?? new AbortController().signal,
  };
  const model = project.models.get(modelId);
  if (hasSmallerNumbers(model)) {
    throw new AppError(
      "compression/refused",
      `The model "${model.name}" is ${model.kind}, whose channels cannot be removed; prune the one it was made from and compress that.`,
    );
  }
  const { training, validation } = partsOf(project, model);
  const steps = new Steps(training.length + 3 * validation.length, onProgress);
  const onImage = () => steps.add(1, "preparing");
  const seen = await prepareImages(project, training, model.input, { signal: how.signal, onImage });
  const { recipe } = project.runs.get(model.runId);
  const graph = withoutCopies(readOnnx(project.models.onnx(modelId)));
  const smaller = await cut(graph, seen, model, pruning, how);
  const held = await prepareImages(project, validation, model.input, { signal: how.signal, onImage });

  const original = await measured(project, place.against, held, how);
  steps.add(validation.length, "evaluating");
  const file = writeOnnx(inUse(smaller, recipe));
  const pruned: Measured = { file, evaluation: await judge(file, held, model, how) };
  steps.add(validation.length, "evaluating");
  const common = { project, place, limits, held, original };
  const name = `${model.name} pruned`;
  const report = await gate({ ...common, result: pruned, model: { from: model, kind: "pruned", name } }, how);
  if (pruning.epochs === 0) return report;

  const further = {
    ...recipe,
    startFrom: report.modelId,
    epochs: pruning.epochs,
    frozenLayers: 0,
    probe: false,
    distil: null,
  };
  const tunedId = await furtherTraining(model, { name, recipe: further }, how, options);
  const tuned = await measured(project, tunedId, held, how);
  return gate({ ...common, result: tuned, model: project.models.get(tunedId) }, how);
}

async function cut(
  graph: Graph,
  seen: PreparedPart,
  model: Model,
  { share, importance }: Pruning,
  how: MeasuringOptions,
): Promise<Graph> {
  const channels = channelsOf(graph);
  const batch = Math.min(TAYLOR_BATCH, seen.imageIds.length);
  const scores =
    importance === "magnitude"
      ? magnitude(graph, channels)
      : await taylor(graph, channels, batchesOf(seen, batch, model), { batch, ...how });
  return pruneChannels(graph, channels, scores, share).graph;
}

/** Whole batches in the order of the part; what is left over at the end is left out. */
function* batchesOf({ pixels, classIndex, imageIds }: PreparedPart, batch: number, { input, classes }: Model) {
  const area = input.size * input.size;
  for (let start = 0; start + batch <= imageIds.length; start += batch) {
    const target = new Float32Array(batch * classes.length);
    for (let i = 0; i < batch; i++) target[i * classes.length + classIndex[start + i]!] = 1;
    yield { cases: pixels.slice(start * area, (start + batch) * area), target };
  }
}

/** As the model it was made from answers: with the mean over copies where its recipe has it. */
function inUse(graph: Graph, { testTimeAugmentation, augment }: Recipe): Graph {
  return testTimeAugmentation && augment ? averagedOverCopies(graph, copiesOf(augment)) : graph;
}

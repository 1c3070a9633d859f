// One model in, one with fewer channels out, trained on and gated.
//
// What the cut leaves is kept as a model of its own, refused by the gate as a rule: it is where the training afterwards begins, and that training is a run like any other,
// with curves, checkpoints and a recipe that says so. The gate judges what comes out of it.
import { availableParallelism } from "node:os";
import {
  AppError,
  type CompressionLimits,
  type CompressionReport,
  type Evaluation,
  type Model,
  type Progress,
  type Pruning,
  type Recipe,
  type RunPoint,
} from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { averagedOverCopies, copiesOf, withoutCopies } from "../models/test-time-augmentation.ts";
import type { Project } from "../project/project.ts";
import { type PreparedPart, prepareImages } from "../training/dataset.ts";
import { trainRun } from "../training/run.ts";
import { missedLimits, refusal } from "./gate.ts";
import { costOf, judge, latencies, type MeasuringOptions } from "./measure.ts";
import { partsOf } from "./parts.ts";
import { channelsOf, magnitude, pruneChannels, taylor } from "./pruning/prune.ts";
import { Steps } from "./steps.ts";

const TAYLOR_BATCH = 32;

interface Options {
  readonly project: Project;
  readonly modelId: string;
  readonly limits: CompressionLimits;
  readonly pruning: Pruning;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onPoints?: (runId: string, points: RunPoint[]) => void;
  /** The run of the training afterwards says something new. */
  readonly onRun?: () => void;
  readonly threads?: number;
}

/**
 * A model without the share of its operations that it needs least, trained on for so many epochs. Kept in the project either way, marked accepted or not. Blocks its thread:
 * child process. Errors: compression/refused for an int8 model, or where its form does not allow the share; snapshot/part-empty; training/*; app/aborted.
 */
export async function pruneModel(options: Options): Promise<CompressionReport> {
  const { project, modelId, pruning, onProgress = () => {} } = options;
  const how = {
    threads: options.threads ?? availableParallelism(),
    signal: options.signal ?? new AbortController().signal,
  };
  const model = project.models.get(modelId);
  if (model.kind === "int8") {
    throw new AppError(
      "compression/refused",
      `The model "${model.name}" is int8, whose channels cannot be removed; prune the one it was made from and compress that.`,
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

  const original = {
    file: project.models.onnx(modelId),
    evaluation: await judge(project.models.onnx(modelId), held, model, how),
  };
  steps.add(validation.length, "evaluating");
  const file = writeOnnx(inUse(smaller, recipe));
  const pruned = { file, evaluation: await judge(file, held, model, how) };
  steps.add(validation.length, "evaluating");
  const gate = async (id: string | null, one: Measured): Promise<CompressionReport> =>
    keep(
      project,
      model,
      id,
      original,
      one,
      options.limits,
      await latencies([original.file, one.file], held.pixels, model.input.size, how),
    );
  const report = await gate(null, pruned);
  if (pruning.epochs === 0) return report;

  const tunedId = await trainOn(project, model, report.modelId, pruning, how, options);
  const tuned = project.models.onnx(tunedId);
  return gate(tunedId, { file: tuned, evaluation: await judge(tuned, held, project.models.get(tunedId), how) });
}

interface Measured {
  readonly file: Uint8Array;
  readonly evaluation: Evaluation;
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

/** The training afterwards, with the recipe that made the model; answers with the model that it gave. */
async function trainOn(
  project: Project,
  model: Model,
  startFrom: string,
  { epochs }: Pruning,
  { threads, signal }: MeasuringOptions,
  { onProgress = () => {}, onPoints = () => {}, onRun = () => {} }: Options,
): Promise<string> {
  const recipe = { ...project.runs.get(model.runId).recipe, startFrom, epochs, frozenLayers: 0, probe: false };
  const name = `${model.name} pruned`;
  const run = project.runs.create({ snapshotId: model.snapshotId, recipe, name, device: "cpu", threads });
  onRun();
  const end = (state: "done" | "failed" | "cancelled", error: { code: string; message: string } | null) => {
    project.runs.update(run.id, { state, finishedAt: new Date().toISOString(), error });
    onRun();
  };
  try {
    const points = (some: RunPoint[]) => onPoints(run.id, some);
    await trainRun({ project, runId: run.id, signal, threads, onProgress, onPoints: points, onChanged: onRun });
  } catch (error) {
    if (signal.aborted) end("cancelled", null);
    else if (error instanceof AppError) end("failed", { code: error.code, message: error.message });
    else end("failed", { code: "app/internal", message: "The training after the pruning failed." });
    throw error;
  }
  end("done", null);
  return project.runs.get(run.id).modelId!;
}

/** The report, and the model where it is not in the project yet: all or none. */
function keep(
  project: Project,
  model: Model,
  id: string | null,
  original: Measured,
  pruned: Measured,
  limits: CompressionLimits,
  [slow, fast]: readonly number[],
): CompressionReport {
  const before = costOf(original.file, slow!, original.evaluation);
  const after = costOf(pruned.file, fast!, pruned.evaluation);
  const missed = missedLimits(before, after, limits);
  const accepted = missed.length === 0;
  return project.transaction(() => {
    const modelId =
      id ??
      project.models.add({
        runId: model.runId,
        snapshotId: model.snapshotId,
        kind: "pruned",
        parentId: model.id,
        name: `${model.name} pruned`,
        onnx: pruned.file,
        input: model.input,
        classes: model.classes,
        threshold: model.threshold,
        accepted,
      }).id;
    project.models.saveEvaluation({ ...pruned.evaluation, modelId });
    const report: CompressionReport = {
      modelId,
      accepted,
      maxAucDrop: limits.maxAucDrop,
      limits,
      missed: [...missed],
      reason: refusal(before, after, missed),
      layers: [],
      before,
      after,
    };
    project.models.saveCompressionReport(report);
    return report;
  });
}

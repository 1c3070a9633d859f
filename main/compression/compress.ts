// One model in, a smaller one out, and what it cost: both are measured here, on the same images, alternating on the same machine.
//
// Calibration sees the training part only; the gate looks at the validation part. The test part stays unseen, so a report about the
// compressed model on it is as honest as the one about its parent.
import { availableParallelism } from "node:os";
import {
  AppError,
  type CompressionReport,
  type Evaluation,
  type Model,
  type Progress,
} from "../../preload/contract/index.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { evaluate } from "../models/metrics.ts";
import type { Project } from "../project/project.ts";
import { type PreparedPart, prepareImages, requireNotAborted, type SnapshotItem } from "../training/dataset.ts";
import { createSession, type Session } from "../training/engines/session.ts";
import { predict } from "../training/evaluate.ts";
import { itemsOfRun } from "../training/folds.ts";
import { calibrate } from "./calibrate.ts";
import { foldBatchNorm } from "./fold.ts";
import { refusal } from "./gate.ts";
import { quantizableValues, quantizeStatic } from "./quantize.ts";

/** Ranges hardly move after this many images. */
const CALIBRATION_IMAGES = 256;
const WARM_UP_RUNS = 5;
const TIMED_RUNS = 40;

interface Options {
  project: Project;
  modelId: string;
  /** AUC on the validation part may fall by this much, 0 to 0.5. */
  maxAucDrop: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  threads?: number;
}

/**
 * Static int8 of a trained model. The result is kept in the project either way, marked accepted or not. Blocks its thread: child process.
 * Errors: compression/refused when the model has nothing to quantise or is compressed already; snapshot/part-empty; app/aborted.
 */
export async function compressModel({
  project,
  modelId,
  maxAucDrop,
  signal = new AbortController().signal,
  onProgress = () => {},
  threads = availableParallelism(),
}: Options): Promise<CompressionReport> {
  const model = project.models.get(modelId);
  if (model.kind !== "trained") {
    throw new AppError(
      "compression/refused",
      `The model "${model.name}" is int8 already; compress the one it was made from.`,
    );
  }
  const items = itemsOfRun(project, model.snapshotId, project.runs.get(model.runId).recipe);
  const training = spread(
    items.filter(({ part }) => part === "train"),
    CALIBRATION_IMAGES,
  );
  const validation = items.filter(({ part }) => part === "validation");
  if (validation.length === 0) {
    throw new AppError(
      "snapshot/part-empty",
      "The validation part of this snapshot has no image, so nothing can be compared.",
    );
  }
  const total = 2 * training.length + 3 * validation.length;
  let done = 0;
  const report = (images: number, note: string) => {
    done += images;
    onProgress({ done, total, unit: "images", secondsLeft: null, note });
  };

  const original = project.models.onnx(modelId);
  const folded = foldBatchNorm(readOnnx(original));
  const values = quantizableValues(folded);
  if (values.length === 0) {
    throw new AppError("compression/refused", `The model "${model.name}" has no layer that int8 could replace.`);
  }
  const seen = await prepareImages(project, training, model.input, { signal, onImage: () => report(1, "preparing") });
  let calibrated = 0;
  const ranges = await calibrate(folded, values, {
    images: seen.pixels,
    size: model.input.size,
    threads,
    signal,
    onImages: (count) => {
      report(count - calibrated, "calibrating");
      calibrated = count;
    },
  });
  const quantized = writeOnnx(quantizeStatic(folded, ranges));

  const held = await prepareImages(project, validation, model.input, { signal, onImage: () => report(1, "preparing") });
  const [before, after] = await compare([original, quantized], held, model, {
    threads,
    signal,
    onImages: (n) => report(n, "evaluating"),
  });
  const reason = refusal(before.cost, after.cost, maxAucDrop);
  // All three or none: a model whose report a killed process did not write would look accepted and unmeasured.
  return project.transaction(() => {
    const compressed = project.models.add({
      runId: model.runId,
      snapshotId: model.snapshotId,
      kind: "int8",
      parentId: model.id,
      name: `${model.name} int8`,
      onnx: quantized,
      input: model.input,
      classes: model.classes,
      threshold: model.threshold,
      accepted: reason === "",
    });
    project.models.saveEvaluation({ ...after.evaluation, modelId: compressed.id });
    const result: CompressionReport = {
      modelId: compressed.id,
      accepted: reason === "",
      maxAucDrop,
      reason,
      before: before.cost,
      after: after.cost,
    };
    project.models.saveCompressionReport(result);
    return result;
  });
}

/** At most `count` items, evenly over the list, so that every class and patient has its share. */
function spread(items: readonly SnapshotItem[], count: number): readonly SnapshotItem[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * step)]!);
}

interface Measured {
  cost: CompressionReport["before"];
  evaluation: Evaluation;
}

async function compare(
  files: readonly [Uint8Array, Uint8Array],
  images: PreparedPart,
  model: Model,
  { threads, signal, onImages }: { threads: number; signal: AbortSignal; onImages: (count: number) => void },
): Promise<[Measured, Measured]> {
  const sessions: Session[] = [];
  try {
    for (const file of files) sessions.push(await createSession(file, { device: "cpu", threads, use: "inference" }));
    const latencies = await alternatingLatency(sessions, images, model.input.size, signal);
    const measured: Measured[] = [];
    for (const [i, session] of sessions.entries()) {
      let seen = 0;
      const predictions = await predict(session, images, model.input.size, {
        signal,
        onImages: (count) => {
          onImages(count - seen);
          seen = count;
        },
      });
      const evaluation: Evaluation = {
        modelId: model.id,
        part: "validation",
        ...evaluate(model.classes, predictions, model.threshold),
      };
      if (!evaluation.auc) {
        throw new AppError("compression/refused", "The validation part lacks a class, so its AUC cannot be compared.");
      }
      const cost = {
        bytes: files[i]!.length,
        latencyMs: latencies[i]!,
        auc: evaluation.auc.value,
        accuracy: evaluation.accuracy.value,
      };
      measured.push({ cost, evaluation });
    }
    return [measured[0]!, measured[1]!];
  } finally {
    for (const session of sessions) await session.dispose();
  }
}

/** Median milliseconds of one image at a time; the sessions take turns, so that a slow moment of the machine meets both. */
async function alternatingLatency(
  sessions: readonly Session[],
  { pixels }: PreparedPart,
  size: number,
  signal: AbortSignal,
): Promise<number[]> {
  const image = { type: "float32", dims: [1, 1, size, size], data: pixels.slice(0, size * size) } as const;
  const times = sessions.map((): number[] => []);
  for (let run = -WARM_UP_RUNS; run < TIMED_RUNS; run++) {
    requireNotAborted(signal);
    for (const [i, session] of sessions.entries()) {
      const began = performance.now();
      await session.run({ image }, ["probabilities"]);
      if (run >= 0) times[i]!.push(performance.now() - began);
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!);
}

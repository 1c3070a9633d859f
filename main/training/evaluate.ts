// What a finished model says about a part of its snapshot: computed once, then kept in the project.
import { availableParallelism } from "node:os";
import type { Evaluation, Part, Progress } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import { evaluate, type Prediction } from "../models/metrics.ts";
import type { Project } from "../project/project.ts";
import { type PreparedPart, prepareImages, requireNotAborted } from "./dataset.ts";
import { createSession, type Session, type Values } from "./engines/session.ts";
import { itemsOfRun } from "./folds.ts";

/** Images in one run of an inference graph: enough to fill the threads, few enough to stay in their caches. */
export const EVALUATION_BATCH = 32;

/**
 * Evaluates a model on a part of the snapshot that it was trained on, or gives the evaluation kept from before. Blocks its thread: child process.
 * Errors: snapshot/part-empty; imaging/*; app/not-found; app/aborted.
 */
export async function evaluateModel({
  project,
  modelId,
  part,
  signal = new AbortController().signal,
  onProgress,
  threads = availableParallelism(),
}: {
  project: Project;
  modelId: string;
  part: Part;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  threads?: number;
}): Promise<Evaluation> {
  const kept = project.models.evaluation(modelId, part);
  if (kept) return kept;
  const model = project.models.get(modelId);
  const { recipe } = project.runs.get(model.runId);
  const items = itemsOfRun(project, model.snapshotId, recipe).filter((item) => item.part === part);
  if (items.length === 0) throw new AppError("snapshot/part-empty", `The ${part} part of this snapshot has no image.`);

  let prepared = 0;
  const report = (done: number): void =>
    onProgress?.({ done, total: 2 * items.length, unit: "images", secondsLeft: null, note: "evaluating" });
  const images = await prepareImages(project, items, model.input, { signal, onImage: () => report(++prepared) });
  const session = await createSession(project.models.onnx(modelId), { device: "cpu", threads, use: "inference" });
  try {
    const predictions = await predict(session, images, model.input.size, {
      signal,
      onImages: (done) => report(prepared + done),
    });
    const evaluation: Evaluation = { modelId, part, ...evaluate(model.classes, predictions, model.threshold) };
    project.models.saveEvaluation(evaluation);
    return evaluation;
  } finally {
    await session.dispose();
  }
}

/** Runs an inference graph (input `image`, output `probabilities`) over prepared images. */
export function predict(
  session: Pick<Session, "run">,
  part: PreparedPart,
  size: number,
  options: PredictOptions,
): Promise<Prediction[]> {
  const area = size * size;
  const images = (start: number, end: number) => {
    const data = part.pixels.subarray(start * area, end * area);
    return { image: { type: "float32", dims: [end - start, 1, size, size], data } } as const;
  };
  return predictFrom(session, part, images, options);
}

interface PredictOptions {
  readonly signal?: AbortSignal;
  readonly onImages?: (done: number) => void;
}

/** The same for a graph that reads `inputs` of the cases from `start` to before `end`. */
export async function predictFrom(
  session: Pick<Session, "run">,
  { imageIds, classIndex }: Pick<PreparedPart, "imageIds" | "classIndex">,
  inputs: (start: number, end: number) => Values,
  { signal, onImages }: PredictOptions,
): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for (let start = 0; start < imageIds.length; start += EVALUATION_BATCH) {
    if (signal) requireNotAborted(signal);
    const end = Math.min(start + EVALUATION_BATCH, imageIds.length);
    const { probabilities } = await session.run(inputs(start, end), ["probabilities"]);
    const { data, dims } = probabilities!;
    const classes = dims[1]!;
    for (let i = start; i < end; i++) {
      const row = (data as Float32Array).subarray((i - start) * classes, (i - start + 1) * classes);
      predictions.push({ imageId: imageIds[i]!, truth: classIndex[i]!, probabilities: Array.from(row) });
    }
    onImages?.(end);
  }
  return predictions;
}

// What a model costs and what it is worth: bytes, milliseconds on this machine, and how right it is on prepared images.
import type { CompressionReport, Evaluation, Model } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { evaluate } from "../models/metrics.ts";
import { type PreparedPart, requireNotAborted } from "../training/dataset.ts";
import { createSession, type Session } from "../training/engines/session.ts";
import { predict } from "../training/evaluate.ts";
import { countFlops } from "./flops.ts";
import { type Groups, worstGroup } from "./subgroups.ts";

const WARM_UP_RUNS = 5;
const TIMED_RUNS = 40;

export interface MeasuringOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
}

/** What the file says about these images. Errors: compression/refused where a class is missing, so there is no AUC; app/aborted. */
export async function judge(
  file: Uint8Array,
  images: PreparedPart,
  model: Model,
  { threads, signal }: MeasuringOptions,
): Promise<Evaluation> {
  const session = await createSession(file, { device: "cpu", threads, use: "inference" });
  try {
    const predictions = await predict(session, images, model.input.size, { signal });
    const evaluation: Evaluation = {
      modelId: model.id,
      part: "validation",
      ...evaluate(model.classes, predictions, model.threshold),
    };
    if (!evaluation.auc) {
      throw new AppError("compression/refused", "The validation part lacks a class, so its AUC cannot be compared.");
    }
    return evaluation;
  } finally {
    await session.dispose();
  }
}

/** Bytes, latency, operations and quality as the report lists them. Errors: those of worstGroup. */
export function costOf(
  file: Uint8Array,
  latencyMs: number,
  evaluation: Evaluation,
  groups: Groups | null = null,
): CompressionReport["before"] {
  const { auc, accuracy, confusion } = evaluation;
  return {
    bytes: file.length,
    latencyMs,
    flops: countFlops(readOnnx(file)),
    auc: auc!.value,
    accuracy: accuracy.value,
    worstClass: worstClass(confusion),
    worstGroup: groups && worstGroup(evaluation, groups),
  };
}

/** Smallest share of right answers among the classes that have cases (sensitivity and specificity, with two). */
function worstClass(confusion: Evaluation["confusion"]): number {
  const shares = confusion.map((row, truth) => ({ right: row[truth]!, all: row.reduce((sum, n) => sum + n, 0) }));
  return Math.min(...shares.filter(({ all }) => all > 0).map(({ right, all }) => right / all));
}

/** Median milliseconds of one image at a time, the first of `pixels` [count, size, size]; the models take turns, so that a slow moment of the machine meets all. */
export async function latencies(
  files: readonly Uint8Array[],
  pixels: Float32Array,
  size: number,
  { threads, signal }: MeasuringOptions,
): Promise<number[]> {
  const sessions: Session[] = [];
  try {
    for (const file of files) sessions.push(await createSession(file, { device: "cpu", threads, use: "inference" }));
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
  } finally {
    for (const session of sessions) await session.dispose();
  }
}

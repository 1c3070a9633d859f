// A network that answers with masks in a smaller number format: measured in Dice, gated and repaired like a classifier.
//
// It knows no project, because a project's images have one label each; whoever has images with masks calls it (test/bench/compression.ts does).
import { availableParallelism } from "node:os";
import type { CompressionLimits, LayerSensitivity, MissedLimit } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { addCounts, dice, emptyCounts, type OverlapCounts } from "../models/metrics/overlap.ts";
import { requireNotAborted } from "../training/dataset.ts";
import { createSession } from "../training/engines/session.ts";
import { cut, type PlainImage, slidingWindow, windowStarts } from "../training/sliding-window.ts";
import { likeliest, type MaskedImage } from "../training/tasks/segmentation.ts";
import { countFlops } from "./flops.ts";
import type { Numbers } from "./formats.ts";
import { fell, missedSavings, savedTooLittle } from "./gate.ts";
import { latencies } from "./measure.ts";
import { quantize } from "./quantized.ts";
import { Steps } from "./steps.ts";

/** Ranges hardly move with more windows. */
const CALIBRATION_WINDOWS = 64;

export interface MaskLimits extends Pick<CompressionLimits, "minSmaller" | "minFaster"> {
  /** How far the mean Dice of the classes but the background may fall. */
  readonly maxDiceDrop: number;
  /** How far the lowest Dice of all classes, the background too, may fall; null: no limit. */
  readonly maxWorstClassDrop: number | null;
}

export interface MaskCost {
  readonly bytes: number;
  /** Median of one patch at a time on this machine. */
  readonly latencyMs: number;
  /** Operations for one patch. */
  readonly flops: number;
  /** Mean of the classes but the background over all pixels of the validation images, 0 to 1. */
  readonly dice: number;
  /** Lowest of all classes. */
  readonly worstClass: number;
}

type MaskMissed = Omit<MissedLimit, "limit"> & { readonly limit: "dice" | "worst-class" | "size" | "latency" };

export interface MaskReport {
  readonly file: Uint8Array;
  readonly accepted: boolean;
  readonly missed: readonly MaskMissed[];
  /** Which limits were missed and by how much, in sentences; "" for none. */
  readonly reason: string;
  readonly layers: readonly LayerSensitivity[];
  readonly before: MaskCost;
  readonly after: MaskCost;
}

interface Options {
  /** Input `image` [N, 1, patch, patch], output `probabilities` [N, classes, patch, patch]. */
  readonly onnx: Uint8Array;
  readonly patch: number;
  /** The background (0) included. */
  readonly classes: number;
  /** Ranges and sensitivities come from windows of these. */
  readonly training: readonly PlainImage[];
  readonly validation: readonly MaskedImage[];
  readonly limits: MaskLimits;
  /** Static int8 where nothing is said. */
  readonly numbers?: Numbers;
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
  readonly threads?: number;
  readonly onProgress?: ConstructorParameters<typeof Steps>[1];
}

/** A network for masks in smaller numbers. Blocks its thread: child process. Errors: snapshot/part-empty without images; compression/refused; graph/invalid; app/aborted. */
export async function compressMasks({
  onnx,
  patch,
  classes,
  training,
  validation,
  limits,
  numbers = { format: "int8", calibration: "min-max", percentile: 100, symmetric: false },
  repair = true,
  signal = new AbortController().signal,
  threads = availableParallelism(),
  onProgress = () => {},
}: Options): Promise<MaskReport> {
  if (training.length === 0 || validation.length === 0) {
    throw new AppError(
      "snapshot/part-empty",
      "Compression needs a training image and a validation image with its mask.",
    );
  }
  const windows = windowsOf(training, patch);
  const how = { threads, signal };
  const steps = new Steps(windows.length / patch ** 2 + 2 * validation.length, onProgress);
  const judge = async (file: Uint8Array): Promise<OverlapCounts> => {
    const counts = emptyCounts(classes);
    const session = await createSession(file, { device: "cpu", threads, use: "inference" });
    try {
      for (const image of validation) {
        requireNotAborted(signal);
        addCounts(counts, likeliest(await slidingWindow(session, image, { patch, classes }), classes), image.classes);
        steps.add(1, "evaluating");
      }
    } finally {
      await session.dispose();
    }
    return counts;
  };
  const holds = (exact: OverlapCounts, judged: OverlapCounts): boolean =>
    missedOverlap(overlapOf(exact), overlapOf(judged), limits).length === 0;
  const subject = { size: patch, training: windows, judge, holds };
  const { file, before, after, layers } = await quantize(onnx, subject, { numbers, repair, steps, ...how });
  const [slow, fast] = (await latencies([onnx, file], windows, patch, how)) as [number, number];
  const costs = { before: costOf(onnx, slow, before), after: costOf(file, fast, after) };
  const missed = [
    ...missedOverlap(costs.before, costs.after, limits),
    ...missedSavings(costs.before, costs.after, limits),
  ];
  const reason = missed.map((one) => sentence(costs.before, costs.after, one)).join(" ");
  return { file, accepted: missed.length === 0, missed, reason, layers, ...costs };
}

/** Windows spread evenly over all that cover the images, [count, patch, patch]. */
function windowsOf(images: readonly PlainImage[], patch: number): Float32Array {
  const places = images.flatMap((image) =>
    windowStarts(image.rows, patch).flatMap((top) =>
      windowStarts(image.columns, patch).map((left) => ({ image, top, left })),
    ),
  );
  const count = Math.min(CALIBRATION_WINDOWS, places.length);
  const area = patch * patch;
  const windows = new Float32Array(count * area);
  for (let i = 0; i < count; i++) {
    const { image, top, left } = places[Math.floor((i * places.length) / count)]!;
    cut(image, top, left, patch, windows.subarray(i * area, (i + 1) * area));
  }
  return windows;
}

type Overlap = Pick<MaskCost, "dice" | "worstClass">;

function overlapOf(counts: OverlapCounts): Overlap {
  const each = Array.from(counts.both, (_, index) => dice(counts, index));
  const things = each.slice(1);
  return { dice: things.reduce((sum, one) => sum + one, 0) / things.length, worstClass: Math.min(...each) };
}

function costOf(file: Uint8Array, latencyMs: number, counts: OverlapCounts): MaskCost {
  return { bytes: file.length, latencyMs, flops: countFlops(readOnnx(file)), ...overlapOf(counts) };
}

function missedOverlap(before: Overlap, after: Overlap, limits: MaskLimits): readonly MaskMissed[] {
  const fallen = [
    { limit: "dice", allowed: limits.maxDiceDrop, found: before.dice - after.dice },
    { limit: "worst-class", allowed: limits.maxWorstClassDrop, found: before.worstClass - after.worstClass },
  ] as const;
  return fallen.flatMap(({ allowed, ...one }) =>
    allowed !== null && one.found > allowed ? [{ ...one, allowed }] : [],
  );
}

function sentence(before: MaskCost, after: MaskCost, missed: MaskMissed): string {
  switch (missed.limit) {
    case "dice":
      return fell("The Dice", before.dice, after.dice, missed);
    case "worst-class":
      return fell("The worst class's Dice", before.worstClass, after.worstClass, missed);
    default:
      return savedTooLittle(before, after, { ...missed, limit: missed.limit });
  }
}

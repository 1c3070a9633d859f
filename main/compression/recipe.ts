// A compression recipe: steps one after the other, each on what the one before left, and every result measured against the model that the recipe began with.
//
// Each step's model is kept with a report of its own, accepted or not, so that all that was tried can be seen; the last one answers for the recipe. A step that fails ends the
// recipe and leaves what was made before it.
import type {
  CompressionLimits,
  CompressionReport,
  CompressionStep,
  Progress,
  RunPoint,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { compressModel } from "./compress.ts";
import { distilModel } from "./distilled.ts";
import type { Place } from "./kept.ts";
import { pruneModel } from "./pruned.ts";
import { groupsOf } from "./subgroups.ts";

export interface CompressionOptions {
  readonly project: Project;
  readonly modelId: string;
  readonly limits: CompressionLimits;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onPoints?: (runId: string, points: RunPoint[]) => void;
  /** The run of a training says something new. */
  readonly onRun?: () => void;
  readonly threads?: number;
}

/**
 * Blocks its thread: child process. Errors: those of the steps.
 * @param steps at least one
 * @param against the model that results are measured against, where it is not the one that the first step takes
 */
export async function compressBy(
  steps: readonly CompressionStep[],
  options: CompressionOptions,
  against = options.modelId,
): Promise<CompressionReport> {
  // Better now than after a training.
  groupsOf(options.project, options.project.models.get(options.modelId), options.limits);
  let report: CompressionReport | null = null;
  for (const [i, step] of steps.entries()) {
    const place = { against, steps: steps.slice(0, i + 1) };
    report = await take(step, { ...options, modelId: report?.modelId ?? options.modelId }, place);
  }
  return report!;
}

function take(step: CompressionStep, options: CompressionOptions, place: Place): Promise<CompressionReport> {
  switch (step.step) {
    case "prune":
      return pruneModel(step, options, place);
    case "distil":
      return distilModel(step, options, place);
    case "quantise":
      return compressModel(step, options, place);
  }
}

// The training that belongs to a compression: a run like any other, with curves, checkpoints and a recipe that says what it began with and whom it learnt from.
import { AppError, type Model, type Recipe } from "../../preload/contract/index.ts";
import { trainRun } from "../training/run.ts";
import type { MeasuringOptions } from "./measure.ts";
import type { CompressionOptions } from "./recipe.ts";

/** Trains and answers with the model's id; a run that does not end says why. Errors: training/*; snapshot/part-empty; app/aborted. */
export async function furtherTraining(
  model: Model,
  { name, recipe }: { name: string; recipe: Recipe },
  { threads, signal }: MeasuringOptions,
  { project, onProgress = () => {}, onPoints = () => {}, onRun = () => {} }: CompressionOptions,
): Promise<string> {
  const run = project.runs.create({ snapshotId: model.snapshotId, recipe, name, device: "cpu", threads });
  onRun();
  const end = (state: "done" | "failed" | "cancelled", error: { code: string; message: string } | null) => {
    project.runs.update(run.id, { state, finishedAt: new Date().toISOString(), error });
    onRun();
  };
  try {
    const points: Parameters<typeof trainRun>[0]["onPoints"] = (some) => onPoints(run.id, some);
    await trainRun({ project, runId: run.id, signal, threads, onProgress, onPoints: points, onChanged: onRun });
  } catch (error) {
    if (signal.aborted) end("cancelled", null);
    else if (error instanceof AppError) end("failed", { code: error.code, message: error.message });
    else end("failed", { code: "app/internal", message: "The training of this compression failed." });
    throw error;
  }
  end("done", null);
  return project.runs.get(run.id).modelId!;
}

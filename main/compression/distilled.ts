// One model in, a smaller one out that learnt from its answers: another architecture from drawn weights, or what a step before left of it.
//
// The teacher is the model that the recipe began with, however many steps lie between. The training is a run like any other; the gate judges what comes out of it.
import { availableParallelism } from "node:os";
import { AppError, type CompressionReport, type Distillation, type Recipe } from "../../preload/contract/index.ts";
import { prepareImages } from "../training/dataset.ts";
import { furtherTraining } from "./further-training.ts";
import { gate, measured, type Place } from "./kept.ts";
import { partsOf } from "./parts.ts";
import type { CompressionOptions } from "./recipe.ts";

/**
 * A pupil of `place.against`, kept either way, marked accepted or not. Blocks its thread: child process.
 * Errors: compression/refused without a net that is not the teacher itself; snapshot/part-empty; training/*; app/invalid-input for a width that the architecture cannot have; app/aborted.
 */
export async function distilModel(
  { student, temperature, weight, epochs }: Distillation,
  options: CompressionOptions,
  place: Place,
): Promise<CompressionReport> {
  const { project, modelId, limits } = options;
  const how = {
    threads: options.threads ?? availableParallelism(),
    signal: options.signal ?? new AbortController().signal,
  };
  const model = project.models.get(modelId);
  const teacher = project.models.get(place.against);
  if (student === null && (modelId === place.against || (model.kind !== "pruned" && model.kind !== "distilled"))) {
    throw new AppError(
      "compression/refused",
      `There is no smaller net that could learn from "${teacher.name}": choose an architecture and a width, or remove channels first.`,
    );
  }
  const recipe: Recipe = {
    ...project.runs.get(model.runId).recipe,
    ...(student ? { ...student, depth: null, startFrom: null } : { startFrom: modelId }),
    inputSize: teacher.input.size,
    distil: { teacher: teacher.id, temperature, weight },
    epochs,
    frozenLayers: 0,
    probe: false,
  };
  const name = `${(student ? teacher : model).name} distilled`;
  const pupilId = await furtherTraining(model, { name, recipe }, how, options);
  const pupil = project.models.get(pupilId);
  const { validation } = partsOf(project, pupil);
  const held = await prepareImages(project, validation, pupil.input, { signal: how.signal });
  const original = await measured(project, teacher.id, held, how);
  const result = await measured(project, pupilId, held, how);
  return gate({ project, place, limits, held, original, result, model: pupil }, how);
}

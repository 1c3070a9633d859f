// One model in, a smaller one out, and what it cost: both are measured here, on the same images, alternating on the same machine.
//
// Calibration sees the training part only; the gate looks at the validation part. The test part stays unseen, so a report about the
// compressed model on it is as honest as the one about its parent.
import { availableParallelism } from "node:os";
import {
  AppError,
  type CompressionReport,
  type Evaluation,
  hasSmallerNumbers,
  type Quantisation,
} from "../../preload/contract/index.ts";
import { prepareImages } from "../training/dataset.ts";
import { lostQuality, missedLimits } from "./gate.ts";
import { gate, measured, type Place } from "./kept.ts";
import { costOf, judge } from "./measure.ts";
import { partsOf } from "./parts.ts";
import { quantize } from "./quantized.ts";
import type { CompressionOptions } from "./recipe.ts";
import { Steps } from "./steps.ts";
import { groupsOf } from "./subgroups.ts";

/**
 * A trained model in smaller numbers. The result is kept in the project either way, marked accepted or not. Blocks its thread: child process.
 * Errors: compression/refused when the model has nothing to quantise or is compressed already; snapshot/part-empty; app/aborted.
 */
export async function compressModel(
  { repair, ...numbers }: Omit<Quantisation, "step">,
  options: CompressionOptions,
  place: Place,
): Promise<CompressionReport> {
  const { project, modelId, limits, onProgress = () => {} } = options;
  const { threads = availableParallelism(), signal = new AbortController().signal } = options;
  const model = project.models.get(modelId);
  if (hasSmallerNumbers(model)) {
    throw new AppError(
      "compression/refused",
      `The model "${model.name}" has smaller numbers already (${model.kind}); compress the one it was made from.`,
    );
  }
  const { training, validation } = partsOf(project, model);
  const steps = new Steps(2 * training.length + 4 * validation.length, onProgress);
  const how = { threads, signal };
  const onImage = () => steps.add(1, "preparing");
  const seen = await prepareImages(project, training, model.input, { signal, onImage });
  const held = await prepareImages(project, validation, model.input, { signal, onImage });
  const original = await measured(project, place.against, held, how);
  steps.add(validation.length, "evaluating");
  // Sizes and times do not matter here: float layers cannot mend them.
  const groups = groupsOf(project, model, limits);
  const qualityOf = (evaluation: Evaluation) => costOf(original.file, 1, evaluation, groups);
  const before = qualityOf(original.evaluation);
  const { file, after, layers } = await quantize<Evaluation>(
    project.models.onnx(modelId),
    {
      size: model.input.size,
      training: seen.pixels,
      judge: async (onnx) => {
        const judged = await judge(onnx, held, model, how);
        steps.add(validation.length, "evaluating");
        return judged;
      },
      holds: (_, judged) => !lostQuality(missedLimits(before, qualityOf(judged), limits)),
    },
    { numbers, repair, steps, ...how },
  );
  const result = { file, evaluation: after };
  const made = { from: model, kind: numbers.format, name: `${model.name} ${numbers.format}` } as const;
  return gate({ project, place, limits, held, original, result, model: made, layers }, how);
}

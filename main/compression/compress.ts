// One model in, a smaller one out, and what it cost: both are measured here, on the same images, alternating on the same machine.
//
// Calibration sees the training part only; the gate looks at the validation part. The test part stays unseen, so a report about the
// compressed model on it is as honest as the one about its parent.
import { availableParallelism } from "node:os";
import {
  AppError,
  type CompressionLimits,
  type CompressionReport,
  type Evaluation,
  type Progress,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { prepareImages } from "../training/dataset.ts";
import { lostQuality, missedLimits, refusal } from "./gate.ts";
import { costOf, judge, latencies } from "./measure.ts";
import { partsOf } from "./parts.ts";
import { quantize } from "./quantized.ts";
import { Steps } from "./steps.ts";

interface Options {
  project: Project;
  modelId: string;
  limits: CompressionLimits;
  /** Whether layers may be put back to float where quality falls below a limit. */
  repair?: boolean;
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
  limits,
  repair = true,
  signal = new AbortController().signal,
  onProgress = () => {},
  threads = availableParallelism(),
}: Options): Promise<CompressionReport> {
  const model = project.models.get(modelId);
  if (model.kind === "int8") {
    throw new AppError(
      "compression/refused",
      `The model "${model.name}" is int8 already; compress the one it was made from.`,
    );
  }
  const { training, validation } = partsOf(project, model);
  const steps = new Steps(2 * training.length + 3 * validation.length, onProgress);
  const how = { threads, signal };
  const original = project.models.onnx(modelId);
  const onImage = () => steps.add(1, "preparing");
  const seen = await prepareImages(project, training, model.input, { signal, onImage });
  const held = await prepareImages(project, validation, model.input, { signal, onImage });
  const { size } = model.input;
  const { file, before, after, layers } = await quantize<Evaluation>(
    original,
    {
      size,
      training: seen.pixels,
      judge: async (onnx) => {
        const judged = await judge(onnx, held, model, how);
        steps.add(validation.length, "evaluating");
        return judged;
      },
      // Sizes and times do not matter here: float layers cannot mend them.
      holds: (exact, judged) =>
        !lostQuality(missedLimits(costOf(original, 1, exact), costOf(original, 1, judged), limits)),
    },
    { repair, steps, ...how },
  );
  const [slow, fast] = (await latencies([original, file], held.pixels, size, how)) as [number, number];
  const costs = {
    before: costOf(original, slow, before),
    after: costOf(file, fast, after),
  };
  const missed = missedLimits(costs.before, costs.after, limits);
  const accepted = missed.length === 0;
  // All three or none: a model whose report a killed process did not write would look accepted and unmeasured.
  return project.transaction(() => {
    const compressed = project.models.add({
      runId: model.runId,
      snapshotId: model.snapshotId,
      kind: "int8",
      parentId: model.id,
      name: `${model.name} int8`,
      onnx: file,
      input: model.input,
      classes: model.classes,
      threshold: model.threshold,
      accepted,
    });
    project.models.saveEvaluation({ ...after, modelId: compressed.id });
    const result: CompressionReport = {
      modelId: compressed.id,
      accepted,
      maxAucDrop: limits.maxAucDrop,
      limits,
      missed: [...missed],
      reason: refusal(costs.before, costs.after, missed),
      layers: [...layers],
      ...costs,
    };
    project.models.saveCompressionReport(result);
    return result;
  });
}

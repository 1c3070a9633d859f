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
  type LayerSensitivity,
  type Model,
  type Progress,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { type PreparedPart, prepareImages } from "../training/dataset.ts";
import { lostQuality, missedLimits, refusal } from "./gate.ts";
import { type Int8Model, prepareInt8 } from "./int8.ts";
import { costOf, judge, latencies, type MeasuringOptions } from "./measure.ts";
import { partsOf } from "./parts.ts";
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
  let calibrated = 0;
  const int8 = await prepareInt8(original, seen, model, {
    ...how,
    onImages: (done) => {
      steps.add(done - calibrated, "calibrating");
      calibrated = done;
    },
  });
  const held = await prepareImages(project, validation, model.input, { signal, onImage });
  const before = await judge(original, held, model, how);
  steps.add(validation.length, "evaluating");
  const { file, judged, layers } = await withinQuality(int8, before, held, model, { limits, repair, steps, ...how });
  const [slow, fast] = (await latencies([original, file], held, model.input.size, how)) as [number, number];
  const costs = {
    before: costOf(original, slow, before),
    after: costOf(file, fast, judged),
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
    project.models.saveEvaluation({ ...judged, modelId: compressed.id });
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

interface Candidate {
  readonly file: Uint8Array;
  readonly judged: Evaluation;
  readonly layers: readonly LayerSensitivity[];
}

/**
 * The int8 file whose quality holds with the fewest layers in float that doubling finds: none, then the most sensitive one, two, four. Without repair, or where even the
 * last layer does not help, the file with none.
 */
async function withinQuality(
  int8: Int8Model,
  before: Evaluation,
  held: PreparedPart,
  model: Model,
  { limits, repair, steps, ...how }: MeasuringOptions & { limits: CompressionLimits; repair: boolean; steps: Steps },
): Promise<Candidate> {
  const qualityHolds = (judged: Evaluation, file: Uint8Array): boolean =>
    // Time is measured of the file that is kept alone; it cannot be mended by float layers.
    !lostQuality(missedLimits(costOf(file, 1, before), costOf(file, 1, judged), limits));
  const all = int8.file(new Set());
  const first = await judge(all, held, model, how);
  steps.add(held.imageIds.length, "evaluating");
  steps.expect(int8.layers.length);
  const onLayer = () => steps.add(1, "evaluating");
  const layers = await int8.sensitivities({ ...how, onLayer });
  if (!repair || qualityHolds(first, all)) return { file: all, judged: first, layers };
  const order = layers.toSorted((a, b) => b.moved - a.moved).map(({ layer }) => layer);
  for (let count = 1; count < order.length; count *= 2) {
    const float = new Set(order.slice(0, count));
    const file = int8.file(float);
    const judged = await judge(file, held, model, how);
    if (qualityHolds(judged, file)) {
      return { file, judged, layers: layers.map((one) => ({ ...one, float: float.has(one.layer) })) };
    }
  }
  return { file: all, judged: first, layers };
}

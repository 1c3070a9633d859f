// What every step of a compression does with what it made: measured against the model that it is compared with, judged by the limits, kept with its report.
import type {
  CompressionLimits,
  CompressionReport,
  CompressionStep,
  Evaluation,
  LayerSensitivity,
  Model,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import type { PreparedPart } from "../training/dataset.ts";
import { missedLimits, refusal } from "./gate.ts";
import { costOf, judge, latencies, type MeasuringOptions } from "./measure.ts";
import { groupsOf } from "./subgroups.ts";

/** A file and what it says of the validation part. */
export interface Measured {
  readonly file: Uint8Array;
  readonly evaluation: Evaluation;
}

/** What a step is part of. */
export interface Place {
  /** The model that the result is measured against. */
  readonly against: string;
  /** The steps that led here, this one included. */
  readonly steps: readonly CompressionStep[];
}

/** A model of the project on the validation part. Errors: those of judge. */
export async function measured(
  project: Project,
  id: string,
  held: PreparedPart,
  how: MeasuringOptions,
): Promise<Measured> {
  const file = project.models.onnx(id);
  return { file, evaluation: await judge(file, held, project.models.get(id), how) };
}

interface Gated {
  readonly project: Project;
  readonly place: Place;
  readonly limits: CompressionLimits;
  readonly held: PreparedPart;
  readonly original: Measured;
  readonly result: Measured;
  /** Of what was quantised. */
  readonly layers?: readonly LayerSensitivity[];
  /** The model where it is in the project already, else what it is to be. */
  readonly model: Model | (Pick<Model, "kind" | "name"> & { readonly from: Model });
}

/** The report, and the model where it is not in the project yet: all or none. */
export async function gate(
  { project, place, limits, held, original, result, model, layers = [] }: Gated,
  how: MeasuringOptions,
): Promise<CompressionReport> {
  const { size } = ("id" in model ? model : model.from).input;
  const [slow, fast] = (await latencies([original.file, result.file], held.pixels, size, how)) as [number, number];
  const groups = groupsOf(project, "id" in model ? model : model.from, limits);
  const before = costOf(original.file, slow, original.evaluation, groups);
  const after = costOf(result.file, fast, result.evaluation, groups);
  const missed = missedLimits(before, after, limits);
  const accepted = missed.length === 0;
  return project.transaction(() => {
    const modelId = "id" in model ? model.id : add(project, model, result.file, accepted);
    project.models.saveEvaluation({ ...result.evaluation, modelId });
    const report: CompressionReport = {
      modelId,
      accepted,
      maxAucDrop: limits.maxAucDrop,
      limits,
      missed: [...missed],
      reason: refusal(before, after, missed),
      layers: [...layers],
      against: place.against,
      steps: [...place.steps],
      before,
      after,
    };
    project.models.saveCompressionReport(report);
    return report;
  });
}

function add(
  project: Project,
  { from, kind, name }: Pick<Model, "kind" | "name"> & { readonly from: Model },
  onnx: Uint8Array,
  accepted: boolean,
): string {
  const { runId, snapshotId, input, classes, threshold } = from;
  return project.models.add({
    ...{ runId, snapshotId, input, classes, threshold },
    ...{ kind, name, parentId: from.id, onnx, accepted },
  }).id;
}

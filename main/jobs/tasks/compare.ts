// Models against each other on one part: their evaluations, made where they are missing, then main/comparison on what they share.
import type { Comparison, ThinnedCurve } from "../../../preload/contract/index.ts";
import { compareEvaluations } from "../../comparison/comparison.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function curves(task: TaskOf<"curves">, { project }: TaskContext): Promise<ThinnedCurve[]> {
  return project.runs.curves(task.metric, task.part, task.places);
}

export async function compareModels(task: TaskOf<"compare">, context: TaskContext): Promise<Comparison> {
  const { project, signal, progress } = context;
  const evaluations = [];
  const patients = new Map<string, string>();
  for (const modelId of task.modelIds) {
    for (const { imageId, patient } of project.snapshots.items(project.models.get(modelId).snapshotId)) {
      patients.set(imageId, patient);
    }
    evaluations.push(await evaluateModel({ project, modelId, part: task.part, signal, onProgress: progress }));
  }
  return compareEvaluations(evaluations, patients);
}

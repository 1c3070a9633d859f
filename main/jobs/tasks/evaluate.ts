// What a model does on one part of its snapshot, computed once and kept in the project.

import type { Evaluation } from "../../../preload/contract/index.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf, TaskResults } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function evaluate(task: TaskOf<"evaluate">, context: TaskContext): Promise<TaskResults["evaluate"]> {
  const { modelId, part } = task;
  await keptOrComputed(task, context);
  return { modelId, part };
}

export function evaluation(task: TaskOf<"evaluation">, context: TaskContext): Promise<Evaluation> {
  return keptOrComputed(task, context);
}

async function keptOrComputed(
  { modelId, part }: TaskOf<"evaluate" | "evaluation">,
  { project, signal, progress }: TaskContext,
): Promise<Evaluation> {
  const kept = project.models.evaluation(modelId, part);
  if (kept) return kept;
  const computed = await evaluateModel({ project, modelId, part, signal, onProgress: progress });
  project.models.saveEvaluation(computed);
  return computed;
}

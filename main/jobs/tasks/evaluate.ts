// What a model does on one part of its snapshot; training's evaluateModel keeps it in the project.

import type { Evaluation } from "../../../preload/contract/index.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf, TaskResults } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function evaluate(task: TaskOf<"evaluate">, context: TaskContext): Promise<TaskResults["evaluate"]> {
  const { modelId, part } = task;
  await evaluation({ kind: "evaluation", modelId, part }, context);
  return { modelId, part };
}

export function evaluation(task: TaskOf<"evaluation">, context: TaskContext): Promise<Evaluation> {
  const { project, signal, progress } = context;
  return evaluateModel({ project, modelId: task.modelId, part: task.part, signal, onProgress: progress });
}

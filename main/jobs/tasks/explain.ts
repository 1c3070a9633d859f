// One saliency map over one image. Short, but ONNX Runtime holds the thread that runs it: so it is a child's work.

import type { Explanation } from "../../../preload/contract/index.ts";
import { explain } from "../../explanation/explain.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function explainImage(task: TaskOf<"explain">, { project }: TaskContext): Promise<Explanation> {
  const { modelId, imageId, frame, method, classIndex } = task;
  return explain({ project, modelId, imageId, frame, method, classIndex });
}

// What a model says about some images. Short, but ONNX Runtime holds the thread that runs it: so it is a child's work.

import { predictImages } from "../../training/predict-images.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function predict({ modelId, imageIds }: TaskOf<"predict">, context: TaskContext): Promise<number[][]> {
  return predictImages({ project: context.project, modelId, imageIds, signal: context.signal });
}

// Compression, with the limits that decide whether it counts as good.

import type { CompressionReport } from "../../../preload/contract/index.ts";
import { compressBy } from "../../compression/recipe.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function compress(task: TaskOf<"compress">, context: TaskContext): Promise<CompressionReport> {
  const { project, signal, progress } = context;
  const { modelId, recipe, limits } = task;
  return compressBy(recipe, {
    ...{ project, modelId, limits, signal },
    onProgress: progress,
    onPoints: (runId, points) => context.points(runId, points),
    onRun: () => context.changed("runs"),
  });
}

// Compression, with the limits that decide whether it counts as good.

import type { CompressionReport } from "../../../preload/contract/index.ts";
import { compressModel } from "../../compression/compress.ts";
import { pruneModel } from "../../compression/pruned.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function compress(task: TaskOf<"compress">, context: TaskContext): Promise<CompressionReport> {
  const { project, signal, progress } = context;
  const { kind: _, modelId, method, repair, share, importance, epochs, ...limits } = task;
  const common = { project, modelId, limits, signal, onProgress: progress };
  if (method === "int8") return compressModel({ ...common, repair });
  return pruneModel({
    ...common,
    pruning: { share, importance, epochs },
    onPoints: (runId, points) => context.points(runId, points),
    onRun: () => context.changed("runs"),
  });
}

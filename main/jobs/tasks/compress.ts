// Compression, with the limits that decide whether it counts as good.

import type { CompressionReport } from "../../../preload/contract/index.ts";
import { compressModel } from "../../compression/compress.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function compress(task: TaskOf<"compress">, context: TaskContext): Promise<CompressionReport> {
  const { project, signal, progress } = context;
  const { kind: _, modelId, repair, ...limits } = task;
  return compressModel({ project, modelId, limits, repair, signal, onProgress: progress });
}

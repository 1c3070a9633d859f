// Compression, with the limit that decides whether it counts as good.

import type { CompressionReport } from "../../../preload/contract/index.ts";
import { compressModel } from "../../compression/compress.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export function compress(task: TaskOf<"compress">, context: TaskContext): Promise<CompressionReport> {
  const { project, signal, progress } = context;
  const { modelId, maxAucDrop } = task;
  return compressModel({ project, modelId, maxAucDrop, signal, onProgress: progress });
}

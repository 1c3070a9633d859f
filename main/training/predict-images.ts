// What a model says about any images of the project: for suggestions and for the order in which images are best labelled.

import { availableParallelism } from "node:os";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";
import { requireNotAborted } from "./dataset.ts";
import { createSession } from "./engines/session.ts";
import { EVALUATION_BATCH } from "./evaluate.ts";

/** Probabilities of the model's classes for the first frame of each image. Blocks its thread: child process. Errors: imaging/*; app/*. */
export async function predictImages({
  project,
  modelId,
  imageIds,
  signal,
  threads = availableParallelism(),
}: {
  project: Project;
  modelId: string;
  imageIds: readonly string[];
  signal: AbortSignal;
  threads?: number;
}): Promise<number[][]> {
  const { input, classes } = project.models.get(modelId);
  const area = input.size * input.size;
  const session = await createSession(project.models.onnx(modelId), { device: "cpu", threads, use: "inference" });
  const answers: number[][] = [];
  try {
    for (let start = 0; start < imageIds.length; start += EVALUATION_BATCH) {
      requireNotAborted(signal);
      const batch = imageIds.slice(start, start + EVALUATION_BATCH);
      const data = new Float32Array(batch.length * area);
      batch.forEach((id, index) => {
        const { frame, pixels, encoding } = project.images.frame(id, 0);
        data.set(prepareImage(decodeFrame(frame, pixels, encoding as FrameEncoding), pixels, input), index * area);
      });
      const image = { type: "float32", dims: [batch.length, 1, input.size, input.size], data } as const;
      const { probabilities } = await session.run({ image }, ["probabilities"]);
      const values = probabilities!.data as Float32Array;
      for (let i = 0; i < batch.length; i++) {
        answers.push(Array.from(values.subarray(i * classes.length, (i + 1) * classes.length)));
      }
    }
    return answers;
  } finally {
    await session.dispose();
  }
}

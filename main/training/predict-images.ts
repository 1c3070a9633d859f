// What a model says about any images of the project: for suggestions and for the order in which images are best labelled.

import { availableParallelism } from "node:os";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage, resample } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";
import { requireNotAborted } from "./dataset.ts";
import { createSession } from "./engines/session.ts";
import { EVALUATION_BATCH } from "./evaluate.ts";
import { withFeatures } from "./features.ts";

export interface PredictRequest {
  project: Project;
  modelId: string;
  imageIds: readonly string[];
  signal: AbortSignal;
  threads?: number;
  /** hears how many images are through */
  onImages?: (done: number) => void;
}

/** Side of the picture that stands in for features of a model that has none. */
const SMALL_SIDE = 16;

/** Probabilities of the model's classes for the first frame of each image. Blocks its thread: child process. Errors: imaging/*; app/*. */
export async function predictImages(request: PredictRequest): Promise<number[][]> {
  const answers: number[][] = [];
  await eachBatch(request, request.project.models.onnx(request.modelId), ["probabilities"], (rows) => {
    answers.push(...rows.map(([probabilities]) => Array.from(probabilities!)));
  });
  return answers;
}

/**
 * The same with features: what the model's last layer reads, or, where it has none, its probabilities and the picture at 16 x 16. Only to be compared with those
 * of the same model.
 */
export async function predictWithFeatures(
  request: PredictRequest,
): Promise<{ probabilities: number[][]; features: Float32Array[] }> {
  const found = withFeatures(request.project.models.onnx(request.modelId));
  const probabilities: number[][] = [];
  const features: Float32Array[] = [];
  const outputs = ["probabilities", ...(found ? [found.name] : [])];
  const onnx = found?.onnx ?? request.project.models.onnx(request.modelId);
  await eachBatch(request, onnx, outputs, (rows, pictures) => {
    for (const [i, [said, own]] of rows.entries()) {
      probabilities.push(Array.from(said!));
      features.push(own ?? Float32Array.from([...said!, ...small(pictures[i]!)]));
    }
  });
  return { probabilities, features };
}

/** The picture, scaled so that it weighs about as much as the probabilities beside it: its values have a mean square of at most 1. */
function small(picture: Float32Array): Float32Array {
  const side = Math.sqrt(picture.length);
  return resample(picture, side, side, SMALL_SIDE, SMALL_SIDE).map((value) => value / SMALL_SIDE);
}

/** Runs a model over images in batches: `onBatch` gets the named outputs, image by image, and the pictures that went in. */
async function eachBatch(
  { project, modelId, imageIds, signal, threads = availableParallelism(), onImages }: PredictRequest,
  onnx: Uint8Array,
  outputs: readonly string[],
  onBatch: (rows: (Float32Array | undefined)[][], pictures: Float32Array[]) => void,
): Promise<void> {
  const { input } = project.models.get(modelId);
  const area = input.size * input.size;
  const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
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
      const answer = await session.run({ image }, outputs);
      const rows = batch.map((_, i) =>
        outputs.map((name) => {
          const values = answer[name]!.data as Float32Array;
          const width = values.length / batch.length;
          return values.slice(i * width, (i + 1) * width);
        }),
      );
      onBatch(
        rows,
        batch.map((_, i) => data.subarray(i * area, (i + 1) * area)),
      );
      onImages?.(start + batch.length);
      // Messages, "cancel" among them, come in between batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await session.dispose();
  }
}

// The door of this room: one image, one model, one class, one map.
import { availableParallelism } from "node:os";
import { AppError, type Explanation, predictedClass } from "../../preload/contract/index.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";
import { createSession, type Values } from "../training/engines/session.ts";
import { normalised, resampleBilinear } from "./resample.ts";
import { CLASS_INPUT, gradCamGraph, inputGradientGraph, SALIENCY_OUTPUT } from "./saliency.ts";

/** Longest side of the answer in pixels: a map has no finer detail than the model's input, and it travels as text. */
const LONGEST_SIDE = 256;

const METHODS = { "grad-cam": gradCamGraph, "input-gradient": inputGradientGraph } satisfies Record<
  Explanation["method"],
  (graph: Graph) => Graph
>;

/**
 * Explains a model's answer about one frame. An int8 model is explained through the trained model it was made from, whose gradients exist.
 * Blocks its thread: child process. Errors: explanation/not-possible; app/not-found; app/invalid-input for a class it does not have.
 */
export async function explain({
  project,
  modelId,
  imageId,
  frame,
  method,
  classIndex,
  threads = availableParallelism(),
}: {
  project: Project;
  modelId: string;
  imageId: string;
  frame: number;
  method: Explanation["method"];
  /** default: the predicted class */
  classIndex?: number | undefined;
  threads?: number;
}): Promise<Explanation> {
  const model = project.models.get(modelId);
  if (classIndex !== undefined && classIndex >= model.classes.length) {
    throw new AppError(
      "app/invalid-input",
      `The model has ${model.classes.length} classes; there is no class ${classIndex}.`,
    );
  }
  const { frame: kept, pixels, encoding } = project.images.frame(imageId, frame);
  const { size } = model.input;
  const prepared = prepareImage(decodeFrame(kept, pixels, encoding as FrameEncoding), pixels, model.input);
  const image = floatTensor([1, 1, size, size], prepared);

  const run = async (onnx: Uint8Array, feeds: Values, outputs: readonly string[]) => {
    const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
    try {
      return await session.run(feeds, outputs);
    } finally {
      await session.dispose();
    }
  };
  const onnx = project.models.onnx(modelId);
  const probabilities = Array.from((await run(onnx, { image }, ["probabilities"])).probabilities!.data as Float32Array);
  const chosen = classIndex ?? predictedClass(probabilities, model.threshold);
  const oneHot = floatTensor(
    [1, probabilities.length],
    probabilities.map((_, i) => (i === chosen ? 1 : 0)),
  );
  const differentiable = model.parentId ? project.models.onnx(model.parentId) : onnx;
  const graph = METHODS[method](readOnnx(differentiable));
  const answer = await run(writeOnnx(graph), { image, [CLASS_INPUT]: oneHot }, [SALIENCY_OUTPUT]);
  const map = answer[SALIENCY_OUTPUT]!;

  const scale = Math.min(1, LONGEST_SIDE / Math.max(pixels.rows, pixels.columns));
  const to = {
    rows: Math.max(1, Math.round(pixels.rows * scale)),
    columns: Math.max(1, Math.round(pixels.columns * scale)),
  };
  const values = resampleBilinear(map.data as Float32Array, { rows: map.dims[0]!, columns: map.dims[1]! }, to);
  return {
    modelId,
    imageId,
    frame,
    method,
    classIndex: chosen,
    probabilities,
    ...to,
    values: Array.from(normalised(values)),
  };
}

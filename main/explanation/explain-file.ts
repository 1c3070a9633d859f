// Maps of a model that is not part of the project: an ONNX file, for one image. Nothing of it is kept.
import { availableParallelism } from "node:os";
import type {
  ExplanationMethod,
  FileExplanation,
  FileNormalisation,
  MapTarget,
  Progress,
  TrustFigures,
} from "../../preload/contract/index.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage, resample } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";
import { createSession } from "../training/engines/session.ts";
import { mapSize, SEED } from "./explain.ts";
import { Explainer, type Question } from "./explainer.ts";
import { type AnswerAtHand, foundIn, openFileModel, questionOf } from "./file-model.ts";
import { mapOrFallback } from "./maps.ts";
import { normalised, resampleBilinear } from "./resample.ts";
import { trustOf } from "./trust.ts";

export interface FileRequest {
  project: Project;
  onnx: Uint8Array;
  imageId: string;
  frame: number;
  method: ExplanationMethod;
  target: MapTarget;
  classIndex?: number | undefined;
  normalise: FileNormalisation;
  threads?: number;
  signal: AbortSignal;
}

/**
 * Reads the frame in its display window as 0 to 1, normalised as asked, in as many channels as the model takes. Blocks its thread: child process. Errors: those of
 * `openFileModel` and `questionOf`; graph/*; app/aborted; imaging/*.
 */
export function explainFile(request: FileRequest): Promise<FileExplanation> {
  const { imageId, frame, method: asked } = request;
  return withMap(request, async ({ at, classIndex, question, method, map, reason }) => {
    const to = mapSize(at.frame.rows, at.frame.columns);
    const values = Array.from(normalised(resampleBilinear(map.values, map, to)));
    const probabilities = meanProbabilities(at, question.weights);
    const said = { modelId: "", imageId, frame, method, asked, reason, classIndex, probabilities };
    const { answers, classes } = at.model;
    return { explanation: { ...said, ...to, values }, answers, classes, found: foundIn(at) };
  });
}

/** Trust figures of the map that `explainFile` gives for the same request. Blocks its thread: child process. */
export function checkFile({
  onProgress,
  ...request
}: FileRequest & { onProgress?: (progress: Progress) => void }): Promise<TrustFigures> {
  const { signal } = request;
  return withMap(request, ({ explainer, image, question, method, map, threads }) => {
    const began = performance.now();
    return trustOf({
      ...{ explainer, image, question, method, map, seed: SEED, threads, signal },
      onStep: (done, total) => {
        const secondsLeft = ((performance.now() - began) / 1000 / done) * (total - done);
        onProgress?.({ done, total, unit: "steps", secondsLeft, note: "checking" });
      },
    });
  });
}

interface MapAtHand extends Awaited<ReturnType<typeof mapOrFallback>> {
  readonly at: AnswerAtHand;
  readonly explainer: Explainer;
  readonly image: Float32Array;
  readonly question: Question;
  readonly classIndex: number;
  readonly threads: number;
}

async function withMap<T>(request: FileRequest, use: (at: MapAtHand) => Promise<T>): Promise<T> {
  const { project, onnx, imageId, frame, target, normalise, signal, threads = availableParallelism() } = request;
  const model = openFileModel(onnx);
  const explainer = new Explainer({ graph: model.graph, threads, signal });
  try {
    const { image, rows, columns } = pictureFor(explainer, project, imageId, frame, normalise);
    const [answer] = await explainer.probabilities(image);
    const at: AnswerAtHand = {
      ...{ model, probabilities: answer!, frame: { rows, columns } },
      boxes: model.answers === "boxes" ? await boxesOf(model.graph, explainer, image, threads) : null,
      input: { rows: explainer.rows, columns: explainer.columns },
    };
    const { question, classIndex } = questionOf(at, target, request.classIndex ?? null);
    const made = await mapOrFallback(request.method, { explainer, image, question, seed: SEED });
    return await use({ ...made, at, explainer, image, question, classIndex, threads });
  } finally {
    await explainer.dispose();
  }
}

function pictureFor(
  { rows: tall, columns: wide, channels }: Explainer,
  project: Project,
  imageId: string,
  frame: number,
  { mean, std }: FileNormalisation,
) {
  const { frame: kept, pixels, encoding } = project.images.frame(imageId, frame);
  const { center, width } = pixels.window;
  const size = Math.max(tall, wide);
  const shown = { size, low: center - width / 2, high: center + width / 2 };
  const square = prepareImage(decodeFrame(kept, pixels, encoding as FrameEncoding), pixels, shown);
  const plane = (tall === wide ? square : resample(square, size, size, tall, wide)).map((v) => (v - mean) / std);
  const image = new Float32Array(channels * plane.length);
  for (let channel = 0; channel < channels; channel++) image.set(plane, channel * plane.length);
  return { image, rows: pixels.rows, columns: pixels.columns };
}

/** [P, 4] in input pixels; answers from 0 to 1 are parts of the input. */
async function boxesOf(graph: Graph, explainer: Explainer, image: Float32Array, threads: number) {
  const { channels, rows, columns } = explainer;
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads, use: "inference" });
  try {
    const { boxes } = await session.run({ image: floatTensor([1, channels, rows, columns], image) }, ["boxes"]);
    const values = boxes!.data as Float32Array;
    const parts = values.every((value) => value >= -0.5 && value <= 1.5);
    return parts ? values.map((value, i) => value * (i % 2 === 0 ? columns : rows)) : values;
  } finally {
    await session.dispose();
  }
}

/** Of each class, over the pixels or the place that the question is about. */
function meanProbabilities(
  { model: { answers, classes }, probabilities }: AnswerAtHand,
  weights: Float32Array,
): number[] {
  if (answers === "class") return Array.from(probabilities);
  const places = probabilities.length / classes;
  // Masks are [K, places], boxes [places, K].
  const index = (k: number, place: number) => (answers === "mask" ? k * places + place : place * classes + k);
  const asked = Array.from({ length: places }, (_, place) => place).filter((place) =>
    Array.from({ length: classes }, (_, k) => weights[index(k, place)]!).some((weight) => weight > 0),
  );
  return Array.from(
    { length: classes },
    (_, k) => asked.reduce((sum, place) => sum + probabilities[index(k, place)]!, 0) / Math.max(1, asked.length),
  );
}

// The thread that decodes files and runs the model. See predictor.ts for why it is a thread; only types are imported from here.
//
// A file takes exactly the studio's path: readImages → decodeFrame → prepareImage → the same graph in the same runtime, so an answer
// here equals the studio's. The model must give finite numbers once before the thread calls itself ready.

import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { CaseTags } from "../../preload/contract/case-tags.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { pixelsOfFrame } from "../../preload/contract/pixels.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";
import { initCodecs } from "../imaging/codecs.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage } from "../imaging/prepare.ts";
import { readImages } from "../imaging/read.ts";
import { INPUT, OUTPUTS, type Outputs } from "./inference-protocol.ts";

export interface InferTask {
  readonly kind: "infer";
  /** [count, 1, size, size] */
  readonly data: Float32Array;
  readonly count: number;
}
export interface PredictTask {
  readonly kind: "predict";
  /** a whole PNG, JPEG, TIFF or DICOM file */
  readonly bytes: Uint8Array;
  /** from 0; null: the middle one, which stands for the image in training and evaluation too */
  readonly frame: number | null;
  readonly preview: boolean;
}
export type Task = InferTask | PredictTask;

export interface Answer {
  readonly outputs: Outputs;
  /** inside the model */
  readonly seconds: number;
  /** the frame that was looked at; 0 for tensors */
  readonly frame: number;
  /** of the file; 1 for tensors */
  readonly frames: number;
  /** PNG; only for a predict task that asked for it */
  readonly preview: Uint8Array | null;
  /** what the file says, for rules; null for tensors. It goes into no answer and no log. */
  readonly tags: CaseTags | null;
}

/** From the thread: once `ready` or `failed`, then one `answer` or `refused` for each task, in order. */
export type ThreadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failed" | "refused"; readonly code: string; readonly message: string };

export interface ThreadData {
  readonly modelPath: string;
  readonly model: ServedModel;
}

/** One image decoded. Reading takes a few times this for a moment, and a container has no disk to swap to. */
const MAX_DECODED_BYTES = 256 * 2 ** 20;

const { modelPath, model } = workerData as ThreadData;
const { size } = model.input;
const port = parentPort;
if (!port) throw new Error("inference-thread.ts runs as a worker thread");
const send = (message: ThreadMessage) => port.postMessage(message);

try {
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ["cpu"],
    intraOpNumThreads: availableParallelism(),
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  await initCodecs();
  await compute(session, new Float32Array(size * size), 1);
  port.on("message", (task: Task) => void answer(session, task));
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "failed", ...described(error) });
}

async function answer(session: InferenceSession, task: Task): Promise<void> {
  try {
    send({ kind: "answer", answer: task.kind === "infer" ? await infer(session, task) : await predict(session, task) });
  } catch (error) {
    send({ kind: "refused", ...described(error) });
  }
}

async function infer(session: InferenceSession, task: Extract<Task, { kind: "infer" }>): Promise<Answer> {
  return { ...(await compute(session, task.data, task.count)), frame: 0, frames: 1, preview: null, tags: null };
}

async function predict(session: InferenceSession, task: PredictTask): Promise<Answer> {
  const images = readImages({ name: "", bytes: task.bytes }, { maxBytes: MAX_DECODED_BYTES });
  const [image] = images;
  if (!image || images.length > 1) {
    throw new AppError("app/invalid-input", `Expected one image, found ${images.length}.`);
  }
  const frame = task.frame ?? image.frames.length >> 1;
  const stored = image.frames[frame];
  if (!stored) {
    throw new AppError("imaging/frame-missing", `Expected a frame from 0 to ${image.frames.length - 1}, got ${frame}.`);
  }
  const decoded = decodeFrame(stored, image.pixels, image.encoding);
  const input = prepareImage(decoded, pixelsOfFrame(image.pixels, frame), model.input);
  return {
    ...(await compute(session, input, 1)),
    frame,
    frames: image.frames.length,
    preview: task.preview ? image.thumbnail : null,
    tags: { ...Object.fromEntries(image.tags.map(({ name, value }) => [name, value])), Modality: image.modality },
  };
}

/** Every number that leaves is finite: a model that cannot say something says so. */
async function compute(
  session: InferenceSession,
  data: Float32Array,
  count: number,
): Promise<{ outputs: Outputs; seconds: number }> {
  const start = performance.now();
  const results = await session.run({ [INPUT]: new Tensor("float32", data, [count, 1, size, size]) }, [...OUTPUTS]);
  const seconds = (performance.now() - start) / 1000;
  const outputs = Object.fromEntries(OUTPUTS.map((name) => [name, numbers(results[name]?.data, count)])) as Outputs;
  return { outputs, seconds };
}

function numbers(data: Tensor["data"] | undefined, count: number): Float32Array {
  const expected = count * model.classes.length;
  if (!(data instanceof Float32Array) || data.length !== expected || !data.every(Number.isFinite)) {
    throw new AppError("app/internal", `The model did not give ${expected} finite numbers.`);
  }
  return data.slice();
}

function described(error: unknown): { code: string; message: string } {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: "app/internal", message: error instanceof Error ? error.message : String(error) };
}

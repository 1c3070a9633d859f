// The door of this room for one image: one model, one class, one map, and how far that map can be believed.
import { availableParallelism } from "node:os";
import {
  type Explanation,
  type ExplanationMethod,
  type Progress,
  predictedClass,
  type TrustReport,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";
import { askClass, Explainer, type RawMap } from "./explainer.ts";
import { mapOrFallback } from "./maps.ts";
import { overlapOf } from "./overlap.ts";
import { normalised, resampleBilinear } from "./resample.ts";
import { graphsOf, markedIn, pictureOf, requireClass } from "./subject.ts";
import { trustOf } from "./trust.ts";

/** Longest side of the answer in pixels: a map has no finer detail than the model's input, and it travels as text. */
const LONGEST_SIDE = 256;
/** Of noise and masks: the same question gets the same map. */
export const SEED = 1;

export interface MapRequest {
  project: Project;
  modelId: string;
  imageId: string;
  frame: number;
  method: ExplanationMethod;
  /** default: the predicted class */
  classIndex?: number | undefined;
  threads?: number;
  signal?: AbortSignal;
}

/**
 * Explains a model's answer about one frame. Gradients of an int8 model are those of the model that it was made from. Blocks its thread: child process.
 * Errors: explanation/not-possible; app/not-found; app/invalid-input for a class it does not have; app/aborted.
 */
export async function explain(request: MapRequest): Promise<Explanation> {
  return withMap(request, async ({ map, rows, columns, said }) => {
    const to = mapSize(rows, columns);
    const values = normalised(resampleBilinear(map.values, map, to));
    return { ...said, ...to, values: Array.from(values) };
  });
}

/** Size of the map that travels, for a frame of this size. */
export function mapSize(rows: number, columns: number): { rows: number; columns: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(rows, columns));
  return { rows: Math.max(1, Math.round(rows * scale)), columns: Math.max(1, Math.round(columns * scale)) };
}

/** Trust figures of the map that `explain` gives for the same request, and its overlap with what readers drew. Blocks its thread: child process. */
export async function checkMap({
  onProgress,
  ...request
}: MapRequest & { onProgress?: (progress: Progress) => void }): Promise<TrustReport> {
  const { project, signal = new AbortController().signal } = request;
  return withMap({ ...request, signal }, async ({ map, image, rows, columns, explainer, question, threads, said }) => {
    const began = performance.now();
    const { modelId, imageId, frame, method, classIndex } = said;
    const figures = await trustOf({
      ...{ explainer, image, question, method, map, seed: SEED, threads, signal },
      onStep: (done, total) => {
        const secondsLeft = ((performance.now() - began) / 1000 / done) * (total - done);
        onProgress?.({ done, total, unit: "steps", secondsLeft, note: "checking" });
      },
    });
    const { id } = project.models.get(modelId).classes[classIndex]!;
    const marked = markedIn(project, imageId, id, frame, rows, columns);
    const overlap = marked && overlapOf(map, marked, rows, columns);
    return { modelId, imageId, frame, method, classIndex, figures, overlap };
  });
}

interface MapAtHand {
  readonly map: RawMap;
  readonly image: Float32Array;
  /** Size of the frame. */
  readonly rows: number;
  readonly columns: number;
  readonly explainer: Explainer;
  readonly question: ReturnType<typeof askClass>;
  readonly threads: number;
  readonly said: Omit<Explanation, "rows" | "columns" | "values">;
}

async function withMap<T>(request: MapRequest, use: (at: MapAtHand) => Promise<T>): Promise<T> {
  const { project, modelId, imageId, frame, method: asked, threads = availableParallelism(), signal } = request;
  const model = project.models.get(modelId);
  requireClass(model, request.classIndex);
  const { image, rows, columns } = pictureOf(project, model, imageId, frame);
  const explainer = new Explainer({ ...graphsOf(project, model), threads, ...(signal ? { signal } : {}) });
  try {
    const [answer] = await explainer.probabilities(image);
    const probabilities = Array.from(answer!);
    const classIndex = request.classIndex ?? predictedClass(probabilities, model.threshold);
    const question = askClass(classIndex, probabilities.length);
    const { method, map, reason } = await mapOrFallback(asked, { explainer, image, question, seed: SEED });
    const said = { modelId, imageId, frame, method, asked, reason, classIndex, probabilities };
    return await use({ map, image, rows, columns, explainer, question, threads, said });
  } finally {
    await explainer.dispose();
  }
}

// Why does it think so: these looked alike. The training images whose features lie nearest to an image's.
//
// Features are what the model's last layer reads (its embedding), so two images are near where the model sees the same in them, whatever they look like to a
// person. A model whose last layer has places in it is asked for the mean of each channel of its last stage.
import { availableParallelism } from "node:os";
import {
  AppError,
  type Neighbour,
  type Neighbourhood,
  type Progress,
  predictedClass,
} from "../../preload/contract/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import type { Project } from "../project/project.ts";
import type { SnapshotItem } from "../training/dataset.ts";
import { createSession } from "../training/engines/session.ts";
import { lastFeatures } from "../training/features.ts";
import { itemsOfRun } from "../training/folds.ts";
import { lastFeatureMap } from "./saliency.ts";
import { middleFrame, pictureOf } from "./subject.ts";

/** Pictures in one run of the model. */
const BATCH = 32;

export interface NeighbourRequest {
  project: Project;
  modelId: string;
  imageId: string;
  frame: number;
  /** At most so many. */
  count: number;
  threads?: number;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * The nearest images of the model's training part by cosine similarity, the nearest first, without the image itself. Features of the training part are
 * computed once for each model and kept. Blocks its thread: child process. Errors: explanation/not-possible; app/not-found; app/aborted; imaging/*.
 */
export async function nearestImages(request: NeighbourRequest): Promise<Neighbourhood> {
  const { project, modelId, imageId, frame, count, threads = availableParallelism(), signal, onProgress } = request;
  const model = project.models.get(modelId);
  const { recipe } = project.runs.get(model.runId);
  const learnt = itemsOfRun(project, model.snapshotId, recipe).filter(({ part }) => part === "train");
  const { onnx, name } = withEmbedding(readOnnx(project.models.onnx(modelId)));
  const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
  const area = model.input.size ** 2;
  const read = async (pictures: Float32Array) => {
    if (signal.aborted) throw new AppError("app/aborted", "The search for images that look alike was stopped.");
    const images = pictures.length / area;
    const image = floatTensor([images, 1, model.input.size, model.input.size], pictures);
    const answer = await session.run({ image }, [name, "probabilities"]);
    // Messages, "cancel" among them, come in between batches.
    await new Promise((resolve) => setImmediate(resolve));
    return { vectors: answer[name]!.data as Float32Array, probabilities: answer.probabilities!.data as Float32Array };
  };
  try {
    const asked = await read(pictureOf(project, model, imageId, frame).image);
    const width = asked.vectors.length;
    let vectors = project.embeddings.of(modelId);
    if (vectors?.length !== learnt.length * width) {
      vectors = new Float32Array(learnt.length * width);
      const began = performance.now();
      for (let start = 0; start < learnt.length; start += BATCH) {
        const some = learnt.slice(start, start + BATCH);
        const pictures = new Float32Array(some.length * area);
        some.forEach((item, i) => {
          const { image } = pictureOf(project, model, item.imageId, middleFrame(project, item.imageId));
          pictures.set(image, i * area);
        });
        vectors.set((await read(pictures)).vectors, start * width);
        const done = start + some.length;
        const secondsLeft = ((performance.now() - began) / 1000 / done) * (learnt.length - done);
        onProgress?.({ done, total: learnt.length, unit: "images", secondsLeft, note: "embedding" });
      }
      project.embeddings.save(modelId, vectors);
    }
    const probabilities = Array.from(asked.probabilities);
    const classIndex = predictedClass(probabilities, model.threshold);
    const found = nearest(asked.vectors, vectors, learnt, imageId).slice(0, count);
    const { patient } = project.images.get(imageId);
    const neighbours = found.map(({ item, similarity }): Neighbour => {
      const samePatient = item.patient !== "" && item.patient === patient;
      return { imageId: item.imageId, classIndex: item.classIndex, similarity, samePatient };
    });
    return { modelId, imageId, frame, classIndex, searched: learnt.length, neighbours };
  } finally {
    await session.dispose();
  }
}

/** Training items by cosine similarity to `asked`, the nearest first; a vector of zeros is like nothing. */
function nearest(asked: Float32Array, vectors: Float32Array, items: readonly SnapshotItem[], imageId: string) {
  const width = asked.length;
  const length = Math.hypot(...asked);
  return items
    .map((item, k) => {
      let [dot, square] = [0, 0];
      for (let i = 0; i < width; i++) {
        const value = vectors[k * width + i]!;
        dot += value * asked[i]!;
        square += value * value;
      }
      const scale = length * Math.sqrt(square);
      return { item, similarity: scale > 0 ? Math.min(1, dot / scale) : 0 };
    })
    .filter(({ item }) => item.imageId !== imageId)
    .sort((a, b) => b.similarity - a.similarity);
}

/** The model with its features [N, F] as an output, and their name. Errors: explanation/not-possible. */
function withEmbedding(graph: Graph): { onnx: Uint8Array; name: string } {
  const features = lastFeatures(graph);
  const b = GraphBuilder.from(graph);
  if (features === null) {
    const stage = b.value(readByLastConvolution(graph) ?? lastFeatureMap(graph));
    b.output(b.as("embedding").reduceMean(stage, [2, 3], false));
    return { onnx: writeOnnx(b.build()), name: "embedding" };
  }
  b.output(b.value(features));
  return { onnx: writeOnnx(b.build()), name: features };
}

/** Of a net that scores places what its last layer reads: the scores themselves say the class and no more. */
function readByLastConvolution({ nodes, inputs }: Graph): string | null {
  const last = nodes.findLast(({ op }) => op === "Conv");
  const read = last?.inputs[0];
  return read === undefined || read === inputs[0]!.name ? null : read;
}

// Training images that a model sees much the same in: of a model whose features are the picture itself, the most alike pictures.
import { expect, test } from "vitest";
import { nearestImages } from "../../main/explanation/neighbours.ts";
import { middleFrame, pictureOf } from "../../main/explanation/subject.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import type { Project } from "../../main/project/project.ts";
import { createRun, projectWithBlobs, SIZES } from "../training/blob-project.ts";
import { BLOB_SIZE } from "../training/blobs.ts";

const AREA = BLOB_SIZE ** 2;

/** `linear`: its last layer reads the pixels. Otherwise its last layer is a convolution, and the mean of each channel stands for the picture. */
function onnxOf(linear: boolean): Uint8Array {
  const b = new GraphBuilder("looks");
  const x = b.input("image", "float32", ["N", 1, BLOB_SIZE, BLOB_SIZE]);
  const weights = (dims: number[]) =>
    floatTensor(
      dims,
      Float32Array.from({ length: dims.reduce((a, c) => a * c) }, (_, i) => Math.sin(i)),
    );
  const logits = linear
    ? b.as("logits").gemm(b.flatten(x), b.initializer("head", weights([AREA, 2])))
    : b
        .as("logits")
        .reduceMean(
          b.conv(x, b.initializer("head", weights([2, 1, 3, 3])), null, { pads: [1, 1, 1, 1] }),
          [2, 3],
          false,
        );
  b.output(logits);
  b.output(b.as("probabilities").softmax(logits, 1));
  return writeOnnx(b.build());
}

function modelIn(project: Project, snapshotId: string, linear: boolean): string {
  const { classes } = project.snapshots.get(snapshotId);
  const { id: runId } = createRun(project, snapshotId);
  const named = { runId, snapshotId, kind: "trained", parentId: null, name: "looks", accepted: true } as const;
  const input = { size: BLOB_SIZE, low: 0, high: 2000 };
  return project.models.add({ ...named, onnx: onnxOf(linear), input, classes }).id;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test("neighbours are the training images with the most alike features, in that order, with the snapshot's class, and never the image itself", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const modelId = modelIn(project, snapshotId, true);
  const model = project.models.get(modelId);
  const learnt = project.snapshots.items(snapshotId).filter(({ part }) => part === "train");
  const picture = (imageId: string) => pictureOf(project, model, imageId, middleFrame(project, imageId)).image;
  const { signal } = new AbortController();
  for (const part of ["test", "train"] as const) {
    const { imageId } = project.snapshots.items(snapshotId).find((item) => item.part === part)!;
    const expected = learnt
      .filter((item) => item.imageId !== imageId)
      .map((item) => ({ ...item, similarity: cosine(picture(imageId), picture(item.imageId)) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 5);
    const found = await nearestImages({ project, modelId, imageId, frame: 0, count: 5, threads: 1, signal });
    expect(found.searched).toBe(SIZES.train);
    expect(found.neighbours.map((one) => [one.imageId, one.classIndex])).toEqual(
      expected.map((one) => [one.imageId, one.classIndex]),
    );
    found.neighbours.forEach(({ similarity }, i) => {
      expect(similarity).toBeCloseTo(expected[i]!.similarity, 4);
    });
  }
});

test("features of the training part are computed once for each model, and the answer is the same with those that were kept", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const modelId = modelIn(project, snapshotId, false);
  const { imageId } = project.snapshots.items(snapshotId).find(({ part }) => part === "test")!;
  const asked: number[] = [];
  const onProgress = ({ done }: { done: number }) => void asked.push(done);
  const { signal } = new AbortController();
  const request = { project, modelId, imageId, frame: 0, count: 100, threads: 1, signal, onProgress };
  const first = await nearestImages(request);
  expect(asked.at(-1)).toBe(SIZES.train);
  asked.length = 0;
  expect(await nearestImages(request)).toEqual(first);
  expect(asked).toEqual([]);
  expect(first.neighbours).toHaveLength(SIZES.train);
});

test("a search that is stopped ends with app/aborted and keeps nothing", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const modelId = modelIn(project, snapshotId, true);
  const { imageId } = project.snapshots.items(snapshotId)[0]!;
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  const request = { project, modelId, imageId, frame: 0, count: 3, threads: 1, signal: stop.signal, onProgress };
  await expect(nearestImages(request)).rejects.toMatchObject({ code: "app/aborted" });
  expect(project.embeddings.of(modelId)).toBeNull();
});

// Runs that begin with what a model has learnt: one of the project, or one that another tool wrote.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { trainRun } from "../../main/training/run.ts";
import { describeStart } from "../../main/training/starting-model.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { colourNet } from "../support/colour-net.ts";
import { createRun, projectWithBlobs, THREADS } from "./blob-project.ts";
import { BLOB_SIZE } from "./blobs.ts";

const sitting = { signal: new AbortController().signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} };

test("a colour classifier from elsewhere learns grey images and other classes, and its frozen layers stay", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const onnx = colourNet(BLOB_SIZE);
  const facts = describeStart(onnx);
  expect(facts).toEqual({ size: BLOB_SIZE, classes: 7, layers: 3 });
  const start = project.startingModels.add({ name: "theirs", onnx, ...facts });
  expect(project.startingModels.list()).toEqual([start]);
  const recipe = { startFrom: start.id, epochs: 20, learningRate: 0.01, calibrate: true } as const;
  const [free, held] = [
    createRun(project, snapshotId, recipe),
    createRun(project, snapshotId, { ...recipe, frozenLayers: 2 }),
  ];
  for (const { id: runId } of [free, held]) await trainRun({ project, runId, ...sitting });
  const models = [free, held].map(({ id }) => project.runs.get(id).modelId!);
  const [freed, kept] = models.map((id) => readOnnx(project.models.onnx(id)));
  expect(freed!.inputs[0]!.shape).toEqual(["N", 1, BLOB_SIZE, BLOB_SIZE]);
  for (const name of ["a", "c"]) {
    const before = readOnnx(onnx).initializers.get(name)!.data;
    expect(kept!.initializers.get(name)!.data).toEqual(before);
    expect(freed!.initializers.get(name)!.data).not.toEqual(before);
  }
  expect(kept!.initializers.get("e")!.dims).toEqual([2, 12]);
  expect(project.models.evaluation(models[0]!, "test")!.auc!.value).toBeGreaterThan(0.9);
});

test("a run that begins with a trained model goes on from what that has learnt", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  // Copies that it answers with are not what goes on learning.
  const first = createRun(project, snapshotId, { testTimeAugmentation: true });
  await trainRun({ project, runId: first.id, ...sitting });
  const { modelId } = project.runs.get(first.id);
  const firstLoss = async (startFrom: string | null) => {
    const { id } = createRun(project, snapshotId, { startFrom, epochs: 1, learningRate: 1e-5, schedule: "constant" });
    await trainRun({ project, runId: id, ...sitting });
    return project.runs.points(id).find(({ part, metric }) => part === "train" && metric === "loss")!.value;
  };
  expect(await firstLoss(modelId)).toBeLessThan((await firstLoss(null)) / 2);
});

test("another size than the model's, or a model that does not exist, is refused before anything is trained", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const onnx = colourNet(BLOB_SIZE + 8);
  const { id: startFrom } = project.startingModels.add({ name: "larger", onnx, ...describeStart(onnx) });
  const sized = createRun(project, snapshotId, { startFrom });
  const size = `${BLOB_SIZE + 8} × ${BLOB_SIZE + 8}`;
  await expect(trainRun({ project, runId: sized.id, ...sitting })).rejects.toThrow(`takes images of ${size} pixels`);
  const missing = createRun(project, snapshotId, { startFrom: "nothing" });
  await expect(trainRun({ project, runId: missing.id, ...sitting })).rejects.toMatchObject({ code: "app/not-found" });
});

test("files that cannot be a starting model are refused with what they are", () => {
  expect(() => describeStart(new Uint8Array([1, 2, 3]))).toThrow(expect.objectContaining({ code: "graph/invalid" }));
  const b = new GraphBuilder("table");
  const x = b.input("x", "float32", ["N", 6]);
  b.output(b.gemm(x, b.initializer("w", randomTensor("float32", [3, 6], 1)), null, { transB: true }));
  expect(() => describeStart(writeOnnx(b.build()))).toThrow(/must tell classes of images apart/);
});

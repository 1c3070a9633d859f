// Models as files for other tools, on a disk.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import type { TaskContext } from "../../main/jobs/tasks/context.ts";
import { saveModel } from "../../main/jobs/tasks/save.ts";
import { createRandom } from "../../main/models/random.ts";
import { withoutCopies } from "../../main/models/test-time-augmentation.ts";
import { trainRun } from "../../main/training/run.ts";
import type { Recipe } from "../../preload/contract/index.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";
import { BLOB_SIZE } from "../training/blobs.ts";

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loupe-save-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function trained(changes: Partial<Recipe>) {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 2, ...changes });
  const sitting = { signal: new AbortController().signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} };
  await trainRun({ project, runId, ...sitting });
  return { project, modelId: project.runs.get(runId).modelId! };
}

const task = (modelId: string, format: "onnx" | "tensorflow", name: string, overwrite = false) =>
  ({ kind: "save", modelId, format, folder, name, overwrite }) as const;

test("a trained model is saved as ONNX byte for byte, and as layers that answer in TensorFlow.js as one copy does here", async () => {
  const { project, modelId } = await trained({ testTimeAugmentation: true });
  const context = { project } as TaskContext;
  const onnx = project.models.onnx(modelId);
  const file = await saveModel(task(modelId, "onnx", "胸片 v1"), context);
  expect(file).toEqual({ path: join(folder, "胸片 v1.onnx"), bytes: onnx.byteLength, copies: false });
  expect(Buffer.compare(readFileSync(file.path), onnx)).toBe(0);

  const layers = await saveModel(task(modelId, "tensorflow", "胸片 v1"), context);
  const own = join(folder, "胸片 v1");
  expect(layers).toMatchObject({ path: join(own, "model.json"), copies: true });
  expect(readdirSync(folder).toSorted()).toEqual(["胸片 v1", "胸片 v1.onnx"]);
  expect(readdirSync(own).toSorted()).toEqual(["model.json", "weights.bin"]);
  const weights = readFileSync(join(own, "weights.bin"));
  const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(readFileSync(layers.path, "utf8"));
  expect(layers.bytes).toBe(weights.byteLength + readFileSync(layers.path).byteLength);
  expect(userDefinedMetadata).toEqual({
    classes: project.models.get(modelId).classes.map(({ name }) => name),
    threshold: project.models.get(modelId).threshold,
    input: project.models.get(modelId).input,
  });

  const weightData = new Uint8Array(weights).buffer;
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  );
  const random = createRandom(2);
  const x = Float32Array.from({ length: 4 * BLOB_SIZE ** 2 }, () => 255 * random.uniform());
  const dims = [4, 1, BLOB_SIZE, BLOB_SIZE];
  const one = withoutCopies(readOnnx(onnx));
  const { probabilities } = await runGraph(one, { image: floatTensor(dims, x) });
  const answer = model.predict(tf.tensor(x, [4, BLOB_SIZE, BLOB_SIZE, 1])) as tf.Tensor;
  expect(answer.shape).toEqual(probabilities!.dims);
  const found = answer.dataSync();
  numbers(probabilities!).forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5);
  });

  const entries = project.audit.list(0, 50).entries.filter(({ action }) => action === "model/save");
  expect(entries.map(({ subject }) => subject)).toEqual([modelId, modelId]);
});

test("a file that is there stays as it is until it may be overwritten", async () => {
  const { project, modelId } = await trained({});
  const context = { project } as TaskContext;
  const { path } = await saveModel(task(modelId, "tensorflow", "net"), context);
  const before = readFileSync(path);
  await expect(saveModel(task(modelId, "tensorflow", "net"), context)).rejects.toMatchObject({
    code: "shipping/target-exists",
  });
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(join(folder, "net")).toSorted()).toEqual(["model.json", "weights.bin"]);
  expect(await saveModel(task(modelId, "tensorflow", "net", true), context)).toMatchObject({ path });
});

test("a net that layers cannot say is refused with the operator's name, and nothing is written", async () => {
  const { project, modelId } = await trained({ architecture: "vit-tiny", width: 64, epochs: 1 });
  await expect(saveModel(task(modelId, "tensorflow", "vit"), { project } as TaskContext)).rejects.toMatchObject({
    code: "model/not-exportable",
    message: expect.stringMatching(/^\w+ ".+" cannot be written as a layer: /),
  });
  expect(readdirSync(folder)).toEqual([]);
});

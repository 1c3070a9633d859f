// Models from elsewhere, as files on a disk.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskContext } from "../../main/jobs/tasks/context.ts";
import { starting } from "../../main/jobs/tasks/train.ts";
import { trainRun } from "../../main/training/run.ts";
import { save } from "../models/keras/tfjs-file.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";
import { BLOB_SIZE } from "../training/blobs.ts";

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "loupe-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A colour classifier of three classes as TensorFlow.js saves it, its weights in two files. */
async function saveIn(name: string): Promise<string> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [BLOB_SIZE, BLOB_SIZE, 3],
        filters: 8,
        kernelSize: 3,
        padding: "same",
        activation: "relu",
      }),
      tf.layers.batchNormalization(),
      tf.layers.globalMaxPooling2d({}),
      tf.layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
  const { json, bytes } = await save(model);
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, "model.json"), json.replace('"weights.bin"', paths.map((one) => `"${one}"`).join()));
  await writeFile(join(path, paths[0]!), bytes.subarray(0, 100));
  await writeFile(join(path, paths[1]!), bytes.subarray(100));
  return path;
}

test("a TensorFlow.js model is taken with its weights, called after its folder, and a run learns on from it", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const path = join(await saveIn("胸片 model"), "model.json");
  const made = await starting({ kind: "starting", path }, { project } as TaskContext);
  expect(made).toMatchObject({ name: "胸片 model", size: BLOB_SIZE, classes: 3, layers: 2 });
  const { id: runId } = createRun(project, snapshotId, { startFrom: made.id, epochs: 12, learningRate: 0.02 });
  const sitting = { signal: new AbortController().signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} };
  await trainRun({ project, runId, ...sitting });
  expect(project.models.evaluation(project.runs.get(runId).modelId!, "test")!.auc!.value).toBeGreaterThan(0.9);
});

test("a weight file that is missing, or that lies elsewhere, is said by name", async () => {
  const { project } = await projectWithBlobs();
  const context = { project } as TaskContext;
  const path = await saveIn("incomplete");
  await rm(join(path, "group1-shard2of2.bin"));
  await expect(starting({ kind: "starting", path: join(path, "model.json") }, context)).rejects.toMatchObject({
    code: "app/not-found",
    message: expect.stringContaining("group1-shard2of2.bin is missing"),
  });
  const { json } = await save(tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 1 })] }));
  for (const outside of ["../secret.bin", "/etc/passwd", "..\\\\secret.bin"]) {
    await writeFile(join(path, "model.json"), json.replace("weights.bin", outside));
    await expect(starting({ kind: "starting", path: join(path, "model.json") }, context)).rejects.toMatchObject({
      code: "model/not-adoptable",
      message: expect.stringContaining("outside of its folder"),
    });
  }
});

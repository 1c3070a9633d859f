import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildModel } from "../../main/models/build-model.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { casesOf, fitBatch, stepBytes } from "../../main/training/memory.ts";
import { trainRun } from "../../main/training/run.ts";
import { stepOf } from "../bench/training/nets.ts";
import { createRun, projectWithBlobs, THREADS } from "./blob-project.ts";
import { BLOB_RECIPE, BLOB_SIZE } from "./blobs.ts";

/** What Node and our modules hold before the first step. */
const PROCESS_BYTES = 120e6;

/** The step of the blobs' net for so many cases. */
function blobStep(cases: number) {
  const { architecture, width, optimiser, weightDecay } = BLOB_RECIPE;
  const model = buildModel({ architecture, inputSize: BLOB_SIZE, width }, 2, { mean: 0, std: 1 }, 1);
  return trainingStep(model, { optimiser, weightDecay, batchSize: cases }, "cpu");
}

/** So much free memory that a batch fits in two parts and not whole. */
function tight(batchSize: number): number {
  const [whole, half] = [batchSize, casesOf(batchSize, 2)].map((cases) => stepBytes(blobStep(cases))) as [
    number,
    number,
  ];
  return (whole + half) / 2 / 0.8;
}

test.each([
  { net: "cnn", batch: 32, size: 64, width: 32 },
  { net: "unet", batch: 8, size: 96, width: 16 },
  { net: "resnet18", batch: 16, size: 32, width: 48 },
] as const)("the estimate for $net is near the peak of a process that makes the step", async (net) => {
  const script = fileURLToPath(new URL("../bench/training/step.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    JSON.stringify({ ...net, threads: 1, warmUp: 1, steps: 2 }),
  ]);
  const { peak } = JSON.parse(stdout) as { peak: number };
  const step = stepOf(net);
  const state = step.state.map(({ name, output }) => ({ name, output, initial: step.feeds[name]! }));
  const estimate = PROCESS_BYTES + stepBytes({ graph: step.graph, state });
  expect(estimate / peak).toBeGreaterThan(0.75);
  expect(estimate / peak).toBeLessThan(1.35);
});

test("a batch is divided until a part fits; where none does both figures are told", () => {
  const enough = stepBytes(blobStep(16)) / 0.8 + 1;
  expect(fitBatch(16, enough, blobStep)).toEqual({ needed: stepBytes(blobStep(16)), free: enough, parts: 1 });
  expect(fitBatch(16, tight(16), blobStep)).toMatchObject({ parts: 2, needed: stepBytes(blobStep(8)) });
  expect(() => fitBatch(16, 20e6, blobStep)).toThrow(
    expect.objectContaining({
      code: "training/too-large",
      message: expect.stringMatching(/^A step on 2 images needs about \d+ MB, of which 20 MB are free; /),
    }),
  );
});

test("a run whose batch does not fit learns in parts, says so, keeps to it when memory is free again, and ends with the same weights", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = { epochs: 4 };
  const { batchSize } = createRun(project, snapshotId, recipe).recipe;
  const quiet = { project, onProgress: () => {}, onPoints: () => {}, threads: THREADS };
  const onnxOf = (id: string) => project.models.onnx(project.runs.get(id).modelId!);

  const undisturbed = createRun(project, snapshotId, recipe);
  const free = () => tight(batchSize);
  await trainRun({ ...quiet, runId: undisturbed.id, signal: new AbortController().signal, free });
  const { memory, steps, waited, seconds } = project.runs.get(undisturbed.id);
  expect(memory).toMatchObject({ parts: 2, free: free() });
  expect(waited).toBeGreaterThan(0);
  expect(waited).toBeLessThan(seconds);

  const whole = createRun(project, snapshotId, recipe);
  await trainRun({ ...quiet, runId: whole.id, signal: new AbortController().signal });
  expect(project.runs.get(whole.id).memory).toMatchObject({ parts: 1 });
  expect(steps).toBeGreaterThan(1.8 * project.runs.get(whole.id).steps);

  const stopped = createRun(project, snapshotId, recipe);
  const controller = new AbortController();
  const stop = ({ note, done }: { note?: string | undefined; done: number }) => {
    if (note === "training" && done === 7) controller.abort();
  };
  const first = { ...quiet, runId: stopped.id, signal: controller.signal, free, onProgress: stop };
  await expect(trainRun(first)).rejects.toMatchObject({ code: "app/aborted" });
  await trainRun({ ...quiet, runId: stopped.id, signal: new AbortController().signal });
  expect(project.runs.get(stopped.id).memory).toEqual(memory);
  expect(onnxOf(stopped.id)).toEqual(onnxOf(undisturbed.id));
});

test("a run with a checkpoint from before divisions were kept goes on as it began, however little is free, and says when it has begun", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = { epochs: 4 };
  const quiet = { project, onPoints: () => {}, threads: THREADS };
  const run = createRun(project, snapshotId, recipe);
  const controller = new AbortController();
  const shown: (number | null)[] = [];
  const first = trainRun({
    ...quiet,
    runId: run.id,
    signal: controller.signal,
    onProgress: ({ note, done }) => note === "training" && done === 7 && controller.abort(),
    onChanged: () => shown.push(project.runs.get(run.id).memory?.parts ?? null),
  });
  await expect(first).rejects.toMatchObject({ code: "app/aborted" });
  // At the beginning and with the checkpoint that the stop leaves.
  expect(shown).toEqual([1, 1]);
  project.runs.update(run.id, { memory: null });
  const free = () => tight(run.recipe.batchSize);
  await trainRun({ ...quiet, runId: run.id, signal: new AbortController().signal, onProgress: () => {}, free });
  expect(project.runs.get(run.id).memory).toBeNull();

  const undisturbed = createRun(project, snapshotId, recipe);
  await trainRun({ ...quiet, runId: undisturbed.id, signal: new AbortController().signal, onProgress: () => {} });
  const onnxOf = (id: string) => project.models.onnx(project.runs.get(id).modelId!);
  expect(onnxOf(run.id)).toEqual(onnxOf(undisturbed.id));
});

test("a run that cannot fit at all is refused before its first step", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId);
  const signal = new AbortController().signal;
  const run = trainRun({
    project,
    runId,
    signal,
    onProgress: () => {},
    onPoints: () => {},
    threads: 1,
    free: () => 1e6,
  });
  await expect(run).rejects.toMatchObject({ code: "training/too-large" });
  expect(project.runs.get(runId).step).toBe(0);
});

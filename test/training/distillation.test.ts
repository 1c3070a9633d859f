import { expect, test } from "vitest";
import { floatTensor } from "../../main/graph/graph.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";
import type { PreparedPart } from "../../main/training/dataset.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { predict } from "../../main/training/evaluate.ts";
import { trainRun } from "../../main/training/run.ts";
import { classification } from "../../main/training/tasks/classification.ts";
import { softened, teacherOf } from "../../main/training/teacher.ts";
import type { Recipe } from "../../preload/contract/index.ts";
import { createRun, projectWithBlobs, THREADS } from "./blob-project.ts";
import { BLOB_RECIPE, BLOB_SIZE, drawBlobs } from "./blobs.ts";
import { trainQuietly } from "./train-quietly.ts";

const INPUT = { size: BLOB_SIZE, low: 0, high: 1 };
const PARTS = { train: drawBlobs(96, 1), validation: drawBlobs(80, 2) };
const CLASSES = ["0", "1"].map((id) => ({ id, name: id, color: "#000000" }));

async function learnt(recipe: Recipe, train: PreparedPart, teacher: Uint8Array | null) {
  const adapt = (pixels: Float32Array) => pixels;
  const task = await classification({
    recipe,
    classes: 2,
    teacher: teacher && { onnx: teacher, adapt },
    train,
    validation: PARTS.validation,
    device: "cpu",
    threads: THREADS,
  });
  return (await trainQuietly(task, recipe)).onnx;
}

async function aucOf(onnx: Uint8Array): Promise<number> {
  const session = await createSession(onnx, { device: "cpu", threads: THREADS, use: "inference" });
  try {
    return evaluate(CLASSES, await predict(session, PARTS.validation, BLOB_SIZE, {})).auc!.value;
  } finally {
    await session.dispose();
  }
}

test("probabilities softened by a temperature are the softmax of the logits over it, a probability of 0 included", () => {
  const logits = [3, -1, 0.5];
  const exps = logits.map(Math.exp);
  const total = exps.reduce((sum, e) => sum + e, 0);
  const soft = softened(floatTensor([2, 3], [...exps.map((e) => e / total), 1, 0, 0]), 2);
  const halves = logits.map((z) => Math.exp(z / 2));
  const sum = halves.reduce((a, b) => a + b, 0);
  halves.forEach((e, k) => {
    expect(soft.data[k]).toBeCloseTo(e / sum, 6);
  });
  expect(Array.from(soft.data.slice(3) as Float32Array).every((p) => Number.isFinite(p))).toBe(true);
  expect(Number(soft.data[3])).toBeCloseTo(1, 6);
});

test("a net learns from a teacher alone what labels drawn by lot do not tell it", async () => {
  const plain = { ...BLOB_RECIPE, epochs: 10, average: "none" } as const;
  const teacher = await learnt(plain, PARTS.train, null);
  expect(await aucOf(teacher)).toBeGreaterThan(0.9);
  const random = createRandom(3, 1);
  const lot = { ...PARTS.train, classIndex: PARTS.train.classIndex.map(() => random.below(2)) };
  const pupil = { ...plain, seed: 9, epochs: 20 };
  const distil = { teacher: "given", temperature: 2, weight: 1 };
  expect(await aucOf(await learnt({ ...pupil, distil }, lot, teacher))).toBeGreaterThan(0.85);
  expect(await aucOf(await learnt(pupil, lot, null))).toBeLessThan(0.8);
});

test("a run with a teacher ends with a model made from it, and is stopped and resumed like any other", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const sitting = { signal: new AbortController().signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} };
  const { id: first } = createRun(project, snapshotId);
  await trainRun({ project, runId: first, ...sitting });
  const teacher = project.runs.get(first).modelId!;
  const recipe = { width: 4, epochs: 3, seed: 7, distil: { teacher, temperature: 4, weight: 0.7 } };
  const modelOf = (runId: string) => project.models.get(project.runs.get(runId).modelId!);

  const { id: undisturbed } = createRun(project, snapshotId, recipe);
  await trainRun({ project, runId: undisturbed, ...sitting });
  const made = modelOf(undisturbed);
  expect(made).toMatchObject({ kind: "distilled", parentId: teacher, accepted: true });
  expect(project.models.evaluation(made.id, "test")!.auc).not.toBeNull();

  const { id: stopped } = createRun(project, snapshotId, recipe);
  const stop = new AbortController();
  const onPoints = () => stop.abort();
  await expect(trainRun({ project, runId: stopped, ...sitting, signal: stop.signal, onPoints })).rejects.toMatchObject({
    code: "app/aborted",
  });
  await trainRun({ project, runId: stopped, ...sitting });
  expect(Buffer.from(project.models.onnx(modelOf(stopped).id))).toEqual(Buffer.from(project.models.onnx(made.id)));

  const probe = { startFrom: teacher, probe: true, epochs: 2, distil: recipe.distil };
  const { id: probed } = createRun(project, snapshotId, probe);
  await trainRun({ project, runId: probed, ...sitting });
  expect(modelOf(probed)).toMatchObject({ kind: "distilled", parentId: teacher });
});

test("a teacher of other classes or of another size is refused with what to do; one of another range of values sees its own", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 1 });
  const signal = new AbortController().signal;
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const { id, classes, input } = project.models.get(project.runs.get(runId).modelId!);
  const classIds = classes.map((one) => one.id);
  const refusal = { code: "app/invalid-input" };
  expect(() => teacherOf(project, id, { input, classIds: classIds.toReversed() })).toThrowError(
    expect.objectContaining({ ...refusal, message: expect.stringMatching(/same order: choose a model/) }),
  );
  expect(() => teacherOf(project, id, { input: { ...input, size: 32 }, classIds })).toThrowError(
    expect.objectContaining({
      ...refusal,
      message: expect.stringMatching(/takes images of 16 × 16 .* gives it 32 × 32/),
    }),
  );
  const half = { ...INPUT, low: input.low, high: (input.low + input.high) / 2 };
  const seen = teacherOf(project, id, { input: half, classIds }).adapt(Float32Array.of(0, 0.5, 1));
  expect(Array.from(seen)).toEqual([0, 0.25, 0.5].map((value) => expect.closeTo(value, 5)));
});

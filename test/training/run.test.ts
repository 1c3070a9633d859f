import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { nodeChildren } from "../../main/jobs/node-child.ts";
import type { ChildMessage } from "../../main/jobs/protocol.ts";
import { evaluateModel } from "../../main/training/evaluate.ts";
import { suggestRecipes } from "../../main/training/recipes.ts";
import { trainRun } from "../../main/training/run.ts";
import { architectureSchema, type Progress, type RunPoint } from "../../preload/contract/index.ts";
import { createRun, projectWithBlobs, SIZES, THREADS } from "./blob-project.ts";
import { BLOB_SIZE } from "./blobs.ts";

const quiet = { onProgress: () => {}, onPoints: () => {}, threads: THREADS };

test("a run ends with a model that carries its input and classes, evaluations of validation and test, and curves", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId);
  const progress: Progress[] = [];
  const points: RunPoint[] = [];
  await trainRun({
    project,
    runId,
    signal: new AbortController().signal,
    threads: THREADS,
    onProgress: (one) => progress.push(one),
    onPoints: (some) => points.push(...some),
  });
  const run = project.runs.get(runId);
  expect(run).toMatchObject({ step: 36, steps: 36 });
  expect(run.parameters).toBeGreaterThan(1000);
  expect(run.bestEpoch).toBeGreaterThanOrEqual(1);
  expect(run.seconds).toBeGreaterThan(0);
  expect(project.runs.points(runId)).toHaveLength(points.length);
  expect(new Set(progress.map(({ note }) => note))).toEqual(new Set(["preparing", "training", "evaluating"]));
  expect(progress.find(({ note, done }) => note === "training" && done === 30)!.secondsLeft).toBeGreaterThan(0);

  const model = project.models.get(run.modelId!);
  expect(model).toMatchObject({ runId, snapshotId, kind: "trained", accepted: true });
  expect(model.classes.map(({ name }) => name)).toEqual(["正常", "lésion"]);
  // Modality values run from 600 to about 1800: the range leaves out the outermost 0.2 % at each end.
  expect(model.input.size).toBe(BLOB_SIZE);
  expect(model.input.low).toBeGreaterThanOrEqual(600);
  expect(model.input.low).toBeLessThan(610);
  expect(model.input.high).toBeGreaterThan(1300);
  expect(model.input.high).toBeLessThanOrEqual(1800);

  const [validation, judged] = (["validation", "test"] as const).map(
    (part) => project.models.evaluation(model.id, part)!,
  );
  expect(validation!.auc!.value).toBeCloseTo(run.validationAuc!, 6);
  expect(judged!.auc!.value).toBeGreaterThan(0.9);
  expect(judged!.cases).toHaveLength(SIZES.test);
  const kept = await evaluateModel({ project, modelId: model.id, part: "test" });
  expect(kept).toEqual(judged);
  // A run that has its model is not trained again.
  await trainRun({ project, runId, signal: new AbortController().signal, ...quiet });
  expect(project.models.list()).toHaveLength(1);
});

test("a run that was stopped once and killed with SIGKILL three times ends with the weights, curves and evaluations of an undisturbed one", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = { epochs: 60, width: 16 };
  const [undisturbed, killed] = [createRun(project, snapshotId, recipe), createRun(project, snapshotId, recipe)];
  await trainRun({ project, runId: undisturbed.id, signal: new AbortController().signal, ...quiet });

  // Steps are waited for, not times: the first sitting is stopped, which keeps a checkpoint, the others are killed behind it.
  const start = nodeChildren();
  for (let sitting = 0; sitting < 5; sitting++) {
    const before = project.runs.checkpoint(killed.id)?.step ?? 0;
    const child = start();
    const said: ChildMessage[] = [];
    let gone = false;
    child.onMessage((message) => said.push(message));
    child.onExit(() => (gone = true));
    child.send({ type: "open", projectPath: project.path, key: project.key, memberId: project.member.id });
    child.send({ type: "run", id: "t", task: { kind: "train", runId: killed.id } });
    const steps = (): number[] =>
      said.flatMap((one) => (one.type === "progress" && one.progress.note === "training" ? [one.progress.done] : []));
    const end = (): ChildMessage | undefined => said.find(({ type }) => type === "done" || type === "failed");
    while (!end() && !gone && !(sitting < 4 && steps().some((done) => sitting > 0 || done > 20))) await pause(5);
    // It went on where the checkpoint was, rather than from the beginning.
    expect(steps()[0]).toBe(before + 1);
    if (sitting === 0) {
      child.send({ type: "cancel", id: "t" });
      while (!end()) await pause(5);
    }
    child.kill();
    while (!gone) await pause(5);
    if (sitting === 0) expect(end()).toMatchObject({ type: "failed", error: { code: "app/aborted" } });
    else expect(end()?.type).toBe(sitting === 4 ? "done" : undefined);
    expect(project.runs.checkpoint(killed.id)!.step).toBeGreaterThan(20);
  }
  const modelOf = (id: string): string => project.runs.get(id).modelId!;
  expect(project.models.onnx(modelOf(killed.id))).toEqual(project.models.onnx(modelOf(undisturbed.id)));
  expect(project.runs.points(killed.id)).toEqual(project.runs.points(undisturbed.id));
  for (const part of ["validation", "test"] as const) {
    const { modelId: _, ...one } = project.models.evaluation(modelOf(killed.id), part)!;
    const { modelId: __, ...other } = project.models.evaluation(modelOf(undisturbed.id), part)!;
    expect(one).toEqual(other);
  }
  expect(project.runs.get(killed.id)).toMatchObject({
    step: 360,
    bestEpoch: project.runs.get(undisturbed.id).bestEpoch,
  });
});

test("a stopped run keeps a checkpoint and no model; started again it finishes", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId);
  const controller = new AbortController();
  const stopped = trainRun({
    ...quiet,
    project,
    runId,
    signal: controller.signal,
    onProgress: ({ note, done }) => note === "training" && done === 7 && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: "app/aborted" });
  expect(project.runs.checkpoint(runId)!.step).toBe(7);
  expect(project.runs.get(runId)).toMatchObject({ step: 7, steps: 36, modelId: null });
  await trainRun({ project, runId, signal: new AbortController().signal, ...quiet });
  expect(project.runs.get(runId)).toMatchObject({ step: 36 });
  expect(project.runs.get(runId).modelId).not.toBeNull();
});

test("a run whose loss is no number fails as diverged and adds no model", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = {
    optimiser: "sgd",
    learningRate: 10,
    weightDecay: 1,
    schedule: "constant",
    architecture: "logistic",
  } as const;
  const { id: runId } = createRun(project, snapshotId, { ...recipe, epochs: 20 });
  const run = trainRun({ project, runId, signal: new AbortController().signal, ...quiet });
  await expect(run).rejects.toMatchObject({ code: "training/diverged" });
  expect(project.models.list()).toEqual([]);
});

test("recipes are suggested from what the snapshot holds", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const [automatic, ...others] = await suggestRecipes(project, snapshotId, { minutes: 1, threads: THREADS });
  expect(automatic).toMatchObject({ recommended: true, recipe: { inputSize: 16, architecture: "convnet" } });
  expect(automatic!.reasons).toContainEqual({ fact: "narrowNet", values: { count: 96 } });
  expect(others.map(({ recipe }) => recipe.architecture)).toEqual(architectureSchema.options);
});

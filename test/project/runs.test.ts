import { expect, test } from "vitest";
import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import {
  type CompressionReport,
  compressionLimitsSchema,
  type Evaluation,
  type ExportReport,
  type Job,
  type RunPoint,
  recipeSchema,
  compressionRecipeSchema,
} from "../../preload/contract/index.ts";
import { planOf } from "../api/every-call.ts";
import { addImages, closing, newProject } from "./builder.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: 28,
  width: 8,
  epochs: 3,
  batchSize: 16,
  optimiser: "adam",
  learningRate: 0.001,
  weightDecay: 0,
  schedule: "cosine",
  balanced: true,
  augment: null,
  patience: null,
  seed: 1,
});

async function withSnapshot() {
  const { project } = await newProject();
  const ids = addImages(project, 40);
  project.labels.importClasses(ids.map((imageId, index) => ({ imageId, className: index % 2 ? "normal" : "lesion" })));
  const snapshot = project.snapshots.create({
    name: "first",
    seed: 1,
    train: 0.7,
    validation: 0.15,
    useSuggestedParts: true,
  });
  return { project, ids, snapshot };
}
const newRun = (project: Project, snapshotId: string) =>
  project.runs.create({ snapshotId, recipe: RECIPE, name: "run", device: "cpu", threads: 2 });
const point = (step: number, value: number): RunPoint => ({
  step,
  epoch: step / 10,
  part: "train",
  metric: "loss",
  value,
});

function newModel(project: Project, runId: string, snapshotId: string, parentId: string | null = null) {
  return project.models.add({
    runId,
    snapshotId,
    kind: parentId === null ? "trained" : "int8",
    parentId,
    name: "model",
    onnx: Uint8Array.of(1, 2, 3),
    input: { size: 28, low: 0, high: 255 },
    classes: project.snapshots.get(snapshotId).classes,
    accepted: true,
  });
}

test("a run keeps what it was made from, and changes what it is told to", async () => {
  const { project, snapshot } = await withSnapshot();
  const run = newRun(project, snapshot.id);
  expect(run).toMatchObject({ recipe: RECIPE, state: "running", step: 0, seconds: 0, modelId: null, error: null });
  const error = { code: "training/diverged", message: "The loss is not finite." };
  const updated = project.runs.update(run.id, { state: "failed", step: 7, steps: 30, seconds: 1.5, error });
  expect(updated).toEqual({ ...run, state: "failed", step: 7, steps: 30, seconds: 1.5, error });
  expect(project.runs.get(run.id)).toEqual(updated);
  expect(project.runs.list()).toEqual([updated]);
  expect(() => newRun(project, "nothing")).toThrow(refusal("app/not-found"));
  expect(() => project.runs.update("nothing", { step: 1 })).toThrow(refusal("app/not-found"));
});

test("a point given again replaces the old one, and a point that is not finite is refused with the whole batch", async () => {
  const { project, snapshot } = await withSnapshot();
  const { id } = newRun(project, snapshot.id);
  project.runs.addPoints(id, [point(1, 0.9), point(2, 0.8)]);
  project.runs.addPoints(id, [point(2, 0.7), point(3, 0.6)]);
  expect(project.runs.points(id)).toEqual([point(1, 0.9), point(2, 0.7), point(3, 0.6)]);
  expect(() => project.runs.addPoints(id, [point(4, 0.5), point(5, Number.NaN)])).toThrow(refusal("training/diverged"));
  expect(() => project.runs.update(id, { validationAuc: Number.NaN })).toThrow(refusal("training/diverged"));
  expect(project.runs.points(id)).toHaveLength(3);
});

test("the checkpoint is the last one that was saved", async () => {
  const { project, snapshot } = await withSnapshot();
  const { id } = newRun(project, snapshot.id);
  expect(project.runs.checkpoint(id)).toBeNull();
  project.runs.saveCheckpoint(id, { step: 10, bytes: new Uint8Array(100_000).fill(1) });
  project.runs.saveCheckpoint(id, { step: 20, bytes: Uint8Array.of(2) });
  const checkpoint = project.runs.checkpoint(id);
  expect([checkpoint?.step, [...(checkpoint?.bytes ?? [])]]).toEqual([20, [2]]);
});

test("what a dead process left running is interrupted, but not while another host is there", async () => {
  const { project, snapshot } = await withSnapshot();
  const [running, done] = [newRun(project, snapshot.id), newRun(project, snapshot.id)];
  project.runs.update(done.id, { state: "done" });
  project.jobs.save({ ...JOB, id: "left", state: "running" });
  const search = project.searches.create({ name: "left", earlier: [], plan: planOf(snapshot.id) });
  const openAgain = () =>
    closing(openProjectWithKey({ path: project.path, key: project.key, memberId: project.member.id }));
  // The first host is alone: everything that says it is running was left by somebody who is gone.
  expect(project.runs.markInterrupted()).toBe(2);
  expect(project.runs.get(running.id)).toMatchObject({ state: "interrupted", finishedAt: expect.any(String) });
  expect(project.runs.get(done.id).state).toBe("done");
  expect(project.jobs.get("left")).toMatchObject({ state: "interrupted", finishedAt: expect.any(String) });
  expect(project.searches.get(search.id)).toMatchObject({ state: "interrupted", finishedAt: expect.any(String) });
  // Now it works, and other hosts come: its work is not theirs to mark, nor is it marked by itself.
  project.runs.update(running.id, { state: "running", finishedAt: null });
  const [second, third] = [openAgain(), openAgain()];
  expect([second, third, project].map((host) => host.runs.markInterrupted())).toEqual([0, 0, 0]);
  second.close();
  third.close();
  expect(project.runs.get(running.id).state).toBe("running");
  const { path, key, member } = project;
  project.close();
  const next = closing(openProjectWithKey({ path, key, memberId: member.id }));
  expect(next.runs.markInterrupted()).toBe(1);
  expect(next.audit.list(0, 1)).toMatchObject({ intact: true, entries: [{ action: "run/state" }] });
});

test("a model keeps its file, its evaluations by part, and its compression report", async () => {
  const { project, ids, snapshot } = await withSnapshot();
  const run = newRun(project, snapshot.id);
  const model = newModel(project, run.id, snapshot.id);
  expect(model).toMatchObject({ bytes: 3, accepted: true, classes: snapshot.classes, kind: "trained" });
  expect([...project.models.onnx(model.id)]).toEqual([1, 2, 3]);
  expect(project.runs.update(run.id, { modelId: model.id }).modelId).toBe(model.id);

  const evaluation: Evaluation = {
    modelId: model.id,
    part: "test",
    classes: snapshot.classes,
    cases: [{ imageId: ids[0]!, truth: 0, predicted: 1, probabilities: [0.4, 0.6], loss: 0.9 }],
    accuracy: { value: 0.5, low: 0.1, high: 0.9 },
    auc: null,
    roc: [],
    threshold: 0.4,
    confusion: [
      [0, 1],
      [0, 0],
    ],
    calibration: { bins: [], ece: 0.1 },
  };
  expect(project.models.evaluation(model.id, "test")).toBeNull();
  project.models.saveEvaluation(evaluation);
  expect(project.models.evaluation(model.id, "test")).toEqual(evaluation);
  expect(project.models.evaluation(model.id, "train")).toBeNull();
  // As kept before there were thresholds.
  const { threshold: _, ...older } = evaluation;
  project.models.saveEvaluation(older as Evaluation);
  expect(project.models.evaluation(model.id, "test")).toEqual({ ...evaluation, threshold: 0.5 });

  const cost = { bytes: 3, latencyMs: 1, auc: 0.9, accuracy: 0.8, worstClass: null, worstGroup: null, flops: null };
  const small = newModel(project, run.id, snapshot.id, model.id);
  const report: CompressionReport = {
    modelId: small.id,
    accepted: true,
    maxAucDrop: 0.01,
    limits: compressionLimitsSchema.parse({}),
    missed: [],
    layers: [],
    reason: "",
    against: model.id,
    steps: compressionRecipeSchema.parse([{ step: "quantise" }]),
    before: cost,
    after: cost,
  };
  project.models.saveCompressionReport(report);
  expect(project.models.compressionReport(small.id)).toEqual(report);
  // As kept before reports said what they were measured against: the parent.
  const { against: _against, steps: _steps, ...old } = report;
  const earlier = newModel(project, run.id, snapshot.id, model.id);
  project.models.saveCompressionReport({ ...old, modelId: earlier.id } as CompressionReport);
  expect(project.models.compressionsOf(model.id).map(({ modelId, steps }) => [modelId, steps.length])).toEqual([
    [earlier.id, 0],
    [small.id, 1],
  ]);
  expect(project.models.compressionReport(model.id)).toBeNull();
  expect(project.models.list().map(({ id }) => id)).toEqual([earlier.id, small.id, model.id]);

  const exported: ExportReport = {
    id: "export",
    modelId: small.id,
    path: "/tmp/x.tar",
    reference: "loupe/chest:1",
    digest: "sha256:0",
    bytes: 1,
    createdAt: new Date().toISOString(),
    platform: "linux/amd64",
    layers: [],
    commands: [],
  };
  project.exports.add(exported);
  expect(project.exports.list()).toEqual([exported]);
  expect(project.summary().counts).toMatchObject({ snapshots: 1, runs: 1, models: 3 });
  for (const ask of [
    () => project.models.get("nothing"),
    () => project.models.onnx("nothing"),
    () => project.models.saveEvaluation({ ...evaluation, modelId: "nothing" }),
    () => project.models.saveCompressionReport({ ...report, modelId: "nothing" }),
  ]) {
    expect(ask).toThrow(refusal("app/not-found"));
  }
});

const JOB: Job = {
  id: "job",
  kind: "import",
  state: "running",
  subject: null,
  progress: { done: 0, total: 10, unit: "files", secondsLeft: null, note: "importing" },
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  error: null,
  result: null,
};

test("jobs are kept as they were saved last, newest first, at most a hundred; progress is not audited", async () => {
  const { project } = await newProject();
  project.transaction(() => {
    for (let index = 0; index < 101; index++) project.jobs.save({ ...JOB, id: `job ${index}` });
  });
  const before = project.audit.list(0, 1).total;
  const progress = { ...JOB.progress, done: 5 };
  project.jobs.save({ ...JOB, id: "job 100", progress });
  expect(project.audit.list(0, 1).total).toBe(before);
  project.jobs.save({ ...JOB, id: "job 100", progress, state: "done", result: { imported: 5 } });
  expect(project.audit.list(0, 1).total).toBe(before + 1);
  const jobs = project.jobs.list();
  expect([jobs.length, jobs[0]?.id, jobs.at(-1)?.id]).toEqual([100, "job 100", "job 1"]);
  expect(project.jobs.get("job 100")).toMatchObject({ state: "done", progress, result: { imported: 5 } });
  expect(() => project.jobs.get("nothing")).toThrow(refusal("app/not-found"));
});

test("what a person says of a run is kept and audited once; saying the same again is no change", async () => {
  const { project, snapshot } = await withSnapshot();
  const { id } = newRun(project, snapshot.id);
  expect(project.runs.get(id)).toMatchObject({ notes: "", tags: [], version: null });
  const said = { name: "baseline", notes: "Flipped images help.", tags: ["round 1", "对照"] };
  expect(project.runs.describe(id, said)).toMatchObject(said);
  expect(project.runs.describe(id, said)).toMatchObject(said);
  const entries = project.audit.list(0, 50).entries.filter(({ action }) => action === "run/describe");
  expect(entries).toHaveLength(1);
  expect(JSON.parse(entries[0]!.detail)).toMatchObject({ before: { name: "run", tags: [] }, after: said });
  expect(() => project.runs.describe("none", said)).toThrow(refusal("app/not-found"));
});

test("a thinned curve is made of true points, evenly spaced, with the last among them; short ones stay whole", async () => {
  const { project, snapshot } = await withSnapshot();
  const [long, short] = [newRun(project, snapshot.id), newRun(project, snapshot.id)];
  newRun(project, snapshot.id); // without a point: not told
  project.runs.addPoints(
    long.id,
    Array.from({ length: 1000 }, (_, i) => point(i + 1, 1 / (i + 1))),
  );
  project.runs.addPoints(short.id, [point(100, 0.9), point(200, 0.8), { ...point(200, 0.5), metric: "auc" }]);
  const [first, second, ...others] = project.runs.curves("loss", "train", 40);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ runId: long.id });
  expect(first!.steps).toHaveLength(41);
  expect([first!.steps[0], first!.steps[1], first!.steps.at(-1)]).toEqual([1, 25, 1000]);
  expect(first!.steps.every((step, i) => first!.values[i] === 1 / step)).toBe(true);
  expect(second).toEqual({ runId: short.id, steps: [100, 200], epochs: [10, 20], values: [0.9, 0.8] });
  expect(project.runs.curves("auc", "validation", 40)).toEqual([]);
});

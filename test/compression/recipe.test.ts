import { expect, test } from "vitest";
import { compressBy } from "../../main/compression/recipe.ts";
import { trainRun } from "../../main/training/run.ts";
import { compressionLimitsSchema, compressionRecipeSchema } from "../../preload/contract/index.ts";
import { createRun, projectWithBlobs, THREADS } from "../training/blob-project.ts";

const LIMITS = compressionLimitsSchema.parse({ maxAucDrop: 0.5 });

async function trained() {
  const { project, snapshotId } = await projectWithBlobs();
  const { id: runId } = createRun(project, snapshotId, { epochs: 4 });
  const { signal } = new AbortController();
  await trainRun({ project, runId, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(runId).modelId!;
  return { project, modelId, options: { project, modelId, limits: LIMITS, threads: THREADS } };
}

test("a recipe's steps build on each other, learn from the model that it began with and are measured against it", async () => {
  const { project, modelId, options } = await trained();
  const steps = compressionRecipeSchema.parse([
    { step: "distil", student: { architecture: "convnet", width: 6 }, epochs: 2 },
    { step: "prune", share: 0.3, epochs: 0 },
    { step: "distil", epochs: 2, temperature: 2 },
    { step: "quantise" },
  ]);
  const last = await compressBy(steps, options);

  const made = project.models.list().toReversed().slice(1);
  expect(made.map(({ kind }) => kind)).toEqual(["distilled", "pruned", "pruned", "int8"]);
  const [pupil, cut, tuned, int8] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0], (typeof made)[0]];
  expect(last.modelId).toBe(int8.id);
  expect(pupil.parentId).toBe(modelId);
  expect(cut.parentId).toBe(pupil.id);
  expect(int8.parentId).toBe(tuned.id);
  expect(project.runs.get(tuned.runId).recipe).toMatchObject({
    startFrom: cut.id,
    distil: { teacher: modelId, temperature: 2 },
  });
  const reports = made.map(({ id }) => project.models.compressionReport(id)!);
  expect(reports.map((report) => report.steps)).toEqual([1, 2, 3, 4].map((count) => steps.slice(0, count)));
  const parent = project.models.get(modelId);
  for (const { against, before, accepted } of reports) {
    expect(against).toBe(modelId);
    expect(before.bytes).toBe(parent.bytes);
    expect(accepted).toBe(true);
  }
  const sizes = reports.map(({ after }) => after.bytes);
  expect(sizes[0]!).toBeLessThan(parent.bytes);
  expect(sizes[1]!).toBeLessThan(sizes[0]!);
});

test("the audit says what was asked of a compressed model, how it was made, and what did not hold", async () => {
  const { project, options } = await trained();
  const recipe = compressionRecipeSchema.parse([{ step: "quantise", repair: false }]);
  const limits = { ...LIMITS, minSmaller: 50 };
  const { modelId } = await compressBy(recipe, { ...options, limits });
  const { entries } = project.audit.find({ group: "model" }, 0, 20);
  const entry = entries.find(({ action }) => action === "model/compress")!;
  expect(entry.subject).toBe(modelId);
  expect(JSON.parse(entry.detail).after).toMatchObject({
    ...{ accepted: false, limits, steps: recipe },
    missed: [{ limit: "size", allowed: 50 }],
  });
});

test("a model that is to learn from itself is refused with what to choose", async () => {
  const { options } = await trained();
  const steps = compressionRecipeSchema.parse([{ step: "distil", epochs: 1 }]);
  await expect(compressBy(steps, options)).rejects.toMatchObject({
    code: "compression/refused",
    message: expect.stringMatching(/choose an architecture and a width, or remove channels first/),
  });
});

test("a limit on the worst group of patients looks at groups by their tags; without an attribute it is refused before any work", async () => {
  const { project, options } = await trained();
  const steps = compressionRecipeSchema.parse([{ step: "quantise" }]);
  const limits = { ...LIMITS, maxWorstGroupDrop: 0.2, groupBy: ["sex"] };
  const report = await compressBy(steps, { ...options, limits });
  // Files without tags: everybody is in the group that nobody knows more about.
  expect(report.after.worstGroup).toEqual({ values: [""], accuracy: report.after.accuracy, cases: 40 });
  const made = project.models.list().length;
  await expect(compressBy(steps, { ...options, limits: { ...limits, groupBy: [] } })).rejects.toMatchObject({
    code: "app/invalid-input",
    message: expect.stringMatching(/say at least one attribute/),
  });
  expect(project.models.list()).toHaveLength(made);
});

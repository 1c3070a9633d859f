// The sample set with the first recipe that the studio suggests: what `loupe demo` trains, without the rest of it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importSample } from "../../main/jobs/tasks/sample.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { suggestRecipes } from "../../main/training/recipes.ts";
import { trainRun } from "../../main/training/run.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "Suggested convolutional net on the sample set: AUC on its test part, seconds";

const IMAGES = 240;
const THREADS = 2;
const AUC = 0.9;
const SECONDS = 60;

export default async function sample(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Sample", member: "Bench", passphrase: "not a secret" });
  try {
    return await measure(project);
  } finally {
    project.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(project: Project): Promise<BenchResult> {
  const { signal } = new AbortController();
  const silent = { progress: () => {}, points: () => {}, changed: () => {} };
  await importSample({ kind: "sample", images: IMAGES, seed: 7 }, { project, signal, ...silent });
  const split = { seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: true };
  const snapshot = project.snapshots.create({ name: "Sample", ...split });
  const [automatic] = await suggestRecipes(project, snapshot.id, { minutes: SECONDS / 60, threads: THREADS });
  const { recipe } = automatic!;
  const run = project.runs.create({ snapshotId: snapshot.id, recipe, name: "Sample", device: "cpu", threads: THREADS });
  const began = performance.now();
  await trainRun({ project, runId: run.id, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const seconds = (performance.now() - began) / 1000;
  const { modelId, bestEpoch, validationAuc } = project.runs.get(run.id);
  console.error(`epoch ${bestEpoch} of ${recipe.epochs} chosen with validation AUC ${validationAuc?.toFixed(3)}`);
  const evaluation = project.models.evaluation(modelId!, "test")!;
  const auc = evaluation.auc!.value;
  return {
    figures: { auc, accuracy: evaluation.accuracy.value, seconds },
    required: { auc: `>= ${AUC}`, seconds: `<= ${SECONDS}` },
    ok: auc >= AUC && seconds <= SECONDS,
  };
}

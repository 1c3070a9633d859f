// Where maps point on chest phantoms that the model has never seen: the trained model, and models of its form that know nothing.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainPart } from "../../main/explanation/over-part.ts";
import { importSample } from "../../main/jobs/tasks/sample.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { trainRun } from "../../main/training/run.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "Maps on chest phantoms: pointing game on the trained model and on randomised ones";

const IMAGES = 640;
const SIZE = 96;
const THREADS = 2;
const [POINTING, FORGOTTEN] = [0.95, 0.3];

export default async function explain(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Maps", member: "Bench", passphrase: "not a secret" });
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
  const snapshot = project.snapshots.create({ name: "Maps", ...split });
  const recipe = recipeSchema.parse({
    ...{ architecture: "places", inputSize: SIZE, width: 8, epochs: 50, batchSize: 16 },
    ...{ optimiser: "adam", learningRate: 6e-3, weightDecay: 1e-4, schedule: "cosine", average: "ema" },
    augment: { shift: 0.05, rotate: 5, scale: 0.05, flip: true, intensity: 0.05 },
    ...{ balanced: false, patience: null, seed: 1 },
  });
  const run = project.runs.create({ snapshotId: snapshot.id, recipe, name: "Maps", device: "cpu", threads: THREADS });
  await trainRun({ project, runId: run.id, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(run.id).modelId!;
  const auc = project.models.evaluation(modelId, "test")!.auc!.value;
  const methods = ["grad-cam", "integrated-gradients"] as const;
  const { rows } = await explainPart({
    ...{ project, modelId, part: "test", methods, limit: 1000, threads: THREADS, signal },
  });
  const [gradCam, integrated] = methods.map((method) => rows.find(({ asked }) => asked === method)!);
  const figures = {
    auc,
    gradCam: gradCam!.pointing,
    integratedGradients: integrated!.pointing,
    gradCamRandomised: gradCam!.randomisedPointing,
    integratedGradientsRandomised: integrated!.randomisedPointing,
  };
  return {
    figures,
    required: {
      ...{ gradCam: `>= ${POINTING}`, integratedGradients: `>= ${POINTING}` },
      ...{ gradCamRandomised: `<= ${FORGOTTEN}`, integratedGradientsRandomised: `<= ${FORGOTTEN}` },
    },
    ok:
      Math.min(figures.gradCam, figures.integratedGradients) >= POINTING &&
      Math.max(figures.gradCamRandomised, figures.integratedGradientsRandomised) <= FORGOTTEN,
  };
}

// Chest X-rays with and without pneumonia, from the .npz file to the figures on the official test part, through the rooms that a user's job goes through:
// import, project, snapshot, run, evaluation.
//
// Every choice (recipe, epoch) was made on the validation part; the test part is looked at once, at the end, by `trainRun` itself.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importPath } from "../../main/jobs/tasks/import.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { trainRun } from "../../main/training/run.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";

export const title =
  "ResNet-18-like recipe on PneumoniaMNIST: AUC and accuracy on the official test part, minutes, memory";

const DATA = fileURLToPath(new URL("../../../shared/data/pneumonia/pneumonia-28.npz", import.meta.url));
const THREADS = 2;
const AUC = 0.96;
const MINUTES = 10;

const RECIPE = recipeSchema.parse({
  architecture: "resnet18",
  inputSize: 28,
  width: 16,
  epochs: 16,
  batchSize: 64,
  optimiser: "adam",
  learningRate: 1e-3,
  weightDecay: 1e-2,
  schedule: "cosine",
  balanced: true,
  augment: { shift: 0.08, rotate: 10, scale: 0.1, flip: true, intensity: 0.1 },
  patience: null,
  seed: 1,
});

export default async function pneumonia(): Promise<BenchResult> {
  if (!existsSync(DATA)) throw new BenchUnavailable(`The images are not on this machine: expected ${DATA}.`);
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Pneumonia", member: "Bench", passphrase: "not a secret" });
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
  const report = await importPath({ kind: "import", path: DATA, labels: "none" }, { project, signal, ...silent });
  console.error(`imported ${report.imported} images, ${report.labelled} labelled`);
  const split = { seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: true };
  const snapshot = project.snapshots.create({ name: "Official parts", ...split });
  for (const { part, perClass } of snapshot.counts) console.error(`${part.padEnd(10)} ${perClass.join(" + ")}`);

  const run = project.runs.create({
    snapshotId: snapshot.id,
    recipe: RECIPE,
    name: "Pneumonia",
    device: "cpu",
    threads: THREADS,
  });
  const began = performance.now();
  const minutesSince = (): number => (performance.now() - began) / 60_000;
  await trainRun({
    project,
    runId: run.id,
    signal,
    threads: THREADS,
    onProgress: () => {},
    onPoints: (points) => {
      const of = (metric: string): string | undefined =>
        points.find((point) => point.metric === metric)?.value.toFixed(4);
      const point = points.find(({ part }) => part === "validation");
      if (!point) return;
      console.error(
        `${minutesSince().toFixed(1)} min  epoch ${point.epoch}  validation: loss ${of("loss")}, accuracy ${of("accuracy")}, AUC ${of("auc")}`,
      );
    },
  });
  const minutes = minutesSince();
  const { user, system } = process.cpuUsage();
  console.error(
    `processor time ${((user + system) / 60e6).toFixed(1)} min on ${THREADS} threads: on a busy machine minutes tell more about the others`,
  );
  const { modelId, bestEpoch, parameters } = project.runs.get(run.id);
  const evaluation = project.models.evaluation(modelId!, "test")!;
  const { value: auc, low, high } = evaluation.auc!;
  console.error(
    `${parameters} parameters, epoch ${bestEpoch} chosen; test AUC 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`,
  );
  return {
    figures: { auc, accuracy: evaluation.accuracy.value, minutes, peakMb: process.resourceUsage().maxRSS / 1024 },
    required: { auc: `>= ${AUC}`, minutes: `<= ${MINUTES}` },
    ok: auc >= AUC && minutes <= MINUTES,
  };
}

// Chest X-rays with and without pneumonia, from the .npz file to the figures on the official test part, through the rooms that a user's job goes through:
// import, project, snapshot, automatic recipe, run, evaluation.
//
// Every choice (the rules of the recipe, the epoch, the threshold) was made on the validation part; the test part is looked at once for each seed, at the end,
// by `trainRun` itself. Published on the same test part, at 28 pixels: ResNet-18 0.944 / 0.854 (MedMNIST v2, Scientific Data 2023).
// Arguments: seeds (default 1 2 3). Figures are medians over them, memory is the process's peak.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importPath } from "../../main/jobs/tasks/import.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { suggestRecipes } from "../../main/training/recipes.ts";
import { trainRun } from "../../main/training/run.ts";
import type { Recipe } from "../../preload/contract/index.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";

export const title =
  "Automatic recipe on PneumoniaMNIST: AUC and accuracy on the official test part, median of three seeds";

const DATA = fileURLToPath(new URL("../../../shared/data/pneumonia/pneumonia-28.npz", import.meta.url));
const THREADS = 2;
/** What the automatic recipe is told that a training may take. */
const MINUTES = 15;
const AUC = 0.98;
const ACCURACY = 0.93;

export default async function pneumonia(args: readonly string[]): Promise<BenchResult> {
  if (!existsSync(DATA)) throw new BenchUnavailable(`The images are not on this machine: expected ${DATA}.`);
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Pneumonia", member: "Bench", passphrase: "not a secret" });
  try {
    return await measure(project, args.length > 0 ? args.map(Number) : [1, 2, 3]);
  } finally {
    project.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(project: Project, seeds: readonly number[]): Promise<BenchResult> {
  const { signal } = new AbortController();
  const silent = { progress: () => {}, points: () => {}, changed: () => {} };
  const report = await importPath(
    { kind: "import", path: DATA, labels: "none", deidentify: { profile: "none", options: [] } },
    { project, signal, ...silent },
  );
  console.error(`imported ${report.imported} images, ${report.labelled} labelled`);
  const split = { seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: true };
  const snapshot = project.snapshots.create({ name: "Official parts", ...split });
  for (const { part, perClass } of snapshot.counts) console.error(`${part.padEnd(10)} ${perClass.join(" + ")}`);
  const [suggestion] = await suggestRecipes(project, snapshot.id, { minutes: MINUTES, threads: THREADS });
  console.error(JSON.stringify(suggestion));

  const results: { readonly auc: number; readonly accuracy: number; readonly minutes: number }[] = [];
  for (const seed of seeds) results.push(await trainOnce(project, snapshot.id, { ...suggestion!.recipe, seed }));
  const [auc, accuracy, minutes] = (["auc", "accuracy", "minutes"] as const).map((figure) =>
    median(results.map((result) => result[figure])),
  ) as [number, number, number];
  return {
    figures: { auc, accuracy, minutes, peakMb: process.resourceUsage().maxRSS / 1024 },
    required: { auc: `>= ${AUC}`, accuracy: `>= ${ACCURACY}` },
    ok: auc >= AUC && accuracy >= ACCURACY,
  };
}

async function trainOnce(project: Project, snapshotId: string, recipe: Recipe) {
  const name = `Pneumonia, seed ${recipe.seed}`;
  const run = project.runs.create({ snapshotId, recipe, name, device: "cpu", threads: THREADS });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const minutesSince = (): number => (performance.now() - began) / 60_000;
  await trainRun({
    project,
    runId: run.id,
    signal: new AbortController().signal,
    threads: THREADS,
    onProgress: () => {},
    onPoints: (points) => {
      const of = (metric: string): string | undefined =>
        points.find((point) => point.metric === metric)?.value.toFixed(4);
      const point = points.find(({ part }) => part === "validation");
      if (!point || point.epoch % 5 !== 0) return;
      console.error(
        `${minutesSince().toFixed(1)} min  epoch ${point.epoch}  validation: loss ${of("loss")}, accuracy ${of("accuracy")}, AUC ${of("auc")}`,
      );
    },
  });
  const minutes = minutesSince();
  const { user, system } = process.cpuUsage(cpu);
  const { modelId, bestEpoch, parameters } = project.runs.get(run.id);
  const { threshold, ...evaluation } = project.models.evaluation(modelId!, "test")!;
  const { value: auc, low, high } = evaluation.auc!;
  const accuracy = evaluation.accuracy.value;
  console.error(
    `${name}: ${parameters} parameters, epoch ${bestEpoch} chosen, threshold ${threshold.toFixed(3)}; test AUC ${auc.toFixed(4)} (95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}), accuracy ${accuracy.toFixed(4)}, confusion ${JSON.stringify(evaluation.confusion)}; ${minutes.toFixed(1)} min, processor time ${((user + system) / 60e6).toFixed(1)} min`,
  );
  return { auc, accuracy, minutes };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

// What compression gives and costs on the pneumonia ResNet-18: int8, channels removed, a smaller net taught, and a chain of them; and int8 of the membrane U-Net. Sizes and speeds
// are times better, AUC losses are on the official test part, which no choice of the compression saw; the latency is one image at a time on this machine, models in turn.
//
// The chain begins with the taught net: half of its operations go, what is left is taught again, and becomes integers. int8Size and int8Speed are the lower of both networks'
// figures. Arguments: epochs of the first training (default 8), of the one after pruning (default 6; a taught net gets twice as many) and of the U-Net (default 6).
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { compressBy } from "../../main/compression/recipe.ts";
import { importPath } from "../../main/jobs/tasks/import.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { evaluateModel } from "../../main/training/evaluate.ts";
import { trainRun } from "../../main/training/run.ts";
import {
  type CompressionReport,
  type CompressionStep,
  compressionLimitsSchema,
  compressionRecipeSchema,
  recipeSchema,
} from "../../preload/contract/index.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";
import { int8OfMembranes } from "./compression/masks.ts";

export const title =
  "Compression of the pneumonia ResNet-18 and the membrane U-Net: int8, pruned, chained; times smaller and faster, AUC and Dice lost";

const DATA = fileURLToPath(new URL("../../../shared/data/pneumonia/pneumonia-28.npz", import.meta.url));
const THREADS = 2;
const SHARE = 0.5;
const AUC_LOSS = 0.01;
const RECIPE = recipeSchema.parse({
  architecture: "resnet18",
  inputSize: 28,
  width: 16,
  epochs: 8,
  batchSize: 64,
  optimiser: "adam",
  learningRate: 1e-3,
  weightDecay: 1e-3,
  schedule: "cosine",
  balanced: true,
  augment: { shift: 0.05, rotate: 8, scale: 0.08, flip: false, intensity: 0.08 },
  patience: null,
  average: "ema",
  seed: 1,
});
/** The net that learns from it. */
const STUDENT = { architecture: "convnet", width: 32 } as const;
/** Nothing is refused here: the figures say what was lost. */
const LIMITS = compressionLimitsSchema.parse({ maxAucDrop: 0.5 });

export default async function compression([
  first = "8",
  after = "6",
  masks = "6",
]: readonly string[]): Promise<BenchResult> {
  if (!existsSync(DATA)) throw new BenchUnavailable(`The images are not on this machine: expected ${DATA}.`);
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Pneumonia", member: "Bench", passphrase: "not a secret" });
  try {
    const figures = await measure(project, Number(first), Number(after));
    const unet = await int8OfMembranes(Number(masks), THREADS);
    return judged({
      ...figures,
      int8Size: Math.min(figures.int8Size!, unet.size),
      int8Speed: Math.min(figures.int8Speed!, unet.speed),
      int8DiceLoss: unet.diceLoss,
    });
  } finally {
    project.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(project: Project, epochs: number, after: number): Promise<Record<string, number>> {
  const { signal } = new AbortController();
  const silent = { progress: () => {}, points: () => {}, changed: () => {} };
  await importPath(
    { kind: "import", path: DATA, labels: "none", deidentify: { profile: "none", options: [] } },
    { project, signal, ...silent },
  );
  const split = { seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: true };
  const snapshotId = project.snapshots.create({ name: "Official parts", ...split }).id;
  const recipe = { ...RECIPE, epochs };
  const run = project.runs.create({ snapshotId, recipe, name: "Pneumonia", device: "cpu", threads: THREADS });
  await trainRun({ project, runId: run.id, signal, threads: THREADS, onProgress: () => {}, onPoints: () => {} });
  const modelId = project.runs.get(run.id).modelId!;
  const testAuc = async (id: string): Promise<number> =>
    (await evaluateModel({ project, modelId: id, part: "test", threads: THREADS })).auc!.value;
  const auc = await testAuc(modelId);
  tell("trained", auc);

  /** One recipe from a model on, measured against the trained one. */
  const compressed = async (what: string, from: string, steps: readonly CompressionStep[]) => {
    const report = await compressBy(steps, { project, modelId: from, limits: LIMITS, threads: THREADS }, modelId);
    const own = await testAuc(report.modelId);
    tell(what, own, report);
    const { before, after: small } = report;
    return {
      modelId: report.modelId,
      size: before.bytes / small.bytes,
      speed: before.latencyMs / small.latencyMs,
      flops: small.flops! / before.flops!,
      loss: auc - own,
    };
  };
  const int8 = await compressed("int8", modelId, stepsOf([{ step: "quantise" }]));
  const pruned = await compressed("pruned", modelId, stepsOf([{ step: "prune", share: SHARE, epochs: after }]));
  const distilled = await compressed(
    "distilled",
    modelId,
    stepsOf([{ step: "distil", student: STUDENT, epochs: 2 * after }]),
  );
  // The chain goes on from the pupil: what it needs least goes, what is left learns from the ResNet again, and becomes integers.
  const chain = await compressed(
    "chain",
    distilled.modelId,
    stepsOf([{ step: "prune", share: SHARE, epochs: 0 }, { step: "distil", epochs: 2 * after }, { step: "quantise" }]),
  );
  return {
    int8Size: int8.size,
    int8Speed: int8.speed,
    int8AucLoss: int8.loss,
    prunedFlops: 1 - pruned.flops,
    prunedSpeed: pruned.speed,
    prunedAucLoss: pruned.loss,
    distilledSize: distilled.size,
    distilledAucLoss: distilled.loss,
    chainSize: chain.size,
    chainSpeed: chain.speed,
    chainAucLoss: chain.loss,
  };
}

const stepsOf = (steps: z.input<typeof compressionRecipeSchema>): CompressionStep[] =>
  compressionRecipeSchema.parse(steps);

function tell(what: string, auc: number, report?: CompressionReport): void {
  const cost = report
    ? `; ${report.before.bytes} to ${report.after.bytes} bytes, ${report.before.latencyMs.toFixed(2)} to ${report.after.latencyMs.toFixed(2)} ms, ${report.before.flops} to ${report.after.flops} operations`
    : "";
  console.error(`${what}: test AUC ${auc.toFixed(4)}${cost}`);
}

/** Whether the processor multiplies 8-bit numbers in one step; without it int8 is not promised to be faster (shared/ENGINE.md, section 7). */
function hasVnni(): boolean {
  return (
    existsSync("/proc/cpuinfo") && /\b(avx512_vnni|avx_vnni|asimddp)\b/.test(readFileSync("/proc/cpuinfo", "utf8"))
  );
}

function judged(figures: Record<string, number>): BenchResult {
  const promised = 0.7 / (1 - figures.prunedFlops!);
  const least: Record<string, number> = {
    int8Size: 3.5,
    ...(hasVnni() ? { int8Speed: 1.5 } : {}),
    prunedFlops: SHARE,
    prunedSpeed: promised,
    distilledSize: 4,
    chainSize: 10,
    chainSpeed: 3,
  };
  const most: Record<string, number> = {
    int8AucLoss: 0.005,
    int8DiceLoss: 0.005,
    prunedAucLoss: AUC_LOSS,
    distilledAucLoss: AUC_LOSS,
    chainAucLoss: AUC_LOSS,
  };
  const required = Object.fromEntries([
    ...Object.entries(least).map(([name, limit]) => [name, `>= ${Number(limit.toFixed(3))}`]),
    ...Object.entries(most).map(([name, limit]) => [name, `<= ${limit}`]),
  ]);
  const holds =
    Object.entries(least).every(([name, limit]) => (figures[name] ?? 0) >= limit) &&
    Object.entries(most).every(([name, limit]) => (figures[name] ?? 1) <= limit);
  return { figures, required, ok: holds };
}

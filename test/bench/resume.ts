// Twenty kills: one training, its process ended with SIGKILL at random steps, resumed each time, beside the same training left in peace.
//
// The recipe has everything that leaves a trace from step to step: batch statistics, moments, sums of gradients, averaged weights, a rate that falls at a
// plateau, chance in batches, pictures, mixtures and layers. The steps are drawn
// evenly over the run from a seed. `different` counts what is not bit-identical at the end: the weights of the model, points of the curves, the epoch
// chosen, and what both models say about every case of validation and test.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nodeChildren } from "../../main/jobs/node-child.ts";
import type { ChildMessage } from "../../main/jobs/protocol.ts";
import { importSample } from "../../main/jobs/tasks/sample.ts";
import { createRandom } from "../../main/models/random.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { trainRun } from "../../main/training/run.ts";
import { type RecipeInput, type Run, recipeSchema } from "../../preload/contract/index.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "20 SIGKILLs at random steps of one training: bit-identical to the undisturbed one";

const KILLS = 20;
const IMAGES = 160;
const SEED = 1;
const THREADS = 1;

const RECIPE: RecipeInput = {
  architecture: "resnet18",
  inputSize: 32,
  width: 4,
  epochs: 60,
  batchSize: 8,
  accumulate: 2,
  optimiser: "adam",
  learningRate: 1e-3,
  weightDecay: 1e-2,
  schedule: "plateau",
  dropout: 0.1,
  stochasticDepth: 0.1,
  mixup: 0.2,
  cutmix: 1,
  average: "ema",
  balanced: true,
  augment: { shift: 0.1, rotate: 10, scale: 0.1, flip: true, intensity: 0.1, elastic: 0.02, noise: 0.05, cutout: 0.2 },
  patience: null,
  seed: SEED,
};

export default async function resume(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-bench-"));
  const { project } = await createProject({ folder, name: "Resume", member: "Bench", passphrase: "not a secret" });
  try {
    const { signal } = new AbortController();
    const silent = { progress: () => {}, points: () => {}, changed: () => {} };
    await importSample({ kind: "sample", images: IMAGES, seed: SEED }, { project, signal, ...silent });
    const split = { seed: SEED, train: 0.7, validation: 0.15, useSuggestedParts: false };
    const { id: snapshotId } = project.snapshots.create({ name: "Phantoms", ...split });
    const create = (name: string): Run =>
      project.runs.create({ snapshotId, recipe: recipeSchema.parse(RECIPE), name, device: "cpu", threads: THREADS });
    const [undisturbed, killed] = [create("undisturbed"), create("killed")];

    await trainRun({
      project,
      runId: undisturbed.id,
      signal,
      threads: THREADS,
      onProgress: () => {},
      onPoints: () => {},
    });
    const { steps } = project.runs.get(undisturbed.id);
    const random = createRandom(SEED, KILLS);
    const at = Array.from({ length: KILLS }, () => 1 + Math.floor(random.uniform() * (steps - 1))).sort(
      (a, b) => a - b,
    );
    for (const step of at) await sitting(project, killed.id, step);
    await sitting(project, killed.id, null);

    const different = differences(project, undisturbed.id, killed.id);
    console.error(`killed at steps ${at.join(", ")} of ${steps}; different: ${different.join(", ") || "nothing"}`);
    const figures = { kills: KILLS, different: different.length };
    return { figures, required: { different: "<= 0" }, ok: different.length === 0 };
  } finally {
    project.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One child process that trains the run until it says that it did `killAt`, or to the end. */
async function sitting(project: Project, runId: string, killAt: number | null): Promise<void> {
  const child = nodeChildren()();
  const exited = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<ChildMessage | null>();
  child.onExit(() => {
    answered.resolve(null);
    exited.resolve();
  });
  child.onMessage((message) => {
    if (message.type === "done" || message.type === "failed") answered.resolve(message);
    if (killAt !== null && message.type === "progress" && message.progress.note === "training") {
      if (message.progress.done >= killAt) child.kill();
    }
  });
  child.send({ type: "open", projectPath: project.path, key: project.key, memberId: project.member.id });
  child.send({ type: "run", id: "train", task: { kind: "train", runId } });
  const answer = await answered.promise;
  if (killAt === null && answer?.type !== "done") throw new Error("the last sitting did not finish");
  if (killAt !== null && answer !== null) throw new Error(`the run ended before it was killed at step ${killAt}`);
  child.kill();
  await exited.promise;
  await pause(10);
}

function differences(project: Project, one: string, other: string): string[] {
  const [a, b] = [one, other].map((id) => {
    const { modelId, step, bestEpoch } = project.runs.get(id);
    const said = (["validation", "test"] as const).map((part) => {
      const { modelId: _, ...evaluation } = project.models.evaluation(modelId!, part)!;
      return JSON.stringify(evaluation);
    });
    return {
      weights: Buffer.from(project.models.onnx(modelId!)).toString("base64"),
      curves: JSON.stringify(project.runs.points(id)),
      choice: JSON.stringify({ step, bestEpoch }),
      evaluations: said.join("\n"),
    };
  });
  return Object.entries(a!).flatMap(([what, value]) => (value === new Map(Object.entries(b!)).get(what) ? [] : [what]));
}

import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { nodeChildren } from "../../../main/jobs/node-child.ts";
import type { Child } from "../../../main/jobs/protocol.ts";
import { Supervisor } from "../../../main/jobs/supervisor.ts";
import type { Project } from "../../../main/project/project.ts";
import { trainRun } from "../../../main/training/run.ts";
import { ask } from "../../../main/training/search/ask.ts";
import { checkPlan, configurationOf, recipeAt, suggestSpace } from "../../../main/training/search/plan.ts";
import { runSearch, runsToLearnFrom, trialsTold } from "../../../main/training/search/run-search.ts";
import {
  bestTrials,
  type Job,
  recipeSchema,
  type Search,
  type SearchPlanInput,
  searchPlanSchema,
} from "../../../preload/contract/index.ts";
import { createRun, projectWithBlobs } from "../blob-project.ts";
import { BLOB_RECIPE } from "../blobs.ts";

const THREADS = 1;
const KILLS = 4;
const RECIPE = recipeSchema.parse({ ...BLOB_RECIPE, architecture: "logistic", epochs: 4, patience: null });
const SPACE: SearchPlanInput["space"] = [
  { name: "learningRate", kind: "float", low: 1e-4, high: 1e-1, log: true },
  { name: "batchSize", kind: "integer", low: 8, high: 32, log: true },
];

function create(project: Project, snapshotId: string, name: string, plan: Partial<SearchPlanInput> = {}): Search {
  const whole = searchPlanSchema.parse({ snapshotId, recipe: RECIPE, space: SPACE, trials: 6, ...plan });
  checkPlan(whole);
  return project.searches.create({ name, plan: whole, earlier: runsToLearnFrom(project, whole) });
}

/** One worker in this process. */
const work = (project: Project, { id }: Search, more: { signal?: AbortSignal; onPoints?: () => void } = {}) =>
  runSearch({
    ...{ project, searchId: id, jobId: "here", threads: THREADS, version: "0", onProgress: () => {} },
    ...{ signal: new AbortController().signal, onPoints: () => {}, onChanged: () => {}, ...more },
  });

const supervisors: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of supervisors.splice(0)) await supervisor.close();
});
/** A studio's supervisor, and the children that it starts. */
function supervised(project: Project) {
  const children: Child[] = [];
  const jobs: Job[] = [];
  const start = nodeChildren();
  const startChild = (): Child => {
    children.push(start());
    return children.at(-1)!;
  };
  const publish: ConstructorParameters<typeof Supervisor>[0]["publish"] = (event) => {
    if (event.type === "job") jobs.push(event.job);
  };
  const supervisor = new Supervisor({ project, startChild, publish });
  supervisors.push(supervisor);
  return { supervisor, children, jobs };
}

function startWorker(supervisor: Supervisor, { id: searchId }: Search): Job {
  const jobId = crypto.randomUUID();
  return supervisor.start({ kind: "search", searchId, jobId, threads: THREADS, version: "0" }, searchId, jobId);
}

/** What a search found, without what differs between two of them by nature: ids, times. */
const foundBy = (project: Project, { id }: Search) =>
  project.searches.trials(id).map(({ number, runId, configuration, told, state, measures }) => {
    const { recipe, step, modelId, state: runState } = project.runs.get(runId);
    const weights = Buffer.from(project.models.onnx(modelId!)).toString("base64");
    const curve = project.runs.points(runId);
    return { number, configuration, told, state, measures, recipe, step, weights, curve, runState };
  });

test("a search whose process is killed with SIGKILL at random moments ends with the trials, weights and choices of an undisturbed one", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const plan = { recipe: { ...RECIPE, epochs: 12 }, trials: 4 };
  const [undisturbed, killed] = [create(project, snapshotId, "A", plan), create(project, snapshotId, "B", plan)];
  await work(project, undisturbed);

  const { supervisor, children, jobs } = supervised(project);
  const ended = (job: Job) => jobs.find(({ id, state }) => id === job.id && state !== "running");
  const cut = new Set<string>();
  for (let sitting = 0; ; sitting++) {
    project.searches.setState(killed.id, { state: "running", error: null });
    const job = startWorker(supervisor, killed);
    if (sitting < KILLS) {
      while (!jobs.some(({ id, progress }) => id === job.id && progress.note === "searching")) await pause(5);
      await pause(Math.random() * 400);
      children.at(-1)!.kill();
    }
    while (!ended(job)) await pause(5);
    for (const { id, state } of project.runs.list()) if (state === "interrupted") cut.add(id);
    if (ended(job)!.state === "done") break;
    expect(ended(job)!.state).toBe("interrupted");
    expect(project.searches.get(killed.id).state).toBe("interrupted");
  }
  expect(cut.size, "no kill hit a trial under way").toBeGreaterThan(0);
  expect(foundBy(project, killed)).toEqual(foundBy(project, undisturbed));
  expect(project.searches.get(killed.id)).toMatchObject({ state: "done", begun: 4, ended: 4 });
  // One run and one model each, and the names say which.
  const runs = project.runs.list().filter(({ name }) => name.startsWith("B/"));
  expect(runs.map(({ name }) => name).sort()).toEqual([1, 2, 3, 4].map((n) => `B/000${n}`));
  expect(project.models.list().filter(({ name }) => name.startsWith("B/"))).toHaveLength(4);
});

test("what is kept of each trial is enough to ask the sampler the same question again, and it answers the same", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const search = create(project, snapshotId, "A", { trials: 7, seed: 5 });
  await work(project, search);
  const trials = project.searches.trials(search.id);
  expect(trials).toHaveLength(7);
  for (const [i, { configuration, told }] of trials.entries()) {
    expect(told).toHaveLength(i);
    const before = trialsTold(
      trials.slice(0, i).map((trial) => trial.configuration),
      told,
    );
    expect(ask(search.plan.space, before, search.plan)).toEqual(configuration);
  }
  const [best] = bestTrials(search.plan, trials);
  expect(best!.measures!.auc).toBe(Math.max(...trials.map(({ measures }) => measures!.auc!)));
  expect(project.models.evaluation(project.runs.get(best!.runId).modelId!, "test")).toBeNull();
});

test("two workers share a search: every trial is trained once, and the last one to end ends it", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const search = create(project, snapshotId, "A");
  const { supervisor, jobs } = supervised(project);
  const started = [1, 2].map(() => startWorker(supervisor, search));
  const over = () => started.every(({ id }) => jobs.some((job) => job.id === id && job.state !== "running"));
  while (!over()) await pause(10);
  const trials = project.searches.trials(search.id);
  expect(trials.map(({ number, state }) => [number, state])).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, "done"]));
  expect(new Set(trials.map(({ runId }) => project.runs.get(runId).jobId)).size).toBe(2);
  expect(project.runs.list()).toHaveLength(6);
  expect(project.searches.get(search.id).state).toBe("done");
});

test("with halving most trials stop early, the best go on from where they stopped, and a stop changes nothing in what they learn", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = { ...RECIPE, epochs: 9 };
  const halving = { shortest: 1, reduction: 3 };
  const search = create(project, snapshotId, "A", { recipe, halving, trials: 9, sampler: "random" });
  await work(project, search);
  const trials = project.searches.trials(search.id);
  expect(trials.filter(({ epochs }) => epochs === 1).length).toBeGreaterThanOrEqual(4);
  const done = trials.filter(({ state }) => state === "done");
  expect(done.length).toBeGreaterThan(0);
  for (const { epochs } of done) expect(epochs).toBe(9);
  for (const { runId, epochs, state } of trials) {
    const validated = project.runs
      .points(runId)
      .filter(({ part, metric }) => part === "validation" && metric === "auc");
    expect(validated.map(({ epoch }) => Math.round(epoch))).toEqual(Array.from({ length: epochs }, (_, i) => i + 1));
    expect(project.runs.get(runId).state).toBe(state === "done" ? "done" : "cancelled");
  }
  // The same recipe trained without a stop.
  const plain = createRun(project, snapshotId, project.runs.get(done[0]!.runId).recipe);
  const quiet = { onProgress: () => {}, onPoints: () => {}, threads: THREADS };
  await trainRun({ project, runId: plain.id, signal: new AbortController().signal, ...quiet });
  const weights = (runId: string) => Buffer.from(project.models.onnx(project.runs.get(runId).modelId!));
  expect(weights(done[0]!.runId).equals(weights(plain.id))).toBe(true);
});

test("a trial that diverges is a failed trial, and the search goes on", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = {
    ...RECIPE,
    architecture: "mlp" as const,
    width: 8,
    optimiser: "sgd" as const,
    schedule: "constant" as const,
  };
  const space: SearchPlanInput["space"] = [
    { name: "learningRate", kind: "choice", options: [1e-3, 10] },
    { name: "momentum", kind: "choice", options: [0.999, 0] },
    { name: "weightDecay", kind: "choice", options: [0, 1] },
  ];
  const search = create(project, snapshotId, "A", {
    recipe: { ...recipe, epochs: 20 },
    space,
    trials: 8,
    sampler: "grid",
  });
  await work(project, search);
  const states = project.searches.trials(search.id).map(({ state }) => state);
  expect(states).toHaveLength(8);
  expect(new Set(states)).toEqual(new Set(["done", "failed"]));
  const failed = project.searches.trials(search.id).find(({ state }) => state === "failed")!;
  expect(project.runs.get(failed.runId)).toMatchObject({ state: "failed", error: { code: "training/diverged" } });
});

test("several objectives: latency and size are measured, and the best are those than which none is better in all", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const recipe = { ...RECIPE, architecture: "mlp" as const, width: 8, epochs: 2 };
  const space: SearchPlanInput["space"] = [
    { name: "width", kind: "integer", low: 4, high: 256, log: true },
    { name: "depth", kind: "integer", low: 1, high: 3 },
  ];
  const search = create(project, snapshotId, "A", { recipe, space, objectives: ["auc", "size", "latency"], trials: 6 });
  await work(project, search);
  const trials = project.searches.trials(search.id);
  expect(trials.map(({ runId }) => project.runs.get(runId).error)).toEqual(trials.map(() => null));
  for (const { measures } of trials) expect(measures!.latency).toBeGreaterThan(0);
  expect(new Set(trials.map(({ measures }) => measures!.size)).size).toBeGreaterThan(4);
  const best = bestTrials(search.plan, trials);
  const smallest = trials.toSorted((a, b) => a.measures!.size - b.measures!.size)[0]!;
  const front = bestTrials({ objectives: ["auc", "size"] }, trials);
  expect(front.map(({ measures }) => measures!.size)).toContain(smallest.measures!.size);
  expect(best.length).toBeGreaterThanOrEqual(1);
});

test("a warm start learns from runs that differ only in what is varied", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const first = create(project, snapshotId, "A", { trials: 3, sampler: "random" });
  await work(project, first);
  const second = create(project, snapshotId, "B", { warmStart: true, trials: 1 });
  expect(second.earlier).toHaveLength(3);
  const elsewhere = create(project, snapshotId, "C", { warmStart: true, recipe: { ...RECIPE, dropout: 0.5 } });
  expect(elsewhere.earlier).toEqual([]);
  await work(project, second);
  expect(project.searches.trials(second.id)[0]!.told).toHaveLength(3);
});

test("a search ends by its budget, its target or its patience, whichever comes first", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const easy = create(project, snapshotId, "target", { target: 0.5, sampler: "random" });
  await work(project, easy);
  expect(project.searches.get(easy.id).begun).toBeLessThan(3);
  const short = create(project, snapshotId, "minutes", { minutes: 1e-4 });
  await work(project, short);
  expect(project.searches.get(short.id).begun).toBe(1);
  const patient = create(project, snapshotId, "patience", { patience: 1, trials: 6, sampler: "random" });
  await work(project, patient);
  const values = project.searches.trials(patient.id).map(({ measures }) => measures!.auc!);
  const last = values.at(-1)!;
  if (values.length < 6) expect(last).toBeLessThanOrEqual(Math.max(...values.slice(0, -1)));
});

test("the suggested space can be searched, for every architecture", () => {
  for (const architecture of recipeSchema.shape.architecture.options) {
    const recipe = { ...RECIPE, architecture, width: 64 };
    const space = suggestSpace(recipe);
    checkPlan({ recipe, space, halving: null });
    const middle = ask(space, [], { sampler: "random", seed: 3 })!;
    expect(configurationOf({ recipe, space }, recipeAt(recipe, middle))).toEqual(middle);
  }
});

test.each([
  ["cannot vary", [{ name: "seed", kind: "integer", low: 1, high: 2 }], {}],
  ["No recipe can have", [{ name: "dropout", kind: "float", low: 0, high: 2 }], {}],
  ["no range", [{ name: "dropout", kind: "float", low: 0.5, high: 0.1 }], {}],
  ["epochs", [{ name: "epochs", kind: "integer", low: 1, high: 9 }], { halving: { shortest: 1 } }],
  ["make the first number smaller", SPACE, { halving: { shortest: 4 } }],
] as const)("a plan that %s is refused with what to do", (message, space, more) => {
  const plan = searchPlanSchema.parse({ snapshotId: "s", recipe: RECIPE, space: [...space], ...more });
  expect(() => checkPlan(plan)).toThrow(message);
});

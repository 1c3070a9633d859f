// One worker of a search: takes up a trial, trains it as a run, settles it, and again until the budget is spent.
//
// Everything that decides what comes next is read from the project, so a search goes on from any moment at which its processes were killed: a trial that was
// begun and not settled is taken up first and goes on from its run's checkpoint; the next one is what the sampler answers to the trials so far, and
// it answers the same question in the same way. Several workers need no one above them: to begin and to take up are transactions that only one of them wins.
// A run's training is the ordinary one (../run.ts). Trials are evaluated on validation alone: the test part is read when a person asks for it.
import {
  AppError,
  type Progress,
  type Run,
  type RunPoint,
  type Search,
  type SearchTrial,
  type TrialMeasures,
} from "../../../preload/contract/index.ts";
import { floatTensor } from "../../graph/graph.ts";
import type { Project } from "../../project/project.ts";
import { requireNotAborted } from "../dataset.ts";
import { createSession } from "../engines/session.ts";
import { trainRun } from "../run.ts";
import { ask } from "./ask.ts";
import { isOver, secondsLeft, timeIsUp } from "./budget.ts";
import { nextHalving } from "./halving.ts";
import { importance } from "./importance.ts";
import { configurationOf, recipeAt } from "./plan.ts";
import type { Trial } from "./space.ts";
import { halvingOf, halvingTrials, hasReached, type Known, type Told, toldOf, toldUnderHalving } from "./told.ts";

export interface RunSearchInput {
  readonly project: Project;
  readonly searchId: string;
  /** The job that this worker is: its runs are under it. */
  readonly jobId: string;
  readonly threads: number;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onPoints: (runId: string, points: RunPoint[]) => void;
  /** A trial began or ended. */
  readonly onChanged: () => void;
}

/** What a configuration can do to a training; any other error ends the search. */
const OWN_FAULT: readonly string[] = ["training/diverged", "training/too-large", "app/invalid-input"];
/** If the first so many all fail, it is not their configurations. */
const HOPELESS = 10;
const SECONDS_EVERY_MS = 1000;

/**
 * Works on a search until nothing is left to do for this worker. Blocks its thread: child process. Errors: app/aborted (trials keep their checkpoints), and
 * those of a training that no configuration explains.
 */
export async function runSearch(input: RunSearchInput): Promise<void> {
  for (;;) {
    requireNotAborted(input.signal);
    const trial = nextTrial(input);
    if (trial === null) return;
    input.onChanged();
    await work(input, trial);
    input.onChanged();
  }
}

/** The trial that this worker now has, or null where there is nothing to do. */
function nextTrial({ project, searchId, jobId, threads, version }: RunSearchInput): SearchTrial | null {
  const { searches, runs } = project;
  for (;;) {
    const search = searches.get(searchId);
    const trials = searches.trials(searchId);
    const { plan } = search;
    const [left] = searches.leftBehind(searchId, jobId);
    if (left !== undefined) {
      const taken = searches.take(searchId, left, { epochs: trials[left - 1]!.epochs, jobId });
      if (taken) return taken;
      continue;
    }
    const halving = halvingOf(plan);
    const pointsOf = (runId: string) => runs.points(runId);
    const step = halving && nextHalving(halvingTrials(plan, trials, halving, pointsOf), halving);
    if (step && step.trial !== null && !timeIsUp(plan, search.seconds)) {
      const taken = searches.take(searchId, trials[step.trial]!.number, { epochs: step.epochs, jobId });
      if (taken) return taken;
      continue;
    }
    if (isOver(plan, trials, search.seconds)) return null;
    const earlier = earlierTrials(project, search);
    const told = halving
      ? toldUnderHalving(plan, trials, halving, plan.space.length + 2, pointsOf)
      : toldOf(plan.objectives, [...earlier.map(({ known }) => known), ...trials.map(knownOf)], plan.seed);
    const configurations = [...earlier, ...trials].map(({ configuration }) => configuration);
    const configuration = ask(plan.space, trialsTold(configurations, told), plan);
    if (configuration === null) return null;
    const recipe = recipeAt(plan.recipe, configuration);
    const number = trials.length + 1;
    const begun = searches.begin(searchId, {
      ...{ number, configuration, told, jobId },
      bracket: step?.bracket ?? 0,
      epochs: step?.epochs ?? recipe.epochs,
      run: {
        name: `${search.name}/${String(number).padStart(4, "0")}`,
        snapshotId: plan.snapshotId,
        recipe,
        device: plan.device,
        threads,
        version,
      },
    });
    if (begun) return begun;
  }
}

/** Trials as a sampler reads them. */
export function trialsTold(configurations: readonly Trial["configuration"][], told: Told): Trial[] {
  return configurations.map((configuration, i) => {
    const value = told[i] ?? null;
    return { configuration, value: value === "failed" ? Number.POSITIVE_INFINITY : value };
  });
}

const knownOf = ({ state, measures }: SearchTrial): Known => (state === "failed" ? "failed" : measures);

/** Runs from before the search that lie in its space; what is no longer there is left out. */
export function earlierTrials(
  { runs, models }: Project,
  { earlier, plan }: Pick<Search, "earlier" | "plan">,
): { configuration: Trial["configuration"]; known: Known }[] {
  return earlier.flatMap((runId) => {
    const run = runs.get(runId);
    const configuration = configurationOf(plan, run.recipe);
    if (configuration === null || run.modelId === null) return [];
    const known = { ...measuresOf(run, runs.points(runId)), latency: null, size: models.get(run.modelId).bytes };
    return [{ configuration, known }];
  });
}

/** Finished runs that a search can learn from: same snapshot, different only in what is varied. Newest first. Latency is not known of them. */
export function runsToLearnFrom({ runs }: Project, plan: Search["plan"]): string[] {
  if (!plan.warmStart || plan.halving !== null || plan.objectives.includes("latency")) return [];
  return runs
    .list()
    .filter(({ state, modelId, snapshotId }) => state === "done" && modelId !== null && snapshotId === plan.snapshotId)
    .filter(({ recipe }) => configurationOf(plan, recipe) !== null)
    .map(({ id }) => id);
}

/** Trains a trial until its end or its stop on the way, and settles it. */
async function work(input: RunSearchInput, trial: SearchTrial): Promise<void> {
  const { project, searchId, threads } = input;
  const { searches, runs } = project;
  const { number, runId } = trial;
  const follow = follower(input, trial);
  try {
    const error = await trained(input, trial, follow.progress);
    if (error === null) {
      const measures = await measure(project, searchId, runs.get(runId), threads);
      searches.settle(searchId, number, { state: "done", measures });
    } else if (error.code === "app/aborted") {
      searches.settle(searchId, number, { state: "waiting", error: null });
    } else {
      searches.settle(searchId, number, { state: "failed", error: { code: error.code, message: error.message } });
      const all = searches.trials(searchId);
      if (all.length >= HOPELESS && all.every(({ state }) => state === "failed")) throw error;
    }
  } finally {
    follow.end();
  }
}

/** Null: to its end. app/aborted: to where it stops early. Otherwise what its configuration did. Throws everything else. */
async function trained(
  { project, threads, signal, onPoints, onChanged }: RunSearchInput,
  { runId, epochs }: SearchTrial,
  onProgress: (progress: Progress) => void,
): Promise<AppError | null> {
  const { runs } = project;
  const stopsEarly = epochs < runs.get(runId).recipe.epochs;
  const stop = new AbortController();
  if (stopsEarly && hasReached(runs.points(runId), epochs)) stop.abort();
  try {
    await trainRun({
      ...{ project, runId, threads, parts: ["validation"], onProgress, onChanged },
      signal: AbortSignal.any([signal, stop.signal]),
      onPoints: (points) => {
        onPoints(runId, points);
        if (stopsEarly && hasReached(points, epochs)) stop.abort();
      },
    });
    return null;
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    const early = error.code === "app/aborted" && stop.signal.aborted;
    if (early || OWN_FAULT.includes(error.code)) return error;
    throw error;
  }
}

/** Says how far the search is while a trial is trained, and counts its time. */
function follower({ project, searchId, onProgress }: RunSearchInput, { number }: SearchTrial) {
  let countedAt = performance.now();
  let search = project.searches.get(searchId);
  const count = (): void => {
    const now = performance.now();
    project.searches.addSeconds(searchId, number, (now - countedAt) / 1000);
    countedAt = now;
    search = project.searches.get(searchId);
  };
  return {
    progress: ({ done, total, note }: Progress): void => {
      if (performance.now() - countedAt >= SECONDS_EVERY_MS) count();
      const fraction = note === "training" && total > 0 ? done / total : 0;
      onProgress({
        done: Math.min(search.plan.trials, search.ended + fraction),
        total: search.plan.trials,
        unit: "trials",
        secondsLeft: secondsLeft(search, fraction),
        note: "searching",
      });
    },
    end: count,
  };
}

async function measure(project: Project, searchId: string, run: Run, threads: number): Promise<TrialMeasures> {
  const { objectives } = project.searches.get(searchId).plan;
  const latency = objectives.includes("latency") ? await latencyOf(project, run.modelId!, threads) : null;
  const size = project.models.get(run.modelId!).bytes;
  return { ...measuresOf(run, project.runs.points(run.id)), latency, size };
}

/** Figures of the best epoch. */
function measuresOf(
  { bestEpoch, validationAuc }: Run,
  points: readonly RunPoint[],
): Pick<TrialMeasures, "auc" | "loss"> {
  const losses = points.filter(({ part, metric }) => part === "validation" && metric === "loss");
  const loss = losses.find(({ epoch }) => Math.round(epoch) === bestEpoch) ?? losses.at(-1);
  if (loss === undefined) throw new AppError("app/internal", "A finished training has no validation loss.");
  return { auc: validationAuc, loss: loss.value };
}

const WARM_UPS = 5;
const TIMED = 31;

/** Median milliseconds of one image on the processor. */
async function latencyOf({ models }: Project, modelId: string, threads: number): Promise<number> {
  const { size } = models.get(modelId).input;
  const image = floatTensor([1, 1, size, size], new Float32Array(size * size).fill(0.5));
  const session = await createSession(models.onnx(modelId), { device: "cpu", threads, use: "inference" });
  try {
    const times: number[] = [];
    for (let i = 0; i < WARM_UPS + TIMED; i++) {
      const began = performance.now();
      await session.run({ image }, ["probabilities"]);
      if (i >= WARM_UPS) times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[TIMED >> 1]!;
  } finally {
    await session.dispose();
  }
}

/** Importance of each parameter over the trials of a search and the runs that it learnt from; see `importance`. Under halving at the length that most were compared at. */
export function importanceIn(project: Project, searchId: string): { name: string; share: number }[] | null {
  const search = project.searches.get(searchId);
  const { plan } = search;
  const trials = project.searches.trials(searchId);
  const halving = halvingOf(plan);
  const earlier = earlierTrials(project, search);
  const told = halving
    ? toldUnderHalving(plan, trials, halving, plan.space.length + 2, (runId) => project.runs.points(runId))
    : toldOf(plan.objectives.slice(0, 1), [...earlier.map(({ known }) => known), ...trials.map(knownOf)], plan.seed);
  const configurations = [...earlier, ...trials].map(({ configuration }) => configuration);
  const shares = importance(plan.space, trialsTold(configurations, told));
  return shares && plan.space.map(({ name }, i) => ({ name, share: shares[i]! }));
}

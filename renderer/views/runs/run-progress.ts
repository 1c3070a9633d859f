// How far a run is, from the run and its job: the job knows the time left and moves between the run's own updates.
import type { Job, Run, RunPoint } from "../../../preload/contract/index.ts";

export interface RunProgress {
  /** 0 to 1; null while the job does not know how much there is to do. */
  share: number | null;
  step: number;
  steps: number;
  secondsLeft: number | null;
  /** Phase as the job names it, for example preparing, training, evaluating; empty without a job. */
  note: string;
}

export function runProgress(run: Run, job: Job | undefined): RunProgress {
  const own = { step: run.step, steps: run.steps, share: run.steps > 0 ? Math.min(1, run.step / run.steps) : null };
  if (job?.state !== "running") return { ...own, secondsLeft: null, note: "" };
  const { done, total, unit, secondsLeft, note } = job.progress;
  // A search's job tells how far the search is; the run of its trial is told by its own row.
  if (unit === "trials") return { ...own, secondsLeft: null, note: "training" };
  if (unit !== "steps") return { ...own, share: total > 0 ? Math.min(1, done / total) : null, secondsLeft, note };
  return {
    step: Math.max(run.step, Math.floor(done)),
    steps: total > 0 ? total : run.steps,
    share: total > 0 ? Math.min(1, done / total) : own.share,
    secondsLeft,
    note,
  };
}

/** Of the validation part so far; null before the first epoch ended. */
export function bestAuc(points: readonly RunPoint[]): number | null {
  let best: number | null = null;
  for (const { metric, part, value } of points) {
    if (metric === "auc" && part === "validation" && (best === null || value > best)) best = value;
  }
  return best;
}

/** Goes on from its checkpoint. */
export function isResumable(run: Run): boolean {
  return run.state === "interrupted" || run.state === "cancelled";
}

/** Newest first: the runs that the compare view starts with. */
export function newestDone(runs: readonly Run[], count: number): string[] {
  return runs
    .filter((run) => run.modelId !== null)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .slice(0, count)
    .map((run) => run.id);
}

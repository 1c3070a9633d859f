// When a search is over: trials, minutes, a target reached, or nothing better for too long. Pure.
import {
  bestTrials,
  costOf,
  type Search,
  type SearchPlan,
  type SearchTrial,
  type TrialMeasures,
} from "../../../preload/contract/index.ts";

/** Whether no new trial may begin. `seconds`: spent so far. */
export function isOver(
  plan: Pick<SearchPlan, "trials" | "minutes" | "patience" | "target" | "objectives">,
  trials: readonly SearchTrial[],
  seconds: number,
): boolean {
  return (
    trials.length >= plan.trials || timeIsUp(plan, seconds) || reachedTarget(plan, trials) || lostPatience(plan, trials)
  );
}

/** Then those stopped early do not go on either. */
export const timeIsUp = ({ minutes }: Pick<SearchPlan, "minutes">, seconds: number): boolean =>
  minutes !== null && seconds >= 60 * minutes;

function reachedTarget(
  { target, objectives }: Pick<SearchPlan, "target" | "objectives">,
  trials: readonly SearchTrial[],
): boolean {
  if (target === null) return false;
  const objective = objectives[0]!;
  const wanted = objective === "auc" ? 1 - target : target;
  const reached = (measures: TrialMeasures | null): boolean => {
    const cost = measures && costOf(objective, measures);
    return cost !== null && cost <= wanted;
  };
  return trials.some(({ measures }) => reached(measures));
}

function lostPatience(
  { patience, objectives }: Pick<SearchPlan, "patience" | "objectives">,
  trials: readonly SearchTrial[],
): boolean {
  if (patience === null) return false;
  const best = bestTrials({ objectives }, trials).map(({ number }) => number);
  // Of equals the first was the better one; of a front each was something new.
  const last = best.length === 0 ? 0 : objectives.length === 1 ? Math.min(...best) : Math.max(...best);
  return trials.filter(({ number, state }) => number > last && state !== "running").length >= patience;
}

/** Part of a trial from which something can be told of the others. */
const ENOUGH = 0.1;

/** Seconds that the rest of the trials may take; null in the first moments. `fraction`: done of the trial that is asked about. */
export function secondsLeft(
  { plan, seconds, ended }: Pick<Search, "plan" | "seconds" | "ended">,
  fraction: number,
): number | null {
  const done = ended + fraction;
  if (done < ENOUGH || seconds < 2) return null;
  const left = (Math.max(0, plan.trials - done) * seconds) / done;
  return plan.minutes === null ? left : Math.max(0, Math.min(left, 60 * plan.minutes - seconds));
}

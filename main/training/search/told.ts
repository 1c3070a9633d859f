// What a sampler is told of earlier trials: one number each, small is good.
//
// One objective is its own number. Several are scaled to 0 to 1 over what is known, and weighed anew for each question (ParEGO, Knowles 2006,
// https://doi.org/10.1109/TEVC.2005.851274): the worst weighed one counts, and a little of all, so one search after another aims at another part of the front.
// Under halving trials have had different numbers of epochs. The longest training that enough of them have had is what is compared: those that were stopped
// before are not known there, and the sampler believes of them what it expects.
import {
  costOf,
  type RunPoint,
  type SearchObjective,
  type SearchPlan,
  type SearchTrial,
  type TrialMeasures,
} from "../../../preload/contract/index.ts";
import { createRandom } from "../../models/random.ts";
import { type HalvingOptions, type HalvingTrial, rungs } from "./halving.ts";

export type Told = SearchTrial["told"];
/** The measures of an earlier run or trial; `failed`, or null where they are not known yet. */
export type Known = TrialMeasures | "failed" | null;

const PURPOSE = 0x9a4;
/** How much the sum counts beside the worst. */
const SUM = 0.05;
/** Epochs are fractions of steps: as near as this is the end of one. */
const CLOSE = 1e-6;

/** For the question after `known`, whose chance comes from `seed` and their number. */
export function toldOf(objectives: readonly SearchObjective[], known: readonly Known[], seed: number): Told {
  const costs = known.map((one) => {
    if (one === null || one === "failed") return one;
    const each = objectives.map((objective) => costOf(objective, one));
    return each.every((cost) => cost !== null) ? (each as number[]) : "failed";
  });
  const measured = costs.filter((one): one is number[] => Array.isArray(one));
  if (objectives.length === 1) return costs.map((one) => (Array.isArray(one) ? one[0]! : one));
  const weights = weightsOf(objectives.length, seed, known.length);
  const ends = objectives.map((_, i) => {
    const all = measured.map((one) => one[i]!);
    return { low: Math.min(...all), range: Math.max(...all) - Math.min(...all) || 1 };
  });
  return costs.map((one) => {
    if (!Array.isArray(one)) return one;
    const weighed = one.map((cost, i) => (weights[i]! * (cost - ends[i]!.low)) / ends[i]!.range);
    return Math.max(...weighed) + SUM * weighed.reduce((a, b) => a + b);
  });
}

/** Positive and summing to 1, evenly over all such: gaps between uniform numbers would need a sort, logarithms do not. */
function weightsOf(count: number, seed: number, number: number): number[] {
  const random = createRandom(seed, PURPOSE, number);
  const drawn = Array.from({ length: count }, () => -Math.log(1 - random.uniform()));
  const sum = drawn.reduce((a, b) => a + b);
  return drawn.map((one) => one / sum);
}

/** The best that a run had reached by the end of an epoch, as a cost; Infinity where its curve says nothing. */
export function costAt(points: readonly RunPoint[], objective: SearchObjective, epochs: number): number {
  const metric = objective === "loss" ? "loss" : "auc";
  const costs = points
    .filter((point) => point.part === "validation" && point.metric === metric && point.epoch <= epochs + CLOSE)
    .map(({ value }) => (metric === "auc" ? 1 - value : value));
  return Math.min(Number.POSITIVE_INFINITY, ...costs);
}

/** Whether a run's curve has come to the end of an epoch. */
export const hasReached = (points: readonly RunPoint[], epochs: number): boolean =>
  points.some(({ part, epoch }) => part === "validation" && epoch >= epochs - CLOSE);

/** The options of halving of a plan; the longest training is the recipe's. */
export function halvingOf({ halving, recipe }: Pick<SearchPlan, "halving" | "recipe">): HalvingOptions | null {
  return halving === null ? null : { ...halving, longest: recipe.epochs };
}

/** Trials as successive halving sees them. `pointsOf`: the curve of a run. */
export function halvingTrials(
  { objectives }: Pick<SearchPlan, "objectives">,
  trials: readonly SearchTrial[],
  options: HalvingOptions,
  pointsOf: (runId: string) => readonly RunPoint[],
): HalvingTrial[] {
  return trials.map(({ state, bracket, epochs, runId }) => {
    const points = pointsOf(runId);
    const had = (end: number): boolean => state === "done" || (state === "waiting" ? end <= epochs : end < epochs);
    const values = rungs(options, bracket)
      .filter(had)
      .map((end) => costAt(points, objectives[0]!, end));
    return {
      bracket,
      values: state === "failed" ? [...values, Number.POSITIVE_INFINITY] : values,
      running: state === "running",
    };
  });
}

/** What a sampler is told under halving. `enough`: trials that must have had a training for it to be compared. */
export function toldUnderHalving(
  { objectives }: Pick<SearchPlan, "objectives">,
  trials: readonly SearchTrial[],
  options: HalvingOptions,
  enough: number,
  pointsOf: (runId: string) => readonly RunPoint[],
): Told {
  const had = trials.map(({ state, epochs }) =>
    state === "done" ? options.longest : state === "waiting" ? epochs : 0,
  );
  const lengths = rungs(options).filter((end) => had.filter((one) => one >= end).length >= enough);
  const compared = lengths.at(-1) ?? options.shortest;
  return trials.map(({ state, runId }, i) => {
    if (state === "failed") return "failed";
    if (had[i]! < compared) return null;
    const cost = costAt(pointsOf(runId), objectives[0]!, compared);
    return Number.isFinite(cost) ? cost : "failed";
  });
}

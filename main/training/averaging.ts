// How the average of the weights that is judged and exported follows the weights that learn.
//
// Weights of late steps scatter around a better place than each of them (Polyak and Juditsky 1992; Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).
import type { Recipe } from "../../preload/contract/index.ts";

/** Steps that a moving average looks back, as a part of the run. */
const HORIZON = 0.1;
/** Where the mean of the end begins, as a part of the run. */
const END = 0.75;

/**
 * How far the average moves towards the weights after batch `step` (from 0) of `steps`; counted in steps of the optimiser, which take `accumulate` batches.
 * ema: the plain mean at first, then exponential. swa: the weights themselves, then the mean of the last quarter. none: the weights.
 */
export function averageRateAt(
  { average, accumulate }: Pick<Recipe, "average" | "accumulate">,
  step: number,
  steps: number,
): number {
  const [update, updates] = [Math.floor(step / accumulate), Math.max(1, Math.floor(steps / accumulate))];
  if (average === "ema") return Math.max(1 / (update + 1), Math.min(1, 1 / (HORIZON * updates)));
  const since = update - Math.floor(END * updates);
  return average === "swa" && since > 0 ? 1 / (since + 1) : 1;
}

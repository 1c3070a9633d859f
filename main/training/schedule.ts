// How the learning rate moves over a run.
import type { Recipe } from "../../preload/contract/index.ts";

const WARM_UP = 0.05;

/**
 * Learning rate of step `step` (from 0) of `steps`. Cosine rises in a straight line over the first 5 % of the steps, then falls along half
 * a cosine and would reach 0 one step after the last.
 */
export function learningRateAt(
  { schedule, learningRate }: Pick<Recipe, "schedule" | "learningRate">,
  step: number,
  steps: number,
): number {
  if (schedule === "constant") return learningRate;
  const warmUp = Math.ceil(WARM_UP * steps);
  if (step < warmUp) return (learningRate * (step + 1)) / warmUp;
  return (learningRate * (1 + Math.cos((Math.PI * (step - warmUp)) / (steps - warmUp)))) / 2;
}

// How the learning rate moves over a run.
import type { Recipe } from "../../preload/contract/index.ts";

/** step: where the rate falls to a tenth, as parts of the run (He et al. 2015, https://arxiv.org/abs/1512.03385, section 4.2). */
const FALLS = [0.5, 0.75];
/** one-cycle (Smith 2018, https://arxiv.org/abs/1803.09820) with PyTorch's numbers: part of the steps that rise, first and last rate. */
const CYCLE = { rise: 0.3, first: 1 / 25, last: 1 / 250_000 } as const;
/** plateau: what the rate falls by, after so many epochs that were no better. */
const REDUCTION = 0.1;
const PLATEAU_EPOCHS = 5;

/** What a plateau schedule remembers. */
export interface Plateau {
  /** How often the rate fell. */
  readonly reductions: number;
  /** Epoch, from 0, that was the last better one or the last to reduce; -1 before the first. */
  readonly since: number;
}

export const NO_PLATEAU: Plateau = { reductions: 0, since: -1 };

/** After one more epoch, which was the best so far or not. */
export function afterEpoch({ reductions, since }: Plateau, epoch: number, isBest: boolean): Plateau {
  if (isBest) return { reductions, since: epoch };
  return epoch - since < PLATEAU_EPOCHS ? { reductions, since } : { reductions: reductions + 1, since: epoch };
}

/**
 * Learning rate of step `step` (from 0) of `steps`. cosine, step and plateau rise in a straight line over the part `warmUp`; cosine then falls along half a cosine and
 * would reach 0 one step after the last; step falls to a tenth at a half and at three quarters; plateau falls to a tenth after five epochs that were no better.
 */
export function learningRateAt(
  { schedule, learningRate, warmUp }: Pick<Recipe, "schedule" | "learningRate" | "warmUp">,
  step: number,
  steps: number,
  { reductions }: Plateau = NO_PLATEAU,
): number {
  if (schedule === "constant") return learningRate;
  if (schedule === "one-cycle") return learningRate * cycle(step / Math.max(1, steps - 1));
  const rising = Math.ceil(warmUp * steps);
  if (step < rising) return (learningRate * (step + 1)) / rising;
  switch (schedule) {
    case "cosine":
      return learningRate * between(1, 0, (step - rising) / (steps - rising));
    case "step":
      return learningRate * 0.1 ** FALLS.filter((part) => step >= part * steps).length;
    case "plateau":
      return learningRate * REDUCTION ** reductions;
  }
}

function cycle(part: number): number {
  if (part < CYCLE.rise) return between(CYCLE.first, 1, part / CYCLE.rise);
  return between(1, CYCLE.last, (part - CYCLE.rise) / (1 - CYCLE.rise));
}

/** From one number to another along half a cosine. */
function between(from: number, to: number, part: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2;
}

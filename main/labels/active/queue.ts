// Which images are read next: most of them by a strategy, some at random, and nobody can tell which.
//
// The random arm is drawn first, from everything that has no label: it is a fair sample of what is there, whatever the strategy would have taken. It says
// how good the model is, and it is what the strategy has to beat. The strategy then takes its best of the rest.

import { AppError } from "../../../preload/contract/errors.ts";
import { shuffled } from "./order.ts";

export type Arm = "active" | "random";

export interface QueuedCase {
  /** of the image in the pool */
  readonly index: number;
  readonly arm: Arm;
}

/** How many of the cases are drawn at random: the share of them, at least one, and never all where there are two. */
export function randomCases(count: number, share: number): number {
  return Math.min(Math.max(1, Math.round(count * share)), Math.max(1, count - 1));
}

/**
 * `count` cases of a pool of `size` images, or all of it, both arms mixed. `best(excluded, wanted)` gives the strategy's indices, best first; excluded
 * ones are left out. Throws active/pool-small for fewer than two images.
 */
export function drawQueue(
  size: number,
  { count, randomShare, seed }: { count: number; randomShare: number; seed: number },
  best: (excluded: ReadonlySet<number>, wanted: number) => readonly number[],
): QueuedCase[] {
  const total = Math.min(count, size);
  if (total < 2) {
    throw new AppError(
      "active/pool-small",
      `A queue with a random arm needs at least two images without a label; there are ${size} and ${count} are wanted.`,
    );
  }
  const random = shuffled(size, seed).slice(0, randomCases(total, randomShare));
  const excluded = new Set(random);
  const active = best(excluded, total - random.length).slice(0, total - random.length);
  const cases: QueuedCase[] = [
    ...random.map((index): QueuedCase => ({ index, arm: "random" })),
    ...active.map((index): QueuedCase => ({ index, arm: "active" })),
  ];
  // Another draw than that of the arm: with the same one its cases would stand in the order of their choosing.
  return shuffled(cases.length, seed ^ MIXING).map((i) => cases[i]);
}

const MIXING = 0x5bd1e995;

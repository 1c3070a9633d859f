// Order by score, and draws, that a seed repeats.

import { randomBelow } from "../agreement/bootstrap.ts";

/** 0 … count - 1 in random order (Fisher and Yates). */
export function shuffled(count: number, seed: number): number[] {
  const below = randomBelow(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Indices from the highest score to the lowest. Equal scores come in random order: by import they would favour one scanner or day. */
export function ranked(scores: readonly number[], seed: number): number[] {
  return shuffled(scores.length, seed).sort((a, b) => scores[b] - scores[a]);
}

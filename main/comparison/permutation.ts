// Paired permutation test: a figure of every case from two models, for example Dice or loss; is the mean difference more than chance?
//
// If the models were alike, each pair could as well be the other way round, so every choice of signs of the differences is equally likely (Fisher, The
// Design of Experiments, 1935). Up to 2^16 choices all are counted and p is exact; beyond that 20,000 are drawn, the observed one counting among them, so
// that p is never 0 (Phipson and Smyth 2010, https://doi.org/10.2202/1544-6115.1585). No shape of the distribution is assumed.
import { randomBelow } from "../labels/agreement/bootstrap.ts";

export interface PairedPermutation {
  /** Mean of first minus second. */
  difference: number;
  /** Two-sided. */
  p: number;
  /** All choices of signs were counted. */
  exact: boolean;
}

const MOST_EXACT = 16;
const DRAWN = 20_000;
/** Sums of the same numbers in another order differ by rounding; they count as equal. */
const SAME = 1e-12;

/** `units[u]` are the indices of the cases that change places together: those of a patient, or one alone. null without a case. */
export function pairedPermutation(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  units: readonly (readonly number[])[],
  seed: number,
): PairedPermutation | null {
  const sums = units.map((cases) => cases.reduce((sum, i) => sum + first[i] - second[i], 0));
  const count = units.reduce((sum, cases) => sum + cases.length, 0);
  if (count === 0) return null;
  const observed = sums.reduce((sum, x) => sum + x, 0);
  const scale = sums.reduce((sum, x) => sum + Math.abs(x), 0);
  const least = Math.abs(observed) - SAME * scale;
  const exact = sums.length <= MOST_EXACT;
  const extreme = exact ? countAll(sums, least) : countDrawn(sums, least, randomBelow(seed));
  const p = exact ? extreme / 2 ** sums.length : (extreme + 1) / (DRAWN + 1);
  return { difference: observed / count, p, exact };
}

function countAll(sums: readonly number[], least: number): number {
  let extreme = 0;
  for (let signs = 0; signs < 2 ** sums.length; signs++) {
    let total = 0;
    for (const [bit, x] of sums.entries()) total += (signs >>> bit) & 1 ? -x : x;
    if (Math.abs(total) >= least) extreme++;
  }
  return extreme;
}

function countDrawn(sums: readonly number[], least: number, below: (bound: number) => number): number {
  let extreme = 0;
  for (let round = 0; round < DRAWN; round++) {
    let [total, bits] = [0, 0];
    for (const [i, x] of sums.entries()) {
      if (i % 32 === 0) bits = below(2 ** 32);
      total += (bits >>> (i % 32)) & 1 ? -x : x;
    }
    if (Math.abs(total) >= least) extreme++;
  }
  return extreme;
}

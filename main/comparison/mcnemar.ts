// Two models on the same cases, each answer right or wrong: do they differ in accuracy?
//
// Only cases on which one was right and the other wrong can tell (McNemar, Psychometrika 12, 1947). Under equal accuracy each of these falls to either
// side like a coin, so the exact p value is a binomial's; no approximation, and no rule about when one would do.

export interface McNemar {
  /** Cases that only the first, and only the second, got right. */
  onlyFirst: number;
  onlySecond: number;
  /** Exact, two-sided, at most 1. */
  p: number;
}

/** `first[i]` and `second[i]` say whether each was right on case i. */
export function mcNemar(first: readonly boolean[], second: readonly boolean[]): McNemar {
  let [onlyFirst, onlySecond] = [0, 0];
  for (const [i, right] of first.entries()) {
    if (right && !second[i]) onlyFirst++;
    else if (!right && second[i]) onlySecond++;
  }
  const trials = onlyFirst + onlySecond;
  return { onlyFirst, onlySecond, p: Math.min(1, 2 * atMostHeads(Math.min(onlyFirst, onlySecond), trials)) };
}

/** Probability of at most `heads` in `tosses` of a fair coin; in logarithms, since 2^-tosses underflows at 1,075. */
function atMostHeads(heads: number, tosses: number): number {
  let logTerm = -tosses * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= heads; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(tosses - k) - Math.log(k + 1);
  }
  return sum;
}

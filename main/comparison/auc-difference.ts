// Two models judged on the same cases: by how much their AUCs differ, and whether that is more than chance.
//
// Both models see the same patients, so their AUCs go up and down together; comparing two intervals that were made apart would ask too much. DeLong's
// test takes the covariance into account: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), https://doi.org/10.2307/2531595; placements by
// ranks after Sun and Xu, IEEE Signal Processing Letters 21 (2014). Cases count as independent of each other: with several images of a patient the
// bootstrap over patients (`comparison.ts`) stands beside it.
import { normalCdf } from "../labels/agreement/distributions.ts";
import { placements, Z_95 } from "../models/metrics.ts";

export interface AucDifference {
  /** AUC of the first and of the second model, within [0, 1]. */
  first: number;
  second: number;
  /** First minus second, with its 95 % interval. */
  difference: number;
  low: number;
  high: number;
  /** Standard error of the difference. */
  error: number;
  /** Two-sided; 1 where both models put all cases in the same order. */
  p: number;
}

/**
 * `positive[i]` says what case i is; the scores are higher the more positive it looks. null when a class has fewer than two cases: a covariance
 * needs two. Where the difference has no spread (both models separate the classes perfectly) its error is 0; then p is 1 for no difference.
 */
export function aucDifference(
  positive: readonly boolean[],
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): AucDifference | null {
  const a = placements(positive, first);
  const b = placements(positive, second);
  if (a === null || b === null || a.positives.length < 2 || a.negatives.length < 2) return null;
  const difference = mean(a.positives) - mean(b.positives);
  const variance =
    varianceOfDifference(a.positives, b.positives) / a.positives.length +
    varianceOfDifference(a.negatives, b.negatives) / a.negatives.length;
  const error = Math.sqrt(variance);
  return {
    first: mean(a.positives),
    second: mean(b.positives),
    difference,
    low: Math.max(-1, difference - Z_95 * error),
    high: Math.min(1, difference + Z_95 * error),
    error,
    p: error > 0 ? 2 * normalCdf(-Math.abs(difference) / error) : difference === 0 ? 1 : 0,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Var(a - b) = Var(a) + Var(b) - 2 Cov(a, b), which is what DeLong's contrast of two curves comes to. */
function varianceOfDifference(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((x, i) => x - b[i]);
  const center = mean(differences);
  return differences.reduce((sum, x) => sum + (x - center) ** 2, 0) / (differences.length - 1);
}

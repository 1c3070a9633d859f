// How near numbers come to what they should be.
import { type Interval, Z_95 } from "./ranking.ts";

/**
 * Coefficient of determination, 1 - sum (t - p)^2 / sum (t - mean t)^2, with a 95 % interval from its large-sample variance (Olkin and Finn, Psychological
 * Bulletin 118, 1995, for one predictor). 1 is exact, 0 no better than the mean, below 0 worse; limits stay within 1. null with fewer than three cases or
 * truths that are all the same.
 */
export function determination(truth: ArrayLike<number>, predicted: ArrayLike<number>): Interval | null {
  const n = truth.length;
  if (n < 3) return null;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += truth[i]! / n;
  let [off, spread] = [0, 0];
  for (let i = 0; i < n; i++) {
    off += (truth[i]! - predicted[i]!) ** 2;
    spread += (truth[i]! - mean) ** 2;
  }
  if (spread === 0) return null;
  const value = 1 - off / spread;
  const known = Math.max(0, value);
  const half = Z_95 * Math.sqrt((4 * known * (1 - known) ** 2 * (n - 2) ** 2) / ((n ** 2 - 1) * (n + 3)));
  return { value, low: value - half, high: Math.min(1, value + half) };
}

/** In the unit of the numbers; NaN without a case. */
export function meanAbsoluteError(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) sum += Math.abs(truth[i]! - predicted[i]!);
  return sum / truth.length;
}

// How well scores put the positive cases above the negative ones: AUC with its interval, and the ROC curve.
//
// AUC is the Mann-Whitney probability: a positive case scores above a negative one, ties counting half. Everything works on ranks, so
// it is exact, needs no thresholds, and costs one sort. References: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988); the
// O(n log n) form is Sun and Xu, IEEE Signal Processing Letters 21 (2014).
import { createRandom } from "../random.ts";

/** An estimate with its 95 % interval, all within [0, 1]. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** 97.5 % point of the standard normal distribution. */
export const Z_95 = 1.959963984540054;

const clip = (x: number): number => Math.min(1, Math.max(0, x));

/** Ranks from 1, tied scores sharing the mean of theirs. */
function midranks(scores: ArrayLike<number>): Float64Array {
  const order = ascending(scores);
  const ranks = new Float64Array(scores.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Indices of the scores, lowest first. */
export function ascending(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
}

/**
 * AUC of two classes with DeLong's 95 % interval. `positive[i]` says what case i is; `scores[i]` is higher the more positive it looks.
 * null when one class is absent. With a single case in a class its share of the variance cannot be estimated, and counts as the
 * largest it can be (0.25, a coin). Where every pair is in order DeLong's variance is 0 and so is the width: a limit of the method.
 */
export function aucDeLong(positive: readonly boolean[], scores: ArrayLike<number>): Interval | null {
  const placed = placements(positive, scores);
  if (placed === null) return null;
  const { positives, negatives } = placed;
  const value = mean(positives);
  const deviation = Math.sqrt(variance(positives) / positives.length + variance(negatives) / negatives.length);
  return { value, low: clip(value - Z_95 * deviation), high: clip(value + Z_95 * deviation) };
}

/** For each case, the part of the other class that it is on the right side of, ties counting half. Their mean is the AUC. */
export interface Placements {
  positives: number[];
  negatives: number[];
}

/** In the order of the cases; null when one class is absent. */
export function placements(positive: readonly boolean[], scores: ArrayLike<number>): Placements | null {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let i = 0; i < positive.length; i++) (positive[i] ? positives : negatives).push(scores[i]!);
  const [m, n] = [positives.length, negatives.length];
  if (m === 0 || n === 0) return null;

  const all = midranks([...positives, ...negatives]);
  const amongPositives = midranks(positives);
  const amongNegatives = midranks(negatives);
  return {
    positives: positives.map((_, i) => (all[i]! - amongPositives[i]!) / n),
    negatives: negatives.map((_, i) => 1 - (all[m + i]! - amongNegatives[i]!) / m),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function variance(values: readonly number[]): number {
  if (values.length < 2) return 0.25;
  const center = mean(values);
  return values.reduce((sum, x) => sum + (x - center) ** 2, 0) / (values.length - 1);
}

const RESAMPLES = 1000;

/**
 * Macro one-versus-rest AUC of three classes or more: the mean over classes of "this class against all others".
 * The 95 % interval is the percentile bootstrap over cases, drawn within each class so that none can vanish; `seed` makes it repeatable.
 * `truth[i]` is a class index, `scores[c][i]` the score of case i for class c. null when a class is absent.
 */
export function aucMacro(
  truth: readonly number[],
  scores: readonly ArrayLike<number>[],
  seed: number,
): Interval | null {
  const members = scores.map(() => [] as number[]);
  for (const [i, index] of truth.entries()) members[index]!.push(i);
  if (members.some((cases) => cases.length === 0)) return null;

  const orders = scores.map(ascending);
  const macro = (weights: Uint16Array): number =>
    mean(scores.map((row, c) => weightedAuc(orders[c]!, row, truth, c, weights)));
  const value = macro(new Uint16Array(truth.length).fill(1));
  const random = createRandom(seed);
  const resampled = new Float64Array(RESAMPLES);
  const weights = new Uint16Array(truth.length);
  for (let round = 0; round < RESAMPLES; round++) {
    weights.fill(0);
    for (const cases of members) for (const _ of cases) weights[cases[random.below(cases.length)]!]!++;
    resampled[round] = macro(weights);
  }
  resampled.sort();
  return { value, low: quantile(resampled, 0.025), high: quantile(resampled, 0.975) };
}

/** AUC of class `c` against the rest, case i counting weights[i] times; NaN where one side has no weight. `order` sorts `scores` upward. */
export function weightedAuc(
  order: Uint32Array,
  scores: ArrayLike<number>,
  truth: readonly number[],
  c: number,
  weights: ArrayLike<number>,
): number {
  let [below, concordant, positives] = [0, 0, 0];
  for (let start = 0; start < order.length; ) {
    let [tiedPositives, tiedNegatives, end] = [0, 0, start];
    for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      const i = order[end]!;
      if (truth[i] === c) tiedPositives += weights[i]!;
      else tiedNegatives += weights[i]!;
    }
    concordant += tiedPositives * (below + tiedNegatives / 2);
    positives += tiedPositives;
    below += tiedNegatives;
    start = end;
  }
  return concordant / (positives * below);
}

/** Linear interpolation between the two nearest of ascending values. */
function quantile(ascendingValues: Float64Array, q: number): number {
  const position = q * (ascendingValues.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascendingValues.length - 1);
  return ascendingValues[below]! + (position - below) * (ascendingValues[above]! - ascendingValues[below]!);
}

/** [false positive rate, true positive rate, threshold]: a case is called positive when its score is at least the threshold. */
export type RocPoint = [number, number, number];

const ROC_POINTS = 512;

/**
 * The ROC curve from (0, 0) to (1, 1), at most 512 points; [] when a class is absent. The threshold of the first point is one above the
 * highest score, since nothing is called positive there. Thinning keeps points evenly along the curve: its area moves by less than 1e-3.
 */
export function rocCurve(positive: readonly boolean[], scores: ArrayLike<number>): RocPoint[] {
  const order = ascending(scores).reverse();
  const positives = positive.filter(Boolean).length;
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points: RocPoint[] = [[0, 0, scores[order[0]!]! + 1]];
  let [truePositives, falsePositives] = [0, 0];
  for (let i = 0; i < order.length; i++) {
    if (positive[order[i]!]) truePositives++;
    else falsePositives++;
    const score = scores[order[i]!]!;
    if (i + 1 < order.length && scores[order[i + 1]!] === score) continue;
    points.push([falsePositives / negatives, truePositives / positives, score]);
  }
  return points.length <= ROC_POINTS ? points : thin(points);
}

/** A ROC curve only goes up and right, so x + y runs from 0 to 2 along it: keep the point nearest before each of 512 even marks. */
function thin(points: readonly RocPoint[]): RocPoint[] {
  const kept: RocPoint[] = [];
  let mark = 0;
  for (const [i, point] of points.entries()) {
    const along = (point[0] + point[1]) / 2;
    const last = i === points.length - 1;
    if (!last && along * (ROC_POINTS - 2) < mark) continue;
    kept.push(point);
    mark = Math.floor(along * (ROC_POINTS - 2)) + 1;
  }
  return kept;
}

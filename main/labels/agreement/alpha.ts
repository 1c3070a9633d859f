// Krippendorff's alpha: agreement of any number of readers on any scale, cases that some did not read included.
//
// Alpha is 1 - observed / expected disagreement. Both are mean squared differences: within cases, and over all values that have a partner in
// their case. What differs between scales is only the difference. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011),
// https://repository.upenn.edu/asc_papers/43. The ordinal difference is one of midranks, so it runs as interval on ranks, without a table of pairs.

import { AppError } from "../../../preload/contract/errors.ts";

export type AlphaScale = "nominal" | "ordinal" | "interval" | "ratio";

/**
 * `cases[i]` are the values that readers gave case i, in any order, those missing left out; numbers stand for classes on the nominal scale.
 * null where no case has two values, and where all values that count are the same: alpha is undefined there.
 * Throws app/invalid-input for values that are not finite, and for negative ones on the ratio scale.
 */
export function krippendorffAlpha(cases: readonly ArrayLike<number>[], scale: AlphaScale): number | null {
  return alphaOver(cases, scale)(cases.map((_, i) => i));
}

/** Alpha of any of these cases, with repeats for a resample: what does not hang on which they are is counted once. */
export function alphaOver(
  cases: readonly ArrayLike<number>[],
  scale: AlphaScale,
): (indices: ArrayLike<number>) => number | null {
  const levels = Float64Array.from(new Set(cases.flatMap((values) => Array.from(values)))).sort();
  if (!levels.every((x) => Number.isFinite(x) && (scale !== "ratio" || x >= 0))) {
    throw new AppError("app/invalid-input", "Alpha needs finite values, and on the ratio scale none below 0.");
  }
  const indexOf = new Map(Array.from(levels, (value, index) => [value, index]));
  const units = cases.map((values) => Int32Array.from(values, (x) => indexOf.get(x) as number));
  const ranked = scale === "ordinal";
  const pairs = { nominal: unequalPairs, ordinal: squaredPairs, interval: squaredPairs, ratio: ratioPairs }[scale];
  const within = (unit: Int32Array, places: Float64Array): number =>
    pairs(
      unit.map(() => 1),
      Float64Array.from(unit, (index) => places[index]),
    ) /
    (unit.length - 1);
  const observedOf = units.map((unit) => (ranked || unit.length < 2 ? 0 : within(unit, levels)));

  return (indices) => {
    const counts = new Int32Array(levels.length);
    let [values, observed] = [0, 0];
    for (let n = 0; n < indices.length; n++) {
      const unit = units[indices[n]];
      if (unit.length < 2) continue;
      for (const index of unit) counts[index]++;
      values += unit.length;
      observed += observedOf[indices[n]];
    }
    if (counts.every((count) => count === 0 || count === values)) return null;
    const places = ranked ? midranks(counts) : levels;
    if (ranked) {
      for (let n = 0; n < indices.length; n++) {
        const unit = units[indices[n]];
        if (unit.length > 1) observed += within(unit, places);
      }
    }
    return 1 - (observed * (values - 1)) / pairs(counts, places);
  };
}

/** Sum of squared differences over ordered pairs of values: `counts[i]` times `values[i]`, which may repeat. */
type PairSum = (counts: Int32Array, values: Float64Array) => number;

/** Krippendorff's ordinal difference sums the values between two, and half of those at both ends: it is the difference of their midranks. */
function midranks(counts: Int32Array): Float64Array {
  let before = 0;
  return Float64Array.from(counts, (count) => {
    before += count;
    return before - count / 2;
  });
}

const unequalPairs: PairSum = (counts, values) => {
  const byValue = new Map<number, number>();
  let all = 0;
  for (let i = 0; i < counts.length; i++) {
    byValue.set(values[i], (byValue.get(values[i]) ?? 0) + counts[i]);
    all += counts[i];
  }
  let equal = 0;
  for (const count of byValue.values()) equal += count * count;
  return all * all - equal;
};

const squaredPairs: PairSum = (counts, values) => {
  let [all, sum, squares] = [0, 0, 0];
  for (let i = 0; i < counts.length; i++) {
    all += counts[i];
    sum += counts[i] * values[i];
  }
  for (let i = 0; i < counts.length; i++) squares += counts[i] * (values[i] - sum / all) ** 2;
  return 2 * all * squares;
};

/** Grows with the square of the number of values: the one difference that does not come apart. */
const ratioPairs: PairSum = (counts, values) => {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    for (let j = 0; j < i; j++) {
      const [less, more] = [values[i] - values[j], values[i] + values[j]];
      if (more > 0) sum += 2 * counts[i] * counts[j] * (less / more) ** 2;
    }
  }
  return sum;
};

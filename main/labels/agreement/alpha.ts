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
  const units = cases.filter((values) => values.length > 1).map((values) => Float64Array.from(values));
  const all = Float64Array.from(units.flatMap((values) => [...values])).sort();
  if (!all.every((x) => Number.isFinite(x) && (scale !== "ratio" || x >= 0))) {
    throw new AppError("app/invalid-input", "Alpha needs finite values, and on the ratio scale none below 0.");
  }
  if (all.length === 0 || all[0] === all[all.length - 1]) return null;
  if (scale === "ordinal") {
    const ranks = midranks(all);
    return alpha(
      units.map((values) => values.map((x) => ranks.get(x) as number)),
      all.map((x) => ranks.get(x) as number),
      squaredPairs,
    );
  }
  return alpha(units, all, { nominal: unequalPairs, interval: squaredPairs, ratio: ratioPairs }[scale]);
}

/** Sum of squared differences over ordered pairs of values. */
type PairSum = (values: Float64Array) => number;

function alpha(units: readonly Float64Array[], all: Float64Array, pairs: PairSum): number {
  const observed = units.reduce((sum, values) => sum + pairs(values) / (values.length - 1), 0);
  const expected = pairs(all) / (all.length - 1);
  return 1 - observed / expected;
}

/** Krippendorff's ordinal difference sums the values between two, and half of those at both ends: it is the difference of their midranks. */
function midranks(ascending: Float64Array): Map<number, number> {
  const ranks = new Map<number, number>();
  for (let start = 0; start < ascending.length; ) {
    let end = start + 1;
    while (end < ascending.length && ascending[end] === ascending[start]) end++;
    ranks.set(ascending[start], (start + 1 + end) / 2);
    start = end;
  }
  return ranks;
}

const unequalPairs: PairSum = (values) => {
  const counts = new Map<number, number>();
  for (const x of values) counts.set(x, (counts.get(x) ?? 0) + 1);
  let equal = 0;
  for (const count of counts.values()) equal += count * count;
  return values.length * values.length - equal;
};

const squaredPairs: PairSum = (values) => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return 2 * values.length * values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
};

/** Grows with the square of their number: the one difference that does not come apart. */
const ratioPairs: PairSum = (values) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < i; j++) {
      const [less, more] = [values[i] - values[j], values[i] + values[j]];
      if (more > 0) sum += 2 * (less / more) ** 2;
    }
  }
  return sum;
};

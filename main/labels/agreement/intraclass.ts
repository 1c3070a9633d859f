// Intraclass correlation: which part of the variance of readers' numbers is that of the cases, with intervals from the F distribution.
//
// Shrout and Fleiss, Psychological Bulletin 86 (1979); names there and in McGraw and Wong, Psychological Methods 1 (1996):
// oneWay: ICC(1,1), ICC(1): each case read by other readers; agreement: ICC(2,1), ICC(A,1): readers drawn from many, their offsets count as
// disagreement; consistency: ICC(3,1), ICC(C,1): these readers only, offsets do not count. `mean`: the same for the mean over the readers (k forms).

import { AppError } from "../../../preload/contract/errors.ts";
import type { Estimate } from "./bootstrap.ts";
import { fQuantile } from "./distributions.ts";

export interface Intraclass {
  /** null where the formula has no value: for means, where cases vary less than chance alone would make them; their bounds may be null too. */
  readonly single: Estimate | null;
  readonly mean: Estimate | null;
}

export interface IntraclassForms {
  readonly oneWay: Intraclass;
  readonly agreement: Intraclass;
  readonly consistency: Intraclass;
}

interface MeanSquares {
  readonly cases: number;
  readonly readers: number;
  /** Mean squares between cases, between readers, within cases, and what is left of both. */
  readonly between: number;
  readonly byReader: number;
  readonly within: number;
  readonly residual: number;
}

/**
 * `table[case][reader]`, complete. null with fewer than two cases or readers, or when all values are the same.
 * Throws app/invalid-input for rows of different lengths and for values that are not finite.
 */
export function intraclass(table: readonly (readonly number[])[], level = 0.95): IntraclassForms | null {
  const readers = table[0]?.length ?? 0;
  if (!table.every((row) => row.length === readers && row.every(Number.isFinite))) {
    throw new AppError(
      "app/invalid-input",
      "Intraclass correlation needs a finite number of every reader for every case.",
    );
  }
  const squares = meanSquares(table);
  if (squares === null) return null;
  const { cases: n, readers: k, between, within, residual, byReader } = squares;
  const tail = (1 + level) / 2;

  const oneWay = fForm(between, within, k, n - 1, n * (k - 1), tail);
  const consistency = fForm(between, residual, k, n - 1, (n - 1) * (k - 1), tail);

  const all = between + (k - 1) * residual + (k * (byReader - residual)) / n;
  const meanOfAll = between + (byReader - residual) / n;
  const value = all > 0 ? (between - residual) / all : null;
  const range = value === null ? null : agreementRange(squares, value, tail);
  const step = (bound: number | undefined): number | null => (bound === undefined ? null : stepUp(bound, k));
  return {
    oneWay,
    consistency,
    agreement: {
      single: value === null ? null : { value, low: range?.low ?? null, high: range?.high ?? null },
      mean:
        meanOfAll > 0
          ? { value: (between - residual) / meanOfAll, low: step(range?.low), high: step(range?.high) }
          : null,
    },
  };
}

/** The estimates for single readings alone, without the cost of their intervals; `cases` picks, with repeats for a resample. */
export function singleIntraclass(
  table: readonly (readonly number[])[],
  cases: ArrayLike<number>,
): Readonly<Record<keyof IntraclassForms, number | null>> {
  const squares = meanSquares(table, cases);
  if (squares === null) return { oneWay: null, agreement: null, consistency: null };
  const { cases: n, readers: k, between, byReader, within, residual } = squares;
  const share = (noise: number, offsets: number): number | null => {
    const all = between + (k - 1) * noise + offsets;
    return all > 0 ? (between - noise) / all : null;
  };
  return {
    oneWay: share(within, 0),
    agreement: share(residual, (k * (byReader - residual)) / n),
    consistency: share(residual, 0),
  };
}

/** In two passes over the values: sums of squares about their means, never differences of large sums. */
function meanSquares(
  table: readonly (readonly number[])[],
  chosen: ArrayLike<number> = table.map((_, i) => i),
): MeanSquares | null {
  const [cases, readers] = [chosen.length, table[0]?.length ?? 0];
  if (cases < 2 || readers < 2) return null;
  const ofCase = new Float64Array(cases);
  const ofReader = new Float64Array(readers);
  let varies = false;
  for (let i = 0; i < cases; i++) {
    const row = table[chosen[i]];
    for (let j = 0; j < readers; j++) {
      ofCase[i] += row[j] / readers;
      ofReader[j] += row[j] / cases;
      varies ||= row[j] !== table[chosen[0]][0];
    }
  }
  if (!varies) return null;
  const ofAll = ofReader.reduce((sum, x) => sum + x, 0) / readers;
  let [between, byReader, within, residual] = [0, 0, 0, 0];
  for (let i = 0; i < cases; i++) {
    const row = table[chosen[i]];
    between += (ofCase[i] - ofAll) ** 2;
    for (let j = 0; j < readers; j++) {
      within += (row[j] - ofCase[i]) ** 2;
      residual += (row[j] - ofCase[i] - ofReader[j] + ofAll) ** 2;
    }
  }
  for (let j = 0; j < readers; j++) byReader += (ofReader[j] - ofAll) ** 2;
  return {
    cases,
    readers,
    between: (readers * between) / (cases - 1),
    byReader: (cases * byReader) / (readers - 1),
    within: within / (cases * (readers - 1)),
    residual: residual / ((cases - 1) * (readers - 1)),
  };
}

/** The two forms whose interval comes from one F ratio, `between` over `noise`; written without that ratio, so that noise may be 0. */
function fForm(between: number, noise: number, k: number, d1: number, d2: number, tail: number): Intraclass {
  const single = (scale: number): number => (between - scale * noise) / (between + (k - 1) * scale * noise);
  const mean = (scale: number): number => 1 - (scale * noise) / between;
  const [worst, best] = [fQuantile(tail, d1, d2), 1 / fQuantile(tail, d2, d1)];
  return {
    single: between + noise > 0 ? { value: single(1), low: single(worst), high: single(best) } : null,
    mean: between > 0 ? { value: mean(1), low: mean(worst), high: mean(best) } : null,
  };
}

/**
 * Satterthwaite's degrees of freedom (Shrout and Fleiss 1979, page 424), multiplied through by the residual so that it may be 0. null where the
 * approximation fails: for negative estimates it can leave degrees of freedom near 0 and an interval beside the estimate.
 */
function agreementRange(squares: MeanSquares, value: number, tail: number): { low: number; high: number } | null {
  const { cases: n, readers: k, between, byReader, residual } = squares;
  const [a, b] = [k * value * byReader, (n * (1 + (k - 1) * value) - k * value) * residual];
  const freedom = ((k - 1) * (n - 1) * (a + b) ** 2) / ((n - 1) * a * a + b * b);
  // Neither offsets nor noise: full agreement, and no degrees of freedom to doubt it with.
  if (a === 0 && b === 0) return { low: value, high: value };
  const others = k * byReader + (k * n - k - n) * residual;
  const [upper, lower] = [fQuantile(tail, n - 1, freedom), fQuantile(tail, freedom, n - 1)];
  const low = (n * (between - upper * residual)) / (upper * others + n * between);
  const high = (n * (lower * between - residual)) / (others + n * lower * between);
  return low <= value && value <= high ? { low, high } : null;
}

/** Spearman and Brown: the correlation of means of k readers from that of one; null below -1 / (k - 1), where it would turn around. */
function stepUp(single: number, k: number): number | null {
  const below = 1 + (k - 1) * single;
  return below > 0 ? (k * single) / below : null;
}

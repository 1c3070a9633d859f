// Agreement of readers who choose classes: percent, Cohen's kappa for two of them, Fleiss' kappa for several.
//
// Kappa is the agreement beyond what readers with these habits would reach by chance, as a part of what was left to reach. Where chance alone
// would agree fully (everybody always said one and the same class) it is undefined, and null: not 1, and never NaN. References: Cohen, Educational
// and Psychological Measurement 20 (1960); Cohen, Psychological Bulletin 70 (1968) for weights; Fleiss, Psychological Bulletin 76 (1971).

import { AppError } from "../../../preload/contract/errors.ts";

/** How much two classes that are `n` steps apart disagree: alike for all, n, or n². As `weights` of scikit-learn's cohen_kappa_score. */
export type KappaWeights = "none" | "linear" | "quadratic";

/** Cases by class of the first reader (row) and of the second (column). */
export type PairTable = readonly (readonly number[])[];

function refuse(message: string): never {
  throw new AppError("app/invalid-input", message);
}

/** Cross-table of two readers' class indices; `cases` picks from them (with repeats, for a resample), all when left out. */
export function pairTable(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  classes: number,
  cases?: ArrayLike<number>,
): PairTable {
  if (first.length !== second.length)
    refuse(`Expected as many answers of both readers, found ${first.length} and ${second.length}.`);
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const count = cases?.length ?? first.length;
  for (let n = 0; n < count; n++) {
    const i = cases === undefined ? n : cases[n];
    const row = table[first[i]];
    if (row?.[second[i]] === undefined) refuse(`Expected class indices below ${classes}.`);
    row[second[i]]++;
  }
  return table;
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

/** Part of the cases, from 0 to 1, in which both gave the same class; null without cases. */
export function percentAgreement(table: PairTable): number | null {
  const all = sum(table.map(sum));
  return all === 0 ? null : sum(table.map((row, i) => row[i])) / all;
}

/** From -1 to 1; null without cases, and where chance alone would agree fully. Weights count steps between classes, in the order of the table. */
export function cohenKappa(table: PairTable, weights: KappaWeights = "none"): number | null {
  const rows = table.map(sum);
  const columns = table.map((_, j) => sum(table.map((row) => row[j])));
  const all = sum(rows);
  let [found, expected] = [0, 0];
  table.forEach((row, i) => {
    row.forEach((count, j) => {
      const steps = Math.abs(i - j);
      const weight = weights === "none" ? Math.sign(steps) : weights === "linear" ? steps : steps * steps;
      found += weight * count;
      expected += weight * rows[i] * columns[j];
    });
  });
  return expected === 0 ? null : 1 - (found * all) / expected;
}

export interface FleissKappa {
  readonly kappa: number;
  /** For each class: it against all others. null where nobody or everybody always said it. */
  readonly classes: readonly (number | null)[];
}

/**
 * `counts[case][class]` is how many readers gave the case this class. Every case needs as many readers, at least 2: app/invalid-input else.
 * null without cases, and where only one class was ever given.
 */
export function fleissKappa(counts: readonly (readonly number[])[]): FleissKappa | null {
  const [first] = counts;
  if (first === undefined) return null;
  const readers = sum(first);
  if (readers < 2 || counts.some((row) => sum(row) !== readers || row.length !== first.length)) {
    refuse("Fleiss' kappa needs two readers or more, and as many for every case.");
  }
  const shares = first.map((_, j) => sum(counts.map((row) => row[j])) / (counts.length * readers));
  const pairs = counts.length * readers * (readers - 1);
  // Pairs of readers that disagree about class j, of all that could.
  const apart = first.map((_, j) => sum(counts.map((row) => row[j] * (readers - row[j]))) / pairs);
  const byChance = shares.map((share) => share * (1 - share));
  const classes = byChance.map((chance, j) => (chance === 0 ? null : 1 - apart[j] / chance));
  const chance = sum(byChance);
  return chance === 0 ? null : { kappa: 1 - sum(apart) / chance, classes };
}

/** Part of all pairs of readers of a case, from 0 to 1, that agree (Fleiss' mean P_i); null without a pair. Numbers of readers may differ. */
export function pairwiseAgreement(counts: readonly (readonly number[])[]): number | null {
  const parts = counts
    .map((row) => ({ row, readers: sum(row) }))
    .filter(({ readers }) => readers > 1)
    .map(({ row, readers }) => sum(row.map((count) => count * (count - 1))) / (readers * (readers - 1)));
  return parts.length === 0 ? null : sum(parts) / parts.length;
}

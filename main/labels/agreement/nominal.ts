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

/** Cohen's kappa of one class against all others. */
export function classKappa(table: PairTable, index: number): number | null {
  const both = table[index][index];
  const [first, second] = [sum(table[index]), sum(table.map((row) => row[index]))];
  const rest = sum(table.map(sum)) - first - second + both;
  return cohenKappa([
    [both, first - both],
    [second - both, rest],
  ]);
}

export interface FleissKappa {
  readonly kappa: number;
  /** For each class: it against all others. null where nobody or everybody always said it. */
  readonly classes: readonly (number | null)[];
}

/**
 * `counts[case][class]` is how many readers gave the case this class; `cases` picks as in `pairTable`. Every case needs as many readers, at
 * least 2: app/invalid-input else. null without cases, and where only one class was ever given.
 */
export function fleissKappa(
  counts: readonly (readonly number[])[],
  cases: ArrayLike<number> = counts.map((_, i) => i),
): FleissKappa | null {
  if (cases.length === 0) return null;
  const first = counts[cases[0]];
  const readers = sum(first);
  const given = first.map(() => 0);
  const apart = first.map(() => 0); // pairs of readers that disagree about the class
  for (let n = 0; n < cases.length; n++) {
    const row = counts[cases[n]];
    let found = 0;
    for (let j = 0; j < row.length; j++) {
      found += row[j];
      given[j] += row[j];
      apart[j] += row[j] * (readers - row[j]);
    }
    if (found !== readers || readers < 2 || row.length !== first.length) {
      refuse("Fleiss' kappa needs two readers or more, and as many for every case.");
    }
  }
  const answers = cases.length * readers;
  const byChance = given.map((count) => (count / answers) * (1 - count / answers));
  const observed = apart.map((pairs) => pairs / (answers * (readers - 1)));
  const chance = sum(byChance);
  if (chance === 0) return null;
  return {
    kappa: 1 - sum(observed) / chance,
    classes: byChance.map((expected, j) => (expected === 0 ? null : 1 - observed[j] / expected)),
  };
}

/** Part of all pairs of readers of a case, from 0 to 1, that agree (Fleiss' mean P_i); null without a pair. Numbers of readers may differ. */
export function pairwiseAgreement(
  counts: readonly (readonly number[])[],
  cases: ArrayLike<number> = counts.map((_, i) => i),
): number | null {
  let [total, read] = [0, 0];
  for (let n = 0; n < cases.length; n++) {
    let [readers, equal] = [0, 0];
    for (const count of counts[cases[n]]) {
      readers += count;
      equal += count * (count - 1);
    }
    if (readers < 2) continue;
    total += equal / (readers * (readers - 1));
    read++;
  }
  return read === 0 ? null : total / read;
}

// Whether active learning pays: what the labels of each arm showed about the model that chose them.
//
// A model's answers are kept when its queue is made, so before any of these cases can have been trained on. On the random arm they give the model's accuracy and
// area under the curve without bias. How often it was wrong in each arm is the yield: a label that corrects the model teaches more than one that
// agrees with it. Intervals draw whole patients again.

import { bootstrapAll, type Estimate } from "../agreement/bootstrap.ts";
import type { Arm } from "./queue.ts";

export interface CurveCase {
  readonly arm: Arm;
  readonly patient: string;
  /** index of the class that the model decided for, and of the one that readers gave */
  readonly predicted: number;
  readonly truth: number;
  /** the model's probability of its second class; null where it has more than two */
  readonly positive: number | null;
}

export interface RoundFigures {
  readonly read: { readonly active: number; readonly random: number };
  /** on the random arm; null without cases */
  readonly accuracy: Estimate | null;
  /** on the random arm; null with more than two classes, and where only one was seen */
  readonly auc: Estimate | null;
  /** cases where the model was wrong among 100 labels of each arm */
  readonly yieldActive: Estimate | null;
  readonly yieldRandom: Estimate | null;
  /** errors found among 100 labels of the active arm more than in the random arm: above 0, it pays */
  readonly gain: Estimate | null;
}

/** Figures of one round. `seed` repeats the intervals. */
export function roundFigures(cases: readonly CurveCase[], seed: number): RoundFigures {
  const units = byPatient(cases);
  const [accuracy, auc, yieldActive, yieldRandom, gain] = bootstrapAll(units, (indices) => figuresOf(cases, indices), {
    seed,
    method: "percentile",
  });
  return {
    read: {
      active: cases.filter(({ arm }) => arm === "active").length,
      random: cases.filter(({ arm }) => arm === "random").length,
    },
    accuracy,
    auc,
    yieldActive,
    yieldRandom,
    gain,
  };
}

function figuresOf(cases: readonly CurveCase[], indices: Int32Array): (number | null)[] {
  const arms = { active: { read: 0, wrong: 0 }, random: { read: 0, wrong: 0 } };
  const random: CurveCase[] = [];
  for (const index of indices) {
    const one = cases[index];
    arms[one.arm].read++;
    if (one.predicted !== one.truth) arms[one.arm].wrong++;
    if (one.arm === "random") random.push(one);
  }
  const active = per100(arms.active);
  const chance = per100(arms.random);
  return [
    chance === null ? null : 1 - chance / 100,
    areaUnderCurve(random),
    active,
    chance,
    active === null || chance === null ? null : active - chance,
  ];
}

const per100 = ({ read, wrong }: { read: number; wrong: number }) => (read === 0 ? null : (100 * wrong) / read);

/** How often a case of the second class has the higher probability of it; equal ones count half (Mann and Whitney 1947). */
function areaUnderCurve(cases: readonly CurveCase[]): number | null {
  const known = cases.filter(({ positive, truth }) => positive !== null && (truth === 0 || truth === 1));
  const values = known.toSorted((a, b) => a.positive! - b.positive!);
  const positives = known.filter(({ truth }) => truth === 1).length;
  const negatives = known.length - positives;
  if (known.length < cases.length || positives === 0 || negatives === 0) return null;
  let pairs = 0;
  let below = 0;
  for (let start = 0; start < values.length; ) {
    let end = start;
    const group = [0, 0];
    while (end < values.length && values[end].positive === values[start].positive) group[values[end++].truth]++;
    pairs += group[1] * (below + group[0] / 2);
    below += group[0];
    start = end;
  }
  return pairs / (positives * negatives);
}

/** A patient's cases of both arms are drawn together; cases without a patient each alone. */
function byPatient(cases: readonly CurveCase[]): number[][] {
  const units = new Map<string, number[]>();
  for (const [i, { patient }] of cases.entries()) {
    const key = patient === "" ? `\u0000${i}` : patient;
    const unit = units.get(key);
    if (unit) unit.push(i);
    else units.set(key, [i]);
  }
  return [...units.values()];
}

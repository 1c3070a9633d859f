// How far the readers of a work list agree: by pair and over all, with intervals from resampling patients.
//
// The class of a case is the answer; a case without a class is an answer of its own ("nothing"). Masks of one class that both readers
// of a pair drew are compared by Dice's coefficient, over all slices of the case.

import type { AgreementReport, Figure, Shape } from "../../preload/contract/index.ts";
import type { Answer } from "../project/index.ts";
import { krippendorffAlpha } from "./agreement/alpha.ts";
import { bootstrap, type Statistic } from "./agreement/bootstrap.ts";
import { cohenKappa, fleissKappa, pairTable, percentAgreement } from "./agreement/nominal.ts";
import { maskArea, sharedArea } from "./masks/runs.ts";

const NONE: Figure = { value: null, low: null, high: null };
const NOTHING = "";
/** Of the resamples: the same answers give the same intervals. */
const SEED = 1;

interface Case {
  readonly patient: string;
  readonly answers: ReadonlyMap<string, Answer>;
}

export function agreementOf(answers: readonly Answer[]): AgreementReport {
  const cases = byCase(answers).filter((one) => one.answers.size >= 2);
  const readers = [...new Set(answers.map(({ reader }) => reader))].sort();
  const pairs = readers.flatMap((first, index) =>
    readers.slice(index + 1).map((second) => pairOf(cases, first, second)),
  );
  const classes = [...new Set(answers.map(({ classId }) => classId ?? NOTHING))].sort();
  const codes = cases.map((one) => [...one.answers.values()].map(({ classId }) => classes.indexOf(classId ?? NOTHING)));
  const reason = cases.length === 0 ? "no-shared-cases" : classes.length < 2 ? "one-class" : null;
  const equalReaders = new Set(codes.map(({ length }) => length)).size === 1;
  const over = (statistic: (picked: readonly (readonly number[])[]) => number | null): Figure =>
    reason === null ? figure(cases, (which) => statistic(Array.from(which, (at) => codes[at]!))) : NONE;
  return {
    cases: cases.length,
    pairs,
    // Fleiss' kappa is defined for the same number of readers in each case.
    fleissKappa: equalReaders
      ? over(
          (picked) =>
            fleissKappa(picked.map((given) => classes.map((_, code) => given.filter((one) => one === code).length)))
              ?.kappa ?? null,
        )
      : NONE,
    alpha: over((picked) => krippendorffAlpha(picked, "nominal")),
    reason,
  };
}

function pairOf(cases: readonly Case[], first: string, second: string): AgreementReport["pairs"][number] {
  const shared = cases.filter(({ answers }) => answers.has(first) && answers.has(second));
  const answers = shared.map((one) => [one.answers.get(first)!, one.answers.get(second)!] as const);
  const classes = [...new Set(answers.flat().map(({ classId }) => classId ?? NOTHING))].sort();
  const code = ({ classId }: Answer) => classes.indexOf(classId ?? NOTHING);
  const [codes, others] = [answers.map(([a]) => code(a)), answers.map(([, b]) => code(b))];
  const table = (which: ArrayLike<number>) => pairTable(codes, others, classes.length, which);
  const overlaps = answers.flatMap(([a, b]) => dices(a.shapes, b.shapes));
  const reason = shared.length === 0 ? "no-shared-cases" : classes.length < 2 ? "one-class" : null;
  return {
    readers: [first, second],
    cases: shared.length,
    percent: shared.length > 0 ? figure(shared, (which) => percentAgreement(table(which))) : NONE,
    kappa: reason === null ? figure(shared, (which) => cohenKappa(table(which))) : NONE,
    dice:
      overlaps.length > 0
        ? figure(
            overlaps.map(() => ({ patient: "" })),
            (which) => mean(Array.from(which, (at) => overlaps[at]!)),
          )
        : NONE,
    reason,
  };
}

/** Dice's coefficient of each class that either reader masked in a case: 0 where only one did. */
function dices(first: readonly Shape[], second: readonly Shape[]): number[] {
  const masks = (shapes: readonly Shape[]) =>
    shapes.flatMap(({ geometry, ...shape }) => (geometry.kind === "mask" ? [{ ...shape, geometry }] : []));
  const [a, b] = [masks(first), masks(second)];
  const classes = new Set([...a, ...b].map(({ classId }) => classId));
  return [...classes].map((classId) => {
    const of = (all: typeof a) => all.filter((mask) => mask.classId === classId);
    const area = (all: typeof a) => of(all).reduce((sum, { geometry }) => sum + maskArea(geometry), 0);
    const both = of(a).reduce((sum, mask) => {
      const other = of(b).find(({ imageId, frame }) => imageId === mask.imageId && frame === mask.frame);
      return sum + (other ? sharedArea(mask.geometry, other.geometry) : 0);
    }, 0);
    const total = area(a) + area(b);
    return total === 0 ? 1 : (2 * both) / total;
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function byCase(answers: readonly Answer[]): Case[] {
  const cases = new Map<number, { patient: string; answers: Map<string, Answer> }>();
  for (const answer of answers) {
    const one = cases.get(answer.position) ?? { patient: answer.patient, answers: new Map<string, Answer>() };
    one.answers.set(answer.reader, answer);
    cases.set(answer.position, one);
  }
  return [...cases.values()];
}

/** A figure with its 95 % interval; cases of one patient are drawn together. */
function figure(cases: readonly { readonly patient: string }[], statistic: Statistic): Figure {
  const units = new Map<string, number[]>();
  cases.forEach(({ patient }, index) => {
    const key = patient === "" ? `case ${index}` : `patient ${patient}`;
    units.set(key, [...(units.get(key) ?? []), index]);
  });
  return bootstrap([...units.values()], statistic, { seed: SEED }) ?? NONE;
}

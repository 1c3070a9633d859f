// Who is in a snapshot, before anything is trained on it: counts and label rates of groups, and what its parts have in common.
//
// The split keeps patients together, so a shared patient means that something went wrong. Shared studies, series and pictures are how one patient
// under two names, or without any, gets into two parts: a model is then judged on what it has seen.
import { AppError, type BalanceGroup, type BalanceReport, type Part } from "../../preload/contract/index.ts";
import { wilson } from "../models/metrics.ts";
import { availableIn, type CaseFacts, divide, requireQuestions } from "./groups.ts";

export interface BalanceItem {
  readonly imageId: string;
  readonly part: Part;
  readonly classIndex: number;
  /** Patient ID, study and series UIDs, hash of the picture; empty where there is none. */
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly picture: string;
  readonly facts: CaseFacts;
}

export interface BalanceSettings {
  readonly by: readonly string[];
  /** Cases that a group needs for its rate to be compared. */
  readonly minimum: number;
  /** Class index; default: the second of two, the first of more. */
  readonly positive?: number;
}

/** A blank picture looks like any other. */
const BLANK = /^0*$/;

/** `questions`: their words by id. Errors: app/invalid-input for a class that is not there or a question that nobody knows. */
export function describeBalance(
  items: readonly BalanceItem[],
  classes: number,
  questions: ReadonlyMap<string, string>,
  { by, minimum, positive = classes === 2 ? 1 : 0 }: BalanceSettings,
): Omit<BalanceReport, "snapshotId"> {
  if (positive >= classes) {
    throw new AppError("app/invalid-input", `Expected a class index below ${classes}, found ${positive}.`);
  }
  requireQuestions(by, questions);
  const known = items.map(({ facts }) => facts);
  const groupOf = (values: string[], own: readonly BalanceItem[]): BalanceGroup => ({
    values,
    cases: own.length,
    patients: new Set(own.map(patientOf)).size,
    perClass: Array.from({ length: classes }, (_, c) => own.filter(({ classIndex }) => classIndex === c).length),
    rate: own.length === 0 ? null : wilson(own.filter(({ classIndex }) => classIndex === positive).length, own.length),
    parts: {
      train: countIn(own, "train", positive),
      validation: countIn(own, "validation", positive),
      test: countIn(own, "test", positive),
    },
  });
  const divided = divide(known, by);
  const groups = divided.map(({ values, members }) =>
    groupOf(
      values,
      members.map((i) => items[i]!),
    ),
  );
  return {
    ...{ by: [...by], minimum, positive },
    available: availableIn(known, questions),
    overall: groupOf([], items),
    groups,
    rates: ratesOf(groups, minimum),
    leakage: [
      { kind: "patient", ...sharedBy(items, ({ patient }) => patient) },
      { kind: "study", ...sharedBy(items, ({ study }) => study) },
      { kind: "series", ...sharedBy(items, ({ series }) => series) },
      { kind: "picture", ...sharedPictures(items) },
    ],
    patientsInGroups: patientsInSeveral(items, divided),
  };
}

const patientOf = ({ patient, imageId }: BalanceItem): string => patient || `\0${imageId}`;

function countIn(own: readonly BalanceItem[], wanted: Part, positive: number): BalanceGroup["parts"]["train"] {
  const cases = own.filter(({ part }) => part === wanted);
  return { cases: cases.length, positives: cases.filter(({ classIndex }) => classIndex === positive).length };
}

function ratesOf(groups: readonly BalanceGroup[], minimum: number): BalanceReport["rates"] {
  const judged = groups.flatMap(({ rate, cases }, group) =>
    rate === null || cases < minimum ? [] : [{ group, value: rate.value }],
  );
  if (judged.length < 2) return null;
  const highest = judged.reduce((a, b) => (b.value > a.value ? b : a));
  const lowest = judged.reduce((a, b) => (b.value < a.value ? b : a));
  return { value: highest.value - lowest.value, highest: highest.group, lowest: lowest.group };
}

/** Things that are in more than one part, and the images that have them. Empty names are nothing in common. */
function sharedBy(
  items: readonly BalanceItem[],
  nameOf: (item: BalanceItem) => string,
): { shared: number; images: number } {
  const found = new Map<string, BalanceItem[]>();
  for (const item of items) {
    const name = nameOf(item);
    if (name === "") continue;
    const own = found.get(name);
    if (own === undefined) found.set(name, [item]);
    else own.push(item);
  }
  const leaks = [...found.values()].filter((own) => new Set(own.map(({ part }) => part)).size > 1);
  return { shared: leaks.length, images: leaks.reduce((sum, own) => sum + own.length, 0) };
}

/** Of one patient the same picture may be there twice; that is the patient's leak, or none. */
function sharedPictures(items: readonly BalanceItem[]): { shared: number; images: number } {
  const patients = new Map<string, Set<string>>();
  for (const item of items) {
    const of = patients.get(item.picture) ?? new Set();
    patients.set(item.picture, of.add(patientOf(item)));
  }
  return sharedBy(items, ({ picture }) => (BLANK.test(picture) || patients.get(picture)!.size < 2 ? "" : picture));
}

function patientsInSeveral(items: readonly BalanceItem[], divided: readonly { readonly members: number[] }[]): number {
  const groupsOf = new Map<string, Set<number>>();
  for (const [group, { members }] of divided.entries()) {
    for (const i of members) {
      const { patient } = items[i]!;
      if (patient !== "") groupsOf.set(patient, (groupsOf.get(patient) ?? new Set()).add(group));
    }
  }
  return [...groupsOf.values()].filter((groups) => groups.size > 1).length;
}

// What both doors share: readings sorted by question, which readers read the same cases, and figures that say why they are missing.
//
// A case that a reader did not read has no reading of theirs. Errors name questions, never cases, readers or patients.

import { AppError } from "../../../preload/contract/errors.ts";
import { type BootstrapSettings, bootstrapAll, type Estimate, type Statistics } from "./bootstrap.ts";

/** What a reader says about a case, to one question. Cases of one patient are resampled together. */
export interface Reading<Value> {
  readonly reader: string;
  readonly caseId: string;
  readonly patient: string;
  readonly label: string;
  readonly value: Value;
}

/**
 * Why there is no figure. one-reader: nobody to agree with; no-shared-cases: no case has been read by all whom the figure is about; too-few-cases: it needs two;
 * one-class: all said one and the same, so chance alone would agree fully; nothing-drawn: no case in which both drew something;
 * not-defined: the formula has no value for these numbers.
 */
export type Reason = "one-reader" | "no-shared-cases" | "too-few-cases" | "one-class" | "nothing-drawn" | "not-defined";

/** A figure with its interval, or null and why; never NaN. */
export type Figure = Estimate | { readonly value: null; readonly reason: Reason };

export const missing = (reason: Reason): Figure => ({ value: null, reason });

export interface CaseReadings<Value> {
  readonly caseId: string;
  readonly patient: string;
  readonly byReader: ReadonlyMap<string, Value>;
}

export interface LabelReadings<Value> {
  /** In the order of their names. */
  readonly readers: readonly string[];
  /** In the order of their ids. */
  readonly cases: readonly CaseReadings<Value>[];
}

const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Throws app/invalid-input for a second reading of a case by a reader, and for a case of two patients. */
export function readingsOf<Value>(readings: readonly Reading<Value>[], label: string): LabelReadings<Value> {
  const cases = new Map<string, { caseId: string; patient: string; byReader: Map<string, Value> }>();
  for (const reading of readings) {
    if (reading.label !== label) continue;
    const { reader, caseId, patient, value } = reading;
    const present = cases.get(caseId) ?? { caseId, patient, byReader: new Map<string, Value>() };
    if (present.patient !== patient) refuse(label, "a case belongs to two patients");
    if (present.byReader.has(reader))
      refuse(label, "a reader has read a case twice: give each reading a name of its own");
    present.byReader.set(reader, value);
    cases.set(caseId, present);
  }
  return {
    readers: [...new Set([...cases.values()].flatMap(({ byReader }) => [...byReader.keys()]))].sort(ascending),
    cases: [...cases.values()].sort((a, b) => ascending(a.caseId, b.caseId)),
  };
}

export function refuse(label: string, what: string): never {
  throw new AppError("app/invalid-input", `Agreement on “${label}”: ${what}.`);
}

/** Cases that all of these readers read, each with their values in the order of the readers. */
export function sharedCases<Value>(
  { cases }: LabelReadings<Value>,
  readers: readonly string[],
): { readonly patient: string; readonly values: readonly Value[] }[] {
  return cases
    .filter(({ byReader }) => readers.every((reader) => byReader.has(reader)))
    .map(({ patient, byReader }) => ({ patient, values: readers.map((reader) => byReader.get(reader) as Value) }));
}

/** Every two readers, in the order of their names. */
export function pairsOf(readers: readonly string[]): [string, string][] {
  return readers.flatMap((first, i) => readers.slice(i + 1).map((second): [string, string] => [first, second]));
}

/** Indices of the cases of each patient, in the order of the patients: what is drawn does not hang on how cases are called. */
export function patientsOf(cases: readonly { readonly patient: string }[]): number[][] {
  const patients = new Map<string, number[]>();
  for (const [i, { patient }] of cases.entries()) {
    const present = patients.get(patient);
    if (present === undefined) patients.set(patient, [i]);
    else present.push(i);
  }
  return [...patients].sort(([a], [b]) => ascending(a, b)).map(([, cases]) => cases);
}

/** Figures over cases with their bootstrap intervals, whole patients drawn; `otherwise` is why one has no value where there are cases. */
export function resampledFigures<Name extends string>(
  cases: readonly { readonly patient: string }[],
  names: readonly Name[],
  statistics: Statistics,
  otherwise: Reason,
  settings: BootstrapSettings,
): Record<Name, Figure> {
  const estimates = cases.length === 0 ? [] : bootstrapAll(patientsOf(cases), statistics, settings);
  const unread = missing("no-shared-cases");
  const figures = names.map((_, i) => (cases.length === 0 ? unread : (estimates[i] ?? missing(otherwise))));
  return Object.fromEntries(names.map((name, i) => [name, figures[i]])) as Record<Name, Figure>;
}

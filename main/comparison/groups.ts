// Cases in groups of patients: by tags of their files or by what readers answered.
//
// Values are those of the contract's groupValue; empty where nobody knows, which is a group of its own, so that nobody drops out
// of the count unseen.

import {
  AppError,
  type CaseTags,
  type FairnessReport,
  type GroupFacts,
  groupValue,
  TAG_ATTRIBUTES,
} from "../../preload/contract/index.ts";

const QUESTION = "question:";

/** What the project knows of a case beside its pixels. */
export interface CaseFacts extends GroupFacts {
  readonly imageId: string;
  /** Patient ID, or empty. */
  readonly patient: string;
}

/** A case's tags as rules read them. */
export function tagsOf({ tags, modality }: CaseFacts): CaseTags {
  return { ...tags, Modality: modality };
}

/** What cases can be told apart by, and how many say it. `questions`: their words by id. */
export function availableIn(
  known: readonly CaseFacts[],
  questions: ReadonlyMap<string, string>,
): FairnessReport["available"] {
  const offered = [
    ...TAG_ATTRIBUTES.map((attribute) => ({ attribute: attribute as string, question: null })),
    ...[...questions].map(([id, question]) => ({ attribute: `question:${id}`, question })),
  ];
  return offered.map(({ attribute, question }) => {
    const values = known.map((facts) => groupValue(attribute, facts)).filter((value) => value !== "");
    return { attribute, question, known: values.length, values: new Set(values).size };
  });
}

export interface Division {
  readonly values: string[];
  /** Indices of cases. */
  readonly members: number[];
}

/** Cases by the values of attributes: largest first, whoever is not known last; equals by name. None without an attribute. */
export function divide(known: readonly CaseFacts[], by: readonly string[]): Division[] {
  if (by.length === 0) return [];
  const groups = new Map<string, Division>();
  for (const [i, facts] of known.entries()) {
    const values = by.map((attribute) => groupValue(attribute, facts));
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { values, members: [i] });
    else group.members.push(i);
  }
  const unknown = ({ values }: Division): number => (values.includes("") ? 1 : 0);
  return [...groups.values()].sort(
    (a, b) =>
      unknown(a) - unknown(b) ||
      b.members.length - a.members.length ||
      (JSON.stringify(a.values) < JSON.stringify(b.values) ? -1 : 1),
  );
}

/** Errors: app/invalid-input for an attribute that is a question which nobody knows. */
export function requireQuestions(by: readonly string[], questions: ReadonlyMap<string, string>): void {
  for (const attribute of by) {
    if (!attribute.startsWith(QUESTION) || questions.has(attribute.slice(QUESTION.length))) continue;
    throw new AppError("app/invalid-input", "The question that groups were asked by is not in the schema any more.");
  }
}

// Which group of patients a case belongs to: by tags of its file or by what readers answered.
//
// Values are the file's own (F, Siemens, PA) and a band for ages; empty where nobody knows, which is a group of its own, so that nobody drops out
// of the count unseen.

import {
  AppError,
  ageOf,
  type CaseTags,
  type FairnessReport,
  TAG_ATTRIBUTES,
  tagValue,
} from "../../preload/contract/index.ts";

/** What the project knows of a case beside its pixels. */
export interface CaseFacts {
  readonly imageId: string;
  /** Patient ID, or empty. */
  readonly patient: string;
  readonly modality: string;
  /** Values of the contract's GROUP_TAGS by keyword; those that the file does not have are left out. */
  readonly tags: Readonly<Record<string, string>>;
  /** Names of chosen options by question. */
  readonly answers: Readonly<Record<string, string>>;
}

/** First year of each band after the first: minors, adults by twenty years. */
const BANDS = [18, 40, 60, 80];
const QUESTION = "question:";

/** Empty where nobody knows. */
export function groupValue(attribute: string, facts: CaseFacts): string {
  if (attribute.startsWith(QUESTION)) return facts.answers[attribute.slice(QUESTION.length)] ?? "";
  if (attribute === "age") return bandOf(ageOf(facts.tags));
  const known = TAG_ATTRIBUTES.find((one) => one === attribute);
  return known === undefined || known === "age" ? "" : tagValue(known, tagsOf(facts));
}

/** A case's tags as rules read them. */
export function tagsOf({ tags, modality }: CaseFacts): CaseTags {
  return { ...tags, Modality: modality };
}

/** 0–17, 18–39 … 80+, with an en dash. */
function bandOf(age: number | null): string {
  if (age === null) return "";
  const index = BANDS.filter((first) => age >= first).length;
  const from = index === 0 ? 0 : BANDS[index - 1];
  return index === BANDS.length ? `${from}+` : `${from}–${BANDS[index] - 1}`;
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

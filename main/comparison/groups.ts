// Which group of patients a case belongs to: by tags of its file or by what readers answered.
//
// Values are the file's own (F, Siemens, PA) and a band for ages; empty where nobody knows, which is a group of its own, so that nobody drops out
// of the count unseen.

import { ageOf, type CaseTags, TAG_ATTRIBUTES, tagValue } from "../../preload/contract/index.ts";

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

// What a DICOM file says of a patient and a picture, as rules and groups read it: in one place, so that the studio and the container agree.
//
// Values are the file's own (F, Siemens, PA); an empty value is one that nobody knows, which is never the same as "no".

/** DICOM keywords that attributes are read from (PS3.6). */
export const GROUP_TAGS = [
  "PatientSex",
  "PatientAge",
  "PatientBirthDate",
  "StudyDate",
  "InstitutionName",
  "Manufacturer",
  "ManufacturerModelName",
  "ViewPosition",
] as const;

/** Values of a file's tags by keyword, as text; those that the file does not have are left out. `Modality` is the image's (OT where it has none). */
export type CaseTags = Readonly<Record<string, string>>;

/** In the order that a list offers them. */
export const TAG_ATTRIBUTES = ["sex", "age", "site", "manufacturer", "scanner", "view", "modality"] as const;
export type TagAttribute = (typeof TAG_ATTRIBUTES)[number];

const KEYWORDS: Readonly<Record<Exclude<TagAttribute, "age">, string>> = {
  sex: "PatientSex",
  site: "InstitutionName",
  manufacturer: "Manufacturer",
  scanner: "ManufacturerModelName",
  view: "ViewPosition",
  modality: "Modality",
};
const DAYS_IN = { D: 1, W: 7, M: 30.4375, Y: 365.25 } as const;
const DAY_MS = 86_400_000;

/** A tag's own value; empty where nobody knows. Of sexes only those that DICOM defines (PS3.3 C.7.1.1). */
export function tagValue(attribute: Exclude<TagAttribute, "age">, tags: CaseTags): string {
  const value = (tags[KEYWORDS[attribute]] ?? "").trim();
  return attribute === "sex" && !/^[FMO]$/.test(value) ? "" : value;
}

/** Years, as the file says them (AS: 045Y, 003M) or between birth and study; null where neither does. */
export function ageOf({ PatientAge = "", PatientBirthDate = "", StudyDate = "" }: CaseTags): number | null {
  const said = /^(\d{1,3})([DWMY])$/.exec(PatientAge.trim());
  if (said) return Math.floor((Number(said[1]) * DAYS_IN[said[2] as keyof typeof DAYS_IN]) / DAYS_IN.Y + 1e-9);
  const [birth, study] = [dateOf(PatientBirthDate), dateOf(StudyDate)];
  if (birth === null || study === null || study < birth) return null;
  return Math.floor((study - birth) / DAY_MS / DAYS_IN.Y);
}

/** First year of each band after the first: minors, adults by twenty years. */
const BANDS = [18, 40, 60, 80];
const QUESTION = "question:";

/** What groups are made of. */
export interface GroupFacts {
  readonly modality: string;
  readonly tags: CaseTags;
  /** Names of chosen options by question. */
  readonly answers: Readonly<Record<string, string>>;
}

/** The value of an attribute, for ages a band; empty where nobody knows. */
export function groupValue(attribute: string, { modality, tags, answers }: GroupFacts): string {
  if (attribute.startsWith(QUESTION)) return answers[attribute.slice(QUESTION.length)] ?? "";
  if (attribute === "age") return bandOf(ageOf(tags));
  const known = TAG_ATTRIBUTES.find((one) => one === attribute);
  return known === undefined || known === "age" ? "" : tagValue(known, { ...tags, Modality: modality });
}

/** 0–17, 18–39 … 80+, with an en dash. */
function bandOf(age: number | null): string {
  if (age === null) return "";
  const index = BANDS.filter((first) => age >= first).length;
  const from = index === 0 ? 0 : BANDS[index - 1];
  return index === BANDS.length ? `${from}+` : `${from}–${BANDS[index]! - 1}`;
}

function dateOf(text: string): number | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim()) ?? [];
  if (year === undefined) return null;
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Number.isNaN(time) ? null : time;
}

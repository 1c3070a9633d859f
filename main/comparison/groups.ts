// Which group of patients a case belongs to: by tags of its file or by what readers answered.
//
// Values are the file's own (F, Siemens, PA) and a band for ages; empty where nobody knows, which is a group of its own, so that nobody drops out
// of the count unseen.

/** What the project knows of a case beside its pixels. */
export interface CaseFacts {
  readonly imageId: string;
  /** Patient ID, or empty. */
  readonly patient: string;
  readonly modality: string;
  /** Values of GROUP_TAGS by keyword; those that the file does not have are left out. */
  readonly tags: Readonly<Record<string, string>>;
  /** Names of chosen options by question. */
  readonly answers: Readonly<Record<string, string>>;
}

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

/** First year of each band after the first: minors, adults by twenty years. */
const BANDS = [18, 40, 60, 80];
const DAYS_IN = { D: 1, W: 7, M: 30.4375, Y: 365.25 } as const;
const DAY_MS = 86_400_000;

const TAG_OF: Readonly<Record<string, (typeof GROUP_TAGS)[number]>> = {
  site: "InstitutionName",
  manufacturer: "Manufacturer",
  scanner: "ManufacturerModelName",
  view: "ViewPosition",
};

/** In the order that a list offers them. */
export const TAG_ATTRIBUTES = ["sex", "age", "site", "manufacturer", "scanner", "view", "modality"] as const;
const QUESTION = "question:";

/** Empty where nobody knows. */
export function groupValue(attribute: string, facts: CaseFacts): string {
  if (attribute === "sex") return /^[FMO]$/.test(facts.tags.PatientSex ?? "") ? facts.tags.PatientSex : "";
  if (attribute === "age") return bandOf(ageOf(facts.tags));
  if (attribute === "modality") return facts.modality;
  if (attribute.startsWith(QUESTION)) return facts.answers[attribute.slice(QUESTION.length)] ?? "";
  return (facts.tags[TAG_OF[attribute]] ?? "").trim();
}

/** Years, as the file says them (AS: 045Y, 003M) or between birth and study; null where neither does. */
export function ageOf({ PatientAge = "", PatientBirthDate = "", StudyDate = "" }: CaseFacts["tags"]): number | null {
  const said = /^(\d{1,3})([DWMY])$/.exec(PatientAge.trim());
  if (said) return Math.floor((Number(said[1]) * DAYS_IN[said[2] as keyof typeof DAYS_IN]) / DAYS_IN.Y + 1e-9);
  const [birth, study] = [dateOf(PatientBirthDate), dateOf(StudyDate)];
  if (birth === null || study === null || study < birth) return null;
  return Math.floor((study - birth) / DAY_MS / DAYS_IN.Y);
}

function dateOf(text: string): number | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim()) ?? [];
  if (year === undefined) return null;
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Number.isNaN(time) ? null : time;
}

/** 0–17, 18–39 … 80+, with an en dash. */
function bandOf(age: number | null): string {
  if (age === null) return "";
  const index = BANDS.filter((first) => age >= first).length;
  const from = index === 0 ? 0 : BANDS[index - 1];
  return index === BANDS.length ? `${from}+` : `${from}–${BANDS[index] - 1}`;
}

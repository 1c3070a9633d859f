// Text in which something may identify: the words of this file's own identifiers, dates and long numbers, taken out.
//
// A name that stands in a description and nowhere else in the file is not found: only a person can know it for a name. Where that
// matters, descriptors are not kept at all (the Basic Profile removes them unless Clean Descriptors is chosen).

import type { EditableElement } from "../dicom/encode.ts";
import { rowOf } from "./profile.ts";

/** Words that stand in names of institutions and departments and in descriptions alike, and identify nobody. */
const COMMON = new Set(
  (
    "the and for von van der die des del los las dept department hospital klinik clinic clinics clinical klinikum center centre university " +
    "medical medicine medizin radiology radiologie imaging institute institut health room unit ward scan scanner none unknown " +
    "anonymous anonymized not male female chest head neck abdomen pelvis spine knee hand foot brain heart lung breast " +
    "mri cta mra pet spect xray ray north south east west saint general"
  ).split(" "),
);

/** Text whose representation allows words. */
export const WORD_VRS = new Set(["LO", "LT", "PN", "SH", "ST", "UC", "UT"]);

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Runs of letters and digits; Chinese, Japanese and Korean names have no spaces, so such a run is one word. */
const WORD = /[\p{L}\p{N}]+/gu;

/** Where in a text `text(element)` gives, words identify: names, numbers and addresses, but not descriptions. */
export function identifyingWords(
  elements: readonly EditableElement[],
  text: (element: EditableElement) => string,
): Set<string> {
  const words = new Set<string>();
  const walk = (list: readonly EditableElement[]): void => {
    for (const element of list) {
      for (const item of element.items ?? []) walk(item);
      if (!WORD_VRS.has(element.vr)) continue;
      const row = rowOf(element.tag);
      const identifies = element.vr === "PN" || (row !== null && row.basic !== "U" && !row.letters.includes("c"));
      if (!identifies) continue;
      for (const word of fold(text(element)).match(WORD) ?? []) {
        const short = /^\p{Script=Latin}+$/u.test(word) ? word.length < 3 : /^\p{N}+$/u.test(word) && word.length < 3;
        if (!short && !COMMON.has(word)) words.add(word);
      }
    }
  };
  walk(elements);
  return words;
}

const DATES = [
  /\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b/g,
  /\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b/g,
  /\b\d{1,2}[-. ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-., ]*\d{2,4}\b/gi,
  /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[. ]*\d{1,2}[., ]+\d{2,4}\b/gi,
];
const ADDRESSES = /\S+@\S+|\bhttps?:\S+|\bwww\.\S+/gi;
/** A title and the word behind it. */
const TITLED = /\b(?:dr|prof|mr|mrs|ms|herr|frau|mme|sr|sra)\b\.?\s+(?:[\p{L}'-]+\.?\s*){1,2}/giu;

/** The text without what identifies; trimmed, empty where nothing is left. */
export function withoutIdentity(text: string, words: ReadonlySet<string>): string {
  let rest = text.replace(ADDRESSES, " ").replace(TITLED, " ");
  for (const pattern of DATES) rest = rest.replace(pattern, " ");
  rest = withoutWords(rest, words);
  // Five digits, and letters with four digits, are more often a number of somebody or something than a setting.
  rest = rest.replace(/[\p{L}\p{N}]+/gu, (run) => {
    const digits = run.replace(/[^\p{N}]/gu, "").length;
    return digits >= 5 || (digits >= 4 && digits < run.length) ? "" : run;
  });
  const tidy = rest.replace(/[^\S\r\n]+/g, " ").trim();
  return /[\p{L}\p{N}]/u.test(tidy) ? tidy : "";
}

/** The text without these words alone; the same string where it holds none. */
export function withoutWords(text: string, words: ReadonlySet<string>): string {
  return text.replace(WORD, (run) => (holdsWord(fold(run), words) ? "" : run));
}

/** Whether the run is one of the words, or holds a long one: "SmithJohn", "smith_1". */
function holdsWord(run: string, words: ReadonlySet<string>): boolean {
  if (words.has(run)) return true;
  for (const word of words) if (word.length >= 5 && run.includes(word)) return true;
  return false;
}

// A file with something identifying in every attribute of the table, and a list of what was put where.
//
// Each planted text occurs nowhere else. Descriptions hold what descriptions hold in life: a harmless word, the patient's name, a date,
// a number of somebody. UIDs, names and numbers are told apart by the tag they were planted in.

import { ROWS, type Row } from "../../../main/imaging/deidentify/table.ts";
import { dictionaryEntry } from "../../../main/imaging/dicom/dictionary.ts";
import { type EditableElement, encodePart10, leaf, sequence, textLeaf } from "../../../main/imaging/dicom/encode.ts";
import type { AttributeValue } from "../../../main/imaging/dicom/write.ts";

export const NAME = "Wrzesniewska";
export const GIVEN = "Bozydara";
/** An IOD whose Types nobody here knows (raw data), and one that profile.ts knows (secondary capture). */
export const UNKNOWN_IOD = "1.2.840.10008.5.1.4.1.1.66";
export const CLASSICAL_IOD = "1.2.840.10008.5.1.4.1.1.7";

/** A number of eight digits that stands for the tag in planted texts. */
const numberOf = (tag: number): string => String(10_000_000 + (tag % 89_999_999));
/** A word of ten letters that stands for the tag. */
const wordOf = (tag: number): string =>
  `qx${[...numberOf(tag)].map((digit) => String.fromCharCode(97 + Number(digit) * 2)).join("")}`;

export interface Planted {
  readonly row: Row;
  readonly tag: number;
  readonly vr: string;
  readonly value: AttributeValue;
  /** texts that must not be in what is written, unless an option keeps the attribute */
  readonly secrets: readonly string[];
}

/** The tag a row stands for; of repeating groups the first. */
export const tagOfRow = (row: Row): number => Number.parseInt(row.tag.replaceAll("x", "0"), 16);

const isDescription = (row: Row): boolean => row.letters.includes("c");

/** Text, and what in it identifies. */
function plantText(row: Row, tag: number, vr: string): { value: AttributeValue; secrets: string[] } {
  const [number, word] = [numberOf(tag), wordOf(tag)];
  const one = (value: string) => ({ value, secrets: [value] });
  switch (vr) {
    case "PN":
      return { value: `${word}^Given`, secrets: [word] };
    case "AE":
    case "CS":
      return one(word.toUpperCase());
    case "SH":
      return isDescription(row) ? { value: `x ${number}`, secrets: [number] } : one(word);
    case "LO":
    case "ST":
    case "LT":
    case "UC":
    case "UT":
      return isDescription(row)
        ? { value: `Thorax ${NAME} 23.11.1957 ${GIVEN} ${number}`, secrets: [NAME, GIVEN, "23.11.1957", number] }
        : { value: `${word} street ${number}`, secrets: [word, number] };
    case "UI":
      return one(`1.2.826.0.1.3680043.${number}`);
    case "UR":
      return one(`https://${word}.example`);
    default:
      throw new Error(`no text in ${vr}`);
  }
}

function plant(row: Row): Planted {
  const tag = tagOfRow(row);
  const vr = dictionaryEntry(tag)?.vr ?? "UN";
  const [number, word] = [numberOf(tag), wordOf(tag)];
  const planted = (value: AttributeValue, ...secrets: string[]): Planted => ({ row, tag, vr, value, secrets });
  switch (vr) {
    case "SQ": {
      const inner = {
        PersonName: `${word}^Inside`,
        TextValue: `Told ${word}`,
        InstitutionName: word,
        UID: `1.2.826.1.${number}`,
      };
      return planted([inner], word, `1.2.826.1.${number}`);
    }
    case "DA":
      return planted("19571123", "19571123");
    case "DT":
      return planted("19571123101112.123", "19571123101112.123");
    case "TM":
      return planted("101112.123", "101112.123");
    case "AS":
      return planted("067Y", "067Y");
    case "DS":
    case "IS":
      return planted(number, number);
    case "US":
    case "SS":
    case "UL":
    case "SL":
    case "FD":
    case "FL":
      return planted(1);
    case "OB":
    case "OW":
    case "UN":
      return planted(new TextEncoder().encode(word), word);
    default: {
      const { value, secrets } = plantText(row, tag, vr);
      return planted(value, ...secrets);
    }
  }
}

/** One for each row, but for (0002,0003), which is no attribute of a data set. */
export const PLANTED: readonly Planted[] = ROWS.filter(({ tag }) => !tag.startsWith("0002")).map((row) => {
  const planted = plant(row);
  if (row.keyword === "PatientName") return { ...planted, value: `${NAME}^${GIVEN}`, secrets: [NAME, GIVEN] };
  return planted;
});

/** As elements; a sequence's item also holds a private attribute and a name in an attribute without a row. */
export function plantedElements(): EditableElement[] {
  return PLANTED.map(({ tag, vr, value }) => {
    if (vr !== "SQ") return leaf(tag, vr, bytesOf(value, vr));
    const item = Object.entries((value as readonly Record<string, string>[])[0]).map(([keyword, text]) =>
      textLeaf(INNER[keyword].tag, INNER[keyword].vr, text),
    );
    return sequence(tag, [[textLeaf(0x00091010, "LO", `priv${wordOf(tag)}`), ...item]]);
  });
}

const INNER: Record<string, { tag: number; vr: string }> = {
  PersonName: { tag: 0x0040a123, vr: "PN" },
  TextValue: { tag: 0x0040a160, vr: "UT" },
  InstitutionName: { tag: 0x00080080, vr: "LO" },
  UID: { tag: 0x0040a124, vr: "UI" },
};

function bytesOf(value: AttributeValue, vr: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(value);
  const bytes = new Uint8Array(vr === "FD" ? 8 : vr === "US" || vr === "SS" ? 2 : 4);
  bytes[0] = 1;
  return bytes;
}

/** A Part 10 file in explicit VR little endian. */
export function plantedFile(sopClass: string, more: readonly EditableElement[] = []): Uint8Array {
  const elements = [...plantedElements(), textLeaf(0x00080016, "UI", sopClass), ...more];
  return encodePart10({ elements, transferSyntax: "1.2.840.10008.1.2.1", sopClass, sopInstance: "1.2.826.0.1.77" });
}

// What happens to one attribute: the table, the chosen options, and rules for what the table does not name.
//
// PS3.15 asks to leave nothing identifying behind, table or not (E.1.1): so private, unknown and unreadable attributes go, names,
// dates and UIDs without a row are replaced, and free text without a row is searched for the words that identify in this file.
// Compound actions (X/Z, X/D …) depend on the attribute's Type in its IOD. Where this file knows the Type to be 3, X; elsewhere
// the alternative that is conformant in every IOD. Cleaning wins over keeping where two chosen options disagree.

import type { DeidentifyOption } from "../../../preload/contract/index.ts";
import { dictionaryEntry } from "../dicom/dictionary.ts";
import { type BasicAction, COLUMNS, ROWS, type Row } from "./table.ts";

/** The options offered, with their codes in CID 7050 (PS3.16). */
export const OPTIONS = {
  "clean-pixel-data": { code: "113101", meaning: "Clean Pixel Data Option" },
  "clean-descriptors": { code: "113105", meaning: "Clean Descriptors Option" },
  "retain-modified-dates": {
    code: "113107",
    meaning: "Retain Longitudinal Temporal Information Modified Dates Option",
  },
  "retain-patient-characteristics": { code: "113108", meaning: "Retain Patient Characteristics Option" },
  "retain-device-identity": { code: "113109", meaning: "Retain Device Identity Option" },
  "retain-uids": { code: "113110", meaning: "Retain UIDs Option" },
} as const satisfies Record<DeidentifyOption | "clean-pixel-data", { code: string; meaning: string }>;
export type Option = keyof typeof OPTIONS;

export type Action =
  | "remove"
  | "empty"
  | "dummy"
  | "map-uid"
  | "clean"
  | "keep"
  /** kept, but for words that identify in this file */
  | "search";

/** Attributes that identify and have no row: later additions to the standard, free text that a sequence's row covers elsewhere, addresses. */
const BEYOND_THE_TABLE = `
00081190 RetrieveURL X
00100011 PersonNamesToUseSequence X
00100014 ThirdPersonPronounsSequence X
00100041 GenderIdentitySequence X p
00100043 SexParametersForClinicalUseCategorySequence X p
00181010 SecondaryCaptureDeviceID X d
00181011 HardcopyCreationDeviceID X d
0040a160 TextValue D
0040e010 RetrieveURI X
00420010 DocumentTitle Z c
00700006 UnformattedTextValue D
00700081 ContentDescription Z c
04000500 EncryptedAttributesSequence X
`;

function read(lines: string): Row[] {
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [tag, keyword, basic, letters = ""] = line.split(" ");
      return { tag, keyword, basic: basic as BasicAction, letters: [...letters] as Row["letters"][number][] };
    });
}

const BY_TAG = new Map([...ROWS, ...read(BEYOND_THE_TABLE)].map((row) => [row.tag, row]));

/** The attribute's row; null where neither the table nor this file has one. */
export function rowOf(tag: number): Row | null {
  const hex = tag.toString(16).padStart(8, "0");
  return BY_TAG.get(hex) ?? null;
}

/** Curves and overlays: their data go by the table, and what describes data that are gone goes with them. */
const isGraphics = (tag: number): boolean => [0x50, 0x60].includes(tag >>> 24) && ((tag >>> 16) & 1) === 0;

const STORAGE = "1.2.840.10008.5.1.4.1.1.";
const PET = `${STORAGE}128`;
/** CR, CT, MR, ultrasound, secondary capture, XA, RF, nuclear medicine, PET: IODs made of the general modules alone. */
const CLASSICAL = new Set(
  ["1", "2", "4", "6.1", "3.1", "7", "12.1", "12.2", "20", "128"].map((suffix) => STORAGE + suffix),
);
/** Type 3 in the general modules (PS3.3 C.7.3.1, C.7.5.1, C.7.10.1, C.12.1, C.8.7.1.1). */
const OPTIONAL_IN_CLASSICAL = new Set(
  (
    "SeriesDate SeriesTime AcquisitionDate AcquisitionTime AcquisitionDateTime InstanceCreationDate InstanceCreationTime " +
    "DeviceSerialNumber InstitutionName InstitutionCodeSequence StationName OperatorsName OperatorIdentificationSequence " +
    "ProtocolName ReferencedStudySequence ReferencedPerformedProcedureStepSequence AcquisitionDeviceProcessingDescription"
  ).split(" "),
);
/** Type 1 or 2 in the PET modules (PS3.3 C.8.9.1, C.8.9.4). */
const REQUIRED_IN_PET = new Set(["SeriesDate", "SeriesTime", "AcquisitionDate", "AcquisitionTime"]);
/** Type 2 or 2C in the general modules (PS3.3 C.7.6.1, C.7.6.4). */
const MAY_BE_EMPTY_IN_CLASSICAL = new Set(["ContentDate", "ContentTime", "ContrastBolusAgent"]);

function resolve(basic: BasicAction, keyword: string, sopClass: string): Action {
  const classical = CLASSICAL.has(sopClass) && !(sopClass === PET && REQUIRED_IN_PET.has(keyword));
  const optional = classical && OPTIONAL_IN_CLASSICAL.has(keyword);
  switch (basic) {
    case "X":
      return "remove";
    case "Z":
      return "empty";
    case "D":
      return "dummy";
    case "U":
      return "map-uid";
    case "X/Z":
      return optional ? "remove" : "empty";
    case "Z/D":
      return classical && MAY_BE_EMPTY_IN_CLASSICAL.has(keyword) ? "empty" : "dummy";
    case "X/D":
    case "X/Z/D":
      return optional ? "remove" : "dummy";
    case "X/Z/U":
      // References between the files of one set hold: their UIDs are mapped like the others.
      return "keep";
  }
}

/**
 * What the profile with these options does. `vr` is the element's, resolved; `sopClass` the object's SOP Class UID.
 * A sequence that is kept or cleaned keeps its items, and each of their attributes is asked about again.
 */
export function actionFor(tag: number, vr: string, options: ReadonlySet<Option>, sopClass: string): Action {
  const group = tag >>> 16;
  if (group % 2 === 1 || group < 8 || isGraphics(tag)) return "remove";
  const row = rowOf(tag);
  if (row) return byRow(row, options, sopClass);
  if (dictionaryEntry(tag) === null || vr === "UN") return "remove";
  return byRepresentation(tag, vr, options);
}

/** The row's action before any option: what is done where an option would clean and nothing is left. */
export function basicAction(row: Row, sopClass: string): Action {
  return resolve(row.basic, row.keyword, sopClass);
}

function byRow(row: Row, options: ReadonlySet<Option>, sopClass: string): Action {
  // The words of a structured report go, its codes and numbers stay: "clean structured content" (PS3.15 E.3.4), never less.
  if (row.keyword === "ContentSequence") return "clean";
  const chosen = row.letters.map((letter) => COLUMNS[letter]).filter(({ option }) => options.has(option as Option));
  if (chosen.some(({ action }) => action === "C")) return "clean";
  return chosen.length > 0 ? "keep" : basicAction(row, sopClass);
}

/** UIDs that name a kind of thing, not a thing. */
const CLASS_UID =
  /ClassUID|ClassesInFile|TransferSyntaxUID|CodingSchemeUID|ContextUID|MappingResourceUID|ColorSpaceUID/;

function byRepresentation(tag: number, vr: string, options: ReadonlySet<Option>): Action {
  switch (vr) {
    case "PN":
      return "dummy";
    case "DA":
    case "DT":
    case "TM":
      return options.has("retain-modified-dates") ? "clean" : "dummy";
    case "UI":
      return options.has("retain-uids") || CLASS_UID.test(dictionaryEntry(tag)?.keyword ?? "") ? "keep" : "map-uid";
    case "UR":
      return "remove";
    case "AE":
    case "LO":
    case "LT":
    case "SH":
    case "ST":
    case "UC":
    case "UT":
      return "search";
    default:
      return "keep";
  }
}

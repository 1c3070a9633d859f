// Queries and their answers: attributes by keyword, as data sets (PS3.4 C.2.2) and as records of strings.
//
// Queries are written in implicit VR little endian, which every node must take (PS3.5 10.1), and in UTF-8 where ASCII does not do.
// Answers come in whatever character set they name.

import { AppError } from "../../preload/contract/errors.ts";
import { Attributes } from "../imaging/dicom/attributes.ts";
import { readPart10 } from "../imaging/dicom/dataset.ts";
import { dictionaryEntry, tagOf } from "../imaging/dicom/dictionary.ts";
import { MAX_IDENTIFIER_BYTES } from "./limits.ts";
import { broken } from "./pdu.ts";

/** Attributes asked for: a value to match (with * and ? or a range, where the attribute allows it), or empty to be told. */
export type Keys = { readonly [keyword: string]: string };

/** One thing found: values by keyword, in Unicode. Attributes without a value are left out; sequences too. */
export type Found = { readonly [keyword: string]: readonly string[] };

export type Level = "patient" | "study" | "series" | "instance";

/** What is asked for at each level besides the caller's own keys (PS3.4 C.6.2.1). */
export const USUAL_KEYS: Record<Level, readonly string[]> = {
  patient: ["PatientID", "PatientName", "PatientBirthDate", "PatientSex"],
  study: [
    ...[
      "StudyInstanceUID",
      "StudyDate",
      "StudyTime",
      "StudyDescription",
      "AccessionNumber",
      "PatientID",
      "PatientName",
    ],
    ...["ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"],
  ],
  series: [
    ...["StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription"],
    "NumberOfSeriesRelatedInstances",
  ],
  instance: ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "InstanceNumber"],
};

const BINARY = new Set([
  "US",
  "SS",
  "UL",
  "SL",
  "FL",
  "FD",
  "AT",
  "SQ",
  "OB",
  "OW",
  "OD",
  "OF",
  "OL",
  "OV",
  "UN",
  "SV",
  "UV",
  "xs",
]);

/** The tag of a keyword that a query may name. Throws app/invalid-input. */
export function queryTag(keyword: string, value: string): { tag: number; vr: string } {
  let tag: number;
  try {
    tag = tagOf(keyword);
  } catch (cause) {
    throw new AppError("app/invalid-input", "A query names an attribute that the DICOM dictionary does not have.", {
      cause,
    });
  }
  const vr = dictionaryEntry(tag)?.vr ?? "UN";
  if (value !== "" && BINARY.has(vr)) {
    throw new AppError("app/invalid-input", `A query cannot match ${keyword}: its values are not text.`);
  }
  return { tag, vr };
}

/** The repertoire of ISO IR 6 without its controls. */
const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

export function encodeIdentifier(keys: Keys): Uint8Array {
  const ascii = Object.values(keys).every(isAscii);
  const all: Keys = ascii ? keys : { ...keys, SpecificCharacterSet: "ISO_IR 192" };
  const elements = Object.entries(all)
    .map(([keyword, value]) => ({ ...queryTag(keyword, value), value: Buffer.from(value, "utf8") }))
    .sort((a, b) => a.tag - b.tag);
  return Buffer.concat(
    elements.flatMap(({ tag, vr, value }) => {
      const odd = value.length % 2;
      const header = Buffer.alloc(8);
      header.writeUInt16LE(tag >>> 16, 0);
      header.writeUInt16LE(tag & 0xffff, 2);
      header.writeUInt32LE(value.length + odd, 4);
      return [header, value, Buffer.from(odd ? (vr === "UI" ? "\0" : " ") : "")];
    }),
  );
}

/** Throws network/protocol where the bytes are no data set. */
export function decodeIdentifier(bytes: Uint8Array): Found {
  try {
    const attributes = new Attributes(readPart10(bytes, MAX_IDENTIFIER_BYTES).dataSet);
    const found: Record<string, readonly string[]> = {};
    for (const element of attributes.dataSet.elements.values()) {
      const entry = dictionaryEntry(element.tag);
      if (!entry || element.items) continue;
      const values = attributes.stringsOf(element);
      if (values.length > 0) found[entry.keyword] = values;
    }
    return found;
  } catch (error) {
    if (error instanceof AppError) throw broken("an answer that is no data set");
    throw error;
  }
}

// What our DICOM label objects have in common: patient and study of the images they are about, who made them, codes, references, UIDs.
//
// Everything about the patient comes from what the project kept of the images. What was not there stays empty, as type 2 attributes may; nothing is made up.
// Classes are codes of a scheme of our own (99LOUPE): a name that a reader chose is no SNOMED concept, and none is guessed.

import { createHash, randomUUID } from "node:crypto";
import packageJson from "../../../package.json" with { type: "json" };
import type { Attributes } from "../../imaging/dicom/write.ts";
import type { ExportImage } from "./format.ts";

export const SCHEME = "99LOUPE";
const NAME = "Loupe";

/** Characters that no value may hold (PS3.5 6.1.3), and the separator of values. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/g;

/** A value of at most `most` characters: 64 for LO, 16 for SH. */
export const shortText = (text: string, most: number): string =>
  [...text.replace(FORBIDDEN, " ").trim()].slice(0, most).join("");

/** A number in the 16 characters of a DS (PS3.5 6.2). */
export function decimalString(value: number): string {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return "0";
}

/** 2.25 and the number of a UUID (PS3.5 B.2). */
export const newUid = (): string => uidOfUuid(randomUUID());
export const uidOfUuid = (uuid: string): string => `2.25.${BigInt(`0x${uuid.replaceAll("-", "")}`)}`;

/** The same UID for the same words, made like a UUID of version 5. */
export function uidOf(...words: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(words)).digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return uidOfUuid(hash.toString("hex"));
}

export interface Code extends Attributes {
  readonly CodeValue: string;
  readonly CodingSchemeDesignator: string;
  readonly CodeMeaning: string;
}

export const code = (value: string, scheme: string, meaning: string): Code => ({
  CodeValue: value,
  CodingSchemeDesignator: scheme,
  CodeMeaning: meaning,
});

/** The same name in any case is the same code. */
export function classCode(name: string): Code {
  const hash = createHash("sha256").update(name.normalize("NFC").toLowerCase()).digest("hex");
  return code(`C${hash.slice(0, 12)}`, SCHEME, shortText(name, 64));
}

/** The image's own value, or empty. Values that the project keeps in part only are left out. */
function kept(image: ExportImage, keyword: string): string {
  const value = image.header().tag(keyword);
  return value.endsWith("…") ? "" : value;
}

export const isDicom = (image: ExportImage): boolean =>
  image.format === "dicom" &&
  image.series !== "" &&
  image.study !== "" &&
  sopClassOf(image) !== "" &&
  sopOf(image) !== "";
export const sopClassOf = (image: ExportImage): string => kept(image, "SOPClassUID");
export const sopOf = (image: ExportImage): string => kept(image, "SOPInstanceUID");

export const reference = (image: ExportImage): Attributes => ({
  ReferencedSOPClassUID: sopClassOf(image),
  ReferencedSOPInstanceUID: sopOf(image),
});

/** Patient and General Study (PS3.3 C.7.1.1, C.7.2.1), as the image has them. */
export function patientAndStudy(image: ExportImage): Attributes {
  const keywords = [
    ...["PatientName", "PatientID", "PatientBirthDate", "PatientSex"],
    ...["StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"],
  ];
  const values = Object.fromEntries(keywords.map((keyword) => [keyword, kept(image, keyword)]));
  // Who was made anonymous by somebody is so in what we add.
  const removed = kept(image, "PatientIdentityRemoved");
  const method = kept(image, "DeidentificationMethod");
  return {
    ...values,
    StudyInstanceUID: image.study,
    ...(removed === "" ? {} : { PatientIdentityRemoved: removed }),
    ...(removed === "YES" && method !== "" ? { DeidentificationMethod: method } : {}),
  };
}

/** Series, equipment, SOP common and the time of making. `about`: the images' description, for people. */
export function madeHere(sopClass: string, modality: string, about: string, now: Date): Attributes {
  const [date = "", time = ""] = now.toISOString().split("T");
  const [day, clock] = [date.replaceAll("-", ""), time.replaceAll(":", "").slice(0, 6)];
  return {
    SOPClassUID: sopClass,
    SOPInstanceUID: newUid(),
    InstanceCreationDate: day,
    InstanceCreationTime: clock,
    SeriesInstanceUID: newUid(),
    SeriesNumber: "1000",
    SeriesDescription: about,
    SeriesDate: day,
    SeriesTime: clock,
    Modality: modality,
    InstanceNumber: "1",
    ContentDate: day,
    ContentTime: clock,
    TimezoneOffsetFromUTC: "+0000",
    Manufacturer: NAME,
    ManufacturerModelName: NAME,
    DeviceSerialNumber: "none",
    SoftwareVersions: packageJson.version,
  };
}

/** PS3.3 C.12.2: which instances of which series of the same study are meant. */
export function referencedSeries(images: readonly ExportImage[]): Attributes[] {
  const series = new Map<string, ExportImage[]>();
  for (const image of images) series.set(image.series, [...(series.get(image.series) ?? []), image]);
  return [...series].map(([uid, members]) => ({
    SeriesInstanceUID: uid,
    ReferencedInstanceSequence: members.map(reference),
  }));
}

/** MANUAL where every shape was drawn by hand, AUTOMATIC where models proposed all of them (PS3.3 C.8.20.2). */
export function algorithmOf(sources: readonly (string | null)[]): "MANUAL" | "SEMIAUTOMATIC" | "AUTOMATIC" {
  if (sources.every((source) => source === null)) return "MANUAL";
  return sources.every((source) => source?.startsWith("model:")) ? "AUTOMATIC" : "SEMIAUTOMATIC";
}

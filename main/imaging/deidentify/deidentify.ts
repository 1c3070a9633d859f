// A DICOM file without the persons in it: PS3.15 Basic Application Confidentiality Profile (2024b) and the chosen options.
//
// In go the bytes of any Part 10 file the reader understands, out come those of another one in explicit VR little endian (compressed
// frames stay compressed unless regions are blanked) and a report of what was done, by tag and never by value. Nothing else is read or
// written. Whether text burned into the pixels is gone, only a person can say: `regions` are what a person confirmed.

import { AppError } from "../../../preload/contract/errors.ts";
import { Attributes } from "../dicom/attributes.ts";
import { type DataSet, looksLikeDicom, type Part10, readPart10 } from "../dicom/dataset.ts";
import { tagOf } from "../dicom/dictionary.ts";
import { type EditableElement, editableElements, encodePart10, sequence, textLeaf } from "../dicom/encode.ts";
import { MAX_DECODED_BYTES } from "../limits.ts";
import type { Region } from "./blank.ts";
import type { Mapping } from "./mapping.ts";
import { workOnPixels } from "./pixels.ts";
import { OPTIONS, type Option } from "./profile.ts";
import { type Change, walkDataSet } from "./walk.ts";

export interface DeidentifySettings {
  readonly options: readonly Option[];
  readonly mapping: Mapping;
  /** rectangles to blank; with "clean-pixel-data", all that a person found, maybe none */
  readonly regions?: readonly Region[];
  /** most memory for decoded frames; default 1 GiB */
  readonly maxBytes?: number;
}

export interface DeidentifyReport {
  /** of the written file */
  readonly sopInstance: string;
  readonly sopClass: string;
  readonly seriesInstance: string;
  /** the patient's pseudonym */
  readonly patient: string;
  readonly options: readonly Option[];
  readonly changes: readonly Change[];
  readonly blanked: readonly Region[];
  /** sentences: what was done to the pixels */
  readonly notes: readonly string[];
  /** sentences: what a person should look at */
  readonly warnings: readonly string[];
}

export interface Deidentified {
  readonly bytes: Uint8Array;
  readonly report: DeidentifyReport;
}

const DICOMDIR = "1.2.840.10008.1.3.10";

/**
 * Throws imaging/format-unknown for what is no DICOM, imaging/header-invalid for a file that is cut off, imaging/directory for a DICOMDIR, imaging/pixel-data-missing for regions in a file
 * without pixels, and what reading and decoding throw.
 */
export function deidentifyDicom(file: Uint8Array, settings: DeidentifySettings): Deidentified {
  const { mapping, regions = [], maxBytes = MAX_DECODED_BYTES } = settings;
  if (!looksLikeDicom(file))
    throw new AppError("imaging/format-unknown", "Expected a DICOM file, found something else.");
  const part10 = readPart10(file, maxBytes);
  const { meta, transferSyntax, dataSet } = part10;
  const attributes = new Attributes(dataSet);
  const inMeta = (keyword: string): string => (meta ? new Attributes(meta).string(keyword) : "");
  const sopClass = attributes.string("SOPClassUID") || inMeta("MediaStorageSOPClassUID");
  refuse(part10, sopClass);
  const options = new Set(settings.options);
  const patient = whose(attributes);
  const pseudonym = mapping.patient(patient);
  const walked = walkDataSet(editableElements(dataSet), {
    options,
    mapping,
    sopClass,
    pseudonym,
    daysBack: mapping.daysBack(patient),
  });
  const pixels = workOnPixels(walked.elements, { file, dataSet, transferSyntax, regions, maxBytes });
  const original = attributes.string("SOPInstanceUID") || inMeta("MediaStorageSOPInstanceUID");
  const sopInstance = original === "" || options.has("retain-uids") ? original : mapping.uid(original);
  const elements = inUnicode([...pixels.elements, ...statements(pixels.elements, options)], walked.nonAscii);
  const bytes = encodePart10({ elements, transferSyntax: pixels.transferSyntax, sopClass, sopInstance });
  const series = elements.find(({ tag }) => tag === tagOf("SeriesInstanceUID"));
  return {
    bytes,
    report: {
      sopInstance,
      sopClass,
      seriesInstance: series ? new TextDecoder().decode(series.value).replaceAll("\0", "") : "",
      patient: pseudonym,
      options: [...options],
      changes: walked.changes,
      blanked: regions,
      notes: pixels.notes,
      warnings: warnings(attributes, options, regions, walked.elements),
    },
  };
}

function refuse({ dataSet, meta }: Part10, sopClass: string): void {
  const cut = firstCut(dataSet) ?? meta?.cut;
  if (cut) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected ${cut.expected} bytes in an element, found ${cut.found}: a file that is cut off is not written again.`,
    );
  }
  if (sopClass === DICOMDIR || dataSet.elements.has(tagOf("DirectoryRecordSequence"))) {
    throw new AppError(
      "imaging/directory",
      "This is a DICOMDIR, the table of contents of a disc: it names files as they were, and is not de-identified.",
    );
  }
}

function firstCut(dataSet: DataSet): DataSet["cut"] {
  if (dataSet.cut) return dataSet.cut;
  for (const { items } of dataSet.elements.values()) {
    for (const item of items ?? []) {
      const cut = firstCut(item);
      if (cut) return cut;
    }
  }
  return null;
}

/** The same text for all files of a patient: the patient's ID, or where there is none, the study. */
function whose(attributes: Attributes): string {
  const id = attributes.string("PatientID");
  if (id !== "") return `patient ${id}`;
  return `study ${attributes.string("StudyInstanceUID") || attributes.string("SOPInstanceUID")}`;
}

/** What PS3.15 E.1.1 and the options ask a de-identified object to say of itself. */
function statements(elements: readonly EditableElement[], options: ReadonlySet<Option>): EditableElement[] {
  const code = (value: string, meaning: string): EditableElement[] => [
    textLeaf(tagOf("CodeValue"), "SH", value),
    textLeaf(tagOf("CodingSchemeDesignator"), "SH", "DCM"),
    textLeaf(tagOf("CodeMeaning"), "LO", meaning),
  ];
  const has = (keyword: string): boolean => elements.some(({ tag }) => tag === tagOf(keyword));
  const methods = [
    code("113100", "Basic Application Confidentiality Profile"),
    ...(has("ContentSequence") ? [code("113104", "Clean Structured Content Option")] : []),
    ...(Object.keys(OPTIONS) as Option[])
      .filter((option) => options.has(option))
      .map((option) => code(OPTIONS[option].code, OPTIONS[option].meaning)),
  ];
  const dates = options.has("retain-modified-dates") ? "MODIFIED" : "REMOVED";
  return [
    textLeaf(tagOf("PatientIdentityRemoved"), "CS", "YES"),
    textLeaf(tagOf("DeidentificationMethod"), "LO", "Loupe: DICOM PS3.15 2024b Basic Profile and options"),
    sequence(tagOf("DeidentificationMethodCodeSequence"), methods),
    textLeaf(tagOf("LongitudinalTemporalInformationModified"), "CS", dates),
    ...(options.has("clean-pixel-data") && has("PixelData") ? [textLeaf(tagOf("BurnedInAnnotation"), "CS", "NO")] : []),
  ];
}

/** Statements take the place of elements of the same tag; more than ASCII makes the file say UTF-8 (PS3.3 C.12.1.1.2). */
function inUnicode(elements: readonly EditableElement[], nonAscii: boolean): EditableElement[] {
  const characters = tagOf("SpecificCharacterSet");
  const byTag = new Map(elements.map((element) => [element.tag, element]));
  if (!nonAscii) return [...byTag.values()];
  byTag.set(characters, textLeaf(characters, "CS", "ISO_IR 192"));
  const inItems = (item: readonly EditableElement[]): EditableElement[] =>
    item
      .filter(({ tag }) => tag !== characters)
      .map((element) => (element.items ? { ...element, items: element.items.map(inItems) } : element));
  return [...byTag.values()].map((element) =>
    element.items ? { ...element, items: element.items.map(inItems) } : element,
  );
}

function warnings(
  attributes: Attributes,
  options: ReadonlySet<Option>,
  regions: readonly Region[],
  written: readonly EditableElement[],
): string[] {
  const age = /^(\d{3})Y$/.exec(attributes.string("PatientAge"));
  const cleaned = options.has("clean-pixel-data");
  const has = (keyword: string): boolean => written.some(({ tag }) => tag === tagOf(keyword));
  const all: [boolean, string][] = [
    [attributes.string("PatientID") === "", "The file names no patient ID: its study stands for the patient."],
    [
      attributes.string("BurnedInAnnotation") === "YES" && !cleaned,
      "The file says that text is burned into its pixels, and nobody has confirmed what to blank.",
    ],
    [attributes.string("RecognizableVisualFeatures") === "YES", "The file says that a person can be recognised in it."],
    [has("EncapsulatedDocument"), "The enclosed document was replaced by an empty one."],
    [
      options.has("retain-patient-characteristics") && age !== null && Number(age[1]) > 89,
      "An age above 89 years was kept.",
    ],
    [
      options.has("retain-uids") && regions.length > 0,
      "Pixels were blanked and the SOP Instance UID was kept: two different objects have the same UID now.",
    ],
    [
      options.has("clean-descriptors"),
      "Descriptions were kept without this file's own names: a name that only stands in a description is still there.",
    ],
  ];
  return all.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

// The door with objects as they come: references between files, dates, reports and documents, what the report says, refusals.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Region } from "../../../main/imaging/deidentify/blank.ts";
import { deidentifyDicom } from "../../../main/imaging/deidentify/deidentify.ts";
import { keyedMapping, shiftDates } from "../../../main/imaging/deidentify/mapping.ts";
import type { Option } from "../../../main/imaging/deidentify/profile.ts";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { encodePart10, leaf, textLeaf } from "../../../main/imaging/dicom/encode.ts";
import { EXPLICIT_LITTLE } from "../../../main/imaging/dicom/transfer-syntax.ts";
import { type Attributes as Written, writeDicom } from "../../../main/imaging/dicom/write.ts";
import { AppError } from "../../../preload/contract/errors.ts";
import { bytesOf, greyAttributes, ramp, refusal } from "../pictures.ts";

const mapping = keyedMapping(new Uint8Array(32).fill(1));
const run = (bytes: Uint8Array, options: readonly Option[] = [], regions?: readonly Region[]) =>
  deidentifyDicom(bytes, { options, mapping, regions });
const attributesOf = (bytes: Uint8Array) => new Attributes(readPart10(bytes, 1 << 26).dataSet);
const grey = ramp(16);
const REGION: Region = { frame: null, x: 3, y: 2, width: 5, height: 4 };
const dicomdir = () =>
  writeDicom({
    attributes: { SOPClassUID: "1.2.840.10008.1.3.10", DirectoryRecordSequence: [] },
    pixelData: new Uint8Array(2),
  });

describe("identity", () => {
  const series = [1, 2].map((n) =>
    writeDicom({
      attributes: greyAttributes({
        SOPInstanceUID: `1.2.3.4.${n}`,
        FrameOfReferenceUID: "1.2.3.9",
        StudyDate: "20240229",
        StudyTime: "101500",
        PatientAge: "093Y",
        PatientBirthDate: "19301231",
        InstitutionName: "Hospital of Wrzesnia",
        StudyDescription: "CT chest Some 29.02.2024 Wrzesnia",
        DeviceSerialNumber: "SN-88412",
        ReferencedImageSequence: [
          { ReferencedSOPClassUID: "1.2.840.10008.5.1.4.1.1.7", ReferencedSOPInstanceUID: `1.2.3.4.${3 - n}` },
        ],
      }),
      pixelData: bytesOf(grey),
    }),
  );

  test("references between files of a series hold, and nothing keeps its UID but kinds of things", () => {
    const [first, second] = series.map((file) => attributesOf(run(file).bytes));
    for (const keyword of ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"]) {
      expect(first.string(keyword)).toMatch(/^2\.25\.\d{1,39}$/);
      expect(first.string(keyword)).toBe(second.string(keyword));
    }
    const referenced = (file: Attributes) => file.items("ReferencedImageSequence")[0];
    expect(referenced(first).string("ReferencedSOPInstanceUID")).toBe(second.string("SOPInstanceUID"));
    expect(referenced(second).string("ReferencedSOPInstanceUID")).toBe(first.string("SOPInstanceUID"));
    expect(referenced(first).string("ReferencedSOPClassUID")).toBe("1.2.840.10008.5.1.4.1.1.7");
    expect(first.string("SOPClassUID")).toBe("1.2.840.10008.5.1.4.1.1.7");
  });

  test("the same secret gives the same patient and UIDs in another run, another secret gives others", () => {
    const other = keyedMapping(new Uint8Array(32).fill(2));
    const [a, b] = [mapping, keyedMapping(new Uint8Array(32).fill(1))].map((m) =>
      deidentifyDicom(series[0], { options: [], mapping: m }),
    );
    expect(a.bytes).toEqual(b.bytes);
    const c = deidentifyDicom(series[0], { options: [], mapping: other });
    expect(c.report.patient).not.toBe(a.report.patient);
    expect(c.report.sopInstance).not.toBe(a.report.sopInstance);
  });

  test("the file says what was done to it, in the words and codes of the standard", () => {
    const { bytes, report } = run(series[0], [
      "clean-descriptors",
      "retain-modified-dates",
      "retain-patient-characteristics",
    ]);
    const attributes = attributesOf(bytes);
    expect(attributes.string("PatientIdentityRemoved")).toBe("YES");
    expect(attributes.string("DeidentificationMethod")).toContain("PS3.15 2024b");
    const codes = attributes.items("DeidentificationMethodCodeSequence").map((item) => item.string("CodeValue"));
    expect(codes).toEqual(["113100", "113105", "113107", "113108"]);
    expect(attributes.string("LongitudinalTemporalInformationModified")).toBe("MODIFIED");
    expect(attributes.string("PatientID")).toBe(report.patient);
    expect(attributes.string("PatientName")).toBe(report.patient);
    expect(attributes.strings("PatientBirthDate")).toEqual([]);
    expect(attributes.string("PatientAge")).toBe("093Y");
    expect(report.warnings).toContain("An age above 89 years was kept.");
    expect(attributes.string("StudyDescription")).toBe("CT chest");
    expect(attributes.element("DeviceSerialNumber")).toBeUndefined();
  });

  test("dates of a patient move by one number of days in all files, times stay, and intervals with them", () => {
    const [first] = series.map((file) => attributesOf(run(file, ["retain-modified-dates"]).bytes));
    const days =
      (Date.UTC(2024, 1, 29) - Date.parse(first.string("StudyDate").replace(/(....)(..)(..)/, "$1-$2-$3"))) /
      86_400_000;
    expect(days).toBe(mapping.daysBack("patient P1"));
    expect(first.string("StudyTime")).toBe("101500");
  });

  test.each([
    ["20240301", "DA", 1, "20240229"],
    ["2024.03.01", "DA", 1, "20240229"],
    ["20240301101500.123456+0200", "DT", 60, "20240101101500.123456+0200"],
    ["202403", "DT", 1, "202402"],
    ["20240301\\20240302", "DA", 1, "20240229\\20240301"],
    ["101500.5", "TM", 5, "101500.5"],
    ["2024-03-01", "DA", 1, null],
    ["20241301", "DA", 1, null],
    ["yesterday", "DT", 1, null],
    ["", "DA", 1, ""],
  ])("%j (%s) moved back by %d days is %j", (value, vr, days, moved) => {
    expect(shiftDates(value, vr, days)).toBe(moved);
  });

  test("a date that is none is replaced, not kept", () => {
    const file = writeDicom({
      attributes: greyAttributes({ StudyDate: "born 1957", SeriesDate: "x" }),
      pixelData: bytesOf(grey),
    });
    const attributes = attributesOf(run(file, ["retain-modified-dates"]).bytes);
    expect(attributes.strings("StudyDate")).toEqual([]);
    expect(attributes.element("SeriesDate")).toBeUndefined();
  });

  test("UIDs and pseudonyms of different originals differ, and have the form the standard asks for", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(mapping.uid(a)).toMatch(/^2\.25\.(0|[1-9]\d{0,38})$/);
        expect(mapping.patient(a)).toMatch(/^LP-[A-Z2-7]{16}$/);
        expect(mapping.daysBack(a)).toBeGreaterThanOrEqual(1);
        expect(mapping.daysBack(a)).toBeLessThanOrEqual(3650);
        expect(mapping.uid(a) === mapping.uid(b)).toBe(a === b);
      }),
    );
  });

  test("a structured report keeps its codes and numbers, and loses its words, its persons and its subject", () => {
    const code = (value: string, meaning: string) => [
      { CodeValue: value, CodingSchemeDesignator: "DCM", CodeMeaning: meaning },
    ];
    const item = (valueType: string, concept: string, more: Written) => ({
      RelationshipType: "CONTAINS",
      ValueType: valueType,
      ConceptNameCodeSequence: code(concept, "x"),
      ...more,
    });
    const file = writeDicom({
      attributes: {
        SOPClassUID: "1.2.840.10008.5.1.4.1.1.88.22",
        SOPInstanceUID: "1.2.3",
        Modality: "SR",
        PatientName: "Kowalska^Anna",
        ValueType: "CONTAINER",
        ContentSequence: [
          item("TEXT", "121071", { TextValue: "Pani Kowalska, guzek 12 mm" }),
          item("PNAME", "121008", { PersonName: "Nowak^Jan" }),
          item("UIDREF", "112227", { UID: "1.2.9.9" }),
          item("NUM", "112050", {
            MeasuredValueSequence: [{ NumericValue: "12", MeasurementUnitsCodeSequence: code("mm", "mm") }],
          }),
          item("TEXT", "121029", { TextValue: "Kowalska" }),
          item("NUM", "121033", { MeasuredValueSequence: [{ NumericValue: "67" }] }),
          item("IMAGE", "121191", { ReferencedSOPSequence: [{ ReferencedSOPInstanceUID: "1.2.3.4.1" }] }),
          item("CONTAINER", "126010", {
            ContentSequence: [item("TEXT", "121071", { TextValue: "Dr Nowak told Kowalska" })],
          }),
        ],
      },
      pixelData: new Uint8Array(0),
    });
    const { bytes, report } = run(file);
    const attributes = attributesOf(bytes);
    const items = attributes.items("ContentSequence");
    expect(items.map((one) => one.string("ValueType"))).toEqual([
      "TEXT",
      "PNAME",
      "UIDREF",
      "NUM",
      "IMAGE",
      "CONTAINER",
    ]);
    expect(items[0].string("TextValue")).toBe("Removed");
    expect(items[1].string("PersonName")).toBe("Anonymous");
    expect(items[2].string("UID")).toBe(mapping.uid("1.2.9.9"));
    expect(items[3].items("MeasuredValueSequence")[0].string("NumericValue")).toBe("12");
    expect(items[4].items("ReferencedSOPSequence")[0].string("ReferencedSOPInstanceUID")).toBe(
      mapping.uid("1.2.3.4.1"),
    );
    expect(items[5].items("ContentSequence")[0].string("TextValue")).toBe("Removed");
    for (const name of ["Kowalska", "Nowak", "guzek"]) expect(Buffer.from(bytes).includes(name)).toBe(false);
    const codes = attributes.items("DeidentificationMethodCodeSequence").map((one) => one.string("CodeValue"));
    expect(codes).toEqual(["113100", "113104"]);
    expect(report.changes.some(({ path, done }) => path.endsWith("(about the patient)") && done === "removed")).toBe(
      true,
    );
  });

  test("the report names tags and what was done, and nothing that stood in them", () => {
    const { report } = run(series[0]);
    const text = JSON.stringify(report);
    for (const secret of ["Name^Some", 'P1"', "Wrzesnia", "20240229", "SN-88412", "1.2.3.4.1"])
      expect(text).not.toContain(secret);
    const done = Object.fromEntries(report.changes.map((change) => [change.path, change.done]));
    expect(done).toMatchObject({
      PatientName: "replaced",
      PatientID: "replaced",
      PatientBirthDate: "emptied",
      InstitutionName: "removed",
      StudyDescription: "removed",
      SOPInstanceUID: "mapped",
      "ReferencedImageSequence/ReferencedSOPInstanceUID": "mapped",
    });
  });

  test("an enclosed document becomes an empty page, and whoever reads the report is told", () => {
    const file = encodePart10({
      elements: [
        textLeaf(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.104.1"),
        textLeaf(0x00080018, "UI", "1.2.3"),
        leaf(0x00420011, "OB", new TextEncoder().encode("%PDF-1.4 Kowalska Anna ")),
      ],
      transferSyntax: EXPLICIT_LITTLE,
      sopClass: "1.2.840.10008.5.1.4.1.1.104.1",
      sopInstance: "1.2.3",
    });
    const { bytes, report } = run(file);
    expect(Buffer.from(bytes).includes("Kowalska")).toBe(false);
    expect(Buffer.from(bytes).includes("%PDF-1.4\n1 0 obj")).toBe(true);
    expect(report.warnings).toContain("The enclosed document was replaced by an empty one.");
  });

  test("nothing of the file's own preamble and meta information is left", () => {
    const file = writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey) });
    file.set(new TextEncoder().encode("KOWALSKA ANNA in a preamble"), 0);
    const { bytes } = run(file);
    expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    const { meta } = readPart10(bytes, 1 << 26);
    const names = new Attributes(meta!);
    expect(names.string("MediaStorageSOPInstanceUID")).toBe(attributesOf(bytes).string("SOPInstanceUID"));
    expect([...meta!.elements.keys()].map((tag) => tag & 0xffff)).toEqual([0, 1, 2, 3, 0x10, 0x12, 0x13]);
  });
});

describe("refusals", () => {
  test.each([
    [
      "a picture of another kind",
      () => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, ...new Uint8Array(200)),
      "imaging/format-unknown",
    ],
    [
      "a file that is cut off",
      () => writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey) }).slice(0, -20),
      "imaging/header-invalid",
    ],
    ["a DICOMDIR", dicomdir, "imaging/directory"],
  ])("%s", (_, make, code) => {
    expect(refusal(() => run(make())).code).toBe(code);
  });

  test("regions in a file without pixels", () => {
    const file = encodePart10({
      elements: [textLeaf(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.88.11"), textLeaf(0x00080018, "UI", "1.2.3")],
      transferSyntax: EXPLICIT_LITTLE,
      sopClass: "1.2.840.10008.5.1.4.1.1.88.11",
      sopInstance: "1.2.3",
    });
    expect(refusal(() => run(file, ["clean-pixel-data"], [REGION])).code).toBe("imaging/pixel-data-missing");
  });

  test("whatever bytes are changed, the answer is a file or an AppError, and the patient's name is not in it", () => {
    const valid = writeDicom({
      attributes: greyAttributes({
        PatientName: "Kowalska^Anna",
        OtherPatientIDsSequence: [{ PatientID: "KOWALSKA-1" }],
        ReferencedImageSequence: [{ ReferencedSOPInstanceUID: "1.2.3" }],
      }),
      pixelData: bytesOf(grey),
    });
    const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          deidentifyDicom(bytes, { options: ["clean-descriptors"], mapping, regions: [REGION] });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.message).not.toContain("Kowalska");
        }
      }),
      { seed: 20261127, numRuns: 300 },
    );
  });
});

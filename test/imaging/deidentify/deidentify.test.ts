// The door with objects as they come: pixels in every transfer syntax, references between files, dates, reports, refusals.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Region } from "../../../main/imaging/deidentify/blank.ts";
import { withoutComments } from "../../../main/imaging/deidentify/comments.ts";
import { deidentifyDicom } from "../../../main/imaging/deidentify/deidentify.ts";
import { keyedMapping, shiftDates } from "../../../main/imaging/deidentify/mapping.ts";
import type { Option } from "../../../main/imaging/deidentify/profile.ts";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { editableElements, encodePart10, leaf, textLeaf } from "../../../main/imaging/dicom/encode.ts";
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE } from "../../../main/imaging/dicom/transfer-syntax.ts";
import { type Attributes as Written, writeDicom } from "../../../main/imaging/dicom/write.ts";
import type { SampleArray } from "../../../main/imaging/types.ts";
import { AppError } from "../../../preload/contract/errors.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "../encoders.ts";
import {
  bytesOf,
  colourAttributes as colourOf,
  decode,
  greyAttributes as greyOf,
  ramp,
  readOne,
  refusal,
} from "../pictures.ts";

const mapping = keyedMapping(new Uint8Array(32).fill(1));
const run = (bytes: Uint8Array, options: readonly Option[] = [], regions?: readonly Region[]) =>
  deidentifyDicom(bytes, { options, mapping, regions });
const attributesOf = (bytes: Uint8Array) => new Attributes(readPart10(bytes, 1 << 26).dataSet);
const pixelsOf = (bytes: Uint8Array): SampleArray[] => {
  const image = readOne(bytes);
  return image.frames.map((_, i) => decode(image, i).values);
};

const [ROWS, COLUMNS] = [40, 50];
const SIZE = { Rows: ROWS, Columns: COLUMNS };
const greyAttributes = (more: Written = {}): Written => greyOf({ ...SIZE, ...more });
const colourAttributes = (more: Written = {}): Written => colourOf({ ...SIZE, ...more });
const grey = ramp(16, ROWS, COLUMNS);
const grey8 = Uint8Array.from(ramp(8, ROWS, COLUMNS));
const colour = Uint8Array.from({ length: ROWS * COLUMNS * 3 }, (_, i) => (i * 7919) % 256);
const REGION: Region = { frame: null, x: 3, y: 2, width: 5, height: 4 };
const inRegion = (i: number, samples = 1): boolean => {
  const pixel = Math.floor(i / samples);
  const [x, y] = [pixel % COLUMNS, Math.floor(pixel / COLUMNS)];
  return x >= 3 && x < 8 && y >= 2 && y < 6;
};

const EIGHT = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };

async function pictures(): Promise<Record<string, { bytes: Uint8Array; samples: 1 | 3; lossy?: boolean }>> {
  const about = { rows: ROWS, columns: COLUMNS, samples: 1, bits: 16, signed: false, bytes: bytesOf(grey) };
  const eight = { ...about, bits: 8, bytes: grey8 };
  const file = (attributes: Written, pixelData: Uint8Array | Uint8Array[], transferSyntax?: string) =>
    writeDicom({ attributes, pixelData, transferSyntax });
  const swapped = bytesOf(grey).slice();
  for (let i = 0; i < swapped.length; i += 2) swapped.subarray(i, i + 2).reverse();
  const planes = colour.map((_, i) => colour[(i % (ROWS * COLUMNS)) * 3 + Math.floor(i / (ROWS * COLUMNS))]);
  const red = Uint8Array.from({ length: 512 }, (_, i) => (i % 2 ? 255 - (i >> 1) : 0));
  const palette = {
    ...greyAttributes({ BitsAllocated: 8, BitsStored: 8, HighBit: 7, PhotometricInterpretation: "PALETTE COLOR" }),
    ...Object.fromEntries(
      ["Red", "Green", "Blue"].flatMap((name) => [
        [`${name}PaletteColorLookupTableDescriptor`, [256, 0, 16]],
        [`${name}PaletteColorLookupTableData`, red],
      ]),
    ),
  };
  return {
    "explicit little endian": { bytes: file(greyAttributes(), bytesOf(grey)), samples: 1 },
    "implicit little endian": { bytes: file(greyAttributes(), bytesOf(grey), IMPLICIT_LITTLE), samples: 1 },
    "explicit big endian": { bytes: file(greyAttributes(), swapped, EXPLICIT_BIG), samples: 1 },
    MONOCHROME1: {
      bytes: file(greyAttributes({ PhotometricInterpretation: "MONOCHROME1" }), bytesOf(grey)),
      samples: 1,
    },
    signed: { bytes: file(greyAttributes({ PixelRepresentation: 1 }), bytesOf(grey)), samples: 1 },
    "two frames": {
      bytes: file(greyAttributes({ NumberOfFrames: 2 }), Buffer.concat([bytesOf(grey), bytesOf(grey)])),
      samples: 1,
    },
    "RGB by pixel": { bytes: file(colourAttributes(), colour), samples: 3 },
    "RGB by plane": { bytes: file(colourAttributes({ PlanarConfiguration: 1 }), planes), samples: 3 },
    YBR_FULL: { bytes: file(colourAttributes({ PhotometricInterpretation: "YBR_FULL" }), colour), samples: 3 },
    palette: { bytes: file(palette, colour.subarray(0, ROWS * COLUMNS)), samples: 3 },
    RLE: { bytes: file(greyAttributes(), [encodeRle(bytesOf(grey), ROWS * COLUMNS, 1, 2)], RLE), samples: 1 },
    "RLE colour": { bytes: file(colourAttributes(), [encodeRle(colour, ROWS * COLUMNS, 3, 1)], RLE), samples: 3 },
    "JPEG lossless": {
      bytes: file(greyAttributes(), [encodeJpegLossless(grey, ROWS, COLUMNS, 16)], "1.2.840.10008.1.2.4.70"),
      samples: 1,
    },
    "JPEG-LS": {
      bytes: file(greyAttributes(), [await encodeWasm("jpeg-ls", about)], "1.2.840.10008.1.2.4.80"),
      samples: 1,
    },
    "JPEG 2000": {
      bytes: file(greyAttributes(), [await encodeWasm("jpeg-2000", about)], "1.2.840.10008.1.2.4.90"),
      samples: 1,
    },
    HTJ2K: { bytes: file(greyAttributes(), [await encodeWasm("htj2k", about)], "1.2.840.10008.1.2.4.201"), samples: 1 },
    JPEG: {
      bytes: file(greyAttributes(EIGHT), [await encodeWasm("jpeg", eight)], "1.2.840.10008.1.2.4.50"),
      samples: 1,
      lossy: true,
    },
  };
}
const PICTURES = await pictures();
const dicomdir = () =>
  writeDicom({
    attributes: { SOPClassUID: "1.2.840.10008.1.3.10", DirectoryRecordSequence: [] },
    pixelData: new Uint8Array(2),
  });

describe("pixels", () => {
  test.each(Object.entries(PICTURES))("stay exactly what they are where nothing is blanked: %s", (_, { bytes }) => {
    const out = run(bytes, []);
    expect(pixelsOf(out.bytes)).toEqual(pixelsOf(bytes));
    expect(out.report.blanked).toEqual([]);
  });

  test.each(Object.entries(PICTURES))(
    "are plain in a region and exact outside it: %s",
    (_, { bytes, samples, lossy }) => {
      const out = run(bytes, ["clean-pixel-data"], [REGION]);
      const before = pixelsOf(bytes);
      const after = pixelsOf(out.bytes);
      expect(after).toHaveLength(before.length);
      after.forEach((values, frame) => {
        const inside = [...values].filter((_value, i) => inRegion(i, samples));
        const plain = [...new Set(inside)];
        // YBR black becomes RGB black, palettes their darkest colour; three channels may differ by the rounding of the conversion.
        expect(Math.max(...plain) - Math.min(...plain)).toBeLessThanOrEqual(1);
        const wrong = [...values].filter((value, i) => !inRegion(i, samples) && value !== before[frame][i]);
        expect(wrong).toEqual([]);
      });
      const attributes = attributesOf(out.bytes);
      expect(attributes.string("BurnedInAnnotation")).toBe("NO");
      expect(readPart10(out.bytes, 1 << 26).transferSyntax).toBe(EXPLICIT_LITTLE);
      expect(attributes.string("LossyImageCompression")).toBe(lossy ? "01" : "");
      expect(out.report.blanked).toEqual([REGION]);
    },
  );

  test("one frame of several can be blanked, and what lies outside the picture is cut off", () => {
    const { bytes } = PICTURES["two frames"];
    const out = pixelsOf(run(bytes, ["clean-pixel-data"], [{ frame: 1, x: -5, y: -5, width: 1000, height: 7 }]).bytes);
    const before = pixelsOf(bytes);
    expect(out[0]).toEqual(before[0]);
    expect(new Set(out[1].subarray(0, 2 * COLUMNS)).size).toBe(1);
    expect(out[1].subarray(2 * COLUMNS)).toEqual(before[1].subarray(2 * COLUMNS));
  });

  test("overlays in the unused bits of pixels go, and the pixels stay", () => {
    const pixels = Uint16Array.from(ramp(12, ROWS, COLUMNS), (value, i) => value | (i % 3 === 0 ? 0x8000 : 0));
    const plain = writeDicom({
      attributes: greyAttributes({ BitsStored: 12, HighBit: 11 }),
      pixelData: bytesOf(pixels),
    });
    const elements = [
      ...editableElements(readPart10(plain, 1 << 26).dataSet),
      leaf(0x60000102, "US", Uint8Array.of(15, 0)),
    ];
    const file = encodePart10({ elements, transferSyntax: EXPLICIT_LITTLE, sopClass: "1.2.3", sopInstance: "1.2.3" });
    const out = run(file);
    const element = attributesOf(out.bytes).element("PixelData");
    const stored = attributesOf(out.bytes).bytes(element!);
    expect(new Uint16Array(stored.slice().buffer)).toEqual(ramp(12, ROWS, COLUMNS));
    expect(out.report.notes).toEqual(["Overlays in unused bits of the pixels were removed."]);
  });

  test("words in comments of compressed frames are overwritten, and the frames decode to the same pixels", async () => {
    const about = { rows: ROWS, columns: COLUMNS, samples: 1, bits: 8, signed: false, bytes: grey8 };
    const jpeg = await encodeWasm("jpeg", about);
    const words = Buffer.from("Patient: KOWALSKA ANNA 4711993");
    const comment = Buffer.concat([Uint8Array.of(0xff, 0xfe, 0, words.length + 2), words]);
    const exif = Buffer.concat([Uint8Array.of(0xff, 0xe1, 0, words.length + 8), Buffer.from("Exif\0\0"), words]);
    const frame = new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), comment, exif, jpeg.subarray(2)]));
    const file = writeDicom({
      attributes: greyAttributes(EIGHT),
      pixelData: [frame],
      transferSyntax: "1.2.840.10008.1.2.4.50",
    });
    const out = run(file);
    expect(Buffer.from(file).includes("KOWALSKA")).toBe(true);
    expect(Buffer.from(out.bytes).includes("KOWALSKA")).toBe(false);
    expect(pixelsOf(out.bytes)).toEqual(pixelsOf(file));
    expect(out.report.notes).toEqual(["Comments inside 1 compressed frames were overwritten."]);
    expect(withoutComments(jpeg)).toHaveLength(jpeg.length);
  });
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
    ["a file that is cut off", () => PICTURES["explicit little endian"].bytes.slice(0, -20), "imaging/header-invalid"],
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

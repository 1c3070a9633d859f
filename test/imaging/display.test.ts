// From stored values to grey: the formulas of PS3.3 C.11 at their edges. What whole pictures look like is compared in test/interop.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { type Look, lookOf, renderFrame } from "../../main/imaging/display.ts";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { prepareImage } from "../../main/imaging/prepare.ts";
import type { SampleArray } from "../../main/imaging/types.ts";
import { type PixelDescription, pixelDescriptionSchema, pixelsOfFrame } from "../../preload/contract/index.ts";
import { bytesOf, COLUMNS, decode, greyAttributes, ROWS, ramp, readOne, refusal, roundTrip } from "./pictures.ts";

const grey16 = ramp(16);
const words = (values: number[]) => bytesOf(Uint16Array.from(values));
const base64 = (values: number[]) => Buffer.from(words(values)).toString("base64");

/** One row of values, described as grey unless `about` says otherwise. */
function shown(values: SampleArray, about: Partial<PixelDescription>, look?: Look): number[] {
  const pixels: PixelDescription = {
    rows: 1,
    columns: values.length,
    frames: 1,
    samples: 1,
    type: "int16",
    bitsStored: 16,
    inverted: false,
    slope: 1,
    intercept: 0,
    unit: "",
    window: { center: 128, width: 256 },
    spacing: null,
    ...about,
  };
  return [...renderFrame({ rows: 1, columns: values.length, samples: 1, values }, pixels, look)];
}

describe("windows", () => {
  const values = Int16Array.from([-3000, -160, -159, 40, 240, 3000]);

  test("LINEAR goes from its first whole value to its last (C.11.2.1.2.1, the example of the standard)", () => {
    // c = 2048, w = 4096: 0 is the darkest, 4095 the brightest value.
    expect(shown(Int16Array.of(0, 1, 2048, 4094, 4095), {}, { center: 2048, width: 4096 })).toEqual([
      0, 0, 128, 255, 255,
    ]);
    // c = 0, w = 100: (x + 0.5) / 99 + 0.5.
    expect(shown(Int16Array.of(-50, -49, 49), {}, { center: 0, width: 100 })).toEqual([0, 3, 255]);
    // w = 1: a threshold.
    expect(shown(Int16Array.of(-1, 0, 1), {}, { center: 0, width: 1 })).toEqual([0, 255, 255]);
  });

  test("LINEAR_EXACT is centred on its centre (C.11.2.1.3.2)", () => {
    const look = { center: 40, width: 400, function: "linear-exact" as const };
    expect(shown(values, {}, look)).toEqual([0, 0, 1, 128, 255, 255]);
    expect(shown(Float32Array.of(0.1, 0.15, 0.2), {}, { center: 0.15, width: 0.1, function: "linear-exact" })).toEqual([
      0, 128, 255,
    ]);
  });

  test("SIGMOID never reaches its ends abruptly (C.11.2.1.3.1)", () => {
    const look = { center: 40, width: 400, function: "sigmoid" as const };
    const by = (x: number) => Math.round(255 / (1 + Math.exp((-4 * (x - 40)) / 400)));
    expect(shown(values, {}, look)).toEqual([...values].map(by));
  });

  test("MONOCHROME1 is the negative", () => {
    const look = { center: 40, width: 400 };
    const plain = shown(values, {}, look);
    expect(shown(values, { inverted: true }, look)).toEqual(plain.map((value) => 255 - value));
  });

  test("a value that is no number is black, and nothing else ever leaves 0 to 255", () => {
    expect(shown(Float32Array.of(Number.NaN, 5), { slope: 2 }, { center: 5, width: 10 })).toEqual([0, 255]);
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 1, maxLength: 40 }),
        fc.double({ noNaN: true }),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.constantFrom("linear" as const, "linear-exact" as const, "sigmoid" as const),
        (stored, center, width, kind) => {
          const out = shown(stored, {}, { center, width, function: kind });
          // Brighter where the value is larger.
          const ordered = [...stored].map((value, i) => [value, out[i]]).sort((a, b) => a[0] - b[0]);
          for (let i = 1; i < ordered.length; i++) expect(ordered[i][1]).toBeGreaterThanOrEqual(ordered[i - 1][1]);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });

  test("each stored value has one grey, asked once or for every pixel", () => {
    const many = Int16Array.from({ length: 70_000 }, (_, i) => ((i * 7919) % 4000) - 2000);
    const look = { center: 0, width: 3000 };
    const all = shown(many, { slope: 0.7, intercept: 3 }, look);
    const few = shown(many.slice(0, 4000), { slope: 0.7, intercept: 3 }, look);
    expect(all.slice(0, 4000)).toEqual(few);
  });
});

describe("lookup tables", () => {
  const table = (first: number, bits: number, values: number[]) => ({ first, bits, entries: base64(values), name: "" });

  test("a VOI table takes the place of a window; values outside take its ends", () => {
    const lut = table(-2, 8, [0, 100, 200, 255]);
    expect(shown(Int16Array.of(-9, -2, -1, 0, 1, 9), {}, lut)).toEqual([0, 0, 100, 200, 255, 255]);
    const twelve = table(0, 12, [0, 4095]);
    expect(shown(Int16Array.of(0, 1), {}, twelve)).toEqual([0, 255]);
  });

  test("a modality table takes the place of slope and intercept, in the picture and for a model", () => {
    const modalityLut = table(10, 16, [0, 500, 1000]);
    const values = Int16Array.of(0, 10, 11, 12, 99);
    const look = { center: 500, width: 1000, function: "linear-exact" as const };
    expect(shown(values, { modalityLut }, look)).toEqual([0, 0, 128, 255, 255]);
    const frame = { rows: 1, columns: 1, samples: 1, values: Int16Array.of(11) } as const;
    const { image } = roundTrip(greyAttributes(), bytesOf(grey16));
    const pixels = { ...image.pixels, rows: 1, columns: 1, modalityLut };
    expect([...prepareImage(frame, pixels, { size: 1, low: 0, high: 1000 })]).toEqual([0.5]);
  });
});

describe("what a DICOM object says about its looks", () => {
  test("every window is kept with its name and function, and the first one is shown", () => {
    const { pixels } = roundTrip(
      greyAttributes({
        WindowCenter: ["40", "300", "7"],
        WindowWidth: ["400", "1500", "0"],
        WindowCenterWidthExplanation: ["WINDOW1", "BONE", "NONE"],
        VOILUTFunction: "LINEAR_EXACT",
      }),
      bytesOf(grey16),
    ).image;
    expect(pixels.windows).toEqual([
      { center: 40, width: 400, name: "WINDOW1", function: "linear-exact" },
      { center: 300, width: 1500, name: "BONE", function: "linear-exact" },
    ]);
    expect(lookOf(pixels)).toEqual(pixels.windows?.[0]);
    expect(pixelDescriptionSchema.parse(pixels)).toEqual(pixels);
  });

  test("lookup tables are kept as they are; without a window the first of them is shown", () => {
    const attributes = greyAttributes({
      PixelRepresentation: 1,
      ModalityLUTSequence: [{ LUTDescriptor: [3, -1, 16], ModalityLUTType: "OD", LUTData: words([1, 2, 3]) }],
      VOILUTSequence: [{ LUTDescriptor: [2, 0, 8], LUTExplanation: "HARD", LUTData: Uint8Array.of(7, 250) }],
    });
    for (const syntax of ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"]) {
      const { pixels } = roundTrip(attributes, bytesOf(grey16), syntax).image;
      expect(pixels.modalityLut).toMatchObject({ bits: 16, entries: base64([1, 2, 3]), name: "OD" });
      expect(pixels.voiLuts).toEqual([{ first: 0, bits: 8, entries: base64([7, 250]), name: "HARD" }]);
      expect(lookOf(pixels)).toEqual(pixels.voiLuts?.[0]);
      // The window that nobody gave is the range of the modality table.
      expect(pixels.window).toEqual({ center: 2.5, width: 3 });
    }
    // The sign of a table's first input is the pixels' own, which implicit VR leaves to the reader (PS3.5 A.1).
    expect(roundTrip(attributes, bytesOf(grey16), "1.2.840.10008.1.2").image.pixels.modalityLut?.first).toBe(-1);
  });

  test("a lookup table shorter than it says is refused", () => {
    const attributes = greyAttributes({ VOILUTSequence: [{ LUTDescriptor: [900, 0, 16], LUTData: words([1, 2]) }] });
    expect(refusal(() => readOne(writeDicom({ attributes, pixelData: bytesOf(grey16) })))).toEqual({
      code: "imaging/header-invalid",
      message: "Expected 900 lookup table entries, found fewer.",
    });
  });

  const spacings: [string, Attributes, Partial<PixelDescription>][] = [
    ["in the patient", { PixelSpacing: ["0.5", "0.25"] }, { spacing: [0.5, 0.25], spacingSource: "patient" }],
    ["at the detector", { ImagerPixelSpacing: ["0.2", "0.2"] }, { spacing: [0.2, 0.2], spacingSource: "detector" }],
    [
      "at the detector and said twice",
      { PixelSpacing: ["0.2", "0.2"], ImagerPixelSpacing: ["0.2", "0.2"] },
      { spacing: [0.2, 0.2], spacingSource: "detector" },
    ],
    [
      "corrected for magnification",
      { PixelSpacing: ["0.15", "0.15"], ImagerPixelSpacing: ["0.2", "0.2"] },
      { spacing: [0.15, 0.15], spacingSource: "calibrated" },
    ],
    [
      "on a scanned film",
      { NominalScannedPixelSpacing: ["0.1", "0.1"], PixelAspectRatio: ["2", "1"] },
      { spacing: [0.1, 0.1], spacingSource: "scanner" },
    ],
  ];
  for (const [title, attributes, expected] of spacings) {
    test(`spacing ${title} says so`, () => {
      const { pixels } = roundTrip(greyAttributes(attributes), bytesOf(grey16)).image;
      expect(pixels).toMatchObject(expected);
      expect(pixels.aspect).toBeUndefined();
    });
  }

  test("pixels without a spacing that are not square say how long they are", () => {
    const of = (ratio: string[]) =>
      roundTrip(greyAttributes({ PixelAspectRatio: ratio }), bytesOf(grey16)).image.pixels;
    expect(of(["4", "3"])).toMatchObject({ spacing: null, aspect: [4, 3] });
    expect(of(["1", "1"]).aspect).toBeUndefined();
    expect(of(["0", "3"]).aspect).toBeUndefined();
  });
});

describe("enhanced objects: each frame has its own", () => {
  const frame = (slope: string, center: string, z: string): Attributes => ({
    PixelValueTransformationSequence: [{ RescaleSlope: slope, RescaleIntercept: "-5", RescaleType: "HU" }],
    FrameVOILUTSequence: [{ WindowCenter: center, WindowWidth: "100", WindowCenterWidthExplanation: "OWN" }],
    PlanePositionSequence: [{ ImagePositionPatient: ["-10", "20.5", z] }],
  });
  const shared: Attributes = {
    PixelMeasuresSequence: [{ PixelSpacing: ["0.7", "0.6"], SliceThickness: "2.5" }],
    PlaneOrientationSequence: [{ ImageOrientationPatient: ["1", "0", "0", "0", "1", "0"] }],
  };
  const attributes = greyAttributes({
    NumberOfFrames: 3,
    FrameOfReferenceUID: "1.2.9",
    SharedFunctionalGroupsSequence: [shared],
    PerFrameFunctionalGroupsSequence: [frame("2", "50", "0"), frame("2", "60", "2.5"), frame("3", "50", "5")],
  });
  const dark = grey16.map((value) => value % 60);
  const three = Uint16Array.of(...dark, ...dark, ...dark);
  const image = readOne(writeDicom({ attributes, pixelData: bytesOf(three) }));

  test("rescale and windows", () => {
    const described = [0, 1, 2].map((index) => pixelsOfFrame(image.pixels, index));
    expect(described.map(({ slope, intercept, unit }) => [slope, intercept, unit])).toEqual([
      [2, -5, "HU"],
      [2, -5, "HU"],
      [3, -5, "HU"],
    ]);
    expect(described.map(({ window }) => window.center)).toEqual([50, 60, 50]);
    expect(described[1].windows).toEqual([{ center: 60, width: 100, name: "OWN", function: "linear" }]);
    expect(described.every((pixels) => pixels.spacing?.[1] === 0.6 && pixels.perFrame === undefined)).toBe(true);
    // Only what differs is kept.
    expect(image.pixels.perFrame?.[0]).toEqual({});
    expect(Object.keys(image.pixels.perFrame?.[2] ?? {})).toEqual(["slope"]);
    expect(pixelDescriptionSchema.parse(image.pixels)).toEqual(image.pixels);
  });

  test("place in the patient", () => {
    expect(image.geometry).toEqual(
      [0, 2.5, 5].map((z) => ({
        position: [-10, 20.5, z],
        orientation: [1, 0, 0, 0, 1, 0],
        spacing: [0.7, 0.6],
        thickness: 2.5,
        frameOfReference: "1.2.9",
      })),
    );
  });

  test("frames that agree are described once", () => {
    const same = greyAttributes({
      NumberOfFrames: 2,
      PerFrameFunctionalGroupsSequence: [frame("2", "50", "0"), frame("2", "50", "1")],
    });
    const { pixels } = readOne(
      writeDicom({ attributes: same, pixelData: bytesOf(three.subarray(0, 2 * ROWS * COLUMNS)) }),
    );
    expect(pixels).not.toHaveProperty("perFrame");
    expect(pixelsOfFrame(pixels, 1)).toBe(pixels);
  });

  test("a picture of each frame is drawn with its own window", () => {
    const pictures = [0, 1].map((index) => renderFrame(decode(image, index), pixelsOfFrame(image.pixels, index)));
    expect(pictures[0]).not.toEqual(pictures[1]);
  });
});

describe("geometry", () => {
  test("a classic image has what it says and null for the rest", () => {
    const geometryOf = (more: Attributes) => roundTrip(greyAttributes(more), bytesOf(grey16)).image.geometry;
    const nothing = { position: null, orientation: null, spacing: null, thickness: null, frameOfReference: null };
    expect(geometryOf({})).toEqual([nothing]);
    expect(geometryOf({ ImagePositionPatient: ["1", "2"], SliceThickness: "0" })).toEqual([nothing]);
    const placed = {
      ImagePositionPatient: ["1", "2", "-3e1"],
      ImageOrientationPatient: ["0", "1", "0", "0", "0", "-1"],
    };
    expect(geometryOf({ ...placed, SliceThickness: "3" })).toEqual([
      { ...nothing, position: [1, 2, -30], orientation: [0, 1, 0, 0, 0, -1], thickness: 3 },
    ]);
  });

  test("planes of a dose grid lie along its normal by their offsets (C.8.8.3.2)", () => {
    const two = Uint16Array.of(...grey16, ...grey16);
    const at = (offsets: string[]) =>
      readOne(
        writeDicom({
          attributes: greyAttributes({
            NumberOfFrames: 2,
            ImagePositionPatient: ["1", "2", "3"],
            ImageOrientationPatient: ["0", "1", "0", "0", "0", "1"],
            GridFrameOffsetVector: offsets,
          }),
          pixelData: bytesOf(two),
        }),
      ).geometry.map(({ position }) => position);
    // Normal: y × z = x.
    expect(at(["0", "4"])).toEqual([
      [1, 2, 3],
      [5, 2, 3],
    ]);
    expect(at(["3", "7"])).toEqual([
      [1, 2, 3],
      [1, 2, 7],
    ]);
    expect(at([])).toEqual([[1, 2, 3], null]);
  });
});

describe("an image that an older version imported", () => {
  test("is still the same image: identities are those of the record's first fields", () => {
    const attributes = greyAttributes({
      Modality: "CT",
      RescaleSlope: "2",
      RescaleIntercept: "-1024",
      WindowCenter: ["40", "300"],
      WindowWidth: ["400", "1500"],
      PixelSpacing: ["0.5", "0.25"],
      ImagePositionPatient: ["1", "2", "3"],
    });
    // Written down before windows, tables and geometry were described.
    expect(readOne(writeDicom({ attributes, pixelData: bytesOf(grey16) })).identity).toBe(
      "ca736903c743cdac03d8649c749fcf4ecbb6130b42f45db304690cf7329c5419",
    );
    const png = encodePng({ rows: ROWS, columns: COLUMNS, samples: 1, values: grey16 });
    expect(readOne(png, "a.png").identity).toBe("49107b7230a3b3fbf0dd20e70ff9b85e22d9ec3cc8cdd74c47db500d234d493d");
  });

  test("has a description that is still valid", () => {
    const { pixels } = readOne(encodePng({ rows: 2, columns: 2, samples: 1, values: new Uint8Array(4) }), "a.png");
    const { rows, columns, frames, samples, type, bitsStored, inverted, slope, intercept, unit, window, spacing } =
      pixels;
    const first = {
      rows,
      columns,
      frames,
      samples,
      type,
      bitsStored,
      inverted,
      slope,
      intercept,
      unit,
      window,
      spacing,
    };
    expect(pixelDescriptionSchema.parse(first)).toEqual(first);
    expect(lookOf(first)).toEqual(window);
    expect(pixelsOfFrame(first, 0)).toBe(first);
  });
});

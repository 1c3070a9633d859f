import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { readImages } from "../../main/imaging/read.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "./encoders.ts";
import {
  bytesOf,
  COLUMNS,
  colourAttributes,
  decode,
  greyAttributes,
  ROWS,
  ramp,
  readOne,
  refusal,
  roundTrip,
} from "./pictures.ts";

const PIXELS = ROWS * COLUMNS;
const grey16 = ramp(16);
const grey12 = ramp(12);
const rgb = Uint8Array.from({ length: PIXELS * 3 }, (_, i) => (i * 7919) % 256);
const twelve = { BitsStored: 12, HighBit: 11 };

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}

describe("native pixel data", () => {
  for (const [title, syntax] of [
    ["implicit little endian", IMPLICIT_LITTLE],
    ["explicit little endian", EXPLICIT_LITTLE],
  ]) {
    test(`16-bit pixels come back in ${title}`, () => {
      const { image, frames } = roundTrip(greyAttributes(), bytesOf(grey16), syntax);
      expect(image.frames[0].transferSyntax).toBe(syntax);
      expect(frames[0].values).toEqual(grey16);
    });
  }

  test("16-bit pixels come back in explicit big endian, and stay big endian where they are kept", () => {
    const { image, frames } = roundTrip(greyAttributes(), swapped(bytesOf(grey16), 2), EXPLICIT_BIG);
    expect(frames[0].values).toEqual(grey16);
    expect(image.frames[0].bytes).toEqual(swapped(bytesOf(grey16), 2));
  });

  test("a deflated data set is inflated", () => {
    const whole = writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey16) });
    const meta = 132 + 12 + new DataView(whole.buffer, whole.byteOffset + 140).getUint32(0, true);
    const header = Buffer.from(whole.subarray(0, meta)).toString("latin1");
    const uid = "1.2.840.10008.1.2.1\0";
    const at = header.indexOf(uid);
    const deflatedUid = Buffer.from("1.2.840.10008.1.2.1.99");
    const rebuilt = Buffer.concat([
      whole.subarray(0, at - 2),
      Uint8Array.of(deflatedUid.length, 0),
      deflatedUid,
      whole.subarray(at + uid.length, meta),
      deflateRawSync(whole.subarray(meta)),
    ]);
    expect(decode(readOne(rebuilt)).values).toEqual(grey16);
  });

  test("signed 12-bit values in 16 bits are sign-extended and rubbish above them is dropped", () => {
    const stored = Uint16Array.from([0x0000, 0x07ff, 0x0800, 0x0fff, 0xf800, 0xa001, ...new Array(PIXELS - 6).fill(0)]);
    const { frames } = roundTrip(greyAttributes({ ...twelve, PixelRepresentation: 1 }), bytesOf(stored));
    expect([...frames[0].values.slice(0, 6)]).toEqual([0, 2047, -2048, -1, -2048, 1]);
  });

  test("bits below the stored ones are shifted out where HighBit says so", () => {
    const stored = Uint16Array.from(grey12, (v) => (v << 4) | 5);
    const { frames } = roundTrip(greyAttributes({ BitsStored: 12, HighBit: 15 }), bytesOf(stored));
    expect(frames[0].values).toEqual(grey12);
  });

  test("32-bit dose grids carry their scaling as slope", () => {
    const dose = Uint32Array.from({ length: PIXELS }, (_, i) => i * 10_000_000);
    const attributes = greyAttributes({
      BitsAllocated: 32,
      BitsStored: 32,
      HighBit: 31,
      DoseGridScaling: "1e-6",
      DoseUnits: "GY",
    });
    const { image, frames } = roundTrip(attributes, bytesOf(dose));
    expect(frames[0].values).toEqual(dose);
    expect(image.pixels).toMatchObject({ slope: 1e-6, unit: "GY", type: "uint32" });
  });

  test("frames of a multi-frame object are cut apart", () => {
    const two = Uint16Array.of(...grey16, ...grey12);
    const { image, frames } = roundTrip(greyAttributes({ NumberOfFrames: 2 }), bytesOf(two));
    expect(image.pixels.frames).toBe(2);
    expect(frames.map((f) => f.values)).toEqual([grey16, grey12]);
  });

  test("one-bit frames that do not end on a byte are cut apart", () => {
    const bits = Array.from({ length: 2 * PIXELS }, (_, i) => (i * 31) % 7 < 3);
    const packed = new Uint8Array(Math.ceil(bits.length / 8));
    bits.forEach((bit, i) => {
      if (bit) packed[i >> 3] |= 1 << (i & 7);
    });
    const attributes = greyAttributes({ BitsAllocated: 1, BitsStored: 1, HighBit: 0, NumberOfFrames: 2 });
    const { frames } = roundTrip(attributes, packed);
    expect(frames.flatMap((f) => [...f.values])).toEqual(bits.map(Number));
  });

  test("colour by plane becomes colour by pixel", () => {
    const planes = Uint8Array.from({ length: PIXELS * 3 }, (_, i) => rgb[(i % PIXELS) * 3 + Math.floor(i / PIXELS)]);
    const { frames } = roundTrip(colourAttributes({ PlanarConfiguration: 1 }), planes);
    expect(frames[0].values).toEqual(rgb);
  });

  test("YBR_FULL becomes RGB by the equations of PS3.3 C.7.6.3.1.2", () => {
    const red = [76, 85, 255];
    const data = Uint8Array.from({ length: PIXELS * 3 }, (_, i) => red[i % 3]);
    const { frames } = roundTrip(colourAttributes({ PhotometricInterpretation: "YBR_FULL" }), data);
    expect([...frames[0].values.slice(0, 3)]).toEqual([254, 0, 0]);
  });

  test("uncompressed YBR_FULL_422 shares chrominance between two pixels", () => {
    const pair = [10, 200, 128, 128];
    const data = Uint8Array.from({ length: 12 * 16 * 2 }, (_, i) => pair[i % 4]);
    const attributes = colourAttributes({ PhotometricInterpretation: "YBR_FULL_422", Columns: 16 });
    const { frames } = roundTrip(attributes, data);
    expect([...frames[0].values.slice(0, 6)]).toEqual([10, 10, 10, 200, 200, 200]);
  });

  test("PALETTE COLOR is looked up; values outside the table take its ends", () => {
    const table = (values: number[]) => bytesOf(Uint16Array.from(values, (v) => v << 8));
    const attributes = greyAttributes({
      PhotometricInterpretation: "PALETTE COLOR",
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      RedPaletteColorLookupTableDescriptor: [3, 10, 16],
      GreenPaletteColorLookupTableDescriptor: [3, 10, 16],
      BluePaletteColorLookupTableDescriptor: [3, 10, 16],
      RedPaletteColorLookupTableData: table([1, 2, 3]),
      GreenPaletteColorLookupTableData: table([4, 5, 6]),
      BluePaletteColorLookupTableData: table([7, 8, 9]),
    });
    const data = new Uint8Array(PIXELS);
    data.set([0, 10, 11, 12, 200]);
    const { image, frames } = roundTrip(attributes, data);
    expect(image.pixels).toMatchObject({ samples: 3, type: "uint8" });
    expect([...frames[0].values.slice(0, 15)]).toEqual([1, 4, 7, 1, 4, 7, 2, 5, 8, 3, 6, 9, 3, 6, 9]);
  });
});

describe("compressed pixel data", () => {
  test("RLE of 16-bit grey, of colour and of two frames comes back", () => {
    const grey = encodeRle(bytesOf(grey16), PIXELS, 1, 2);
    expect(roundTrip(greyAttributes(), grey, RLE).frames[0].values).toEqual(grey16);
    expect(roundTrip(colourAttributes(), encodeRle(rgb, PIXELS, 3, 1), RLE).frames[0].values).toEqual(rgb);
    const two = [grey, encodeRle(bytesOf(grey12), PIXELS, 1, 2)];
    const { frames } = roundTrip(greyAttributes({ NumberOfFrames: 2 }), two, RLE);
    expect(frames.map((f) => f.values)).toEqual([grey16, grey12]);
  });

  test("frames that are encapsulated without a codec, and frames deflated one by one, come back", () => {
    const two = greyAttributes({ NumberOfFrames: 2 });
    const frames = [grey16, grey12].map(bytesOf);
    for (const [syntax, packed] of [
      ["1.2.840.10008.1.2.1.98", frames],
      ["1.2.840.10008.1.2.8.1", frames.map((frame) => new Uint8Array(deflateRawSync(frame)))],
    ] as const) {
      const read = roundTrip(two, [...packed], syntax).frames.map(({ values }) => values);
      expect(read).toEqual([grey16, grey12]);
    }
    const bomb = [new Uint8Array(deflateRawSync(new Uint8Array(1 << 20)))];
    const file = writeDicom({ attributes: greyAttributes(), pixelData: bomb, transferSyntax: "1.2.840.10008.1.2.8.1" });
    expect(refusal(() => readOne(file)).code).toBe("imaging/unreadable");
  });

  test("frames in several fragments are put together by the extended offset table", () => {
    // Four fragments, no basic table: frames begin at the first and at the third.
    const halves = [grey16, grey12].flatMap((frame) => {
      const bytes = bytesOf(frame);
      return [bytes.subarray(0, 200), bytes.subarray(200)];
    });
    const starts = new BigUint64Array([0n, BigInt(2 * PIXELS + 16)]);
    const attributes = greyAttributes({ NumberOfFrames: 2, ExtendedOffsetTable: bytesOf(starts) });
    const { frames } = roundTrip(attributes, halves, "1.2.840.10008.1.2.1.98");
    expect(frames.map(({ values }) => values)).toEqual([grey16, grey12]);
  });

  const lossless = [
    { title: "JPEG-LS", codec: "jpeg-ls", syntax: "1.2.840.10008.1.2.4.80" },
    { title: "JPEG 2000", codec: "jpeg-2000", syntax: "1.2.840.10008.1.2.4.90" },
    { title: "HTJ2K", codec: "htj2k", syntax: "1.2.840.10008.1.2.4.201" },
  ] as const;
  const wide = ramp(12, 40, 50);
  const size = { Rows: 40, Columns: 50 };
  const about = { rows: 40, columns: 50, samples: 1, bits: 12, signed: false };
  for (const { title, codec, syntax } of lossless) {
    test(`${title} gives back 12-bit grey exactly`, async () => {
      const frame = await encodeWasm(codec, { ...about, bytes: bytesOf(wide) });
      expect(roundTrip(greyAttributes({ ...twelve, ...size }), [frame], syntax).frames[0].values).toEqual(wide);
    });

    test(`${title} gives back 8-bit colour exactly`, async () => {
      const colour = Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => (i * 7919) % 256);
      const picture = { ...about, samples: 3, bits: 8, bytes: colour };
      for (const interleave of codec === "jpeg-ls" ? [2] : [0]) {
        const frame = await encodeWasm(codec, picture, interleave);
        expect(roundTrip(colourAttributes(size), [frame], syntax).frames[0].values).toEqual(colour);
      }
    });
  }

  test("a signed image in JPEG-LS, which knows no sign, comes back signed", async () => {
    const signed = Int16Array.from(wide, (v) => v - 2048);
    const bits = Uint16Array.from(signed, (v) => v & 0xfff);
    const frame = await encodeWasm("jpeg-ls", { ...about, bytes: bytesOf(bits) });
    const attributes = greyAttributes({ ...twelve, ...size, PixelRepresentation: 1 });
    expect(roundTrip(attributes, [frame], "1.2.840.10008.1.2.4.80").frames[0].values).toEqual(signed);
  });

  test("a signed JPEG 2000 image comes back signed", async () => {
    const signed = Int16Array.from(wide, (v) => v - 2048);
    const frame = await encodeWasm("jpeg-2000", { ...about, bits: 16, signed: true, bytes: bytesOf(signed) });
    const attributes = greyAttributes({ ...size, PixelRepresentation: 1 });
    expect(roundTrip(attributes, [frame], "1.2.840.10008.1.2.4.90").frames[0].values).toEqual(signed);
  });

  test("JPEG lossless gives back 12- and 16-bit grey exactly", () => {
    for (const [values, bits] of [
      [wide, 12],
      [ramp(16, 40, 50), 16],
    ] as const) {
      const frame = encodeJpegLossless(values, 40, 50, bits);
      const attributes = greyAttributes({ ...size, BitsStored: bits, HighBit: bits - 1 });
      expect(roundTrip(attributes, [frame], "1.2.840.10008.1.2.4.70").frames[0].values).toEqual(values);
    }
  });

  test("JPEG baseline is close to the original", async () => {
    const smooth = Uint8Array.from({ length: 40 * 50 }, (_, i) => (i % 50) * 4 + Math.floor(i / 50));
    const frame = await encodeWasm("jpeg", { ...about, bits: 8, bytes: smooth });
    const attributes = greyAttributes({ ...size, BitsAllocated: 8, BitsStored: 8, HighBit: 7 });
    const { frames } = roundTrip(attributes, [frame], "1.2.840.10008.1.2.4.50");
    const worst = Math.max(...smooth.map((v, i) => Math.abs(v - frames[0].values[i])));
    expect(worst).toBeLessThan(12);
  });

  /** A frame of T.81 process 4 whose blocks hold a mean alone. */
  const extended = (components: number, coded: number[]) => {
    const parts = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat();
    const one = (values: number[]) => [
      ...new Array(16).fill(0).map((_, i) => (i === 3 ? values.length : 0)),
      ...values,
    ];
    return Uint8Array.from([
      ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(1)],
      ...[0xff, 0xc1, 0, 8 + 3 * components, 12, 0, ROWS, 0, COLUMNS, components, ...parts],
      // Codes of four bits: 0 to 11 bits of difference; and of the other coefficients none (end of block).
      ...[0xff, 0xc4, 0, 31, 0, ...one([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])],
      ...[0xff, 0xc4, 0, 20, 0x10, ...one([0])],
      ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, ...coded, 0xff, 0xd9],
    ]);
  };
  const open12 = (frame: Uint8Array, more: Attributes = {}) =>
    writeDicom({
      attributes: greyAttributes({ ...twelve, ...more }),
      pixelData: [frame],
      transferSyntax: "1.2.840.10008.1.2.4.51",
    });

  test("12-bit JPEG: each block's mean is where T.81 puts it", () => {
    // Two rows of three blocks. Code 1011 (11 bits), difference 1024 = 10000000000, no more coefficients (0000); then 0000 0000 five times.
    const bits = ["1011", "10000000000", "0000", ...new Array(5).fill("00000000")].join("").padEnd(64, "1");
    const coded = Array.from({ length: 8 }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
    const { values } = decode(readOne(open12(extended(1, coded))));
    expect([...values]).toEqual(new Array(PIXELS).fill(2048 + 1024 / 8));
  });

  test("12-bit JPEG that ends early is cut off, in colour it is refused by name", () => {
    expect(refusal(() => readOne(open12(extended(1, [0xb8]))))).toMatchObject({ code: "imaging/frame-truncated" });
    const colour = { SamplesPerPixel: 3, PhotometricInterpretation: "YBR_FULL", PlanarConfiguration: 0 };
    expect(refusal(() => readOne(open12(extended(3, []), colour)))).toEqual({
      code: "imaging/codec-missing",
      message: "JPEG of process 1 with 12 bits and 3 components is not supported.",
    });
  });
});

describe("what the file says", () => {
  test("patient, study, series, instance and modality are taken over", () => {
    expect(roundTrip(greyAttributes({ Modality: "CR" }), bytesOf(grey16)).image).toMatchObject({
      format: "dicom",
      modality: "CR",
      patient: "P1",
      study: "1.2.3",
      series: "1.2.3.1",
      sopInstance: "1.2.3.4",
      instanceNumber: 7,
    });
  });

  test("rescale, window, spacing and MONOCHROME1 describe the pixels", () => {
    const attributes = greyAttributes({
      Modality: "CT",
      PhotometricInterpretation: "MONOCHROME1",
      RescaleSlope: "2",
      RescaleIntercept: "-1024",
      WindowCenter: ["40", "300"],
      WindowWidth: ["400", "1500"],
      PixelSpacing: ["0.5", "0.25"],
    });
    expect(roundTrip(attributes, bytesOf(grey16)).image.pixels).toMatchObject({
      inverted: true,
      slope: 2,
      intercept: -1024,
      unit: "HU",
      window: { center: 40, width: 400 },
      spacing: [0.5, 0.25],
    });
  });

  test("without a window, the darkest and the brightest modality value are its ends", () => {
    const values = new Uint16Array(PIXELS).fill(100);
    values[3] = 50;
    values[9] = 300;
    const { image } = roundTrip(greyAttributes({ RescaleSlope: "2", RescaleIntercept: "-10" }), bytesOf(values));
    const { center, width } = image.pixels.window;
    expect([center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2]).toEqual([90, 590]);
  });

  test("a zero slope or a window of no width is as if it were not there", () => {
    const attributes = greyAttributes({ RescaleSlope: "0", WindowCenter: "5", WindowWidth: "0" });
    const { pixels } = roundTrip(attributes, bytesOf(grey16)).image;
    expect(pixels.slope).toBe(1);
    expect(pixels.window.width).toBe(65536);
  });

  test("enhanced objects keep spacing and rescale in their functional groups", () => {
    const group: Attributes = {
      PixelMeasuresSequence: [{ PixelSpacing: ["0.7", "0.7"] }],
      PixelValueTransformationSequence: [{ RescaleSlope: "3", RescaleIntercept: "1" }],
    };
    const { pixels } = roundTrip(greyAttributes({ SharedFunctionalGroupsSequence: [group] }), bytesOf(grey16)).image;
    expect(pixels).toMatchObject({ spacing: [0.7, 0.7], slope: 3, intercept: 1 });
  });

  for (const [charset, bytes, name] of [
    ["ISO_IR 192", [..."Müller^李".split("")].length ? [...new TextEncoder().encode("Müller^李")] : [], "Müller^李"],
    ["ISO_IR 100", [0x4d, 0xfc, 0x6c], "Mül"],
    ["ISO_IR 144", [0xbb, 0xee], "Лю"],
    ["GB18030", [0xcd, 0xf5, 0x5e, 0xd0, 0xa1], "王^小"],
    ["\\ISO 2022 IR 87", [0x59, 0x3d, 0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42], "Y=山田"],
    ["\\ISO 2022 IR 149", [0x48, 0x3d, 0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3], "H=洪"],
    ["\\ISO 2022 IR 58", [0x5a, 0x3d, 0x1b, 0x24, 0x29, 0x41, 0xcd, 0xf5], "Z=王"],
    ["no such set", [0x41, 0x42], "AB"],
  ] as const) {
    test(`a name in ${charset.replace("\\", "")} is read`, () => {
      const attributes = greyAttributes({ SpecificCharacterSet: charset, PatientName: Uint8Array.from(bytes) });
      const { tags } = roundTrip(attributes, bytesOf(grey16)).image;
      expect(tags.find((tag) => tag.name === "PatientName")).toEqual({
        tag: "00100010",
        name: "PatientName",
        value: name,
      });
    });
  }

  test("a file without preamble and meta header is read by what its elements look like", () => {
    for (const syntax of [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG]) {
      const data = syntax === EXPLICIT_BIG ? swapped(bytesOf(grey16), 2) : bytesOf(grey16);
      const whole = writeDicom({ attributes: greyAttributes(), pixelData: data, transferSyntax: syntax });
      const meta = 132 + 12 + new DataView(whole.buffer, whole.byteOffset + 140).getUint32(0, true);
      expect(decode(readOne(whole.subarray(meta))).values).toEqual(grey16);
    }
  });

  test("a preamble that begins like a TIFF file does not hide the DICOM object", () => {
    const bytes = writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey16) });
    bytes.set([0x49, 0x49, 42, 0, 0xff, 0xff, 0, 0]);
    expect(readOne(bytes).format).toBe("dicom");
  });
});

describe("what is refused", () => {
  const read = (attributes: Attributes, data: Uint8Array | Uint8Array[] = bytesOf(grey16), syntax?: string) =>
    refusal(() => readOne(writeDicom({ attributes, pixelData: data, transferSyntax: syntax })));

  test("too few bytes are named with the frame, what was expected and what was found", () => {
    expect(read(greyAttributes({ NumberOfFrames: 2 }))).toEqual({
      code: "imaging/frame-truncated",
      message: `Expected ${2 * PIXELS} bytes in frame 1, found 0.`,
    });
  });

  test("a file cut off in its pixels is named", () => {
    const whole = writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey16) });
    expect(refusal(() => readOne(whole.subarray(0, whole.length - 10)))).toEqual({
      code: "imaging/frame-truncated",
      message: `Expected ${2 * PIXELS} bytes in frame 0, found ${2 * PIXELS - 10}.`,
    });
  });

  test("missing compressed frames are named", () => {
    const frame = encodeRle(bytesOf(grey16), PIXELS, 1, 2);
    expect(read(greyAttributes({ NumberOfFrames: 3 }), [frame, frame], RLE).code).toBe("imaging/frame-truncated");
  });

  for (const [modality, sopClass, kind] of [
    ["RTPLAN", "1.2.840.10008.5.1.4.1.1.481.5", "a radiotherapy plan"],
    ["RTSTRUCT", "1.2.840.10008.5.1.4.1.1.481.3", "a radiotherapy structure set"],
    ["SR", "1.2.840.10008.5.1.4.1.1.88.33", "a structured report"],
    ["ECG", "1.2.840.10008.5.1.4.1.1.9.1.1", "a waveform"],
  ]) {
    test(`${kind} is refused by its name`, () => {
      expect(read({ SOPClassUID: sopClass, SOPInstanceUID: "1.2", Modality: modality }, new Uint8Array(0))).toEqual({
        code: "imaging/pixel-data-missing",
        message: `The file is ${kind}: it holds no pixels.`,
      });
    });
  }

  test("a transfer syntax without a codec is named", () => {
    const mpeg = "1.2.840.10008.1.2.4.102";
    expect(read(greyAttributes(), [new Uint8Array(8)], mpeg)).toEqual({
      code: "imaging/codec-missing",
      message: `No codec reads the transfer syntax ${mpeg}.`,
    });
  });

  test("no rows, too many pixels, odd bits and odd samples are refused", () => {
    expect(read(greyAttributes({ Rows: 0 })).code).toBe("imaging/empty");
    expect(read(greyAttributes({ NumberOfFrames: 0 })).code).toBe("imaging/empty");
    expect(read(greyAttributes({ Rows: 65535, Columns: 65535 })).code).toBe("imaging/too-large");
    expect(read(greyAttributes({ NumberOfFrames: 2 ** 31 - 1 })).code).toBe("imaging/too-large");
    expect(read(greyAttributes({ BitsAllocated: 12 })).code).toBe("imaging/header-invalid");
    expect(read(greyAttributes({ SamplesPerPixel: 4 })).code).toBe("imaging/header-invalid");
    expect(read(greyAttributes({ PhotometricInterpretation: "PALETTE COLOR" })).code).toBe("imaging/header-invalid");
  });

  test("a compressed frame of another size than the header says is refused", async () => {
    const about = { rows: 40, columns: 50, samples: 1, bits: 8, signed: false, bytes: new Uint8Array(2000) };
    const frame = await encodeWasm("jpeg-ls", about);
    const attributes = greyAttributes({ BitsAllocated: 8, BitsStored: 8, HighBit: 7 });
    expect(read(attributes, [frame], "1.2.840.10008.1.2.4.80").code).toBe("imaging/unreadable");
  });

  test("sequences nested without end are refused, not followed", () => {
    let nested: Attributes = { PatientID: "x" };
    for (let i = 0; i < 40; i++) nested = { SourceImageSequence: [nested] };
    expect(read(greyAttributes(nested)).code).toBe("imaging/header-invalid");
  });

  test("no message repeats what the file says about the patient", () => {
    const whole = writeDicom({
      attributes: greyAttributes({ PatientName: "Marker^Zyxw", PatientID: "Marker", Rows: 99 }),
      pixelData: bytesOf(grey16),
    });
    expect(refusal(() => readImages({ name: "Marker.dcm", bytes: whole })).message).not.toMatch(/marker/i);
  });
});

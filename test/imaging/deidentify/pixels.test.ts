// Pixels of de-identified files: exact where nobody blanked, plain where somebody did, in every transfer syntax and layout.

import { describe, expect, test } from "vitest";
import type { Region } from "../../../main/imaging/deidentify/blank.ts";
import { withoutComments } from "../../../main/imaging/deidentify/comments.ts";
import { deidentifyDicom } from "../../../main/imaging/deidentify/deidentify.ts";
import { keyedMapping } from "../../../main/imaging/deidentify/mapping.ts";
import type { Option } from "../../../main/imaging/deidentify/profile.ts";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { editableElements, encodePart10, leaf } from "../../../main/imaging/dicom/encode.ts";
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE } from "../../../main/imaging/dicom/transfer-syntax.ts";
import { type Attributes as Written, writeDicom } from "../../../main/imaging/dicom/write.ts";
import type { SampleArray } from "../../../main/imaging/types.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "../encoders.ts";
import { bytesOf, colourAttributes as colourOf, decode, greyAttributes as greyOf, ramp, readOne } from "../pictures.ts";

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

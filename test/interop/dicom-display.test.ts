// Pictures of 8 bits against dcmtk's: the same frame with the same window, and what the objects' own windows and tables say.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { type Look, renderFrame, windowOver } from "../../main/imaging/display.ts";
import { readImages } from "../../main/imaging/read.ts";
import type { ImportedImage } from "../../main/imaging/types.ts";
import { AppError, type PixelDescription, pixelsOfFrame } from "../../preload/contract/index.ts";
import { bytesOf, decode, greyAttributes, ramp, readOne } from "../imaging/pictures.ts";
import { askDcm2pnm, askPydicom, type Pnm, sharedFiles } from "./dicom-tools.ts";

const folder = mkdtempSync(join(tmpdir(), "loupe-display-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Largest difference of two pictures; null where their sizes differ. */
function apart(ours: Uint8Array, image: ImportedImage, theirs: Pnm): number | null {
  const { rows, columns, samples } = image.pixels;
  // A grey picture in a colour file and the other way round are the same picture.
  if (theirs.rows !== rows || theirs.columns !== columns || theirs.values.length !== rows * columns * theirs.samples) {
    return null;
  }
  let worst = 0;
  for (let i = 0; i < ours.length; i++) {
    const at = theirs.samples === samples ? i : theirs.samples === 3 ? 3 * i : Math.floor(i / 3);
    worst = Math.max(worst, Math.abs(ours[i] - theirs.values[at]));
  }
  return worst;
}

const shared = sharedFiles(folder);

describe.skipIf(shared.length === 0)(
  `real files${shared.length > 0 ? "" : " (skipped: ../shared/data is not there)"}`,
  () => {
    test("every frame with its window is within one grey of dcm2pnm's picture", { timeout: 300_000 }, () => {
      const pydicom = askPydicom(
        shared.map(({ plain }) => plain),
        folder,
      );
      const unlike: string[] = [];
      const unread: string[] = [];
      let pictures = 0;
      shared.forEach(({ path, plain, name }, n) => {
        const image = open(path);
        if (image?.format !== "dicom" || DCMTK_DIFFERS.includes(name)) return;
        const file = pydicom[n].theirs.uncompressed ?? plain;
        for (let frame = 0; frame < image.pixels.frames; frame++) {
          const pixels = unscaled(pixelsOfFrame(image.pixels, frame), image.modality);
          for (const { look, options } of looksOf(pixels)) {
            const theirs = askDcm2pnm(file, frame, options);
            if (typeof theirs === "string") {
              if (frame === 0) unread.push(name);
              continue;
            }
            const worst = apart(renderFrame(decode(image, frame), pixels, look), image, theirs);
            if (worst === null || worst > 1) unlike.push(`${name} frame ${frame} ${options.join(" ")}: ${worst}`);
            pictures += 1;
          }
        }
      });
      expect(unlike).toEqual([]);
      expect([...new Set(unread)]).toEqual(DCMTK_REFUSES);
      expect(pictures).toBeGreaterThan(160);
    });
  },
);

/**
 * Of 32-bit words in big endian, dcmtk swaps the bytes of each half and leaves the halves as they are; pydicom reads what we read, which is what
 * the little-endian file of the same grid holds.
 */
const DCMTK_DIFFERS = ["rtdose_expb.dcm", "rtdose_expb_1frame.dcm"];

/** Its image type begins in the middle of an element for dcmtk. */
const DCMTK_REFUSES = ["SC_rgb_jpeg.dcm"];

function open(path: string): ImportedImage | null {
  try {
    return readOne(new Uint8Array(readFileSync(path)));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** The window that the image is shown with, and each that the file names. */
function looksOf(pixels: PixelDescription): { look?: Look; options: string[] }[] {
  if (pixels.samples === 3) return [{ options: [] }];
  const { center, width } = pixels.window;
  return [
    { look: { center, width }, options: ["+Ww", String(center), String(width)] },
    ...(pixels.windows ?? []).map((look, i) => ({ look, options: ["+Wi", String(i + 1)] })),
  ];
}

/** A dose grid as dcm2pnm draws it: it knows no dose scaling, so the window's ends are asked for in stored values. */
function unscaled(pixels: PixelDescription, modality: string): PixelDescription {
  if (modality !== "RTDOSE") return pixels;
  const { center, width } = pixels.window;
  const [low, high] = [center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2];
  return { ...pixels, slope: 1, intercept: 0, window: windowOver(low / pixels.slope, high / pixels.slope) };
}

describe("objects that we write", () => {
  const stored = ramp(12, 40, 50);
  const size = { Rows: 40, Columns: 50, BitsStored: 12, HighBit: 11 };
  const words = (values: number[]) => bytesOf(Uint16Array.from(values));
  const curve = (count: number, top: number) =>
    Array.from({ length: count }, (_, i) => Math.round(top * Math.sqrt(i / (count - 1))));
  const signed = Int16Array.from(stored, (value) => value - 2048);

  const cases: { title: string; attributes: Attributes; options: string[]; look?: Look; pixels?: ArrayBufferView }[] = [
    {
      title: "rescale and a window",
      attributes: { RescaleSlope: "1.5", RescaleIntercept: "-1024", WindowCenter: "40", WindowWidth: "400" },
      options: ["+Wi", "1"],
    },
    {
      title: "MONOCHROME1, signed",
      attributes: {
        PhotometricInterpretation: "MONOCHROME1",
        PixelRepresentation: 1,
        WindowCenter: "-300",
        WindowWidth: "1500",
      },
      options: ["+Wi", "1"],
      pixels: signed,
    },
    {
      title: "a sigmoid window",
      attributes: { WindowCenter: "2000", WindowWidth: "1000", VOILUTFunction: "SIGMOID" },
      options: ["+Wi", "1", "+Wfs"],
    },
    {
      title: "the second of two windows",
      attributes: {
        WindowCenter: ["40", "2500"],
        WindowWidth: ["400", "3000"],
        WindowCenterWidthExplanation: ["A", "B"],
      },
      options: ["+Wi", "2"],
      look: { center: 2500, width: 3000 },
    },
    {
      title: "a VOI lookup table of 12 bits",
      attributes: {
        VOILUTSequence: [
          { LUTDescriptor: [1000, 500, 12], LUTExplanation: "CURVE", LUTData: words(curve(1000, 4095)) },
        ],
      },
      options: ["+Wl", "1"],
    },
    {
      title: "a VOI lookup table behind a rescale, MONOCHROME1",
      attributes: {
        PhotometricInterpretation: "MONOCHROME1",
        RescaleSlope: "0.5",
        RescaleIntercept: "100",
        VOILUTSequence: [{ LUTDescriptor: [2048, 100, 16], LUTData: words(curve(2048, 65535)) }],
      },
      options: ["+Wl", "1"],
    },
    {
      title: "a modality lookup table and a window",
      attributes: {
        ModalityLUTSequence: [
          { LUTDescriptor: [4096, 0, 16], ModalityLUTType: "US", LUTData: words(curve(4096, 30000)) },
        ],
        WindowCenter: "15000",
        WindowWidth: "20000",
      },
      options: ["+Wi", "1"],
    },
  ];

  for (const { title, attributes, options, look, pixels } of cases) {
    test(`${title}: within one grey of dcm2pnm`, () => {
      const bytes = writeDicom({
        attributes: greyAttributes({ ...size, ...attributes }),
        pixelData: bytesOf(pixels ?? stored),
      });
      const file = join(folder, "case.dcm");
      writeFileSync(file, bytes);
      const image = readOne(bytes);
      const theirs = askDcm2pnm(file, 0, options);
      if (typeof theirs === "string") throw new Error(theirs);
      const ours = renderFrame(decode(image), image.pixels, look);
      expect(new Set(ours).size).toBeGreaterThan(20);
      expect(apart(ours, image, theirs)).toBeLessThanOrEqual(1);
    });
  }

  test("a segmented palette is what pydicom expands", () => {
    const descriptor = [256, 0, 16];
    // Discrete: 0 and 1000; linear: to 60000 over 100; discrete again through an indirect segment; linear to the end.
    const segments = (end: number) => words([0, 2, 0, 1000, 1, 100, 60000, 2, 1, 0, 0, 1, 152, end]);
    const channels = { Red: 65535, Green: 20000, Blue: 0 };
    const attributes: Attributes = {
      ...Object.fromEntries(
        Object.entries(channels).flatMap(([channel, end]) => [
          [`${channel}PaletteColorLookupTableDescriptor`, descriptor],
          [`Segmented${channel}PaletteColorLookupTableData`, segments(end)],
        ]),
      ),
      PhotometricInterpretation: "PALETTE COLOR",
      Rows: 16,
      Columns: 16,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
    };
    const bytes = writeDicom({
      attributes: greyAttributes(attributes),
      pixelData: Uint8Array.from({ length: 256 }, (_, i) => i),
    });
    const file = join(folder, "palette.dcm");
    writeFileSync(file, bytes);
    const [{ theirs, pixels }] = askPydicom([file], folder);
    expect(theirs.error).toBeUndefined();
    const ours = decode(readImages({ name: file, bytes })[0]).values;
    expect(ours.length).toBe(768);
    // Theirs are the table's 16 bits.
    const worst = Math.max(...Array.from(ours, (value, i) => Math.abs(value - (pixels?.[i] ?? 0) / 256)));
    expect(worst).toBeLessThanOrEqual(1);
  });
});

// Whatever the bytes, the answer is images or an AppError, soon. Each format is attacked from valid files of its own.

import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { beforeAll, describe, expect, test } from "vitest";
import { IMPLICIT_LITTLE, RLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { readImages } from "../../main/imaging/read.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "./encoders.ts";
import { bytesOf, greyAttributes, ramp } from "./pictures.ts";
import { writeTiff } from "./tiff-writer.ts";

/** Most processor time for one file. Damaged JPEG-LS can keep CharLS busy for seconds before it refuses (README, what it does not do). */
const SOON_MS = 5_000;
/** The same attacks in every run: a new one that is found becomes a test of its own. */
const seed = 20261123;
const RUNS = 60;

const SIZE = { Rows: 40, Columns: 50 };

const rows = 40;
const columns = 50;
const grey16 = ramp(16, rows, columns);
const grey8 = Uint8Array.from(ramp(8, rows, columns));

async function validFiles(): Promise<Record<string, { name: string; bytes: Uint8Array }>> {
  const about = { rows, columns, samples: 1, bits: 16, signed: false, bytes: bytesOf(grey16) };
  const compressed = (frame: Uint8Array, transferSyntax: string) =>
    writeDicom({ attributes: greyAttributes(SIZE), pixelData: [frame], transferSyntax });
  const eight = { ...about, bits: 8, bytes: grey8 };
  const nested = greyAttributes({
    SharedFunctionalGroupsSequence: [{ PixelMeasuresSequence: [{ PixelSpacing: ["1", "1"] }] }],
  });
  const numpy = Buffer.concat([
    Uint8Array.of(0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0),
    Buffer.from("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 20, 50), }".padEnd(117)),
    Buffer.from("\n"),
    grey8,
  ]);
  const dicom = {
    "native DICOM": writeDicom({ attributes: nested, pixelData: bytesOf(grey16) }),
    "implicit DICOM": writeDicom({ attributes: nested, pixelData: bytesOf(grey16), transferSyntax: IMPLICIT_LITTLE }),
    "RLE DICOM": compressed(encodeRle(bytesOf(grey16), rows * columns, 1, 2), RLE),
    "JPEG-LS DICOM": compressed(await encodeWasm("jpeg-ls", about), "1.2.840.10008.1.2.4.80"),
    "JPEG 2000 DICOM": compressed(await encodeWasm("jpeg-2000", about), "1.2.840.10008.1.2.4.90"),
    "HTJ2K DICOM": compressed(await encodeWasm("htj2k", about), "1.2.840.10008.1.2.4.201"),
    "JPEG lossless DICOM": compressed(encodeJpegLossless(grey16, rows, columns, 16), "1.2.840.10008.1.2.4.70"),
  };
  return {
    ...Object.fromEntries(Object.entries(dicom).map(([title, bytes]) => [title, { name: "a.dcm", bytes }])),
    PNG: { name: "a.png", bytes: encodePng({ rows, columns, samples: 1, values: grey16 }) },
    JPEG: { name: "a.jpg", bytes: await encodeWasm("jpeg", eight) },
    "LZW TIFF": {
      name: "a.tif",
      bytes: writeTiff([{ rows, columns, bits: 16, compression: 5, bytes: bytesOf(grey16) }]),
    },
    "tiled TIFF": {
      name: "a.tif",
      bytes: writeTiff([{ rows, columns, bits: 16, compression: 8, tile: 16, bytes: bytesOf(grey16) }]),
    },
    npz: { name: "a.npz", bytes: zipSync({ "train_images.npy": new Uint8Array(numpy) }) },
  };
}

const TITLES = [
  "native DICOM",
  "implicit DICOM",
  "RLE DICOM",
  "JPEG-LS DICOM",
  "JPEG 2000 DICOM",
  "HTJ2K DICOM",
  "JPEG lossless DICOM",
  "PNG",
  "JPEG",
  "LZW TIFF",
  "tiled TIFF",
  "npz",
];

let files: Record<string, { name: string; bytes: Uint8Array }> = {};
beforeAll(async () => {
  files = await validFiles();
  // Codecs started before anything is timed.
  for (const file of Object.values(files)) readImages(file);
});

function survives(file: { name: string; bytes: Uint8Array }): void {
  const before = process.cpuUsage();
  try {
    readImages(file);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^imaging\//);
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(SOON_MS);
}

describe("damaged files give images or an imaging error, soon", () => {
  for (const title of TITLES) {
    test(`${title}, cut off anywhere`, () => {
      const { name, bytes } = files[title];
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), (length) => survives({ name, bytes: bytes.subarray(0, length) })),
        { numRuns: RUNS, seed },
      );
    });

    test(`${title}, with bytes changed anywhere`, () => {
      const { name, bytes } = files[title];
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
          const broken = bytes.slice();
          for (const [at, value] of changes) broken[at] = value;
          survives({ name, bytes: broken });
        }),
        { numRuns: RUNS, seed },
      );
    });
  }

  test("random bytes behind every signature", () => {
    const signatures = [
      [...new Array(128).fill(0), 0x44, 0x49, 0x43, 0x4d],
      [8, 0, 5, 0, 0x43, 0x53, 10, 0],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      [0xff, 0xd8, 0xff],
      [0x49, 0x49, 42, 0],
      [0x4d, 0x4d, 0, 42],
      [0x50, 0x4b, 3, 4],
      [],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 600 }), (signature, rest) =>
        survives({ name: "a.npz", bytes: Uint8Array.of(...signature, ...rest) }),
      ),
      { numRuns: 1000, seed },
    );
  });
});

/** A PNG file's chunk, with a right checksum. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  bytes.writeUInt32BE(data.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

describe("what unpacks to far more than the picture is not unpacked", () => {
  const png = Buffer.from(encodePng({ rows, columns, samples: 1, values: grey8 }));
  const header = png.subarray(0, 33);
  const code = (file: { name: string; bytes: Uint8Array }, options?: { maxBytes: number }) => {
    try {
      readImages(file, options);
      return "read";
    } catch (error) {
      return error instanceof AppError ? error.code : "crashed";
    }
  };

  test("PNG pixel data longer than the header says", () => {
    const bomb = Buffer.concat([
      header,
      chunk("IDAT", deflateSync(Buffer.alloc(64 << 20))),
      chunk("IEND", new Uint8Array()),
    ]);
    expect(code({ name: "a.png", bytes: bomb })).toBe("imaging/too-large");
  });

  test("a PNG's colour profile is never unpacked, so a damaged one does not cost the image", () => {
    const profile = chunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), Buffer.from("no zlib stream")]));
    const file = { name: "a.png", bytes: Buffer.concat([header, profile, png.subarray(33)]) };
    expect(readImages(file)[0].pixels).toEqual(readImages({ name: "a.png", bytes: png })[0].pixels);
  });

  test("TIFF pages that get smaller and smaller, all together", () => {
    const pages = [40, 20, 13, 10, 8].map((height) => ({
      rows: height,
      columns,
      bits: 8,
      compression: 1 as const,
      bytes: grey8.subarray(0, height * columns),
    }));
    const file = { name: "a.tif", bytes: writeTiff(pages) };
    expect(code(file, { maxBytes: rows * columns })).toBe("imaging/too-large");
    expect(code(file, { maxBytes: 91 * columns })).toBe("read");
  });
});

// Whatever the bytes, the answer is images or an AppError, soon. Each format is attacked from valid files of its own.

import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { readImages } from "../../main/imaging/read.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { damage, damageWithin, type NamedFile, validFiles } from "./hostile-files.ts";
import { ramp } from "./pictures.ts";
import { writeTiff } from "./tiff-writer.ts";

/** Most processor time for one file. */
const SOON_MS = 5_000;
/** The same attacks in every run: a new one that is found becomes a test of its own. */
const seed = 20261123;
const RUNS = 30;
/** Of every kind together; test/interop/hostile.test.ts goes through 20,000. */
const DAMAGES = 400;

const rows = 40;
const columns = 50;
const grey8 = Uint8Array.from(ramp(8, rows, columns));

const TITLES = [
  "native DICOM",
  "implicit DICOM",
  "big-endian DICOM",
  "deflated DICOM",
  "enhanced DICOM",
  "palette DICOM",
  "RLE DICOM",
  "JPEG DICOM",
  "JPEG-LS DICOM",
  "JPEG-LS colour DICOM",
  "JPEG 2000 DICOM",
  "HTJ2K DICOM",
  "JPEG lossless DICOM",
  "12-bit JPEG DICOM",
  "PNG",
  "colour PNG",
  "JPEG",
  "LZW TIFF",
  "tiled TIFF",
  "TIFF pages",
  "BigTIFF",
  "NIfTI-1",
  "NIfTI-2",
  "NIfTI in gzip",
  "npz",
  "ZIP",
];

let files: Record<string, NamedFile> = {};
beforeAll(async () => {
  files = await validFiles();
  // Codecs started before anything is timed.
  for (const file of Object.values(files)) readImages(file);
});

function survives(file: NamedFile): void {
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

test("each kind has a file that is whole", () => {
  expect(Object.keys(files)).toEqual(TITLES);
});

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

  test("every kind, by the damages of the long run", () => {
    const entries = Object.entries(files);
    for (let index = 0; index < DAMAGES; index++) {
      const [title, file] = entries[index % entries.length];
      const other = entries[(index * 7 + 3) % entries.length][1].bytes;
      survives({ name: file.name, bytes: damage(file.bytes, other, 1e6 + index) });
      survives({ name: file.name, bytes: damageWithin(title, file, files["NIfTI-1"], other, 2e6 + index) });
    }
  });

  test("random bytes behind every signature", () => {
    const signatures = [
      [...new Array(128).fill(0), 0x44, 0x49, 0x43, 0x4d],
      [8, 0, 5, 0, 0x43, 0x53, 10, 0],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      [0xff, 0xd8, 0xff],
      [0x49, 0x49, 42, 0],
      [0x4d, 0x4d, 0, 42],
      [0x50, 0x4b, 3, 4],
      [0x1f, 0x8b, 8],
      [0x5c, 1, 0, 0],
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

import { readFileSync } from "node:fs";
import { encode as encodeWithFastPng } from "fast-png";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { readImages } from "../../main/imaging/read.ts";
import { encodeWasm } from "./encoders.ts";
import { bytesOf, decode, ramp, readOne, refusal } from "./pictures.ts";
import { writeBigTiff, writeTiff } from "./tiff-writer.ts";

const ROWS = 30;
const COLUMNS = 41;
const COUNT = ROWS * COLUMNS;
const grey8 = Uint8Array.from(ramp(8, ROWS, COLUMNS));
const grey16 = ramp(16, ROWS, COLUMNS);
const rgb = Uint8Array.from({ length: COUNT * 3 }, (_, i) => (i * 31) % 256);

describe("PNG", () => {
  test("8- and 16-bit grey and colour come back, and the file itself is what is kept", () => {
    const frames = [
      { samples: 1, values: grey8 },
      { samples: 1, values: grey16 },
      { samples: 3, values: rgb },
      { samples: 3, values: Uint16Array.from(rgb, (v) => v * 257) },
    ] as const;
    for (const { samples, values } of frames) {
      const file = encodePng({ rows: ROWS, columns: COLUMNS, samples, values });
      const image = readOne(file, "a.png");
      expect(image.frames).toEqual([{ transferSyntax: "png", bytes: file }]);
      expect(decode(image)).toEqual({ rows: ROWS, columns: COLUMNS, samples, values });
    }
  });

  test("alpha is dropped, colour below it is kept", () => {
    const rgba = Uint8Array.from({ length: COUNT * 4 }, (_, i) =>
      i % 4 === 3 ? 0 : rgb[Math.floor(i / 4) * 3 + (i % 4)],
    );
    const file = encodeWithFastPng({ width: COLUMNS, height: ROWS, data: rgba, channels: 4 });
    expect(decode(readOne(file, "a.png")).values).toEqual(rgb);
  });

  test("a damaged check sum is refused", () => {
    const file = encodePng({ rows: ROWS, columns: COLUMNS, samples: 1, values: grey8 });
    file[60] ^= 1;
    expect(refusal(() => readOne(file, "a.png")).code).toBe("imaging/unreadable");
  });

  test("a header that promises 4 gigapixels is refused before anything is unpacked", () => {
    const file = encodePng({ rows: ROWS, columns: COLUMNS, samples: 1, values: grey8 });
    file.set([0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff], 16);
    expect(refusal(() => readOne(file, "a.png")).code).toBe("imaging/too-large");
  });
});

describe("JPEG", () => {
  test("grey and colour files are read and kept as they are", async () => {
    const smooth = Uint8Array.from({ length: COUNT * 3 }, (_, i) => Math.floor(i / 3) % COLUMNS);
    const about = { rows: ROWS, columns: COLUMNS, bits: 8, signed: false };
    for (const samples of [1, 3] as const) {
      const bytes = samples === 3 ? smooth : smooth.filter((_, i) => i % 3 === 0);
      const file = await encodeWasm("jpeg", { ...about, samples, bytes });
      const image = readOne(file, "a.jpg");
      expect(image).toMatchObject({ format: "jpeg", pixels: { samples, type: "uint8", rows: ROWS, columns: COLUMNS } });
      const worst = Math.max(...Array.from(decode(image).values, (v, i) => Math.abs(v - bytes[i])));
      expect(worst).toBeLessThan(8);
    }
  });
});

describe("TIFF", () => {
  const page = { rows: ROWS, columns: COLUMNS };
  const float = Float32Array.from(grey16, (v) => v / 7 - 3);
  const kinds = [
    { title: "8-bit grey", bits: 8, values: grey8 },
    { title: "16-bit grey", bits: 16, values: grey16 },
    { title: "signed 16-bit grey", bits: 16, format: 2, values: Int16Array.from(grey16, (v) => v - 32768) },
    { title: "32-bit float grey", bits: 32, format: 3, values: float },
    { title: "8-bit colour", bits: 8, samples: 3, values: rgb },
  ];
  for (const { title, values, ...kind } of kinds) {
    for (const compression of [1, 5, 8, 32773] as const) {
      test(`${title} with compression ${compression} comes back from strips and tiles`, () => {
        for (const layout of [{ rowsPerStrip: 7 }, { tile: 16 }, { planar: true, rowsPerStrip: 11 }]) {
          const image = readOne(
            writeTiff([{ ...page, ...kind, ...layout, compression, bytes: bytesOf(values) }]),
            "a.tif",
          );
          expect(decode(image).values).toEqual(values);
        }
      });
    }
  }

  test("big-endian files come back", () => {
    const swapped = bytesOf(grey16).slice();
    for (let i = 0; i < swapped.length; i += 2) swapped.subarray(i, i + 2).reverse();
    const file = writeTiff([{ ...page, bits: 16, bytes: swapped }], false);
    expect(decode(readOne(file, "a.tif")).values).toEqual(grey16);
  });

  test("horizontal differencing is undone", () => {
    const differences = grey16.map((v, i) => (i % COLUMNS === 0 ? v : v - grey16[i - 1]));
    const file = writeTiff([{ ...page, bits: 16, predictor: 2, compression: 8, bytes: bytesOf(differences) }]);
    expect(decode(readOne(file, "a.tif")).values).toEqual(grey16);
  });

  test("WhiteIsZero is kept as stored and said to be inverted", () => {
    const image = readOne(writeTiff([{ ...page, bits: 8, photometric: 0, bytes: grey8 }]), "a.tif");
    expect(image.pixels.inverted).toBe(true);
    expect(decode(image).values).toEqual(grey8);
  });

  test("pages of one size are frames, a page of another size is an image of its own, a preview is left out", () => {
    const small = { rows: 2, columns: 2, bits: 8, bytes: Uint8Array.of(1, 2, 3, 4) };
    const images = readImages({
      name: "stack.tif",
      bytes: writeTiff([
        { ...page, bits: 8, bytes: grey8 },
        { ...small, subfileType: 1 },
        { ...page, bits: 8, bytes: grey8.map((v) => 255 - v) },
        small,
      ]),
    });
    expect(images.map(({ name, pixels }) => [name, pixels.frames])).toEqual([
      ["stack.tif", 2],
      ["stack.tif (page 4)", 1],
    ]);
    expect(decode(images[0], 1).values).toEqual(grey8.map((v) => 255 - v));
  });

  test("a directory that points to itself ends", () => {
    const file = writeTiff([{ ...page, bits: 8, bytes: grey8 }]);
    const view = new DataView(file.buffer);
    const directory = view.getUint32(4, true);
    view.setUint32(directory + 2 + 12 * view.getUint16(directory, true), directory, true);
    expect(readOne(file, "a.tif").pixels.frames).toBe(1);
  });

  for (const littleEndian of [true, false]) {
    test(`BigTIFF in ${littleEndian ? "little" : "big"} endian: pages come with their values`, () => {
      const bytes = bytesOf(grey16).slice();
      if (!littleEndian) for (let at = 0; at < bytes.length; at += 2) bytes.subarray(at, at + 2).reverse();
      const pages = [0, 1].map(() => ({ rows: page.rows, columns: page.columns, bits: 16, bytes }));
      const image = readOne(writeBigTiff(pages, littleEndian), "a.tif");
      expect(image.pixels).toMatchObject({ frames: 2, type: "uint16" });
      expect(decode(image, 1).values).toEqual(grey16);
    });
  }

  test("BigTIFF whose offsets lie outside, and unknown compressions, are refused", () => {
    const file = writeBigTiff([{ rows: page.rows, columns: page.columns, bits: 8, bytes: grey8 }]);
    new DataView(file.buffer).setBigUint64(8, 2n ** 63n, true);
    expect(refusal(() => readOne(file, "a.tif")).code).toBe("imaging/header-invalid");
    const odd = writeTiff([{ ...page, bits: 8, bytes: grey8 }]);
    const view = new DataView(odd.buffer);
    const directory = view.getUint32(4, true);
    view.setUint16(directory + 2 + 12 * 4 + 8, 34712, true);
    expect(refusal(() => readOne(odd, "a.tif"))).toEqual({
      code: "imaging/codec-missing",
      message: "TIFF compression 34712 is not supported.",
    });
  });
});

function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Uint8Array.of(0x93, ...Buffer.from("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8);
  return new Uint8Array(Buffer.concat([start, Buffer.from(padded), bytesOf(data)]));
}

describe("NumPy archives", () => {
  const images = (n: number) => Uint8Array.from({ length: n * 784 }, (_, i) => (i * 37 + (i >> 9)) % 256);

  test("every image comes with its part, its label number as class and a name that says where it was", () => {
    const bytes = zipSync({
      "train_images.npy": npy("|u1", [3, 28, 28], images(3)),
      "train_labels.npy": npy("|u1", [3, 1], Uint8Array.of(1, 0, 2)),
      "val_images.npy": npy("|u1", [1, 28, 28], images(1)),
      "val_labels.npy": npy("<i8", [1, 1], BigInt64Array.of(1n)),
      "test_images.npy": npy("|u1", [1, 28, 28, 3], images(3)),
    });
    const read = readImages({ name: "set.npz", bytes });
    expect(read.map((i) => [i.name, i.suggestedPart, i.suggestedClass, i.pixels.samples])).toEqual([
      ["train/00000", "train", "1", 1],
      ["train/00001", "train", "0", 1],
      ["train/00002", "train", "2", 1],
      ["val/00000", "validation", "1", 1],
      ["test/00000", "test", null, 3],
    ]);
    expect(decode(read[1]).values).toEqual(images(3).subarray(784, 1568));
  });

  test("volumes have their slices as frames, 16-bit arrays keep their values", () => {
    const values = ramp(16, 4 * 5, 6);
    const [image] = readImages({ name: "v.npz", bytes: zipSync({ "images.npy": npy("<u2", [1, 4, 5, 6], values) }) });
    expect(image.pixels).toMatchObject({ frames: 4, rows: 5, columns: 6, type: "uint16" });
    expect(decode(image, 3).values).toEqual(values.subarray(90));
  });

  test("an archive without images, Fortran order and pickled objects are refused", () => {
    const open = (files: Record<string, Uint8Array>) =>
      refusal(() => readImages({ name: "a.npz", bytes: zipSync(files) })).code;
    expect(open({ "x.npy": npy("|u1", [1], Uint8Array.of(1)) })).toBe("imaging/empty");
    expect(open({ "images.npy": npy("|O", [1, 2, 2], images(1)) })).toBe("imaging/header-invalid");
    expect(open({ "images.npy": npy("|u1", [9, 28, 28], images(3)) })).toBe("imaging/frame-truncated");
    const fortran = Buffer.from(npy("|u1", [1, 28, 28], images(1)));
    fortran.write("True ", fortran.indexOf("False"), "latin1");
    expect(open({ "images.npy": new Uint8Array(fortran) })).toBe("imaging/header-invalid");
  });

  test("1000 images of 28×28 in one file are all read", () => {
    const bytes = zipSync({ "train_images.npy": npy("|u1", [1000, 28, 28], images(1000)) });
    expect(readImages({ name: "set.npz", bytes })).toHaveLength(1000);
  });
});

describe("any file", () => {
  test("the same file twice has the same identity, another pixel another one", () => {
    const file = (values: Uint8Array) => encodePng({ rows: ROWS, columns: COLUMNS, samples: 1, values });
    const other = grey8.slice();
    other[5] ^= 1;
    const [a, b, c] = [file(grey8), file(grey8), file(other)].map((bytes) => readOne(bytes, "x.png").identity);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
  });

  test("an empty file and text are refused", () => {
    expect(refusal(() => readOne(new Uint8Array(0))).code).toBe("imaging/empty");
    const text = new Uint8Array(readFileSync(new URL(import.meta.url)));
    expect(refusal(() => readOne(text, "raster.test.ts")).code).toBe("imaging/format-unknown");
  });

  test("a thumbnail is a PNG of at most 192 pixels on its longer side, in the shape of the image", () => {
    const values = new Uint8Array(400 * 100).map((_, i) => i % 251);
    const image = readOne(encodePng({ rows: 400, columns: 100, samples: 1, values }), "tall.png");
    const thumbnail = readOne(image.thumbnail, "thumbnail.png");
    expect(thumbnail.pixels).toMatchObject({ rows: 192, columns: 48, samples: 1, type: "uint8" });
  });
});

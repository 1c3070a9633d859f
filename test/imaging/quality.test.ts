// Findings on pictures made for them, and what the hash of a picture holds and does not hold.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { renderFrame } from "../../main/imaging/display.ts";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { hashDistance, NEAR_DUPLICATE_BITS, pictureHash } from "../../main/imaging/picture-hash.ts";
import { resample } from "../../main/imaging/prepare.ts";
import { findingsOf, statisticsOf } from "../../main/imaging/quality.ts";
import { readImages } from "../../main/imaging/read.ts";
import type { ImportedImage, SampleArray } from "../../main/imaging/types.ts";
import { encodeWasm } from "./encoders.ts";
import { bytesOf, colourAttributes, decode, greyAttributes, readOne } from "./pictures.ts";

const SIDE = 64;
const size = { Rows: SIDE, Columns: SIDE };
/** A picture with 4096 different values and no end where they pile up. */
const whole = Uint16Array.from({ length: SIDE * SIDE }, (_, i) => i);
const imageOf = (values: ArrayBufferView, attributes: Attributes = {}) =>
  readOne(writeDicom({ attributes: greyAttributes({ ...size, ...attributes }), pixelData: bytesOf(values) }));

describe("findings", () => {
  test("a whole picture has none", () => {
    expect(imageOf(whole, { Modality: "DX" }).quality).toEqual([]);
  });

  test("a frame of one value, or of one but for a speck, is blank", () => {
    const speck = new Uint16Array(SIDE * SIDE).fill(1000);
    expect(imageOf(speck).quality).toEqual(["blank"]);
    speck.fill(3, 0, 4);
    expect(imageOf(speck).quality).toEqual(["blank"]);
    speck.fill(3, 0, 40);
    expect(imageOf(speck).quality).toEqual([]);
  });

  test("a blank frame among others is found where it is", () => {
    const frames = Uint16Array.of(...whole, ...new Uint16Array(SIDE * SIDE), ...whole);
    const image = imageOf(frames, { NumberOfFrames: 3 });
    expect(image.quality).toEqual(["blank-frames"]);
    const statistics = image.frames.map((_, index) => statisticsOf(decode(image, index), image.pixels));
    expect(findingsOf(image, statistics)).toEqual([{ code: "blank-frames", frame: 1 }]);
  });

  test("values cut off at the bright end are clipped, at the dark end they are background", () => {
    const cut = whole.map((value) => Math.min(3900, value));
    expect(imageOf(cut).quality).toEqual(["clipped"]);
    expect(imageOf(whole.map((value) => Math.max(2000, value))).quality).toEqual([]);
    // MONOCHROME1 turns bright and dark round.
    const negative = { PhotometricInterpretation: "MONOCHROME1" };
    expect(imageOf(cut, negative).quality).toEqual([]);
    expect(
      imageOf(
        cut.map((value) => 4095 - value),
        negative,
      ).quality,
    ).toEqual(["clipped"]);
  });

  test("a mask, a drawing and a picture that falls off towards its end are not clipped", () => {
    expect(imageOf(whole.map((value) => (value % 3 === 0 ? 255 : 0))).quality).toEqual([]);
    expect(imageOf(whole.map((value) => Math.round(Math.sqrt(value) * 4))).quality).toEqual([]);
  });

  const placed = { ImagePositionPatient: ["0", "0", "0"], ImageOrientationPatient: ["1", "0", "0", "0", "1", "0"] };
  const scaled = { RescaleSlope: "1", RescaleIntercept: "-1024" };
  test("a slice without place or spacing, and a CT that was not scaled, are found", () => {
    expect(imageOf(whole, { Modality: "MR", ...placed, PixelSpacing: ["1", "1"] }).quality).toEqual([]);
    expect(imageOf(whole, { Modality: "MR", ...placed }).quality).toEqual(["geometry-missing"]);
    expect(imageOf(whole, { Modality: "PT", PixelSpacing: ["1", "1"] }).quality).toEqual(["geometry-missing"]);
    const ct = { Modality: "CT", ...placed, PixelSpacing: ["1", "1"] };
    expect(imageOf(whole, { ...ct, ...scaled }).quality).toEqual([]);
    expect(imageOf(whole, ct).quality).toEqual(["modality-mismatch"]);
  });

  test("colour where there can be none is found, in ultrasound it is not odd", () => {
    const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 251);
    const colour = (modality: string) =>
      readOne(writeDicom({ attributes: colourAttributes({ ...size, Modality: modality }), pixelData: rgb })).quality;
    expect(colour("CR")).toEqual(["modality-mismatch"]);
    expect(colour("US")).toEqual([]);
  });

  test("signed, wide and real values are counted as they are", () => {
    const stats = (values: SampleArray) => {
      const { pixels } = imageOf(whole);
      return statisticsOf({ rows: 1, columns: values.length, samples: 1, values }, pixels);
    };
    expect(stats(Int16Array.of(-5, -5, 7, 9))).toMatchObject({ low: -5, high: 9, distinct: 3, commonest: 0.5 });
    expect(stats(Int8Array.of(-128, 127))).toMatchObject({ low: -128, high: 127 });
    expect(stats(Uint32Array.of(4e9, 1))).toMatchObject({ low: 1, high: 4e9, brightest: 0.5 });
    expect(stats(Float32Array.of(0.5, Number.NaN))).toMatchObject({ low: 0.5, high: 0.5 });
  });

  test("phantoms are what they are drawn as: placed nowhere, grey, some of them overexposed", () => {
    const found = Array.from({ length: 20 }, (_, index) => readOne(drawPhantom({ index, seed: 7 }).bytes).quality);
    expect(found.filter((codes) => codes.length === 0).length).toBeGreaterThan(12);
    expect(new Set(found.flat())).toEqual(new Set(["clipped"]));
  });
});

const phantoms = Array.from({ length: 24 }, (_, index) => readOne(drawPhantom({ index, seed: 7 }).bytes));
const hashOf = (image: ImportedImage, values: SampleArray, rows: number, columns: number) =>
  pictureHash({ rows, columns, samples: 1, values }, { ...image.pixels, rows, columns });

describe("the hash of a picture", () => {
  test("stays near when the picture is scaled, gets noise, or becomes a PNG or a JPEG", async () => {
    let seed = 1;
    const noise = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647 - 0.5;
    };
    const worst = { scaled: 0, noisy: 0, png: 0, jpeg: 0 };
    for (const image of phantoms) {
      const { rows, columns, values } = decode(image);
      const [half, third] = [rows >> 1, Math.round(columns / 3)];
      const scaled = resample(Float32Array.from(values), rows, columns, half, third);
      const noisy = Float32Array.from(values, (value) => value + noise() * 0.06 * image.pixels.window.width);
      const bytes = renderFrame(decode(image), image.pixels);
      const png = readOne(encodePng({ rows, columns, samples: 1, values: bytes }), "a.png");
      const about = { rows, columns, samples: 1, bits: 8, signed: false, bytes };
      const jpeg = readOne(await encodeWasm("jpeg", about), "a.jpg");
      const distance = (hash: string) => hashDistance(image.pictureHash, hash);
      worst.scaled = Math.max(worst.scaled, distance(hashOf(image, scaled, half, third)));
      worst.noisy = Math.max(worst.noisy, distance(hashOf(image, noisy, rows, columns)));
      worst.png = Math.max(worst.png, distance(png.pictureHash));
      worst.jpeg = Math.max(worst.jpeg, distance(jpeg.pictureHash));
    }
    expect(worst.png).toBe(0);
    for (const bits of Object.values(worst)) expect(bits).toBeLessThanOrEqual(NEAR_DUPLICATE_BITS);
  });

  test("tells pictures apart, even of one kind", () => {
    const others = phantoms.flatMap((a, i) =>
      phantoms.slice(0, i).map((b) => hashDistance(a.pictureHash, b.pictureHash)),
    );
    const near = others.filter((bits) => bits <= NEAR_DUPLICATE_BITS).length;
    // Drawn from one anatomy, some with the same patient's: a hundredth is near.
    expect(near / others.length).toBeLessThan(0.03);
  });

  test("of a flat picture is 0, whatever its grey", () => {
    for (const grey of [0, 77, 255]) {
      const flat = encodePng({ rows: 50, columns: 70, samples: 1, values: new Uint8Array(3500).fill(grey) });
      expect(readOne(flat, "a.png").pictureHash).toBe("0000000000000000");
    }
  });

  test("distance counts bits", () => {
    expect(hashDistance("0000000000000000", "ffffffffffffffff")).toBe(64);
    expect(hashDistance("8000000000000001", "8000000000000000")).toBe(1);
  });
});

const MEDMNIST = fileURLToPath(new URL("../../../shared/data/pneumonia/pneumonia-28.npz", import.meta.url));

test.skipIf(!existsSync(MEDMNIST))(
  "of 1500 radiographs hardly any two are near (skipped where ../shared/data is not there)",
  () => {
    const images = readImages({ name: "p.npz", bytes: readFileSync(MEDMNIST) }).slice(0, 1500);
    const hashes = images.map(({ pictureHash: hash }) => hash);
    const pairs = hashes.flatMap((a, i) => hashes.slice(0, i).map((b, j) => ({ bits: hashDistance(a, b), i, j })));
    const near = pairs.filter(({ bits }) => bits <= NEAR_DUPLICATE_BITS);
    // The one pair of equal pictures among them is found, and a handful beside it.
    expect(near.some(({ bits }) => bits === 0)).toBe(true);
    expect(near.length).toBeLessThan(10);
  },
);

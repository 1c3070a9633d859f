// NIfTI by the fields of its header. What another reader makes of other files is compared in test/interop.

import { describe, expect, test } from "vitest";
import { renderFrame } from "../../main/imaging/display.ts";
import { readImages } from "../../main/imaging/read.ts";
import { type NiftiFile, writeNifti } from "./nifti-writer.ts";
import { bytesOf, decode, readOne, refusal } from "./pictures.ts";

const values = Int16Array.from({ length: 4 * 3 * 2 }, (_, i) => i * 100 - 700);
const swap = (array: Int16Array) => Uint8Array.from(bytesOf(array), (_, i) => bytesOf(array)[i ^ 1]);
const file: NiftiFile = { dim: [4, 3, 2], datatype: 4, bytes: bytesOf(values) };
const read = (more: Partial<NiftiFile> = {}) => readOne(writeNifti({ ...file, ...more }), "a.nii");

describe("NIfTI files", () => {
  for (const version of [1, 2] as const) {
    for (const littleEndian of [true, false]) {
      test(`version ${version}, ${littleEndian ? "little" : "big"} endian: slices are frames, x runs along a row`, () => {
        const image = read({ version, littleEndian, bytes: littleEndian ? bytesOf(values) : swap(values) });
        expect(image.format).toBe("nifti");
        expect(image.pixels).toMatchObject({ rows: 3, columns: 4, frames: 2, samples: 1, type: "int16" });
        expect([0, 1].flatMap((k) => [...decode(image, k).values])).toEqual([...values]);
      });
    }
  }

  test("slope and intercept describe values, and a slope of 0 means none", () => {
    expect(read({ slope: 0.5, intercept: -3 }).pixels).toMatchObject({ slope: 0.5, intercept: -3 });
    expect(read({ slope: 0, intercept: 7 }).pixels).toMatchObject({ slope: 1, intercept: 0 });
    expect(read({ slope: Number.NaN, intercept: 7 }).pixels).toMatchObject({ slope: 1, intercept: 0 });
  });

  test("the ends that somebody chose for showing are the window, else the darkest and the brightest value", () => {
    const shown = read({ calMin: -700, calMax: 1600 });
    const picture = renderFrame(decode(shown), shown.pixels);
    expect([picture[0], picture[11]]).toEqual([0, Math.round((255 * 1100) / 2300)]);
    expect(read().pixels.window).toEqual({ center: 450.5, width: 2301 });
  });

  test("the sform places slices, turned from RAS to LPS", () => {
    const rows = [
      [-2, 0, 0, 90],
      [0, 3, 0, -126],
      [0, 0, 4, -72],
    ];
    const image = read({ sform: { code: 1, rows }, pixdim: [1, 2, 3, 4] });
    expect(image.pixels.spacing).toEqual([3, 2]);
    expect(image.geometry).toEqual(
      [
        {
          position: [-90, 126, -72],
          orientation: [1, 0, 0, 0, -1, 0],
          spacing: [3, 2],
          thickness: 4,
          frameOfReference: null,
        },
        {
          position: [-90, 126, -68],
          orientation: [1, 0, 0, 0, -1, 0],
          spacing: [3, 2],
          thickness: 4,
          frameOfReference: null,
        },
      ].map((entry) => ({ ...entry, orientation: entry.orientation.map((part) => expect.closeTo(part)) })),
    );
  });

  test("a qform is a rotation, and pixdim[0] turns its third axis round", () => {
    const half = Math.SQRT1_2;
    const qform = { code: 1, quatern: [0, 0, half], offset: [1, 2, 3] };
    const z = (handed: number) => read({ qform, pixdim: [handed, 1, 1, 5] }).geometry.map(({ position }) => position);
    const [first] = read({ qform, pixdim: [1, 1, 1, 5] }).geometry;
    // 90° about z: i runs along y, j against x; in LPS both change their sign.
    expect(first.orientation?.map((part) => Math.round(part) + 0)).toEqual([0, -1, 0, 1, 0, 0]);
    expect(z(1).map((position) => position?.map(Math.round))).toEqual([
      [-1, -2, 3],
      [-1, -2, 8],
    ]);
    expect(z(-1)[1]?.map(Math.round)).toEqual([-1, -2, -2]);
  });

  test("metres and micrometres become millimetres; a file without space has no geometry", () => {
    expect(read({ units: 1, pixdim: [1, 0.002, 0.003, 1] }).pixels.spacing?.map((mm) => Math.round(1000 * mm))).toEqual(
      [3000, 2000],
    );
    expect(read({ units: 3, pixdim: [1, 500, 250, 1] }).pixels.spacing).toEqual([0.25, 0.5]);
    expect(read().geometry).toEqual([]);
  });

  test("each volume of a longer file is an image of its own", () => {
    const images = readImages({ name: "f.nii", bytes: writeNifti({ ...file, dim: [4, 3, 1, 2] }) });
    expect(images.map(({ name, frames }) => [name, frames.length])).toEqual([
      ["f.nii (volume 1)", 1],
      ["f.nii (volume 2)", 1],
    ]);
    expect(images.flatMap((image) => [...decode(image).values])).toEqual([...values]);
    const same = readImages({
      name: "f.nii",
      bytes: writeNifti({ ...file, dim: [4, 3, 1, 2], bytes: new Uint8Array(48) }),
    });
    expect(new Set(same.map(({ identity }) => identity)).size).toBe(2);
  });

  test("colour and real numbers", () => {
    const rgb = Uint8Array.from({ length: 36 }, (_, i) => i * 7);
    const colour = read({ dim: [4, 3], datatype: 128, bytes: rgb });
    expect(colour.pixels).toMatchObject({ samples: 3, frames: 1 });
    expect(decode(colour).values).toEqual(rgb);
    const doubles = Float64Array.of(0.5, -1e300, Number.NaN, 4);
    const real = read({ dim: [4], datatype: 64, bytes: bytesOf(doubles) });
    expect(real.pixels).toMatchObject({ rows: 1, columns: 4, type: "float32" });
    expect([...renderFrame(decode(real), real.pixels)].every((grey) => grey >= 0)).toBe(true);
  });

  for (const [title, more, code] of [
    ["complex numbers", { datatype: 32 }, "imaging/codec-missing"],
    ["a header without its samples", { magic: "ni1\0" }, "imaging/codec-missing"],
    ["no dimensions", { dim: [] }, "imaging/header-invalid"],
    ["a size below 1", { dim: [4, 0, 2] }, "imaging/header-invalid"],
    ["fewer samples than it says", { dim: [4, 3, 3] }, "imaging/frame-truncated"],
    ["more than memory holds", { dim: [30000, 30000, 30000] }, "imaging/too-large"],
    ["more volumes than anybody scans", { dim: [1, 1, 1, 30000] }, "imaging/too-large"],
    [
      "sizes whose product is no number",
      { version: 2 as const, dim: [3, 3, 3, 2 ** 52, 2 ** 52] },
      "imaging/too-large",
    ],
  ] as const) {
    test(`${title}: refused as ${code}`, () => {
      expect(refusal(() => read(more)).code).toBe(code);
    });
  }
});

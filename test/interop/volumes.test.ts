// NIfTI as nibabel writes it and TIFF as tifffile does: the same samples, the same places in the patient.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { ImportedImage } from "../../main/imaging/types.ts";
import { decode, readOne } from "../imaging/pictures.ts";

const folder = mkdtempSync(join(tmpdir(), "loupe-volumes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Theirs {
  name: string;
  frames: number;
  affine?: number[][];
  zooms?: number[];
}

const script = fileURLToPath(new URL("./volumes.py", import.meta.url));
const { stdout, stderr } = spawnSync("/usr/bin/python3", [script, folder], { encoding: "utf8" });
const files = stdout
  .trim()
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line) as Theirs);

/** How many samples differ; of real numbers what a float32 holds is asked for. */
function differing(image: ImportedImage, name: string): number {
  const raw = readFileSync(join(folder, `${name}.raw`));
  const theirs = new Float64Array(new Uint8Array(raw).buffer);
  const ours = image.frames.flatMap((_, index) => Array.from(decode(image, index).values));
  if (ours.length !== theirs.length) return Math.max(ours.length, theirs.length);
  return ours.filter((value, i) => value !== (image.pixels.type === "float32" ? Math.fround(theirs[i]) : theirs[i]))
    .length;
}

test("the script wrote its files", () => {
  expect(files.length, stderr).toBe(128 + 12);
});

describe("every file", () => {
  test("holds the samples that were put in", () => {
    const wrong = files.filter(({ name, frames }) => {
      const image = readOne(new Uint8Array(readFileSync(join(folder, name))), name);
      return image.frames.length !== frames || differing(image, name) !== 0;
    });
    expect(wrong).toEqual([]);
  });

  test("of NIfTI lies where nibabel's affine puts it, in LPS", () => {
    const volumes = files.filter(({ affine }) => affine);
    expect(volumes).toHaveLength(128);
    for (const { name, affine = [], zooms = [] } of volumes) {
      const image = readOne(new Uint8Array(readFileSync(join(folder, name))), name);
      const { spacing } = image.pixels;
      expect(Math.abs((spacing?.[0] ?? 0) - zooms[1]) + Math.abs((spacing?.[1] ?? 0) - zooms[0])).toBeLessThan(1e-5);
      // The centre of pixel (column i, row j) of frame k, by DICOM's equation (PS3.3 C.7.6.2.1.1) and by the affine.
      for (const [i, j, k] of [
        [0, 0, 0],
        [6, 0, 1],
        [2, 4, 3],
      ]) {
        const { position, orientation } = image.geometry[k] ?? {};
        const [between, along] = spacing ?? [0, 0];
        for (const axis of [0, 1, 2]) {
          const ours =
            (position?.[axis] ?? Number.NaN) +
            (orientation?.[axis] ?? 0) * along * i +
            (orientation?.[axis + 3] ?? 0) * between * j;
          const [a, b, c, d] = affine[axis];
          const theirs = (a * i + b * j + c * k + d) * (axis < 2 ? -1 : 1);
          expect(Math.abs(ours - theirs), `${name} ${axis}`).toBeLessThan(1e-3);
        }
      }
    }
  });

  test("of white-is-zero is inverted", () => {
    const image = readOne(new Uint8Array(readFileSync(join(folder, "white.tif"))), "white.tif");
    expect(image.pixels.inverted).toBe(true);
  });
});

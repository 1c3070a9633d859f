// Our DICOM against other people's tools: pydicom with gdcm and Pillow, dcmtk, and dciodvfy of dicom3tools.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { RLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "../imaging/encoders.ts";
import { bytesOf, colourAttributes, decode, greyAttributes, ramp, readOne } from "../imaging/pictures.ts";
import { askPydicom, sharedFiles } from "./dicom-tools.ts";

// Files of this test only, drawn here or public; they hold no patient.
const folder = mkdtempSync(join(tmpdir(), "loupe-interop-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All frames of a file one after the other, or the code it is refused with. */
function ours(file: string) {
  try {
    const image = readOne(new Uint8Array(readFileSync(file)));
    const values = image.frames.flatMap((_, i) => Array.from(decode(image, i).values));
    return { image, values, refused: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { image: null, values: [], refused: error.code };
  }
}

function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.max(a.length, b.length);
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count += 1;
  return count;
}

const shared = sharedFiles(folder);

describe.skipIf(shared.length === 0)(
  `real files${shared.length > 0 ? "" : " (skipped: ../shared/data is not there)"}`,
  () => {
    /** Refused by name, though pydicom gives pixels: its codec refuses the frame too, and what it gives is memory that nobody filled. */
    const OURS_REFUSED = ["JPEG2000-embedded-sequence-delimiter.dcm"];

    test("every pixel of every frame and every name is what pydicom reads", () => {
      const refused: string[] = [];
      let compared = 0;
      askPydicom(
        shared.map(({ plain }) => plain),
        folder,
      ).forEach(({ theirs, pixels }, n) => {
        const { path, name } = shared[n];
        if (!pixels) return;
        const { image, values, refused: code } = ours(path);
        if (!image) {
          refused.push(name);
          expect(code).toMatch(/^imaging\//);
          return;
        }
        // Lossy files too: the same arithmetic gives the same values.
        expect({ name, differing: differing(values, pixels) }).toEqual({ name, differing: 0 });
        const tags = Object.fromEntries(
          Object.keys(theirs.tags).map((key) => [key, image.tags.find((tag) => tag.name === key)?.value ?? ""]),
        );
        expect({ name, tags }).toEqual({ name, tags: theirs.tags });
        compared += 1;
      });
      expect(refused).toEqual(OURS_REFUSED);
      expect(compared).toBeGreaterThan(85);
    });
  },
);

describe("files we write", () => {
  const wide = ramp(12, 40, 50);
  const size = { Rows: 40, Columns: 50 };
  const about = { rows: 40, columns: 50, samples: 1, bits: 12, signed: false, bytes: bytesOf(wide) };
  const grey = greyAttributes({ ...size, BitsStored: 12, HighBit: 11 });
  const rgb = Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => (i * 7919) % 256);

  test("pydicom reads the pixels that were put in, in every transfer syntax we can write", async () => {
    const cases = {
      native: writeDicom({ attributes: grey, pixelData: bytesOf(wide) }),
      rle: writeDicom({ attributes: grey, pixelData: [encodeRle(bytesOf(wide), 2000, 1, 2)], transferSyntax: RLE }),
      lossless: writeDicom({
        attributes: grey,
        pixelData: [encodeJpegLossless(wide, 40, 50, 12)],
        transferSyntax: "1.2.840.10008.1.2.4.70",
      }),
      "jpeg-ls": writeDicom({
        attributes: grey,
        pixelData: [await encodeWasm("jpeg-ls", about)],
        transferSyntax: "1.2.840.10008.1.2.4.80",
      }),
      colour: writeDicom({ attributes: colourAttributes(size), pixelData: rgb }),
    };
    const files = Object.entries(cases).map(([name, bytes]) => {
      const file = join(folder, `${name}.dcm`);
      writeFileSync(file, bytes);
      return file;
    });
    askPydicom(files, folder).forEach(({ theirs, pixels }, n) => {
      const expected = files[n].endsWith("colour.dcm") ? rgb : wide;
      expect({ file: theirs.file, error: theirs.error }).toEqual({ file: files[n], error: undefined });
      expect(differing(pixels ?? [], expected)).toBe(0);
    });
  });

  describe("phantoms", () => {
    const phantoms = [0, 1, 2, 5, 9].map((index) => {
      const phantom = drawPhantom({ index, seed: 7 });
      const file = join(folder, phantom.fileName);
      writeFileSync(file, phantom.bytes);
      return { ...phantom, file };
    });

    test("pydicom reads their pixels and tags", () => {
      askPydicom(
        phantoms.map(({ file }) => file),
        folder,
      ).forEach(({ theirs, pixels }, n) => {
        const { image, values } = ours(phantoms[n].file);
        expect(differing(values, pixels ?? [])).toBe(0);
        expect(theirs.tags.PatientID).toBe(phantoms[n].patient);
        expect(theirs.tags.SOPInstanceUID).toBe(image?.sopInstance);
      });
    });

    test("dcmdump reads them, and dcm2pnm writes the same stored values", () => {
      for (const { file, patient } of phantoms) {
        expect(execFileSync("dcmdump", [file], { encoding: "utf8" })).toContain(`[${patient}]`);
        // Plain PGM, values spread over 16 bits.
        const pgm = join(folder, "phantom.pgm");
        const window = ["--no-modality", "--set-window", "2048", "4096"];
        execFileSync("dcm2pnm", [...window, "--write-16-bit-pnm", file, pgm]);
        const [kind, columns, rows, top, ...theirs] = readFileSync(pgm, "latin1").trim().split(/\s+/);
        expect([kind, columns, rows]).toEqual(["P2", "256", "256"]);
        const { values } = ours(file);
        const worst = Math.max(...values.map((value, i) => Math.abs((Number(theirs[i]) / Number(top)) * 4095 - value)));
        // The window function divides by 4095 of 4096 steps: at most one stored step.
        expect(worst).toBeLessThanOrEqual(1);
      }
    });

    test("dciodvfy finds no errors", () => {
      for (const { file } of phantoms) {
        const { stderr } = spawnSync("dciodvfy", ["-new", file], { encoding: "utf8" });
        const errors = stderr.split("\n").filter((line) => line.startsWith("Error"));
        expect(errors).toEqual([]);
        expect(stderr).toContain("CRImage");
      }
    });
  });
});

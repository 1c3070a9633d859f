// `loupe deidentify` as a user runs it: folders, names, regions, reports, refusals.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Attributes } from "../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../main/imaging/dicom/dataset.ts";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { drawText, letter } from "../imaging/deidentify/lettering.ts";
import { greyAttributes } from "../imaging/pictures.ts";
import { type Finished, runLoupe } from "./run-loupe.ts";

let folder: string;
const run = (...args: string[]): Promise<Finished> => runLoupe(["deidentify", ...args], { folder });
const at = (...parts: string[]): string => join(folder, ...parts);
const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const SIDE = 128;
/** A flat picture with a name written into it. */
function lettered(): Uint8Array {
  const picture = { title: "flat", rows: SIDE, columns: SIDE, values: new Float32Array(SIDE * SIDE).fill(40) };
  letter(picture, drawText({ typeface: "dots", height: 14, text: "KOWALSKA" }), 10, 20, 180);
  return Uint8Array.from(picture.values);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "loupe-deidentify-"));
  mkdirSync(at("in", "Kowalska Anna 1957"), { recursive: true });
  for (const index of [0, 1]) {
    writeFileSync(at("in", "Kowalska Anna 1957", `Kowalska-${index}.dcm`), drawPhantom({ index, seed: 3 }).bytes);
  }
  const attributes = greyAttributes({
    PatientName: "Kowalska^Anna",
    Rows: SIDE,
    Columns: SIDE,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
  });
  writeFileSync(at("in", "lettered.dcm"), writeDicom({ attributes, pixelData: lettered() }));
  writeFileSync(at("in", "notes.txt"), "Kowalska Anna, room 12");
  writeFileSync(at("secret"), "0123456789abcdef0123456789abcdef");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("loupe deidentify", () => {
  test("writes a folder under names that say nothing, and says what was done", async () => {
    const { code, stdout } = await run(at("in"), at("plain"), "--report", at("plain.json"), "--json");
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as { written: { file: string }[]; refused: { code: string }[] };
    expect(document.written).toHaveLength(3);
    expect(document.refused).toEqual([
      { number: 4, code: "imaging/format-unknown", message: "The file is no DICOM file." },
    ]);
    expect(JSON.parse(readFileSync(at("plain.json"), "utf8"))).toEqual(document);
    const files = filesIn(at("plain"));
    expect(files.sort()).toEqual(document.written.map(({ file }) => at("plain", file)).sort());
    for (const file of files) {
      expect(file.slice(at("plain").length)).toMatch(/^\/LP-[A-Z2-7]{16}\/2\.25\.\d+\.dcm$/);
      const bytes = readFileSync(file);
      for (const name of ["Kowalska", "Phantom^", "PHANTOM-"]) expect(bytes.includes(name)).toBe(false);
    }
    for (const name of ["Kowalska", "lettered", "notes.txt"]) expect(stdout).not.toContain(name);
  });

  test("finds text in pixels, blanks what a person confirmed, and looks again", async () => {
    const found = await run(at("in", "lettered.dcm"), at("looked"), "--json", "--name-sources");
    const { written } = JSON.parse(found.stdout) as {
      written: { source: string; suspected: { x: number; y: number; width: number; height: number }[] }[];
    };
    expect(written[0].source).toBe("lettered.dcm");
    expect(written[0].suspected.length).toBeGreaterThan(0);
    const regions = written[0].suspected.map(({ x, y, width, height }) => ({
      file: "lettered.dcm",
      x,
      y,
      width,
      height,
    }));
    writeFileSync(at("regions.json"), JSON.stringify({ regions }));
    const { code, stdout } = await run(
      at("in"),
      at("blanked"),
      "--regions",
      at("regions.json"),
      "--options",
      "clean-pixel-data",
      "--name-sources",
      "--json",
    );
    expect(code).toBe(0);
    const after = (
      JSON.parse(stdout) as {
        written: { source: string; file: string; blanked: unknown[]; stillSuspected: unknown[] }[];
      }
    ).written;
    const own = after.find(({ source }) => source === "lettered.dcm");
    expect(own?.blanked).toHaveLength(regions.length);
    expect(own?.stillSuspected).toEqual([]);
    expect(after.filter(({ source }) => source !== "lettered.dcm").every(({ blanked }) => blanked.length === 0)).toBe(
      true,
    );
    const attributes = new Attributes(readPart10(readFileSync(at("blanked", own?.file ?? "")), 1 << 26).dataSet);
    expect(attributes.string("BurnedInAnnotation")).toBe("NO");
    expect(new Set(attributes.bytes(attributes.element("PixelData")!))).toEqual(new Set([40]));
  });

  test("blanks what it suspects itself only when told to, and does not claim that a person looked", async () => {
    const { code, stdout } = await run(at("in", "lettered.dcm"), at("alone"), "--blank-suspected", "--json");
    const { written } = JSON.parse(stdout) as {
      written: { file: string; blanked: unknown[]; stillSuspected: unknown[] }[];
    };
    expect({ code, still: written[0].stillSuspected }).toEqual({ code: 0, still: [] });
    expect(written[0].blanked.length).toBeGreaterThan(0);
    const attributes = new Attributes(readPart10(readFileSync(at("alone", written[0].file)), 1 << 26).dataSet);
    expect(attributes.string("BurnedInAnnotation")).toBe("");
    expect(new Set(attributes.bytes(attributes.element("PixelData")!))).toEqual(new Set([40]));
  });

  test("the same secret gives the same files again; none gives others", async () => {
    const [a, b, c] = await Promise.all([
      run(at("in"), at("a"), "--secret-file", at("secret")),
      run(at("in"), at("b"), "--secret-file", at("secret")),
      run(at("in"), at("c")),
    ]);
    expect([a.code, b.code, c.code]).toEqual([0, 0, 0]);
    const names = ["a", "b", "c"].map((name) =>
      filesIn(at(name))
        .map((file) => file.slice(at(name).length))
        .sort(),
    );
    expect(names[0]).toEqual(names[1]);
    expect(names[2]).not.toEqual(names[0]);
    for (const name of names[0]) expect(readFileSync(at("a", name))).toEqual(readFileSync(at("b", name)));
  });

  test("refuses to write where something is, with exit code 1", async () => {
    mkdirSync(at("there"));
    const { code, stdout, stderr } = await run(at("in"), at("there"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error \[shipping\/target-exists\]/);
    const report = await run(at("in"), at("new"), "--report", at("secret"));
    expect(report.code).toBe(1);
    expect(existsSync(at("new"))).toBe(false);
  });

  test.each([
    ["an option that does not exist", ["--options", "retain-everything"]],
    ["clean-pixel-data without a person's regions", ["--options", "clean-pixel-data"]],
    ["regions of another form", ["--regions", "secret"]],
    ["regions for a file that is not there", ["--regions", "astray.json"]],
    ["a secret too short", ["--secret-file", "short"]],
  ])("%s is a mistake in the command: exit code 2", async (_, args) => {
    writeFileSync(at("short"), "abc");
    writeFileSync(
      at("astray.json"),
      JSON.stringify({ regions: [{ file: "nobody.dcm", x: 0, y: 0, width: 1, height: 1 }] }),
    );
    const paths = args.map((arg) => (existsSync(at(arg)) ? at(arg) : arg));
    const { code, stdout } = await run(at("in"), at("never"), ...paths);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(at("never"))).toBe(false);
  });

  test("says with exit code 1 when nothing could be de-identified", async () => {
    const { code, stdout } = await run(at("in", "notes.txt"), at("nothing"), "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "imaging/format-unknown" }, written: [] });
  });
});

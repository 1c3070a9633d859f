// Files that are cut off, changed or made to hurt: every reader answers with a refusal of its own, in little time, and nothing is half in.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DECODED_BYTES } from "../../../main/imaging/limits.ts";
import { exportLabels } from "../../../main/labels/formats/export.ts";
import { importLabelFiles, importLabels } from "../../../main/labels/formats/import.ts";
import { listFormats } from "../../../main/labels/formats/index.ts";
import { type LabelFiles, memoryFile } from "../../../main/labels/formats/label-files.ts";
import { AppError } from "../../../preload/contract/errors.ts";
import type { LabelFormatId } from "../../../preload/contract/index.ts";
import { temporaryFolder } from "../../project/builder.ts";
import { shape } from "../../project/shapes.ts";
import { type DicomFixture, dicomFixture } from "./dicom-images.ts";
import { COLUMNS, erase, ROWS } from "./round-trip.ts";

const READ = listFormats()
  .filter(({ reads }) => reads)
  .map(({ id }) => id);
const REFUSALS = ["labels/file-invalid", "labels/csv-invalid"];

/** An export with something of everything, as files in memory. */
async function sample(place: DicomFixture, format: LabelFormatId): Promise<LabelFiles> {
  const { project, ct, cr, classes } = place;
  const runs = [40, 5, 27, 5, ROWS * COLUMNS - 77];
  const put = [
    shape(ct[1]!, classes[0], { kind: "mask", rows: ROWS, columns: COLUMNS, runs }, { track: "3" }),
    shape(ct[2]!, classes[0], { kind: "polygon", points: [1, 1, 9, 1, 9, 9] }, { track: "3" }),
    shape(cr, classes[1], { kind: "box", x: 3, y: 4, width: 5, height: 6 }, { attributes: { sure: true } }),
    shape(cr, classes[1], { kind: "point", x: 3, y: 4 }),
    shape(cr, null, { kind: "length", points: [1, 1, 4, 5] }),
  ];
  project.labels.apply([
    ...put.map((each) => ({ do: "put" as const, shape: each })),
    { do: "class", imageId: cr, classId: classes[0] },
  ]);
  const folder = join(temporaryFolder(), "out");
  await exportLabels(project, { format, folder });
  erase({ project, images: [...ct, cr] as never });
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => memoryFile(name, new Uint8Array(readFileSync(join(folder, name)))));
}

/** Reads; a refusal must be one of ours, and must leave nothing behind. */
async function attempt(place: DicomFixture, format: LabelFormatId, files: LabelFiles): Promise<boolean> {
  const { project } = place;
  const images = [...place.ct, place.cr];
  const before = { classes: project.labels.classes(), labels: images.map((id) => project.labels.forImage(id)) };
  try {
    await importLabelFiles(project, files, { format });
    erase({ project, images: images as never });
    return true;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(REFUSALS).toContain(error.code);
    const after = { classes: project.labels.classes(), labels: images.map((id) => project.labels.forImage(id)) };
    expect(after).toEqual(before);
    return false;
  }
}

describe.each(READ)("%s", (format) => {
  test("cut off anywhere, or with bytes changed, it is read or refused, and nothing is half in", async () => {
    const place = await dicomFixture();
    const files = await sample(place, format);
    expect(await attempt(place, format, files)).toBe(true);
    let refused = 0;
    const which = fc.nat(files.length - 1);
    // Even over the file: fc.double would be even over the floating-point numbers, and nine of ten of those are nearly 0.
    const share = fc.nat(999_999).map((millionth) => millionth / 1e6);
    const change = fc.tuple(share, fc.nat(255));
    const damage = fc.record({ which, cut: fc.boolean(), changes: fc.array(change, { minLength: 1, maxLength: 5 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ which: target, cut, changes }) => {
        const damaged = files.map((file, i) => {
          if (i !== target) return file;
          const bytes = file.bytes().slice();
          for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value;
          const [[kept]] = changes as [[number, number]];
          return memoryFile(file.path, cut ? bytes.subarray(0, Math.floor(kept * bytes.length)) : bytes);
        });
        if (!(await attempt(place, format, damaged))) refused += 1;
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test("an empty folder, noise and other formats are refused", async () => {
    const place = await dicomFixture();
    await expect(importLabels(place.project, { format, path: temporaryFolder() })).rejects.toBeInstanceOf(AppError);
    const names = ["a.json", "b.txt", "c.xml", "d.csv", "e.png", "f.nii.gz", "g.dcm", "classes.txt", "data.yaml"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.uint8Array({ maxLength: 400 }), async (name, bytes) => {
        await attempt(place, format, [memoryFile(name, bytes)]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("hurtful files", () => {
  test("names that lead out of the folder write and read nothing there", async () => {
    const place = await dicomFixture();
    const { project } = place;
    const { id } = project.images.add({
      ...(await import("../../project/builder.ts")).newImage(9, { name: "../../..\\..//etc/pass\u0000wd:con.png" }),
    });
    const classId = place.classes[0];
    const folder = join(temporaryFolder(), "out");
    project.labels.apply([{ do: "put", shape: shape(id, classId, { kind: "box", x: 1, y: 1, width: 2, height: 2 }) }]);
    await exportLabels(project, { format: "voc", folder });
    expect(readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()).toEqual([
      "Annotations",
      "Annotations/etc",
      "Annotations/etc/pass_wd_con.xml",
    ]);
    const json = { images: [{ id: 1, file_name: "../../../../etc/passwd" }], annotations: [], categories: [] };
    const report = await importLabelFiles(project, [memoryFile("x.json", JSON.stringify(json))], { format: "coco" });
    expect(report.unmatched).toEqual(["../../../../etc/passwd"]);
  });

  test("small files that unpack to much stop at their bounds", async () => {
    const place = await dicomFixture();
    // a gzip file may be many members one after another, and packing 16 MiB is quicker than packing all of it
    const member = gzipSync(new Uint8Array(2 ** 24));
    const zeros = Buffer.concat(Array.from({ length: MAX_DECODED_BYTES / 2 ** 24 + 1 }, () => member));
    expect(await attempt(place, "nifti", [memoryFile("ct/slice0.nii.gz", zeros)])).toBe(false);
    expect(await attempt(place, "nifti", [memoryFile("ct/slice0.nii.gz", zeros.subarray(0, 1000))])).toBe(false);
  });

  test("runs, numbers and nesting that make no sense are refused one by one", async () => {
    const place = await dicomFixture();
    const image = { id: 1, file_name: "cr/chest.dcm", width: COLUMNS, height: ROWS };
    const bad = [
      { segmentation: { size: [ROWS, COLUMNS], counts: [1e15, 1] } },
      { segmentation: { size: [ROWS, COLUMNS], counts: [-5, ROWS * COLUMNS + 5] } },
      { segmentation: { size: [1e9, 1e9], counts: "0" } },
      { segmentation: { size: [ROWS, COLUMNS], counts: "o".repeat(1e5) } },
      { segmentation: [[1, 2, 3]] },
      { segmentation: [["a", null, {}]] },
      { bbox: [1, 1, 1e308, 1e308] },
      { bbox: [1, 1, -1, 5] },
      { bbox: "none" },
    ];
    const annotations = bad.map((each, i) => ({ id: i, image_id: 1, category_id: 1, ...each }));
    const file = { images: [image], categories: [{ id: 1, name: "x" }], annotations };
    const report = await importLabelFiles(place.project, [memoryFile("x.json", JSON.stringify(file))], {
      format: "coco",
    });
    expect(report.shapes).toBe(0);
    expect(report.refused.reduce((sum, { count }) => sum + count, 0)).toBe(bad.length);
    expect(report.newClasses).toEqual([]);
  });
});

// Our label files against other people's programs: dciodvfy, pydicom, dcmtk, Orthanc, nibabel, Pillow and pycocotools (pip; passed over by name without it).

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportLabels } from "../../main/labels/formats/export.ts";
import { maskOfGeometry } from "../../main/labels/formats/figures.ts";
import { maskArea, maskOfBytes } from "../../main/labels/masks/runs.ts";
import { identityOf, splitPart10 } from "../../main/network/part10.ts";
import { send } from "../../main/network/send.ts";
import type { Geometry, LabelFormatId, ShapeInput } from "../../preload/contract/index.ts";
import {
  COLUMN,
  CT_SERIES,
  type DicomFixture,
  dicomFixture,
  positionOf,
  ROW,
  SPACING,
} from "../labels/formats/dicom-images.ts";
import { COLUMNS, drawn, erase, ROWS } from "../labels/formats/round-trip.ts";
import { dcmtk, missing, startOrthanc, stopAll, subfolder } from "../network/archives.ts";
import { temporaryFolder } from "../project/builder.ts";
import { shape } from "../project/shapes.ts";

const SCRIPT = fileURLToPath(new URL("./label-formats.py", import.meta.url));
const ask = <T>(kind: string, ...paths: string[]): T =>
  JSON.parse(execFileSync("/usr/bin/python3", [SCRIPT, kind, ...paths], { encoding: "utf8", maxBuffer: 1 << 28 })) as T;

const pixels = (geometry: Geometry) => maskOfGeometry(geometry, ROWS, COLUMNS)!.runs;
const noise = (seed: number): Geometry => {
  const bytes = Uint8Array.from({ length: ROWS * COLUMNS }, (_, i) => (((i + seed) * 2654435761) >>> 29 === 0 ? 1 : 0));
  return { kind: "mask", rows: ROWS, columns: COLUMNS, runs: [...maskOfBytes(bytes, ROWS, COLUMNS).runs] };
};

/** Shapes on every image of the fixture, of every kind; masks that lie over each other; holes. */
function everything({ ct, cr, mr, classes: [lesion, node] }: DicomFixture): ShapeInput[] {
  return [
    shape(ct[0]!, lesion, noise(1)),
    shape(ct[2]!, lesion, noise(5), { track: "nodule 1", source: "model:m" }),
    shape(ct[2]!, node, { kind: "ellipse", x: 12, y: 11, radiusX: 7, radiusY: 4, angle: 30 }),
    shape(ct[3]!, node, { kind: "polygon", points: [2.5, 1, 20, 3.5, 9, 19] }, { track: "nodule 2" }),
    shape(ct[1]!, node, { kind: "polygon", points: [2.5, 1, 20, 3.5, 9, 18] }, { track: "nodule 2" }),
    shape(ct[1]!, null, { kind: "length", points: [2, 2, 8, 10] }),
    shape(cr, lesion, { kind: "box", x: 3, y: 4, width: 6, height: 5 }),
    shape(cr, null, { kind: "angle", points: [10, 2, 2, 2, 2, 10] }),
    shape(cr, node, { kind: "point", x: 7.25, y: 9.5 }),
    shape(mr, node, noise(9), { frame: 1 }),
    shape(mr, node, { kind: "polyline", points: [1, 1, 5, 5, 9, 1] }, { frame: 2 }),
  ];
}

interface Written {
  readonly folder: string;
  readonly files: readonly string[];
}

async function write(place: DicomFixture, format: LabelFormatId, put: readonly ShapeInput[]): Promise<Written> {
  const { project } = place;
  project.labels.apply([
    ...put.map((each) => ({ do: "put" as const, shape: each })),
    { do: "class", imageId: place.cr, classId: place.classes[0] },
  ]);
  const folder = join(temporaryFolder(), "out");
  await exportLabels(project, { format, folder });
  erase({ project, images: [...place.ct, place.cr, place.mr] as never });
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.includes("."))
    .map((name) => join(folder, name))
    .sort();
  return { folder, files };
}

const sopOf = (place: DicomFixture, imageId: string) =>
  place.project.images.get(imageId).tags.find(({ name }) => name === "SOPInstanceUID")!.value;

/** Errors of dciodvfy. */
const errorsIn = (file: string) =>
  spawnSync("dciodvfy", ["-new", file], { encoding: "utf8" })
    .stderr.split("\n")
    .filter((line) => line.startsWith("Error"));

interface SegAnswer {
  type: string;
  patient: string;
  frames: { label: string; track: string | null; sop: string; frame: number; runs: number[] }[];
}

describe("DICOM objects", () => {
  test("dciodvfy finds no error in any SEG, SR and RT structure set", async () => {
    const place = await dicomFixture();
    let looked = 0;
    for (const format of ["dicom-seg", "dicom-sr", "rtstruct"] as const) {
      const { files } = await write(place, format, everything(place));
      for (const file of files) {
        expect(errorsIn(file).map((error) => `${file}: ${error}`)).toEqual([]);
        looked += 1;
      }
    }
    // Three series, one study, and the two series that lie in the patient.
    expect(looked).toBe(6);
  });

  test("of label maps, which it does not know yet, dciodvfy complains about what makes them label maps alone", async () => {
    const place = await dicomFixture();
    const { files } = await write(place, "dicom-labelmap", everything(place));
    expect(files).toHaveLength(3);
    for (const file of files) {
      const known = readFileSync(file, "latin1").replaceAll(
        "1.2.840.10008.5.1.4.1.1.66.7",
        "1.2.840.10008.5.1.4.1.1.66.4",
      );
      writeFileSync(file, known, "latin1");
      for (const error of errorsIn(file)) expect(error).toMatch(/<LABELMAP>|SegmentIdentificationSequence/);
    }
  });

  test("pydicom reads the same masks from segmentations and label maps, for drawings of any kind", async () => {
    const place = await dicomFixture();
    const kinds = ["mask", "box", "ellipse", "polygon"] as const;
    await fc.assert(
      fc.asyncProperty(drawn(place, kinds), fc.constantFrom("dicom-seg", "dicom-labelmap"), async (put, format) => {
        const mask = maskOfGeometry(put.geometry, ROWS, COLUMNS)!;
        fc.pre(maskArea(mask) > 0);
        const { files } = await write(place, format as LabelFormatId, [put]);
        const answer = ask<SegAnswer>("seg", files[0]!);
        expect(answer.type).toBe(format === "dicom-seg" ? "BINARY" : "LABELMAP");
        expect(answer.patient).toBe("FIX1");
        const name = place.project.labels.classes().find(({ id }) => id === put.classId)!.name;
        expect(answer.frames).toEqual([
          { label: name, track: null, sop: sopOf(place, put.imageId), frame: put.frame, runs: mask.runs },
        ]);
      }),
      { numRuns: 12 },
    );
  });

  test("pydicom reads the same measurements and figures from the report", async () => {
    const place = await dicomFixture();
    const { files } = await write(place, "dicom-sr", everything(place));
    const { template, groups } = ask<{
      template: string;
      groups: {
        numbers: [string, number, string][];
        figures: [string, number[], string][];
        codes: Record<string, string>;
      }[];
    }>("sr", files[0]!);
    expect(template).toBe("1500");
    expect(groups.map(({ codes }) => codes["Class of the image"]).filter(Boolean)).toEqual(["lesion"]);
    const numbers = groups.flatMap((group) => group.numbers.map((number) => ({ group, number })));
    const of = (meaning: string) => numbers.filter(({ number }) => number[0] === meaning);
    const [length] = of("Length");
    expect(length!.number[1]).toBeCloseTo(Math.hypot(6 * SPACING[1], 8 * SPACING[0]), 9);
    expect(length!.group.figures).toEqual([["POLYLINE", [2, 2, 8, 10], `${CT_SERIES}.2`]]);
    expect(of("Angle")[0]!.number).toEqual(["Angle", 90, "deg"]);
    // The tracked polygon is on two slices of the stack.
    expect(of("Volume")).toHaveLength(1);
  });

  test("pydicom, with the geometry of the images, fills contours to the same masks", async () => {
    const place = await dicomFixture();
    const put = everything(place).filter(
      ({ imageId, geometry }) => place.ct.includes(imageId) && geometry.kind !== "length",
    );
    const { files } = await write(place, "rtstruct", put);
    const images = Object.entries(place.files)
      .filter(([name]) => name.startsWith("ct/"))
      .map(([name, bytes]) => {
        const file = join(temporaryFolder(), name.replace("/", "-"));
        writeFileSync(file, bytes);
        return file;
      });
    const answer = ask<{ name: string; sop: string; runs: number[] }[]>("rtstruct", files[0]!, ...images);
    const names = new Map(place.project.labels.classes().map(({ id, name }) => [id, name]));
    const expected = put.map(({ imageId, classId, track, geometry }) => {
      const name = names.get(classId!)! + (track === null ? "" : ` (${track})`);
      return { name, sop: sopOf(place, imageId), runs: geometry.kind === "ellipse" ? null : pixels(geometry) };
    });
    expect(answer).toHaveLength(expected.length);
    for (const { name, sop, runs } of expected) {
      const found = answer.find((each) => each.name === name && each.sop === sop);
      // An ellipse is written as its polygon.
      if (runs !== null) expect(found?.runs).toEqual(runs);
      else expect(found).toBeDefined();
    }
  });

  test("dcmtk reads the report as one", async () => {
    const place = await dicomFixture();
    const { files } = await write(place, "dicom-sr", everything(place));
    const said = await dcmtk("dsrdump", files[0]!);
    expect(said).toContain("Comprehensive 3D SR Document");
    expect(said).toContain('"Imaging Measurement Report"');
  });
});

describe.skipIf(missing !== "")(`Orthanc${missing ? ` (skipped: ${missing} is not there)` : ""}`, () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>;
  beforeAll(async () => {
    subfolder("labels");
    orthanc = await startOrthanc(11_112);
  }, 60_000);
  afterAll(stopAll);

  test.each(["dicom-seg", "dicom-labelmap", "dicom-sr", "rtstruct"] as const)(
    "accepts, keeps and returns every object of %s, its data set byte for byte",
    async (format) => {
      const place = await dicomFixture();
      const { files } = await write(place, format, everything(place));
      const objects = files.map((file) => readFileSync(file));
      const { sent, failed } = await send(orthanc.node, objects);
      expect({ sent, failed }).toEqual({ sent: objects.length, failed: [] });
      for (const bytes of objects) {
        const ours = splitPart10(bytes);
        const { sopInstance } = identityOf(ours.dataSet, ours.transferSyntax);
        const kept = splitPart10(await orthanc.file(sopInstance));
        expect(kept.transferSyntax).toBe(ours.transferSyntax);
        expect(Buffer.compare(kept.dataSet, ours.dataSet)).toBe(0);
      }
    },
  );
});

describe("plain formats", () => {
  test("nibabel has the same masks, and the series' space in RAS", async () => {
    const place = await dicomFixture();
    const put = [shape(place.ct[0]!, place.classes[0], noise(1)), shape(place.ct[3]!, place.classes[1], noise(2))];
    const { files } = await write(place, "nifti", put);
    const answer = ask<{
      affine: number[][];
      qform: number[][];
      codes: number[];
      type: string;
      slices: Record<string, number[]>[];
    }>("nifti", files.find((file) => file.endsWith(".nii.gz"))!);
    expect(answer.slices).toEqual([{ 1: pixels(put[0]!.geometry) }, {}, {}, { 2: pixels(put[1]!.geometry) }]);
    const step = positionOf(1).map((value, axis) => value - positionOf(0)[axis]!);
    const ras = (lps: readonly number[]) => [-lps[0]!, -lps[1]!, lps[2]!];
    const columns = [
      ROW.map((part) => part * SPACING[1]),
      COLUMN.map((part) => part * SPACING[0]),
      step,
      positionOf(0),
    ].map(ras);
    for (const matrix of [answer.affine, answer.qform]) {
      for (const [i, column] of columns.entries()) {
        // 32-bit floats of at most 200 mm.
        for (const [axis, value] of column.entries()) expect(matrix[axis]![i]).toBeCloseTo(value, 4);
      }
    }
    expect({ codes: answer.codes, type: answer.type }).toEqual({ codes: [1, 1], type: "uint16" });
  });

  test("Pillow reads class numbers and colours", async () => {
    const place = await dicomFixture();
    const put = shape(place.cr, place.classes[1], noise(3));
    const { files } = await write(place, "png", [put]);
    const answer = ask<{ mode: string; palette: number[][]; runs: Record<string, number[]> }>(
      "png",
      files.find((file) => file.endsWith(".png"))!,
    );
    expect(answer.mode).toBe("P");
    expect(answer.runs).toEqual({ 2: pixels(put.geometry) });
    const colors = place.project.labels.classes().map(({ color }) => color);
    expect(answer.palette.slice(1, 3).map((rgb) => `#${Buffer.from(rgb).toString("hex")}`)).toEqual(colors);
  });

  test("pycocotools reads boxes, and masks of the same pixels from our runs", async ({ skip }) => {
    const place = await dicomFixture();
    const put = everything(place);
    const { files } = await write(place, "coco", put);
    const answer = ask<{ name: string; bbox: number[]; area: number | null; runs: number[] | null }[] | null>(
      "coco",
      files[0]!,
    );
    if (answer === null) return skip("pycocotools is not there");
    const masks = put.filter(({ geometry }) => geometry.kind === "mask");
    const theirs = answer.filter(({ area }) => area !== null);
    expect(theirs.map(({ runs }) => JSON.stringify(runs)).sort()).toEqual(
      masks.map(({ geometry }) => JSON.stringify(pixels(geometry))).sort(),
    );
    expect(theirs.map(({ area }) => area).sort()).toEqual(
      masks.map(({ geometry }) => maskArea(geometry as Extract<Geometry, { kind: "mask" }>)).sort(),
    );
    expect(answer.map(({ bbox }) => bbox)).toContainEqual([3, 4, 6, 5]);
  });
});

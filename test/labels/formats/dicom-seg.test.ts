import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { writeDicom } from "../../../main/imaging/dicom/write.ts";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { union } from "../../../main/labels/masks/runs.ts";
import type { ShapeInput } from "../../../preload/contract/index.ts";
import { shape } from "../../project/shapes.ts";
import { dicomFixture, positionOf } from "./dicom-images.ts";
import { COLUMNS, drawn, fixture, ROWS, roundTrip, said } from "./round-trip.ts";

const COMES_BACK = ["imageId", "frame", "classId", "geometry", "track"] as const;
const box = (x: number, y: number) => ({ kind: "box" as const, x, y, width: 4, height: 3 });

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".dcm"));
}

/** One mask for each class and track on a frame, as a segment holds it. */
function merged(shapes: readonly ShapeInput[]): ShapeInput[] {
  const byKey = new Map<string, ShapeInput>();
  for (const each of shapes) {
    const key = JSON.stringify([each.imageId, each.frame, each.classId, each.track]);
    const before = byKey.get(key);
    if (before?.geometry.kind === "mask" && each.geometry.kind === "mask") {
      const { rows, columns, runs } = union(before.geometry, each.geometry);
      byKey.set(key, { ...before, geometry: { kind: "mask", rows, columns, runs: [...runs] } });
    } else byKey.set(key, each);
  }
  return [...byKey.values()];
}

describe("DICOM Segmentation", () => {
  test("BINARY: masks that lie over each other come back equal, with their tracks, on every kind of image", async () => {
    const place = await dicomFixture();
    const track = fc.constantFrom(null, "nodule 1", "nodule 2");
    await fc.assert(
      fc.asyncProperty(fc.array(drawn(place, ["mask"], { track }), { minLength: 1, maxLength: 6 }), async (put) => {
        const { shapes, preview, imported } = await roundTrip(place, "dicom-seg", put);
        expect(said(shapes, COMES_BACK)).toEqual(said(merged(put), COMES_BACK));
        expect(imported).toMatchObject({ unmatched: [], refused: [], newClasses: [] });
        const lost = preview.losses.find(({ code }) => code === "merged")?.count ?? 0;
        expect(lost > 0).toBe(merged(put).length < put.length);
      }),
      { numRuns: 30 },
    );
  });

  test("LABELMAP: masks apart from each other come back equal", async () => {
    const place = await dicomFixture();
    await fc.assert(
      fc.asyncProperty(drawn(place, ["mask"]), drawn(place, ["mask"]), async (a, b) => {
        const put = a.imageId === b.imageId && a.frame === b.frame ? [a] : [a, b];
        const { shapes } = await roundTrip(place, "dicom-labelmap", put);
        expect(said(shapes, COMES_BACK)).toEqual(said(put, COMES_BACK));
      }),
      { numRuns: 20 },
    );
  });

  test("what is drawn becomes pixels; what has no inside, and images that are no DICOM, are told before", async () => {
    const place = await dicomFixture();
    const { preview } = await roundTrip(place, "dicom-seg", [
      shape(place.cr, place.classes[0], { kind: "polygon", points: [1, 1, 9, 1, 9, 9] }, { source: "model:m" }),
      shape(place.cr, null, { kind: "length", points: [1, 1, 5, 5] }),
    ]);
    expect(preview.losses).toEqual([
      { code: "reader-dropped", kind: null, count: 1 },
      { code: "shape-approximated", kind: "polygon", count: 1 },
      { code: "shape-dropped", kind: "length", count: 1 },
      { code: "source-dropped", kind: null, count: 1 },
    ]);
    const plain = await fixture();
    plain.project.labels.apply([{ do: "put", shape: shape(plain.images[0], plain.classes[0], box(1, 1)) }]);
    const { exportLabels, previewExport } = await import("../../../main/labels/formats/export.ts");
    expect((await previewExport(plain.project, { format: "dicom-seg" })).losses).toEqual([
      { code: "image-not-dicom", kind: null, count: 1 },
    ]);
    await expect(
      exportLabels(plain.project, { format: "dicom-seg", folder: join(plain.project.path, "..", "seg") }),
    ).rejects.toMatchObject({ code: "labels/not-exportable" });
  });

  test("a series is one object, its frames by segment and place; a label map has one frame for a slice", async () => {
    const place = await dicomFixture();
    const put = [
      shape(place.ct[3]!, place.classes[0], box(2, 2)),
      shape(place.ct[1]!, place.classes[0], box(3, 3), { source: "model:m" }),
      shape(place.ct[1]!, place.classes[1], box(12, 3), { source: "model:m" }),
    ];
    for (const [format, frames] of [
      ["dicom-seg", 3],
      ["dicom-labelmap", 2],
    ] as const) {
      const { folder } = await roundTrip({ ...place, images: [place.ct[3]!, place.ct[1]!, place.cr] }, format, put);
      expect(filesOf(folder)).toHaveLength(1);
      const [file] = filesOf(folder);
      const attributes = new Attributes(readPart10(new Uint8Array(readFileSync(join(folder, file!))), 1e9).dataSet);
      expect(attributes.string("PatientID")).toBe("FIX1");
      expect(attributes.string("StudyID")).toBe("S1");
      expect(attributes.number("NumberOfFrames", 0)).toBe(frames);
      expect(attributes.items("SegmentSequence").map((item) => item.string("SegmentAlgorithmType"))).toEqual([
        "SEMIAUTOMATIC",
        "AUTOMATIC",
      ]);
      const groups = attributes.items("PerFrameFunctionalGroupsSequence");
      const positions = groups.map((group) => group.items("PlanePositionSequence")[0]!.numbers("ImagePositionPatient"));
      const expected = frames === 3 ? [1, 3, 1] : [1, 3];
      expected.forEach((slice, i) => {
        for (const [axis, value] of positions[i]!.entries()) expect(value).toBeCloseTo(positionOf(slice)[axis]!, 9);
      });
    }
  });

  test("FRACTIONAL, other objects and damaged files are refused by name, and nothing goes in", async () => {
    const place = await dicomFixture();
    const { folder } = await roundTrip(place, "dicom-seg", [shape(place.cr, place.classes[0], box(1, 1))]);
    const bytes = new Uint8Array(readFileSync(join(folder, filesOf(folder)[0]!)));
    const fractional = writeDicom({
      attributes: { SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4", Modality: "SEG", SegmentationType: "FRACTIONAL" },
    });
    const attempt = (...files: Uint8Array[]) =>
      importLabelFiles(
        place.project,
        files.map((content, i) => memoryFile(`${i}.dcm`, content)),
        { format: "dicom-seg" },
      );
    for (const wrong of [fractional, place.files["cr/chest.dcm"]!, bytes.subarray(0, bytes.length - 40)]) {
      await expect(attempt(bytes, wrong)).rejects.toMatchObject({ code: "labels/file-invalid" });
    }
    expect(place.project.labels.forImage(place.cr).shapes).toEqual([]);
    await expect(attempt(Uint8Array.of(1))).rejects.toMatchObject({ code: "labels/file-invalid" });
    expect(await attempt(bytes)).toMatchObject({ shapes: 1 });
  });

  test("the middle of the first pixel is ImagePositionPatient, its outer corner half a pixel before", async () => {
    const { placed, toPatient } = await import("../../../main/labels/formats/dicom-space.ts");
    const place = await dicomFixture();
    const geometry = place.project.images.series(place.ct[0]!).find(({ id }) => id === place.ct[0])!.geometry[0];
    const at = placed(geometry)!;
    expect(toPatient(at, 0.5, 0.5)).toEqual(positionOf(0).map((value) => expect.closeTo(value, 9)));
    // Across the image: columns are 0.5 mm apart, rows 0.75 mm.
    const [a, b, c] = [toPatient(at, 0, 0), toPatient(at, COLUMNS, 0), toPatient(at, 0, ROWS)];
    expect(Math.hypot(...a.map((value, i) => value - b[i]!))).toBeCloseTo(COLUMNS * 0.5, 6);
    expect(Math.hypot(...a.map((value, i) => value - c[i]!))).toBeCloseTo(ROWS * 0.75, 6);
  });
});

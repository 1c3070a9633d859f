import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnRuns, compressCounts, expandCounts, maskOfColumnRuns } from "../../../main/labels/formats/coco-rle.ts";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { maskOfBytes } from "../../../main/labels/masks/runs.ts";
import { shape } from "../../project/shapes.ts";
import { attributes, COLUMNS, drawn, fixture, ROWS, roundTrip, said } from "./round-trip.ts";

const EVERYTHING = ["imageId", "frame", "classId", "geometry", "attributes", "track"] as const;

describe("COCO", () => {
  test("boxes, polygons, masks and points with attributes and tracks come back equal, to the last bit", async () => {
    const place = await fixture();
    const track = fc.option(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), { nil: null });
    const shapes = fc.array(drawn(place, ["box", "polygon", "mask", "point"], { attributes, track }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(shapes, async (put) => {
        const { shapes: back, preview, exported } = await roundTrip(place, "coco", put);
        expect(said(back, EVERYTHING)).toEqual(said(put, EVERYTHING));
        expect(preview.losses.filter(({ code }) => code !== "reader-dropped")).toEqual([]);
        expect(exported).toMatchObject(preview);
      }),
      { numRuns: 40 },
    );
  });

  test("what it cannot carry is counted before: lines, lengths, angles, image classes; ellipses become polygons", async () => {
    const place = await fixture();
    const [first] = place.images;
    const [lesion] = place.classes;
    const shapes = [
      shape(first, lesion, { kind: "ellipse", x: 16, y: 12, radiusX: 6, radiusY: 3, angle: 30 }, { source: "model:1" }),
      shape(first, lesion, { kind: "polyline", points: [1, 1, 4, 5] }),
      shape(first, null, { kind: "length", points: [1, 1, 4, 5] }),
      shape(first, null, { kind: "angle", points: [1, 1, 4, 5, 9, 9] }),
    ];
    const { preview, shapes: back, back: images } = await roundTrip(place, "coco", shapes, { [first]: lesion });
    expect(preview).toEqual({
      images: 3,
      labels: 5,
      losses: [
        { code: "image-class-dropped", kind: null, count: 1 },
        { code: "reader-dropped", kind: null, count: 1 },
        { code: "shape-approximated", kind: "ellipse", count: 1 },
        { code: "shape-dropped", kind: "angle", count: 1 },
        { code: "shape-dropped", kind: "length", count: 1 },
        { code: "shape-dropped", kind: "polyline", count: 1 },
        { code: "source-dropped", kind: null, count: 1 },
      ],
    });
    expect(back.map(({ geometry: { kind } }) => kind)).toEqual(["polygon"]);
    expect(images[0]!.classId).toBeNull();
  });

  test("its file is what others expect: 1-based categories, x y width height, one image for each frame", async () => {
    const place = await fixture();
    const [, second, cine] = place.images;
    const [lesion, node] = place.classes;
    const { folder } = await roundTrip(place, "coco", [
      shape(second, node, { kind: "box", x: 1, y: 2, width: 3, height: 4 }),
      shape(cine, lesion, { kind: "polygon", points: [0, 0, 4, 0, 4, 2] }, { frame: 2 }),
    ]);
    const file = JSON.parse(readFileSync(join(folder, "annotations.json"), "utf8"));
    expect(file.categories.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
      [1, "lesion"],
      [2, "Lymph node, left"],
    ]);
    expect(file.images).toEqual([
      { id: 1, file_name: "one.png", width: COLUMNS, height: ROWS },
      { id: 2, file_name: "folder/Two words.png", width: COLUMNS, height: ROWS },
      { id: 3, file_name: "cine.dcm", width: COLUMNS, height: ROWS, frame: 0 },
      { id: 4, file_name: "cine.dcm", width: COLUMNS, height: ROWS, frame: 1 },
      { id: 5, file_name: "cine.dcm", width: COLUMNS, height: ROWS, frame: 2 },
    ]);
    expect(file.annotations).toEqual([
      { id: 1, image_id: 2, category_id: 2, bbox: [1, 2, 3, 4], area: 12, segmentation: [], iscrowd: 0 },
      {
        ...{ id: 2, image_id: 5, category_id: 1, iscrowd: 0 },
        ...{ bbox: [0, 0, 4, 2], area: 4, segmentation: [[0, 0, 4, 0, 4, 2]] },
      },
    ]);
  });

  test("plain and compressed runs of others are read, and crowds stay crowds", async () => {
    const { project, images } = await fixture();
    // The first column, then five pixels of the second.
    const counts = [ROWS, 5, ROWS * COLUMNS - ROWS - 5];
    const annotation = (id: number, segmentation: object) => ({
      ...{ id, image_id: 7, category_id: 3, bbox: [1, 0, 1, 5], area: 5, iscrowd: 1 },
      segmentation,
    });
    const file = {
      images: [{ id: 7, file_name: "val/one.png", width: COLUMNS, height: ROWS }],
      categories: [{ id: 3, name: "crowd" }],
      annotations: [
        annotation(1, { size: [ROWS, COLUMNS], counts }),
        annotation(2, { size: [ROWS, COLUMNS], counts: compressCounts(counts) }),
      ],
    };
    const report = await importLabelFiles(project, [memoryFile("a.json", JSON.stringify(file))], { format: "coco" });
    expect(report).toEqual({ labelled: 0, shapes: 2, unmatched: [], newClasses: ["crowd"], refused: [] });
    const runs = [1, 1, ...Array.from({ length: 4 }, () => [COLUMNS - 1, 1]).flat(), ROWS * COLUMNS - 4 * COLUMNS - 2];
    const { shapes } = project.labels.forImage(images[0]);
    expect(shapes.map(({ geometry }) => geometry)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: "mask", rows: ROWS, columns: COLUMNS, runs })),
    );
    expect(shapes[0]!.attributes).toEqual({ iscrowd: true });
    expect(shapes[0]!.source).toBe("import");
  });

  test("compressed counts are those of cocoapi, and expand to what they were", () => {
    // By hand: from the fourth count on, the difference to the last but one.
    expect(expandCounts("52203")).toEqual([5, 2, 2, 2, 5]);
    expect(compressCounts([5, 2, 2, 2, 5])).toBe("52203");
    const counts = fc.array(fc.nat(2 ** 30));
    fc.assert(
      fc.property(counts, (list) => {
        expect(expandCounts(compressCounts(list))).toEqual(list);
      }),
    );
    expect(expandCounts("oooooooooo")).toBeNull();
    const bits = fc.uint8Array({ minLength: 35, maxLength: 35, max: 1 });
    fc.assert(
      fc.property(bits, (bytes) => {
        const mask = maskOfBytes(bytes, 5, 7);
        const columns = columnRuns(mask);
        // Down the columns, said plainly.
        const transposed = Uint8Array.from(bytes, (_, i) => bytes[(i % 5) * 7 + Math.floor(i / 5)]!);
        expect(columns).toEqual(maskOfBytes(transposed, 7, 5).runs);
        expect(maskOfColumnRuns(columns, 5, 7)).toEqual(mask);
      }),
    );
    expect(maskOfColumnRuns([34], 5, 7)).toBeNull();
    expect(maskOfColumnRuns([36], 5, 7)).toBeNull();
  });
});

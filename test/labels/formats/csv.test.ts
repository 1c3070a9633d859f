import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { geometrySchema } from "../../../preload/contract/index.ts";
import { shape } from "../../project/shapes.ts";
import { attributes, drawn, fixture, roundTrip, said } from "./round-trip.ts";

const EVERYTHING = ["imageId", "frame", "classId", "geometry", "attributes", "track"] as const;
const KINDS = geometrySchema.options.map(({ shape: { kind } }) => kind.value);

describe("CSV", () => {
  test("every kind of figure comes back equal, to the last bit, with everything said about it", async () => {
    const place = await fixture();
    const track = fc.option(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), { nil: null });
    const shapes = fc.array(drawn(place, KINDS, { attributes, track }), { maxLength: 8 });
    const [first] = place.images;
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(...place.classes), async (put, classId) => {
        const { shapes: back, back: images, preview } = await roundTrip(place, "csv", put, { [first]: classId });
        expect(said(back, EVERYTHING)).toEqual(said(put, EVERYTHING));
        expect(images[0]!.classId).toBe(classId);
        expect(preview).toEqual({ images: 3, labels: put.length + 1, losses: [] });
      }),
      { numRuns: 40 },
    );
  });

  test("who said it and what proposed it are written; commas, quotation marks and line ends are one cell", async () => {
    const place = await fixture();
    const [, node] = place.classes;
    const put = shape(place.images[0], node, { kind: "point", x: 1.5, y: 2 }, { source: "model:7", track: 'a "b"\nc' });
    const { folder } = await roundTrip(place, "csv", [put]);
    expect(readFileSync(join(folder, "labels.csv"), "utf8")).toBe(
      'file,frame,class,kind,coordinates,attributes,track,source,reader\r\none.png,0,"Lymph node, left",point,1.5 2,,"a ""b""\nc",model:7,Ada\r\n',
    );
  });

  test("a table of names and labels alone is still read", async () => {
    const { project, images } = await fixture();
    const table = memoryFile("t.csv", "image;finding\none;normal\nnowhere;normal\n");
    const report = await importLabelFiles(project, [table], { format: "csv" });
    expect(report).toEqual({ labelled: 1, shapes: 0, unmatched: ["nowhere"], newClasses: ["normal"], refused: [] });
    expect(project.labels.forImage(images[0]).classId).not.toBeNull();
  });

  test("rows that make no sense are refused with their line, and the rest goes in", async () => {
    const { project, images } = await fixture();
    const rows = [
      "file,frame,class,kind,coordinates,attributes",
      "one.png,0,lesion,box,1 1 NaN 2,",
      "one.png,0,lesion,box,1 1 1e999 2,",
      "one.png,0,lesion,box,30 1 9 2,",
      "one.png,4,lesion,box,1 1 2 2,",
      "one.png,0,lesion,star,1 1 2 2,",
      "one.png,0,,box,1 1 2 2,",
      "one.png,0,lesion,mask,23 31 5 5,",
      "one.png,0,lesion,box,1 1 2 2,{oops",
      "one.png,0,lesion,box,1 1 2 2,",
    ];
    const report = await importLabelFiles(project, [memoryFile("t.csv", rows.join("\n"))], { format: "csv" });
    expect(report.shapes).toBe(1);
    expect(report.refused.map(({ file, reason }) => [file, reason])).toEqual([
      ["t.csv:2", "geometry-invalid"],
      ["t.csv:3", "geometry-invalid"],
      ["t.csv:4", "outside-image"],
      ["t.csv:5", "frame-missing"],
      ["t.csv:6", "kind-unknown"],
      ["t.csv:7", "class-missing"],
      ["t.csv:8", "size-differs"],
      ["t.csv:9", "attribute-invalid"],
    ]);
    expect(project.labels.forImage(images[0]).shapes).toHaveLength(1);
  });
});

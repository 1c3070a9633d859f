import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { exportLabels, previewExport } from "../../../main/labels/formats/export.ts";
import { importLabels } from "../../../main/labels/formats/import.ts";
import { keyhole } from "../../../main/labels/formats/rtstruct.ts";
import { outlines } from "../../../main/labels/masks/contours.ts";
import { maskOfRings } from "../../../main/labels/masks/polygon-fill.ts";
import { maskOfBytes } from "../../../main/labels/masks/runs.ts";
import { temporaryFolder } from "../../project/builder.ts";
import { shape } from "../../project/shapes.ts";
import { COLUMN, dicomFixture, positionOf, ROW, SPACING } from "./dicom-images.ts";
import { COLUMNS, geometry, ROWS } from "./round-trip.ts";

/** mm in the patient back to pixels of a CT slice. */
function toPixels(data: readonly number[], slice: number): number[] {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return Array.from({ length: data.length / 3 }, (_, i) => {
    const way = data.slice(3 * i, 3 * i + 3).map((value, axis) => value - positionOf(slice)[axis]!);
    return [dot(way, ROW) / SPACING[1] + 0.5, dot(way, COLUMN) / SPACING[0] + 0.5];
  }).flat();
}

function objectsIn(folder: string): Attributes[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".dcm"))
    .map((name) => new Attributes(readPart10(new Uint8Array(readFileSync(join(folder, name))), 1e9).dataSet));
}

describe("RT Structure Set", () => {
  test("outlines with holes as one ring fill to the mask, by either rule", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64, max: 1 }), (bytes) => {
        const mask = maskOfBytes(bytes, 8, 8);
        const rings = outlines(mask).map(keyhole);
        expect(maskOfRings(rings, 8, 8)).toEqual(mask);
        expect(maskOfRings(rings, 8, 8, "nonzero")).toEqual(mask);
      }),
    );
  });

  test("contours in the patient, taken back to the slice, fill to the same masks; polygons keep their corners", async () => {
    const place = await dicomFixture();
    const { project, ct, classes } = place;
    await fc.assert(
      fc.asyncProperty(geometry("mask"), geometry("polygon"), async (mask, polygon) => {
        const put = [shape(ct[2]!, classes[0], mask), shape(ct[1]!, classes[1], polygon, { track: "left" })];
        project.labels.apply(put.map((each) => ({ do: "put", shape: each })));
        const folder = join(temporaryFolder(), "rt");
        await exportLabels(project, { format: "rtstruct", folder });
        project.labels.apply(put.map(({ id, imageId }) => ({ do: "remove", id, imageId })));
        const [object, ...others] = objectsIn(folder);
        expect(others).toEqual([]);
        expect(object!.items("StructureSetROISequence").map((roi) => roi.string("ROIName"))).toEqual([
          "lesion",
          "Lymph node, left (left)",
        ]);
        const [ofMask, ofPolygon] = object!.items("ROIContourSequence").map((roi) => roi.items("ContourSequence"));
        const rings = ofMask!.map((contour) => toPixels(contour.numbers("ContourData"), 2));
        const { kind: _, ...expected } = mask as Extract<typeof mask, { kind: "mask" }>;
        expect(maskOfRings(rings, ROWS, COLUMNS)).toEqual(expected);
        const corners = toPixels(ofPolygon![0]!.numbers("ContourData"), 1);
        if (polygon.kind !== "polygon") throw new TypeError("A polygon was drawn.");
        // Written to 0.1 µm; a pixel has half a millimetre.
        for (const [i, value] of polygon.points.entries()) expect(Math.abs(corners[i]! - value)).toBeLessThan(3e-4);
        expect(ofPolygon![0]!.string("ContourGeometricType")).toBe("CLOSED_PLANAR");
      }),
      { numRuns: 25 },
    );
  });

  test("images without a place in the patient are told before, and it is only written", async () => {
    const place = await dicomFixture();
    const box = { kind: "box" as const, x: 1, y: 1, width: 2, height: 2 };
    const put = [
      shape(place.cr, place.classes[0], box),
      shape(place.mr, place.classes[0], { kind: "point", x: 3, y: 3 }, { frame: 2 }),
    ];
    place.project.labels.apply(put.map((each) => ({ do: "put", shape: each })));
    const { losses } = await previewExport(place.project, { format: "rtstruct" });
    expect(losses).toEqual([
      { code: "image-without-space", kind: null, count: 1 },
      { code: "reader-dropped", kind: null, count: 1 },
    ]);
    const folder = join(temporaryFolder(), "rt");
    await exportLabels(place.project, { format: "rtstruct", folder });
    const [object, ...others] = objectsIn(folder);
    expect(others).toEqual([]);
    const [contour] = object!.items("ROIContourSequence")[0]!.items("ContourSequence");
    expect(contour!.string("ContourGeometricType")).toBe("POINT");
    expect(contour!.numbers("ContourData")).toEqual([2.5, 2.5, 6]);
    expect(contour!.items("ContourImageSequence")[0]!.number("ReferencedFrameNumber", 0)).toBe(3);
    await expect(importLabels(place.project, { format: "rtstruct", path: folder })).rejects.toMatchObject({
      code: "app/invalid-input",
    });
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import type { Geometry } from "../../../preload/contract/index.ts";
import { shape } from "../../project/shapes.ts";
import { dicomFixture, SPACING } from "./dicom-images.ts";
import { drawn, roundTrip, said } from "./round-trip.ts";

const ABOUT = ["imageId", "frame", "classId", "track"] as const;
/** 32-bit floats of at most 32 pixels. */
const ROUNDING = 2e-6;

function reportIn(folder: string): Attributes {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".dcm"));
  expect(names).toHaveLength(1);
  return new Attributes(readPart10(new Uint8Array(readFileSync(join(folder, names[0]!))), 1e9).dataSet);
}

/** Numbers of a report: meaning, value and unit. */
function numbersIn(item: Attributes): [string, number, string][] {
  return item.items("ContentSequence").flatMap((child) => {
    if (child.string("ValueType") !== "NUM") return numbersIn(child);
    const [value] = child.items("MeasuredValueSequence");
    const meaning = child.items("ConceptNameCodeSequence")[0]!.string("CodeMeaning");
    const unit = value!.items("MeasurementUnitsCodeSequence")[0]!.string("CodeValue");
    return [[meaning, value!.number("NumericValue", Number.NaN), unit] as [string, number, string]];
  });
}

/** Corners and radii; an ellipse in the form whose first radius is the longer one. */
function coordinates(geometry: Geometry): number[] {
  switch (geometry.kind) {
    case "point":
      return [geometry.x, geometry.y];
    case "ellipse": {
      const long = geometry.radiusX >= geometry.radiusY;
      const turn = ((geometry.angle + (long ? 0 : 90)) * Math.PI) / 180;
      const radii = long ? [geometry.radiusX, geometry.radiusY] : [geometry.radiusY, geometry.radiusX];
      // The end of the longer axis on the right tells which way it lies; near a circle there is none.
      const way = Math.abs(radii[0]! - radii[1]!) < 0.1 ? [] : [Math.cos(2 * turn), Math.sin(2 * turn)];
      return [geometry.x, geometry.y, ...radii, ...way];
    }
    case "box":
    case "mask":
      return [];
    default:
      return [...geometry.points];
  }
}

describe("DICOM structured reports (TID 1500)", () => {
  test("figures, lengths and angles come back within a 32-bit float, with class and track, and the image's class", async () => {
    const place = await dicomFixture();
    const kinds = ["polygon", "polyline", "point", "ellipse", "length", "angle"] as const;
    const track = fc.constantFrom(null, "nodule 1");
    await fc.assert(
      fc.asyncProperty(drawn(place, kinds, { track }), fc.constantFrom(...place.classes), async (put, classId) => {
        const { geometry } = put;
        if (geometry.kind === "polyline") {
          const ends = [geometry.points.slice(0, 2), geometry.points.slice(-2)].map((end) => end.map(Math.fround));
          fc.pre(String(ends[0]) !== String(ends[1]));
        }
        const { shapes, back, imported } = await roundTrip(place, "dicom-sr", [put], { [place.cr]: classId });
        expect(imported).toMatchObject({ unmatched: [], refused: [], newClasses: [] });
        expect(said(shapes, ABOUT)).toEqual(said([put], ABOUT));
        expect(shapes[0]!.geometry.kind).toBe(geometry.kind);
        const [ours, theirs] = [coordinates(geometry), coordinates(shapes[0]!.geometry)];
        expect(theirs).toHaveLength(ours.length);
        // Directions of an ellipse are told by its ends: a radius of half a pixel gives less of them.
        const most = geometry.kind === "ellipse" ? 1e-4 : ROUNDING;
        for (const [i, value] of ours.entries()) expect(Math.abs(value - theirs[i]!)).toBeLessThan(most);
        expect(back.find(({ imageId }) => imageId === place.cr)!.classId).toBe(classId);
      }),
      { numRuns: 60 },
    );
  });

  test("measurements: millimetres where the spacing holds in the patient, pixels at a detector", async () => {
    const place = await dicomFixture();
    const [lesion] = place.classes;
    const { folder, preview } = await roundTrip(place, "dicom-sr", [
      shape(place.ct[1]!, null, { kind: "length", points: [2, 2, 8, 10] }),
      shape(place.ct[1]!, null, { kind: "angle", points: [10, 2, 2, 2, 2, 10] }),
      shape(place.ct[1]!, lesion, { kind: "box", x: 1, y: 1, width: 10, height: 4 }),
      shape(place.cr, null, { kind: "length", points: [0, 0, 3, 4] }),
      shape(place.cr, lesion, { kind: "ellipse", x: 9, y: 9, radiusX: 4, radiusY: 2, angle: 0 }),
    ]);
    const numbers = numbersIn(reportIn(folder));
    expect(numbers.map(([meaning, , unit]) => [meaning, unit]).sort()).toEqual([
      ["Angle", "deg"],
      ["Area", "mm2"],
      ["Area", "{squarepixels}"],
      ["Length", "mm"],
      ["Length", "{pixels}"],
    ]);
    const value = (meaning: string, unit: string) =>
      numbers.find((entry) => entry[0] === meaning && entry[2] === unit)![1];
    expect(value("Length", "mm")).toBeCloseTo(Math.hypot(6 * SPACING[1], 8 * SPACING[0]), 9);
    expect(value("Angle", "deg")).toBeCloseTo(90, 9);
    expect(value("Area", "mm2")).toBeCloseTo(40 * SPACING[0] * SPACING[1], 9);
    expect(value("Length", "{pixels}")).toBe(5);
    expect(value("Area", "{squarepixels}")).toBeCloseTo(Math.PI * 8, 9);
    expect(preview.losses).toEqual([
      { code: "reader-dropped", kind: null, count: 5 },
      { code: "shape-approximated", kind: "box", count: 1 },
    ]);
  });

  test("a tracked thing on several slices of a stack has one group and a volume", async () => {
    const place = await dicomFixture();
    const [lesion] = place.classes;
    const put = [1, 2].map((slice) =>
      shape(place.ct[slice]!, lesion, { kind: "polygon", points: [2, 2, 6, 2, 6, 5, 2, 5] }, { track: "n" }),
    );
    const { folder, shapes } = await roundTrip(
      { ...place, images: [place.ct[1]!, place.ct[2]!, place.cr] },
      "dicom-sr",
      put,
    );
    const [[meaning, value, unit], ...others] = numbersIn(reportIn(folder)) as [[string, number, string]];
    expect([meaning, unit, others]).toEqual(["Volume", "mm3", []]);
    expect(value).toBeCloseTo(2 * 12 * SPACING[0] * SPACING[1] * SPACING[2], 6);
    expect(said(shapes, [...ABOUT, "geometry"])).toEqual(said(put, [...ABOUT, "geometry"]));
  });

  test("names that a code cannot hold, and figures in no image, are told", async () => {
    const place = await dicomFixture();
    const { id } = place.project.labels.saveClass({ name: "x".repeat(80) });
    const { preview, imported } = await roundTrip(place, "dicom-sr", [
      shape(place.cr, id, { kind: "point", x: 1, y: 1 }),
    ]);
    expect(preview.losses).toContainEqual({ code: "name-shortened", kind: "point", count: 1 });
    expect(imported.newClasses).toEqual(["x".repeat(64)]);
    await expect(
      importLabelFiles(place.project, [memoryFile("a.dcm", place.files["cr/chest.dcm"]!)], { format: "dicom-sr" }),
    ).rejects.toMatchObject({ code: "labels/file-invalid" });
  });
});

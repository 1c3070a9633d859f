import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { shape } from "../../project/shapes.ts";
import { drawn, fixture, roundTrip, said } from "./round-trip.ts";

const EVERYTHING = ["imageId", "frame", "classId", "geometry", "attributes", "track"] as const;

describe("LabelMe", () => {
  test("polygons, lines, points and masks come back equal, boxes within rounding, with flags and groups", async () => {
    const place = await fixture();
    const flags = fc.dictionary(fc.constantFrom("sure", "calcified"), fc.boolean());
    const group = fc.option(fc.nat(1_000_000).map(String), { nil: null });
    const kinds = ["polygon", "polyline", "point", "mask"] as const;
    const [first] = place.images;
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn(place, kinds, { attributes: flags, track: group }), { maxLength: 6 }),
        drawn(place, ["box"]),
        async (put, box) => {
          const classes = { [first]: place.classes[1] };
          const { shapes, back, preview } = await roundTrip(place, "labelme", [...put, box], classes);
          const boxes = shapes.filter(({ geometry }) => geometry.kind === "box");
          expect(
            said(
              shapes.filter((each) => !boxes.includes(each)),
              EVERYTHING,
            ),
          ).toEqual(said(put, EVERYTHING));
          if (boxes[0]?.geometry.kind !== "box" || box.geometry.kind !== "box") throw new TypeError("No box.");
          for (const key of ["x", "y", "width", "height"] as const) {
            // Corners are written: width is a difference of two.
            expect(Math.abs(boxes[0].geometry[key] - box.geometry[key])).toBeLessThan(1e-14 * 64);
          }
          expect(back[0]!.classId).toBe(place.classes[1]);
          expect(preview.losses).toEqual([{ code: "reader-dropped", kind: null, count: put.length + 1 }]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("circles stay circles, other ellipses become polygons; measurements and other attributes are counted as lost", async () => {
    const place = await fixture();
    const [first] = place.images;
    const [lesion] = place.classes;
    const circle = { kind: "ellipse" as const, x: 12, y: 12, radiusX: 5, radiusY: 5, angle: 0 };
    const { shapes, preview } = await roundTrip(place, "labelme", [
      shape(first, lesion, circle, { attributes: { size: 3 }, track: "left one" }),
      shape(first, lesion, { ...circle, radiusY: 3 }),
      shape(first, null, { kind: "length", points: [1, 1, 2, 2] }),
    ]);
    expect(shapes.map(({ geometry }) => geometry.kind)).toEqual(["ellipse", "polygon"]);
    expect(shapes[0]!.geometry).toEqual(circle);
    expect(preview.losses).toEqual([
      { code: "attributes-dropped", kind: null, count: 1 },
      { code: "reader-dropped", kind: null, count: 2 },
      { code: "shape-approximated", kind: "ellipse", count: 1 },
      { code: "shape-dropped", kind: "length", count: 1 },
      { code: "track-dropped", kind: null, count: 1 },
    ]);
  });

  test("files of others: found by their picture's path, figures without a type are polygons", async () => {
    const { project, images } = await fixture();
    const file = {
      ...{ version: "4.5.6", flags: {}, imagePath: "..\\images\\one.png", imageData: null },
      shapes: [
        {
          label: "cyst",
          points: [
            [1, 1],
            [5, 1],
            [5, 5],
          ],
          group_id: null,
        },
      ],
    };
    const report = await importLabelFiles(project, [memoryFile("a/17.json", JSON.stringify(file))], {
      format: "labelme",
    });
    expect(report).toMatchObject({ shapes: 1, newClasses: ["cyst"], unmatched: [] });
    expect(project.labels.forImage(images[0]).shapes[0]!.geometry).toEqual({
      ...{ kind: "polygon", points: [1, 1, 5, 1, 5, 5] },
    });
  });
});

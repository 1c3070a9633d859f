import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundsOf } from "../../../main/labels/formats/figures.ts";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import type { Geometry } from "../../../preload/contract/index.ts";
import { shape } from "../../project/shapes.ts";
import { COLUMNS, drawn, fixture, ROWS, roundTrip } from "./round-trip.ts";

/** Ten digits of a fraction of at most 32 pixels. */
const ROUNDING = 1e-8;

const numbersOf = (geometry: Geometry): number[] => {
  if (geometry.kind === "box") return [geometry.x, geometry.y, geometry.width, geometry.height];
  return geometry.kind === "polygon" ? geometry.points : [];
};

function near(a: readonly number[], b: readonly number[]): void {
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(ROUNDING);
}

describe("YOLO", () => {
  test("boxes come back in the detection form, within 1e-8 pixels of 32", async () => {
    const place = await fixture();
    await fc.assert(
      fc.asyncProperty(drawn(place, ["box"]), async (put) => {
        const { shapes, preview } = await roundTrip(place, "yolo", [put]);
        expect(shapes.map(({ imageId, frame, classId }) => ({ imageId, frame, classId }))).toEqual([
          { imageId: put.imageId, frame: put.frame, classId: put.classId },
        ]);
        near(numbersOf(shapes[0]!.geometry), numbersOf(put.geometry));
        expect(preview.losses).toEqual([{ code: "reader-dropped", kind: null, count: 1 }]);
      }),
      { numRuns: 40 },
    );
  });

  test("polygons come back in the segmentation form; what has an inside becomes its box or its outline", async () => {
    const place = await fixture();
    await fc.assert(
      fc.asyncProperty(drawn(place, ["polygon"]), async (put) => {
        const { shapes } = await roundTrip(place, "yolo-segment", [put]);
        near(numbersOf(shapes[0]!.geometry), numbersOf(put.geometry));
        const { shapes: boxes } = await roundTrip(place, "yolo", [put]);
        const bounds = boundsOf(put.geometry)!;
        // A polygon may be so thin that its box has no inside left: that one is no box any more.
        if (boxes.length > 0) {
          near(numbersOf(boxes[0]!.geometry), [bounds.x, bounds.y, bounds.width, bounds.height]);
        } else expect(Math.min(bounds.width, bounds.height)).toBeLessThan(1e-6);
      }),
      { numRuns: 30 },
    );
  });

  test("its files are those of the documentation", async () => {
    const place = await fixture();
    const [, second, cine] = place.images;
    const { folder, preview, exported } = await roundTrip(place, "yolo", [
      shape(second, place.classes[1], {
        ...{ kind: "box", x: COLUMNS / 4, y: ROWS / 4, width: COLUMNS / 2, height: ROWS / 2 },
      }),
      shape(
        cine,
        place.classes[0],
        { kind: "ellipse", x: COLUMNS / 2, y: ROWS / 2, radiusX: COLUMNS / 4, radiusY: ROWS / 4, angle: 0 },
        { frame: 1 },
      ),
      shape(cine, place.classes[0], { kind: "point", x: 1, y: 1 }, { attributes: { sure: true } }),
    ]);
    const read = (path: string) => readFileSync(join(folder, path), "utf8");
    expect(read("labels/folder/Two words.txt")).toBe("1 0.5 0.5 0.5 0.5\n");
    expect(read("labels/cine@1.txt")).toBe("0 0.5 0.5 0.5 0.5\n");
    expect(read("classes.txt")).toBe("lesion\nLymph node, left\n");
    expect(read("data.yaml")).toContain('names:\n  0: "lesion"\n  1: "Lymph node, left"\n');
    expect(preview.losses).toEqual([
      { code: "reader-dropped", kind: null, count: 2 },
      { code: "shape-approximated", kind: "ellipse", count: 1 },
      { code: "shape-dropped", kind: "point", count: 1 },
    ]);
    expect(exported.files).toBe(4);
  });

  test.each([
    ["list in one line", "names: ['a, b', \"c\", d]", ["a, b", "c", "d"]],
    ["list", "nc: 2\nnames:\n- a\n- 'b''c'\nother: 1", ["a", "b'c"]],
    ["map", "names:\n  0: a # first\n  1: b\n", ["a", "b"]],
    ["map in one line", "names: {0: a, 1: b}", ["a", "b"]],
  ])("class names of others are read: %s", async (_, yaml, names) => {
    const { project, images } = await fixture();
    const lines = names.map((_name, i) => `${i} 0.5 0.5 0.25 0.25`).join("\n");
    const files = [memoryFile("data.yaml", yaml), memoryFile("labels/train/one.txt", lines)];
    const report = await importLabelFiles(project, files, { format: "yolo" });
    expect(report).toMatchObject({ shapes: names.length, newClasses: names });
    expect(project.labels.forImage(images[0]).shapes[0]!.geometry).toEqual({
      ...{ kind: "box", x: COLUMNS * 0.375, y: ROWS * 0.375, width: COLUMNS / 4, height: ROWS / 4 },
    });
  });

  test("damaged lines and classes without a name stop the import", async () => {
    const { project, images } = await fixture();
    for (const line of ["0 0.5 0.5", "x 0.5 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "7 0.5 0.5 0.1 0.1", "0.5 1 1 1 1"]) {
      const files = [memoryFile("classes.txt", "a\n"), memoryFile("labels/one.txt", `0 0.5 0.5 0.1 0.1\n${line}`)];
      await expect(importLabelFiles(project, files, { format: "yolo" })).rejects.toMatchObject({
        code: "labels/file-invalid",
      });
    }
    await expect(
      importLabelFiles(project, [memoryFile("one.txt", "0 0.5 0.5 0.1 0.1")], { format: "yolo" }),
    ).rejects.toMatchObject({ code: "labels/file-invalid" });
    expect(project.labels.forImage(images[0]).shapes).toEqual([]);
  });
});

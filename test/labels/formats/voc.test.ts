import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { readXml } from "../../../main/labels/formats/xml.ts";
import { AppError } from "../../../preload/contract/errors.ts";
import { shape } from "../../project/shapes.ts";
import { COLUMNS, drawn, fixture, ROWS, roundTrip } from "./round-trip.ts";

describe("Pascal VOC", () => {
  test("boxes come back, their edges moved outwards to whole pixels", async () => {
    const place = await fixture();
    await fc.assert(
      fc.asyncProperty(drawn(place, ["box"]), async (put) => {
        const { shapes, preview } = await roundTrip(place, "voc", [put]);
        if (put.geometry.kind !== "box") throw new TypeError("A box was drawn.");
        const { x, y, width, height } = put.geometry;
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const whole = { x: left, y: top, width: Math.ceil(x + width) - left, height: Math.ceil(y + height) - top };
        expect(shapes).toMatchObject([{ imageId: put.imageId, frame: put.frame, classId: put.classId }]);
        expect(shapes[0]!.geometry).toEqual({ kind: "box", ...whole });
        const exact = x === whole.x && y === whole.y && width === whole.width && height === whole.height;
        expect(preview.losses.some(({ code }) => code === "rounded")).toBe(!exact);
      }),
      { numRuns: 40 },
    );
  });

  test("pixels count from 1: a box over the whole picture goes from 1 to its width", async () => {
    const place = await fixture();
    const whole = shape(place.images[1], place.classes[0], { kind: "box", x: 0, y: 0, width: COLUMNS, height: ROWS });
    const { folder, shapes } = await roundTrip(place, "voc", [whole]);
    const text = readFileSync(join(folder, "Annotations/folder/Two words.xml"), "utf8");
    expect(text).toContain(`<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>${COLUMNS}</xmax><ymax>${ROWS}</ymax></bndbox>`);
    expect(shapes[0]!.geometry).toEqual(whole.geometry);
  });

  test("names with everything that XML means something by come back", async () => {
    const place = await fixture();
    const { id } = place.project.labels.saveClass({ name: `<a> & "b" 'c' ]]> é漢` });
    const { shapes } = await roundTrip(place, "voc", [
      shape(place.images[0], id, { kind: "box", x: 1, y: 1, width: 2, height: 2 }),
    ]);
    expect(shapes[0]!.classId).toBe(id);
  });

  test("entities, document types and damaged XML are refused; nothing outside is read and nothing grows", async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>`;
    const outside = `<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>`;
    const deep = `${"<a>".repeat(40)}${"</a>".repeat(40)}`;
    const wide = `<annotation>${"<a/>".repeat(300_000)}</annotation>`;
    const open = `<annotation ${'x="1" '.repeat(100_000)}`;
    const damaged = ["", "text", "<annotation>", "<a></b>", "<a/><b/>", "<a>&what;</a>", "<a>&#x7fffffff;</a>", "</a>"];
    const { project } = await fixture();
    for (const text of [bomb, outside, deep, wide, open, ...damaged]) {
      const began = performance.now();
      await expect(importLabelFiles(project, [memoryFile("one.xml", text)], { format: "voc" })).rejects.toMatchObject({
        code: "labels/file-invalid",
      });
      expect(performance.now() - began).toBeLessThan(20_000);
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."<>/!-?&;[]\"'a= \n"), maxLength: 60 }), (text) => {
        try {
          readXml("x.xml", text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

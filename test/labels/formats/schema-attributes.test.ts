import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shape } from "../../project/shapes.ts";
import { fixture, roundTrip } from "./round-trip.ts";

test("attributes of the schema are written under their names and come back under their ids", async () => {
  const place = await fixture();
  const [lesion] = place.classes;
  const about = { min: null, max: null, unit: "", archived: false };
  const { attributes } = place.project.attributes.save(lesion, [
    { ...about, name: "Margin", kind: "choice", options: [{ name: "smooth", archived: false }] },
    { ...about, name: "Size", kind: "number", options: [] },
  ]);
  const [margin, size] = attributes;
  const said = { [margin!.id]: margin!.options[0]!.id, [size!.id]: 4.5, other: true };
  const put = shape(place.images[0], lesion, { kind: "box", x: 1, y: 2, width: 3, height: 4 }, { attributes: said });
  const { folder, shapes } = await roundTrip(place, "csv", [put]);
  expect(readFileSync(join(folder, "labels.csv"), "utf8")).toContain(
    '{""Margin"":""smooth"",""Size"":4.5,""other"":true}',
  );
  expect(shapes.map((back) => back.attributes)).toEqual([said]);
});

// Slices filled between two, asked of a real studio with a real series.
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maskOfBytes } from "../../main/labels/masks/runs.ts";
import type { Geometry, ImageStack, Shape } from "../../preload/contract/index.ts";
import { ctSeries } from "../support/ct-series.ts";
import { ended, openStudio, type TestStudio } from "./open-studio.ts";

const SIDE = 16;
/**
 * Pixels between squares of 4 and 12 a side: squares of 6, 8 and 10. The first lacks its corners: a corner's pixel lies √2 outside the small square and 4
 * inside the large one, and 3/4 · -√2 + 1/4 · 4 < 0; in the next it is 1/2 · -2√2 + 1/2 · 3 > 0.
 */
const GROWING = [36 - 4, 64, 100];
let opened: TestStudio;
let stack: ImageStack;
let classId: string;

beforeAll(async () => {
  opened = await openStudio();
  const { client, folder } = opened;
  const path = join(folder, "series");
  mkdirSync(path);
  for (const { name, bytes } of ctSeries({ slices: 7, side: SIDE, patient: "CT-1", uid: "2.25.78" })) {
    writeFileSync(join(path, name), bytes);
  }
  await ended(client, await client.images.importPath({ path, labels: "none" }));
  const { items } = await client.images.list({});
  stack = await client.images.stack({ id: items[0]!.id });
  classId = (await client.labels.saveClass({ name: "lesion" })).id;
});
afterAll(() => opened.close());

/** A square of so many pixels a side, in the middle. */
function square(size: number): Geometry {
  const [first, last] = [(SIDE - size) / 2, (SIDE + size) / 2];
  const within = (at: number) => at >= first && at < last;
  const bytes = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    within(i % SIDE) && within(Math.floor(i / SIDE)) ? 1 : 0,
  );
  return { kind: "mask", ...maskOfBytes(bytes, SIDE, SIDE), runs: [...maskOfBytes(bytes, SIDE, SIDE).runs] };
}
const imageOf = (slice: number) => stack.slices[slice]!.imageId;
const draw = (slice: number, geometry: Geometry) => {
  const shape = { id: randomUUID(), imageId: imageOf(slice), frame: 0, classId, geometry, attributes: {}, track: null };
  return opened.client.labels.apply({ edits: [{ do: "put", shape: { ...shape, source: null } }] });
};
const shapes = async (): Promise<(Shape | undefined)[]> => {
  const found = await opened.client.labels.forImages({ imageIds: stack.slices.map(({ imageId }) => imageId) });
  return found.map((labels) => labels.shapes[0]);
};
const area = (shape: Shape | undefined) =>
  shape?.geometry.kind === "mask" ? shape.geometry.runs.reduce((sum, run, i) => (i % 2 === 1 ? sum + run : sum), 0) : 0;

test("masks between two slices grow from one to the other, in one step of undo", async () => {
  const { client } = opened;
  await draw(1, square(4));
  await draw(5, square(12));
  const before = await shapes();
  const change = await client.labels.interpolate({ imageId: imageOf(5), of: { classId } });
  expect(change.put.filter(({ source }) => source === "interpolation")).toHaveLength(3);
  const after = await shapes();
  const areas = after.map(area);
  expect(areas).toEqual([0, 16, ...GROWING, 144, 0]);
  expect(after.map((shape) => shape?.source)).toEqual([
    undefined,
    null,
    "interpolation",
    "interpolation",
    "interpolation",
    null,
    undefined,
  ]);
  expect(new Set(after.slice(1, 6).map((shape) => shape!.track))).toEqual(new Set([before[1]!.id]));
  await client.labels.undo({});
  expect(await shapes()).toEqual(before);
  await client.labels.redo({});
  expect((await shapes()).map(area)).toEqual(areas);
});

test("a slice that a reader corrected stays, and the rest follows it", async () => {
  const { client } = opened;
  const [, , , middle] = await shapes();
  const { reader: _, ...said } = middle!;
  await client.labels.apply({ edits: [{ do: "put", shape: { ...said, geometry: square(4), source: null } }] });
  await client.labels.interpolate({ imageId: imageOf(2), of: { classId } });
  expect((await shapes()).map(area)).toEqual([0, 16, 16, 16, GROWING[2], 144, 0]);
  await client.labels.interpolate({ imageId: imageOf(4), of: { classId } });
  const areas = (await shapes()).map(area);
  expect(areas.toSpliced(4, 1)).toEqual([0, 16, 16, 16, 144, 0]);
  expect(areas[4]).toBeGreaterThan(16);
  expect(areas[4]).toBeLessThan(GROWING[2]!);
});

test("refuses, and changes nothing, where there is nothing between", async () => {
  const { client } = opened;
  const before = await shapes();
  const refused = { code: "labels/nothing-between" };
  await expect(client.labels.interpolate({ imageId: imageOf(0), of: { classId } })).rejects.toMatchObject(refused);
  await expect(client.labels.interpolate({ imageId: imageOf(6), of: { classId } })).rejects.toMatchObject(refused);
  await expect(client.labels.interpolate({ imageId: imageOf(1), of: { shapeId: randomUUID() } })).rejects.toMatchObject(
    { code: "app/not-found" },
  );
  expect(await shapes()).toEqual(before);
});

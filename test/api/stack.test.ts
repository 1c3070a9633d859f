// The slices that a reader gets, asked of a real studio with real DICOM files.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ctSeries } from "../support/ct-series.ts";
import { ended, openStudio, type TestStudio } from "./open-studio.ts";

let opened: TestStudio;
beforeAll(async () => {
  opened = await openStudio();
});
afterAll(() => opened.close());

test("a series is a stack in the patient's order, and each slice says where it lies", async () => {
  const { client, folder } = opened;
  const path = join(folder, "series");
  mkdirSync(path);
  for (const { name, bytes } of ctSeries({ slices: 5, side: 16, patient: "CT-1", uid: "2.25.77" })) {
    writeFileSync(join(path, name), bytes);
  }
  await ended(client, await client.images.importPath({ path, labels: "none", deidentify: { profile: "none" } }));
  const { items } = await client.images.list({});
  const stack = await client.images.stack({ id: items[0]!.id });
  expect(stack).toMatchObject({ order: "geometry", step: 2.5, gaps: 0, repeated: 0 });
  expect(stack.slices.map(({ position }) => position)).toEqual([0, 2.5, 5, 7.5, 10]);
  expect(stack.slices.map(({ geometry }) => geometry?.position)).toEqual(
    [0, 2.5, 5, 7.5, 10].map((z) => [-100, -100, z]),
  );
  for (const { geometry } of stack.slices) {
    expect(geometry).toMatchObject({
      orientation: [1, 0, 0, 0, 1, 0],
      spacing: [0.8, 0.8],
      thickness: 2.5,
      frameOfReference: "2.25.77.0.3",
    });
  }
});

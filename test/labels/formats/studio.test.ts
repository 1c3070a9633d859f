// The same through the studio's doors: calls with jobs in child processes, and the command line.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabelExportReport, LabelFileReport } from "../../../preload/contract/index.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "../../api/open-studio.ts";
import { runLoupe } from "../../hosts/run-loupe.ts";

let studio: TestStudio;
beforeAll(async () => {
  studio = await openStudio();
  const job = await studio.client.images.importSample({ images: 20, seed: 3 });
  expect(await ended(studio.client, job)).toMatchObject({ state: "done" });
});
afterAll(() => studio.close());

describe("label files", () => {
  test("every format says what it carries; all but structure sets are read", async () => {
    const formats = await studio.client.labelFiles.formats();
    expect(formats).toHaveLength(12);
    expect(formats.filter(({ reads }) => !reads).map(({ id }) => id)).toEqual(["rtstruct"]);
  });

  test("what is lost is told first; the job writes a new folder, once, and the audit says that identifiers left", async () => {
    const { client, folder } = studio;
    const preview = await client.labelFiles.preview({ format: "coco" });
    expect(preview.images).toBe(20);
    expect(preview.losses).toContainEqual({ code: "image-class-dropped", kind: null, count: 20 });
    const target = join(folder, "coco");
    const job = await ended(client, await client.labelFiles.export({ format: "coco", folder: target }));
    expect(job).toMatchObject({ state: "done", kind: "labels-export" });
    expect(job.result as LabelExportReport).toMatchObject({ ...preview, folder: target, files: 1 });
    const written = JSON.parse(readFileSync(join(target, "annotations.json"), "utf8"));
    expect(written.images).toHaveLength(20);
    const again = await ended(client, await client.labelFiles.export({ format: "coco", folder: target }));
    expect(again).toMatchObject({ state: "failed", error: { code: "labels/target-exists" } });
    const audit = await client.audit.list({ offset: 0, limit: 10 });
    const entry = audit.entries.find(({ action }) => action === "label/export")!;
    expect(JSON.parse(entry.detail)).toMatchObject({ format: "coco", images: 20, identifiers: expect.any(String) });
    expect(audit.entries.filter(({ action }) => action === "label/export")).toHaveLength(1);
  });

  test("files come in as one job; a damaged one leaves everything as it was", async () => {
    const { client, folder } = studio;
    const { items } = await client.images.list({ limit: 1 });
    const csv = join(folder, "in.csv");
    const header = "file,frame,class,kind,coordinates\n";
    writeFileSync(csv, `${header}${items[0]!.name},0,calcification,point,3 4\n`);
    const done = await ended(client, await client.labelFiles.import({ format: "csv", path: csv }));
    expect(done.result as LabelFileReport).toMatchObject({ shapes: 1, newClasses: ["calcification"] });
    const before = await client.labels.forImage({ imageId: items[0]!.id });
    writeFileSync(csv, `${header}${items[0]!.name},0,another,point,3 4\n"open`);
    const failed = await ended(client, await client.labelFiles.import({ format: "csv", path: csv }));
    expect(failed).toMatchObject({ state: "failed", error: { code: "labels/file-invalid" } });
    expect(await client.labels.forImage({ imageId: items[0]!.id })).toEqual(before);
    expect((await client.labels.classes()).map(({ name }) => name)).not.toContain("another");
  });

  test("the command line says what is lost, writes, and reads again", async () => {
    const { folder, project } = studio;
    mkdirSync(join(folder, "cli"), { recursive: true });
    const env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: project.path };
    const run = (...args: string[]) => runLoupe(args, { folder, env });
    const target = join(folder, "cli", "voc");
    const preview = await run("labels-export", "--format", "voc", "--folder", target, "--preview", "--json");
    expect(JSON.parse(preview.stdout)).toMatchObject({ images: 20 });
    expect(existsSync(target)).toBe(false);
    const out = await run("labels-export", "--format", "voc", "--folder", target);
    expect(out).toMatchObject({ code: 0 });
    expect(out.stderr).toContain("× image-class-dropped");
    const back = await run("labels-import", target, "--format", "voc", "--json");
    expect(JSON.parse(back.stdout)).toMatchObject({ labelled: 0, unmatched: [], newClasses: [], refused: [] });
    expect(await run("labels-import", target, "--format", "nothing")).toMatchObject({ code: 2 });
  });
});

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { nodeChildren } from "../../main/jobs/node-child.ts";
import { Supervisor } from "../../main/jobs/supervisor.ts";
import { importFile } from "../../main/jobs/tasks/import.ts";
import { AppError } from "../../preload/contract/errors.ts";
import type { ImportReport, Job } from "../../preload/contract/index.ts";
import { ended, openStudio, type TestStudio } from "../api/open-studio.ts";
import { COLUMNS, greyAttributes, ROWS } from "../imaging/pictures.ts";
import { newProject } from "../project/builder.ts";

let open: TestStudio;
beforeAll(async () => {
  open = await openStudio();
});
afterAll(() => open.close());

/** Starts a sample that takes a while and waits until some of it is in. */
async function underWay(seed: number): Promise<Job> {
  const events = await open.client.app.events();
  const { id } = await open.client.images.importSample({ images: 2000, seed });
  for await (const event of events) {
    if (event.type === "job" && event.job.id === id && event.job.progress.done > 0) return event.job;
  }
  throw new Error("the events ended");
}

function png(folder: string, name: string, grey: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), encode({ width: 4, height: 3, data: new Uint8Array(12).fill(grey), channels: 1 }));
}

describe("a job", () => {
  test("that is cancelled stops, says so, and keeps what it finished", async () => {
    const job = await underWay(1);
    await open.client.jobs.cancel({ id: job.id });
    const last = await ended(open.client, job);
    expect(last).toMatchObject({ state: "cancelled", error: null, result: null });
    expect(last.finishedAt).not.toBeNull();
    expect((await open.client.images.facets()).total).toBeGreaterThan(0);
    expect((await open.client.jobs.cancel({ id: job.id })).state).toBe("cancelled");
  });

  test("whose process is killed is interrupted with jobs/crashed, and the studio goes on", async () => {
    const job = await underWay(2);
    open.children.at(-1)!.kill();
    expect(await ended(open.client, job)).toMatchObject({ state: "interrupted", error: { code: "jobs/crashed" } });
    // One batch of 16 had been told of; a batch is in as a whole or not at all.
    const again = await open.client.images.importSample({ images: 20, seed: 2 });
    expect(await ended(open.client, again)).toMatchObject({
      state: "done",
      result: { duplicates: expect.toSatisfy((count: number) => count >= 16) },
    });
  });

  test("whose process dies before it can do anything is interrupted", async () => {
    const { id } = await open.client.images.importSample({ images: 20, seed: 3 });
    open.children.at(-1)!.kill();
    expect((await ended(open.client, { id })).state).toBe("interrupted");
  });

  test("that cannot be written leaves no process behind", async () => {
    const { project } = await newProject();
    let started = 0;
    const startChild = () => {
      started++;
      return nodeChildren()();
    };
    project.jobs.save = () => {
      throw new AppError("project/disk-full", "The disk is full.");
    };
    const supervisor = new Supervisor({ project, startChild, publish: () => {} });
    expect(() => supervisor.start({ kind: "sample", images: 20, seed: 1 }, null)).toThrow("full");
    expect(started).toBe(0);
  });

  test("is listed newest first, with its state", async () => {
    const jobs = await open.client.jobs.list();
    expect(jobs.map(({ state }) => state)).toEqual(["interrupted", "done", "interrupted", "cancelled"]);
  });
});

describe("short calls", () => {
  test("come back with jobs/crashed when their process dies, and the next one works", async () => {
    const file = (size: number) => new File([new Uint8Array(size)], "empty.bin");
    await open.client.images.importFile({ name: "a.bin", bytes: file(10) });
    const warm = open.children.at(-1)!;
    const lost = open.client.images.importFile({ name: "a.bin", bytes: file(200_000_000) });
    await expect.poll(() => open.children.at(-1) === warm).toBe(true);
    warm.kill();
    await expect(lost).rejects.toMatchObject({ code: "jobs/crashed" });
    expect((await open.client.images.importFile({ name: "a.bin", bytes: file(10) })).refused).toHaveLength(1);
  });
});

describe("importing a folder", () => {
  const report = async (path: string, labels: "none" | "folders"): Promise<ImportReport> => {
    const job = await open.client.images.importPath({ path, labels, deidentify: { profile: "none" } });
    return (await ended(open.client, job)).result as ImportReport;
  };

  test("takes classes from folders and parts from their parents, and leaves hidden files, loops and projects out", async () => {
    const root = join(open.folder, "set");
    png(join(root, "train", "Größe A"), "1.png", 10);
    png(join(root, "train", "Größe A"), "2.png", 20);
    png(join(root, "test", "病变"), "10.png", 30);
    png(join(root, "test", "病变"), ".hidden.png", 40);
    png(join(root, "Other.loupe"), "1.png", 50);
    symlinkSync(root, join(root, "loop"));
    writeFileSync(join(root, "notes.txt"), "nothing to see");
    writeFileSync(join(root, "test", "broken.png"), Buffer.from("\x89PNG\r\n\x1a\n and then not", "latin1"));
    writeFileSync(join(root, "empty.dcm"), "");

    const first = await report(root, "folders");
    expect(first).toMatchObject({ imported: 3, duplicates: 0, labelled: 3 });
    expect(first.refused.map(({ file, code }) => [file, code])).toEqual([
      ["empty.dcm", "imaging/empty"],
      ["notes.txt", "imaging/format-unknown"],
      ["test/broken.png", "imaging/unreadable"],
    ]);
    const names = (await open.client.labels.classes()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["Größe A", "病变"]));
    const { items } = await open.client.images.list({ filter: { text: "10.png" } });
    expect(items[0]).toMatchObject({ name: "test/病变/10.png" });
    expect((await open.client.images.get({ id: items[0]!.id })).suggestedPart).toBe("test");

    expect(await report(root, "folders")).toMatchObject({ imported: 0, duplicates: 3, labelled: 0 });
  });

  test.skipIf(process.getuid === undefined || process.getuid() === 0)(
    "lists a folder that may not be read (skipped for root, who may read all)",
    async () => {
      const root = join(open.folder, "partly");
      png(root, "1.png", 70);
      mkdirSync(join(root, "locked"));
      chmodSync(join(root, "locked"), 0);
      try {
        const { imported, refused } = await report(root, "none");
        expect([imported, refused.map(({ file, code }) => [file, code])]).toEqual([
          1,
          [["locked/", "imaging/unreadable"]],
        ]);
      } finally {
        chmodSync(join(root, "locked"), 0o700);
      }
    },
  );

  test("an image with an odd number or in a folder without a name does not cost the others", async () => {
    const root = join(open.folder, "odd");
    png(join(root, " "), "1.png", 71);
    png(join(root, "z"), "2.png", 72);
    for (const [index, InstanceNumber] of ["1.5", "1e30"].entries()) {
      const attributes = greyAttributes({ InstanceNumber, SOPInstanceUID: `1.2.${index}` });
      writeFileSync(
        join(root, `${index}.dcm`),
        writeDicom({ attributes, pixelData: new Uint8Array(2 * ROWS * COLUMNS) }),
      );
    }
    expect(await report(root, "folders")).toMatchObject({ imported: 4, labelled: 3, refused: [] });
  });

  test("reads archives like folders, lists what they refuse, and passes a disc's table of contents over", async () => {
    const root = join(open.folder, "disc");
    mkdirSync(root);
    const contents = writeDicom({
      attributes: { SOPClassUID: "1.2.840.10008.1.3.10", DirectoryRecordSequence: [] },
      pixelData: new Uint8Array(),
    });
    const image = encode({ width: 4, height: 3, data: new Uint8Array(12).fill(73), channels: 1 });
    writeFileSync(join(root, "DICOMDIR"), contents);
    writeFileSync(
      join(root, "a.zip"),
      zipSync({ "x/1.png": image, DICOMDIR: contents, "notes.txt": new Uint8Array(9) }),
    );
    const { imported, refused } = await report(root, "none");
    expect([imported, refused.map(({ file, code }) => [file, code])]).toEqual([
      1,
      [["a.zip/notes.txt", "imaging/format-unknown"]],
    ]);
    // Chosen by itself it is named.
    expect((await report(join(root, "DICOMDIR"), "none")).refused[0]?.code).toBe("imaging/directory");
  });

  test("lists an image that the project cannot keep", async () => {
    const { project } = await newProject();
    project.images.add = () => {
      throw new AppError("imaging/too-large", "The frame is too large.");
    };
    const bytes = encode({ width: 4, height: 3, data: new Uint8Array(12), channels: 1 });
    const context = { project, signal: new AbortController().signal, progress() {}, points() {}, changed() {} };
    const deidentify = { profile: "none" as const, options: [] };
    const answer = await importFile({ kind: "import-file", name: "a.png", bytes, labels: "none", deidentify }, context);
    expect(answer).toMatchObject({ imported: 0, refused: [{ file: "a.png", code: "imaging/too-large" }] });
  });

  test("leaves an archive's own labels to its images", async () => {
    const root = join(open.folder, "archives");
    mkdirSync(root);
    const array = (shape: string, bytes: Uint8Array): Uint8Array => {
      const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
      return Buffer.concat([
        Uint8Array.of(0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0),
        Buffer.from(`${header}\n`),
        bytes,
      ]);
    };
    const archive = zipSync({
      "train_images.npy": array(
        "(2, 3, 4)",
        Uint8Array.from({ length: 24 }, (_, i) => i),
      ),
      "train_labels.npy": array("(2, 1)", Uint8Array.of(0, 1)),
    });
    writeFileSync(join(root, "mnist.npz"), archive);
    expect(await report(root, "folders")).toMatchObject({ imported: 2, labelled: 2 });
    const names = (await open.client.labels.classes()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["0", "1"]));
    expect(names).not.toContain("archives");
  });

  test("never replaces a label that a reader gave", async () => {
    const { items } = await open.client.images.list({ filter: { text: "1.png" } });
    const image = items.find(({ name }) => name.startsWith("train/"))!;
    const { id: classId } = await open.client.labels.saveClass({ name: "my own" });
    await open.client.labels.apply({ edits: [{ do: "class", imageId: image.id, classId }] });
    await report(join(open.folder, "set"), "folders");
    expect((await open.client.labels.forImage({ imageId: image.id })).classId).toBe(classId);
  });

  test("that does not exist is refused before a job is made", async () => {
    await expect(open.client.images.importPath({ path: join(open.folder, "none") })).rejects.toMatchObject({
      code: "app/not-found",
    });
  });
});

describe("training", () => {
  test("that is killed can be resumed and ends with a model; one that is done cannot", async () => {
    const { client } = open;
    const snapshot = await client.snapshots.create({ name: "first", useSuggestedParts: false });
    const [suggested] = await client.runs.recipes({ snapshotId: snapshot.id });
    const recipe = {
      ...suggested!.recipe,
      architecture: "logistic" as const,
      inputSize: 16,
      epochs: 40,
      patience: null,
    };
    const events = await client.app.events();
    const { run, job } = await client.runs.start({ snapshotId: snapshot.id, recipe });
    expect(run).toMatchObject({ state: "running", jobId: job.id });
    for await (const event of events) {
      if (event.type === "points" && event.points.some(({ epoch }) => epoch >= 2)) break;
    }
    open.children.at(-1)!.kill();
    expect((await ended(client, job)).state).toBe("interrupted");
    expect(await client.runs.get({ id: run.id })).toMatchObject({
      state: "interrupted",
      error: { code: "jobs/crashed" },
    });

    const resumed = await client.runs.resume({ id: run.id });
    expect(await ended(client, resumed.job)).toMatchObject({ state: "done", result: { runId: run.id } });
    const done = await client.runs.get({ id: run.id });
    expect(done).toMatchObject({ state: "done", error: null, jobId: resumed.job.id });
    const evaluation = await client.models.evaluation({ modelId: done.modelId! });
    expect(evaluation.cases.length).toBe(snapshot.counts.find(({ part }) => part === "test")!.images);
    await expect(client.runs.resume({ id: run.id })).rejects.toMatchObject({ code: "training/not-resumable" });
  });

  test("that is cancelled leaves a run that can be resumed", async () => {
    const { client } = open;
    const [snapshot] = await client.snapshots.list();
    const [suggested] = await client.runs.recipes({ snapshotId: snapshot!.id });
    const { run, job } = await client.runs.start({ snapshotId: snapshot!.id, recipe: suggested!.recipe });
    await client.runs.cancel({ id: run.id });
    expect((await ended(client, job)).state).toBe("cancelled");
    expect(await client.runs.get({ id: run.id })).toMatchObject({ state: "cancelled", error: null });
  });
});

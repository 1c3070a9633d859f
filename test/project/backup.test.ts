import { copyFileSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeBackup, restoreBackup } from "../../main/project/backup.ts";
import { compact } from "../../main/project/compaction.ts";
import { openProject, type Project } from "../../main/project/project.ts";
import { addImages, CHEAP, closing, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";
import { box } from "./shapes.ts";

const going = new AbortController().signal;
const quiet = { signal: going, onProgress: () => {} };
const refusal = (code: string) => expect.objectContaining({ code });

async function labelled(): Promise<{ project: Project; ids: string[] }> {
  const { project } = await newProject();
  const ids = addImages(project, 40, (index) => ({
    patient: `patient ${index}`,
    frames: [{ transferSyntax: "raw", bytes: Buffer.alloc(100_000, index) }],
  }));
  const { id: classId } = project.labels.saveClass({ name: "lesion" });
  for (const imageId of ids) {
    project.labels.apply([
      { do: "class", imageId, classId },
      { do: "put", shape: box(imageId, classId) },
    ]);
  }
  return { project, ids };
}

async function restored(backup: string, more: Partial<Parameters<typeof restoreBackup>[0]> = {}): Promise<Project> {
  const { project } = await restoreBackup({
    backup,
    folder: temporaryFolder(),
    passphrase: PASSPHRASE,
    attempt: (unlock) => unlock(),
    check: (copy) => copy.upkeep.check({ mode: "full", ...quiet }),
    ...quiet,
    ...more,
  });
  return closing(project);
}

const stateOf = (project: Project) =>
  project.images.names().map(({ id, name }) => {
    const { frame } = project.images.frame(id, 0);
    return { name, labels: project.labels.forImage(id), bytes: Buffer.from(frame.bytes).toString("base64") };
  });

describe("a backup", () => {
  test("holds every image, label and audit entry of its moment, encrypted under the same keys", async () => {
    const { project } = await labelled();
    const folder = temporaryFolder();
    const before = stateOf(project);
    const audit = project.audit.list(0, 1000);
    const report = await makeBackup(project, { folder, ...quiet });
    expect(readdirSync(folder)).toEqual([
      expect.stringMatching(/^Chest \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.loupe-backup$/),
    ]);
    expect(readdirSync(report.path).sort()).toEqual(["keys.json", "project.db"]);
    expect(readFileSync(join(report.path, "project.db")).includes("patient 1")).toBe(false);
    expect(report.audit).toEqual({ sequence: audit.total, hash: audit.entries[0]!.hash });
    expect(report.images).toBe(40);
    const copy = await restored(report.path);
    expect(stateOf(copy)).toEqual(before);
    const restoredAudit = copy.audit.list(0, 1000);
    expect(restoredAudit.intact).toBe(true);
    expect(restoredAudit.entries.slice(-audit.total)).toEqual(audit.entries);
    expect(restoredAudit.entries.map(({ action }) => action).slice(0, -audit.total)).toContain("backup/restore");
  });

  test("is taken while others write: it holds one moment, and they are not stopped", async () => {
    const { project, ids } = await labelled();
    const { id: other } = project.labels.saveClass({ name: "normal" });
    let wrote = 0;
    const onProgress = () => {
      if (wrote < ids.length) project.labels.apply([{ do: "class", imageId: ids[wrote++]!, classId: other }]);
    };
    const { audit, path } = await makeBackup(project, { folder: temporaryFolder(), signal: going, onProgress });
    expect(wrote).toBeGreaterThan(10);
    // What was written meanwhile is not in it, and its chain ends where the project's was when it began.
    expect(project.audit.list(0, 1).total).toBe(audit.sequence + wrote + 1);
    const copy = await restored(path);
    const written = new Set(ids.map((id) => copy.labels.forImage(id).classId));
    expect(written).toEqual(new Set([project.labels.classes()[0]!.id]));
    expect(ids.slice(0, wrote).map((id) => project.labels.forImage(id).classId)).toEqual(Array(wrote).fill(other));
  });

  test("is remembered with its time, place and the head of the audit, and said in the audit", async () => {
    const { project } = await labelled();
    expect((await project.upkeep.health()).backup).toBeNull();
    const report = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    expect((await project.upkeep.health()).backup).toEqual({ ...report, exists: true });
    const entry = project.audit.list(0, 1).entries[0]!;
    expect(entry.action).toBe("backup/make");
    expect(JSON.parse(entry.detail)).toMatchObject({ hash: report.audit.hash, sequence: report.audit.sequence });
  });

  test("that is cancelled while copying or while verifying leaves nothing", async () => {
    const { project } = await labelled();
    for (const phase of ["copying", "verifying"]) {
      const folder = temporaryFolder();
      const stop = new AbortController();
      const onProgress = (now: string, done: number) => {
        if (now === phase && done > 0) stop.abort();
      };
      const making = makeBackup(project, { folder, signal: stop.signal, onProgress });
      await expect(making).rejects.toEqual(refusal("app/aborted"));
      expect(readdirSync(folder)).toEqual([]);
    }
    expect((await project.upkeep.health()).backup).toBeNull();
  });

  test("of a damaged project is refused and not kept", async () => {
    const { project } = await labelled();
    const { path } = project;
    project.close();
    const file = join(path, "project.db");
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
    writeFileSync(file, bytes);
    const folder = temporaryFolder();
    const opened = closing(await openProject({ path, passphrase: PASSPHRASE }));
    await expect(makeBackup(opened, { folder, ...quiet })).rejects.toEqual(refusal("project/corrupt"));
    expect(readdirSync(folder)).toEqual([]);
  });

  test("still opens with the passphrase of its time after the project's was changed", async () => {
    const { project } = await labelled();
    const { path } = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    await project.members.changePassphrase(PASSPHRASE, "another one altogether", { cost: CHEAP });
    await expect(restored(path, { passphrase: "another one altogether" })).rejects.toEqual(
      refusal("project/key-wrong"),
    );
    expect((await restored(path)).name).toBe("Chest");
  });

  test("is refused where the project's file was put aside for another one meanwhile, as re-keying does", async () => {
    const { project } = await labelled();
    const folder = temporaryFolder();
    const file = join(project.path, "project.db");
    let moved = false;
    const onProgress = () => {
      if (moved) return;
      moved = true;
      copyFileSync(file, `${file}.new`);
      renameSync(`${file}.new`, file);
    };
    const making = makeBackup(project, { folder, signal: going, onProgress });
    await expect(making).rejects.toEqual(refusal("project/locked"));
    expect(readdirSync(folder)).toEqual([]);
  });

  test("cannot lie inside the project", async () => {
    const { project } = await labelled();
    const making = makeBackup(project, { folder: join(project.path, "inside"), ...quiet });
    await expect(making).rejects.toEqual(refusal("app/invalid-input"));
  });
});

describe("restoring", () => {
  test("never writes over a project, and leaves nothing beside it", async () => {
    const { project } = await labelled();
    const { path } = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    const folder = join(project.path, "..");
    const before = statSync(join(project.path, "project.db")).mtimeMs;
    await expect(restored(path, { folder })).rejects.toEqual(refusal("project/already-exists"));
    expect(readdirSync(folder)).toEqual(["Chest.loupe"]);
    expect(statSync(join(project.path, "project.db")).mtimeMs).toBe(before);
  });

  test("refuses a backup with one flipped bit, a project in use, and a folder that is neither", async () => {
    const { project } = await labelled();
    const { path } = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    await expect(restored(project.path)).rejects.toEqual(refusal("project/locked"));
    await expect(restored(temporaryFolder())).rejects.toEqual(refusal("project/not-a-project"));
    const file = join(path, "project.db");
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
    writeFileSync(file, bytes);
    const folder = temporaryFolder();
    await expect(restored(path, { folder })).rejects.toEqual(refusal("project/corrupt"));
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that is cancelled or has the wrong passphrase leaves nothing", async () => {
    const { project } = await labelled();
    const { path } = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    const folder = temporaryFolder();
    await expect(restored(path, { folder, passphrase: "not this one" })).rejects.toEqual(refusal("project/key-wrong"));
    const stop = new AbortController();
    const cancelled = restored(path, { folder, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(cancelled).rejects.toEqual(refusal("app/aborted"));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("health", () => {
  test("says how many bytes are what: the kinds together are the file", async () => {
    const { project } = await labelled();
    const { kinds, bytes, cipher, schema, compactable } = await project.upkeep.health();
    const size = Object.fromEntries(kinds.map((one) => [one.kind, one.bytes]));
    expect(size.frames).toBe(40 * 100_000);
    expect(size.thumbnails).toBe(40 * 4);
    expect(kinds.reduce((sum, one) => sum + one.bytes, 0)).toBe(bytes);
    expect(Math.min(...kinds.map((one) => one.bytes))).toBeGreaterThanOrEqual(0);
    expect(cipher).toEqual({ name: "AEGIS-256", pageBytes: 16_384, ciphertextOnDisk: true });
    expect(schema.version).toBe(schema.newest);
    expect(compactable).toBe("steps");
  });

  test("a full check finds a flipped bit in pixels, a quick one does not read them", async () => {
    const { project } = await labelled();
    const { path } = project;
    expect(await project.upkeep.check({ mode: "full", ...quiet })).toMatchObject({ problems: [], auditIntact: true });
    const free = readFileSync(join(path, "project.db")).length;
    project.close();
    const file = join(path, "project.db");
    const bytes = readFileSync(file);
    expect(free).toBeGreaterThan(0);
    // A page in the middle of the frames: they came first and are most of the file.
    bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
    writeFileSync(file, bytes);
    const opened = closing(await openProject({ path, passphrase: PASSPHRASE }));
    expect((await opened.upkeep.check({ mode: "quick", ...quiet })).problems).toEqual([]);
    expect((await opened.upkeep.check({ mode: "full", ...quiet })).problems).not.toEqual([]);
  });
});

describe("compaction", () => {
  test("gives the room of what was overwritten back to the disk, while others have the project open", async () => {
    const { project, ids } = await labelled();
    const model = project.images;
    // A frame that is replaced by a smaller one leaves free pages, as blanking text in a compressed picture does.
    for (const imageId of ids) {
      project.deidentification.addReview(imageId, {
        blanked: [],
        stillSuspected: [],
        framesLooked: 1,
        frames: [{ index: 0, frame: { transferSyntax: "raw", bytes: new Uint8Array(200) } }],
        thumbnail: null,
      });
    }
    const free = (await project.upkeep.health()).kinds.find(({ kind }) => kind === "free")!.bytes;
    expect(free).toBeGreaterThan(500_000);
    const { before, after } = await compact(project, quiet);
    expect(before - after).toBeGreaterThan(free * 0.9);
    expect(statSync(join(project.path, "project.db")).size).toBe(after);
    const health = await project.upkeep.health();
    expect(health.kinds.find(({ kind }) => kind === "free")!.bytes).toBe(0);
    expect(health.compaction).toMatchObject({ before, after });
    expect(project.integrityCheck()).toBe("ok");
    expect(model.names()).toHaveLength(40);
  });
});

// Marker strings go in where patients, readers and their secrets go in; afterwards no file that the studio left holds one.
//
// The temporary folder, the home and the settings all lie in one folder of the test's own, and the child processes inherit that.
// Looked for as UTF-8, UTF-16 and base64, while the project is open, after a process was killed, and after everything has ended.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { ended, openStudio, type TestStudio } from "../api/open-studio.ts";
import { box } from "../project/shapes.ts";
import { runLoupe } from "./run-loupe.ts";

const MARKER = "Zqxvjkwp";
const PASSPHRASE = `${MARKER} passphrase`;
const ENCODINGS = [
  Buffer.from(MARKER, "utf8"),
  Buffer.from(MARKER, "utf16le"),
  // Without its last characters, which depend on what comes after. One of the three alignments is enough to meet a long text.
  ...[0, 1, 2].map((shift) =>
    Buffer.from(
      Buffer.from(`${"\0".repeat(shift)}${MARKER}`)
        .toString("base64")
        .slice(shift === 0 ? 0 : 4, -4),
    ),
  ),
].filter((bytes) => bytes.length >= 8); // four bytes turn up by chance in megabytes of ciphertext

let world: string;
let source: string;
let outer: { TMPDIR?: string; HOME?: string };
let open: TestStudio;

beforeAll(async () => {
  outer = { TMPDIR: process.env.TMPDIR, HOME: process.env.HOME };
  source = mkdtempSync(join(tmpdir(), "loupe-source-"));
  world = mkdtempSync(join(tmpdir(), "loupe-world-"));
  process.env.TMPDIR = join(world, "tmp");
  process.env.HOME = join(world, "home");
  mkdirSync(process.env.TMPDIR);
  mkdirSync(process.env.HOME);
  open = await openStudio();
});
afterAll(async () => {
  await open.close();
  for (const name of ["TMPDIR", "HOME"] as const) {
    if (outer[name] === undefined) delete process.env[name];
    else process.env[name] = outer[name];
  }
  rmSync(world, { recursive: true, force: true });
  rmSync(source, { recursive: true, force: true });
});

/** Files below the world that hold the marker, their names included. */
function leaks(): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(world, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.slice(world.length).includes(MARKER)) found.push(path);
    if (!entry.isFile()) continue;
    const bytes = readFileSync(path);
    if (ENCODINGS.some((marker) => bytes.includes(marker))) found.push(path);
  }
  return found;
}

/** A sample file whose patient is called as the marker says. */
function markedFile(index: number): Uint8Array {
  const { bytes } = drawPhantom({ index, seed: 5 });
  const file = Buffer.from(bytes);
  for (const text of ["Phantom^", "PHANTOM-"]) {
    for (let at = file.indexOf(text); at >= 0; at = file.indexOf(text, at + 1)) file.write(MARKER, at, "latin1");
  }
  return file;
}

test("the search finds a marker that is there", () => {
  const files = [join(world, "plain.txt"), join(world, "wide.txt"), join(world, "base64.txt")];
  writeFileSync(files[0]!, `a ${MARKER} b`);
  writeFileSync(files[1]!, Buffer.from(`a ${MARKER} b`, "utf16le"));
  writeFileSync(files[2]!, Buffer.from(`patient ${MARKER} and more`).toString("base64"));
  expect(leaks().sort()).toEqual([...files].sort());
  for (const file of files) rmSync(file);
});

test("patients, file names, labels, readers and passphrases are in no file that the studio leaves", async () => {
  const { client } = open;
  const { project } = await client.projects.create({
    name: "Chest",
    folder: join(world, "projects"),
    member: `Dr ${MARKER}`,
    passphrase: PASSPHRASE,
  });
  for (let index = 0; index < 24; index += 1) {
    const folder = join(source, `${MARKER} ${index % 4 < 2 ? "one" : "two"}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${MARKER}-${index}.dcm`), markedFile(index));
  }
  writeFileSync(join(source, `${MARKER}.txt`), `${MARKER} is not an image`);
  const whole = { path: source, labels: "folders", deidentify: { profile: "none" } } as const;
  const imported = await ended(client, await client.images.importPath(whole));
  expect(imported.result).toMatchObject({ imported: 24, labelled: 24, refused: [{ file: `${MARKER}.txt` }] });
  const { items } = await client.images.list({ filter: { text: MARKER } });
  expect(items).toHaveLength(24);
  expect(items[0]!.patient).toContain(MARKER);
  const { id: classId } = await client.labels.saveClass({ name: `${MARKER} doubtful` });
  await client.labels.apply({ edits: [{ do: "put", shape: box(items[0]!.id, classId) }] });
  expect(leaks()).toEqual([]);

  const snapshot = await client.snapshots.create({ name: `${MARKER} snapshot` });
  const [suggested] = await client.runs.recipes({ snapshotId: snapshot.id });
  const recipe = { ...suggested!.recipe, architecture: "logistic" as const, inputSize: 16, epochs: 3 };
  const { job, run } = await client.runs.start({ snapshotId: snapshot.id, recipe, name: `${MARKER} run` });
  expect((await ended(client, job)).state).toBe("done");
  const { modelId } = await client.runs.get({ id: run.id });
  await client.explanations.map({ modelId: modelId!, imageId: items[0]!.id, method: "input-gradient" });
  expect(leaks()).toEqual([]);

  const killed = await client.images.importSample({ images: 400, seed: 1 });
  open.children.at(-1)!.kill();
  expect((await ended(client, killed)).state).toBe("interrupted");
  expect(leaks()).toEqual([]);

  // Copies: a backup, a part for a colleague whose names it keeps, and that part taken in again.
  const backups = join(world, "backups");
  expect((await ended(client, await client.upkeep.backup({ folder: backups }))).state).toBe("done");
  const given = await client.copies.give({
    ...{ folder: join(world, "given"), name: "Part", member: `Dr ${MARKER}`, passphrase: PASSPHRASE },
    images: { by: "filter", filter: { text: MARKER } },
  });
  expect((await ended(client, given.job)).state).toBe("done");
  const taken = await client.copies.take({ path: join(world, "given", "Part.loupe"), passphrase: PASSPHRASE });
  expect((await ended(client, taken)).state).toBe("done");
  expect(leaks()).toEqual([]);

  const env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: project.path, TMPDIR: join(world, "tmp") };
  const answer = await runLoupe(["label"], { folder: join(world, "home"), env });
  expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining(MARKER) });
  const refused = await runLoupe(["runs"], {
    folder: join(world, "home"),
    env: { ...env, LOUPE_PASSPHRASE: `${MARKER} wrong` },
  });
  expect(refused.code).toBe(1);
  expect(refused.stderr).not.toContain(MARKER);

  await client.projects.lock();
  expect(leaks()).toEqual([]);
  expect(statSync(join(project.path, "project.db")).size).toBeGreaterThan(1_000_000);
  expect(open.reports).toEqual([]);
});

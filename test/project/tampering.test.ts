// Single bytes of a project's files, changed one at a time: each is harmless (everything reads as before) or refused with a code of ours. In the
// write-ahead log a third answer is allowed, which no cipher can exclude: what came after the changed byte is missing, as after a power cut,
// and what is there is a state that the project had. A printed head of the audit log (audit-head.ts) tells that from the present.
//
// LOUPE_TAMPERING sets how many changes are made of each kind of file together; .ci/run asks for 10,000.

import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import { tablesOf } from "../../main/project/database-copy.ts";
import { keyByPassphrase, readKeyFile } from "../../main/project/keys.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { addImages, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";

const CHANGES = Number(process.env.LOUPE_TAMPERING ?? 500);
const LONG = { timeout: 180_000 + CHANGES * 150 };

/** A generator of our own, so that a failure comes again. */
function* places(count: number, length: number): Generator<{ at: number; bit: number }> {
  let state = 12_345;
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  for (let index = 0; index < count; index++)
    yield { at: Math.floor(next() * length), bit: 1 << Math.floor(next() * 8) };
}

/** Everything in the database. */
function digestOf(file: string, key: Uint8Array): string {
  const database = new ProjectDatabase(file, key, { create: false });
  try {
    const hash = createHash("sha256");
    for (const { name } of tablesOf(database)) {
      for (const row of database.all<object>(`SELECT * FROM "${name}"`)) {
        for (const value of Object.values(row)) hash.update(value instanceof Uint8Array ? value : `${String(value)}\n`);
      }
    }
    return hash.digest("hex");
  } finally {
    database.close();
  }
}

function outcome(look: () => string): string {
  try {
    return look();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

async function smallProject() {
  const { project } = await newProject();
  addImages(project, 12, (index) => ({
    frames: [{ transferSyntax: "raw", bytes: new Uint8Array(9000).fill(index + 1) }],
  }));
  const { id } = project.labels.saveClass({ name: "lesion" });
  for (const image of project.images.names()) project.labels.apply([{ do: "class", imageId: image.id, classId: id }]);
  return project;
}

/** Counts what each change came to, and names those that are neither harmless nor refused. */
function tally(file: string, count: number, look: () => string, allowed: readonly string[]) {
  const whole = readFileSync(file);
  const found = { harmless: 0, refused: 0, earlier: 0, wrong: [] as { at: number; bit: number; outcome: string }[] };
  for (const { at, bit } of places(count, whole.length)) {
    const changed = Buffer.from(whole.subarray(at, at + 1).map((byte) => byte ^ bit));
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, changed, 0, 1, at);
    closeSync(descriptor);
    const said = outcome(look);
    if (said === allowed[0]) found.harmless++;
    else if (said.startsWith("project/")) found.refused++;
    else if (allowed.includes(said)) found.earlier++;
    else found.wrong.push({ at, bit, outcome: said });
    writeFileSync(file, whole);
  }
  return found;
}

test(
  `${CHANGES} changed bytes of project.db give the data as written or a refusal, never other data`,
  LONG,
  async () => {
    const project = await smallProject();
    const { path, key } = project;
    project.close();
    const file = join(path, "project.db");
    const look = () => digestOf(file, key);
    const found = tally(file, CHANGES, look, [look()]);
    expect(found.wrong).toEqual([]);
    expect(found.earlier).toBe(0);
    expect(found.refused).toBeGreaterThan(CHANGES * 0.5);
    expect(look()).toBe(look());
  },
);

test(`${CHANGES / 10} changed bytes of keys.json give the same key or a refusal`, LONG, async () => {
  const project = await smallProject();
  const { path, key } = project;
  project.close();
  const file = join(path, "keys.json");
  const whole = readFileSync(file);
  const found = { harmless: 0, refused: 0 };
  for (const { at, bit } of places(CHANGES / 10, whole.length)) {
    const changed = Buffer.from(whole);
    changed[at]! ^= bit;
    writeFileSync(file, changed);
    try {
      const opened = await keyByPassphrase(readKeyFile(file), PASSPHRASE);
      if (opened !== null) expect(Buffer.from(opened.key)).toEqual(Buffer.from(key));
      found[opened === null ? "refused" : "harmless"]++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(error.code).toMatch(/^project\/(corrupt|newer-version)$/);
      found.refused++;
    }
  }
  expect(found.refused).toBeGreaterThan(CHANGES * 0.05);
});

/** The files of a project in use, as a power cut would leave them, with what it had said after each change. */
async function projectInUse() {
  const project = await smallProject();
  const { path, key } = project;
  const database = new ProjectDatabase(join(path, "project.db"), key, { create: false });
  database.foldLog();
  database.close();
  const folder = temporaryFolder();
  const states: string[] = [];
  const files = ["project.db", "project.db-wal"].map((name) => join(folder, name));
  const copy = () => {
    for (const suffix of ["", "-wal"])
      copyFileSync(join(path, `project.db${suffix}`), join(folder, `project.db${suffix}`));
    rmSync(join(folder, "project.db-shm"), { force: true });
  };
  const note = () => {
    copy();
    states.unshift(digestOf(files[0]!, key));
  };
  note();
  for (const name of ["a", "b", "c", "d"]) {
    project.labels.saveClass({ name });
    note();
  }
  copy();
  return { file: files[0]!, log: files[1]!, key, states, folder };
}

test(
  `${CHANGES / 10} changed bytes of the write-ahead log give a state that the project had, or a refusal`,
  LONG,
  async () => {
    const { file, log, key, states } = await projectInUse();
    expect(new Set(states).size).toBe(5);
    const [base, whole] = [readFileSync(file), readFileSync(log)];
    const look = () => {
      const changed = readFileSync(log);
      writeFileSync(file, base);
      rmSync(`${file}-shm`, { force: true });
      const digest = digestOf(file, key);
      if (!existsSync(log)) writeFileSync(log, changed);
      return digest;
    };
    const found = tally(log, CHANGES / 10, look, states);
    expect(found.wrong).toEqual([]);
    expect(found.harmless + found.refused + found.earlier).toBe(CHANGES / 10);
    expect(found.earlier).toBeGreaterThan(0);
    writeFileSync(log, whole);
    expect(look()).toBe(states[0]);
  },
);

test("a write-ahead log that is cut or garbled at any page, or in the middle of one, leaves a state that the project had, and all of it", async () => {
  const { file, log, key, states } = await projectInUse();
  const [base, whole] = [readFileSync(file), readFileSync(log)];
  const frame = 24 + 16_384;
  const frames = Math.floor((whole.length - 32) / frame);
  expect(frames).toBeGreaterThan(8);
  const read = (bytes: Buffer) => {
    writeFileSync(file, base);
    writeFileSync(log, bytes);
    rmSync(`${file}-shm`, { force: true });
    return states.indexOf(digestOf(file, key));
  };
  let last = states.length - 1;
  for (let kept = 0; kept <= frames; kept++) {
    const end = 32 + kept * frame;
    const whereCut = read(whole.subarray(0, end));
    // More of the log never says less.
    expect(whereCut).toBeGreaterThanOrEqual(0);
    expect(whereCut).toBeLessThanOrEqual(last);
    last = whereCut;
    if (kept === frames) break;
    expect(read(whole.subarray(0, end + 24 + 5000))).toBe(whereCut);
    // The page was allocated and never written, or holds something else; what comes after it reached the disk.
    for (const fill of [0, 0xa5]) {
      const garbled = Buffer.from(whole);
      garbled.fill(fill, end, end + frame);
      expect(read(garbled)).toBe(whereCut);
    }
  }
  expect(last).toBe(0);
});

test("a power cut while the log is folded into the file loses nothing: any of its pages may be old, new or torn", async () => {
  const { file, log, key, states, folder } = await projectInUse();
  const [base, whole] = [readFileSync(file), readFileSync(log)];
  const folded = join(folder, "folded.db");
  copyFileSync(file, folded);
  copyFileSync(log, `${folded}-wal`);
  const database = new ProjectDatabase(folded, key, { create: false });
  database.foldLog();
  database.close();
  const after = readFileSync(folded);
  const page = 16_384;
  const pages = Math.ceil(after.length / page);
  let differing = 0;
  for (let torn = 0; torn < pages; torn++) {
    const [start, end] = [torn * page, Math.min((torn + 1) * page, after.length)];
    if (base.subarray(start, end).equals(after.subarray(start, end))) continue;
    differing++;
    for (const middle of [start, start + page / 2, end]) {
      // Pages before this one have arrived, this one in part, those after it not.
      const mixed = Buffer.concat([after.subarray(0, middle), base.subarray(middle)]);
      writeFileSync(file, mixed);
      writeFileSync(log, whole);
      rmSync(`${file}-shm`, { force: true });
      expect(states.indexOf(digestOf(file, key))).toBe(0);
    }
  }
  expect(differing).toBeGreaterThan(2);
});

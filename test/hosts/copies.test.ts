// The commands of the project's file and its copies, as a user types them.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../main/project/project.ts";
import { runLoupe } from "./run-loupe.ts";

const PASSPHRASE = "quiet harbour lantern";
let folder: string;
let project: string;

const loupe = async (...args: string[]) => {
  const env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: project ?? "" };
  const { code, stdout, stderr } = await runLoupe([...args, "--json"], { folder, env });
  return { code, answer: JSON.parse(stdout || "null"), stderr };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "loupe-cli-copies-"));
  const { answer } = await loupe("new", "Chest", "--folder", folder, "--member", "Ada");
  project = answer.project.path;
  expect((await loupe("import", "--sample", "--images", "20", "--seed", "3")).code).toBe(0);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("backup, health and restore say what they did, and a restore over a project is refused with its code", async () => {
  expect((await loupe("health")).answer).toMatchObject({ backup: null, compactable: "steps" });
  const { answer: report } = await loupe("backup", "--folder", join(folder, "backups"));
  expect(report).toMatchObject({ images: 20, path: expect.stringMatching(/\.loupe-backup$/) });
  const { code, answer } = await loupe("health", "--check", "full", "--compact");
  expect(code).toBe(0);
  expect(answer).toMatchObject({
    backup: { path: report.path, exists: true },
    check: { problems: [], auditIntact: true },
  });
  const restored = await loupe("restore", report.path, "--folder", join(folder, "restored"));
  expect(restored.answer).toMatchObject({ type: "done", project: { counts: { images: 20 } } });
  const again = await loupe("restore", report.path, "--folder", join(folder, "restored"));
  expect(again).toMatchObject({ code: 1, answer: { error: { code: "project/already-exists" } } });
}, 240_000);

test("part gives images away with a recovery key; merge takes a copy in, once", async () => {
  const words = join(folder, "words");
  writeFileSync(words, "cleo's own words\n");
  const { answer: part } = await loupe(
    "part",
    "For Cleo",
    "--member",
    "Cleo",
    "--part-passphrase-file",
    words,
    "--folder",
    folder,
  );
  expect(part).toMatchObject({ images: 20, recoveryKey: expect.any(String) });
  const theirs = await openProject({ path: part.path, passphrase: "cleo's own words" });
  const [image] = theirs.images.names();
  const { id: classId } = theirs.labels.saveClass({ name: "only theirs" });
  theirs.labels.apply([{ do: "class", imageId: image!.id, classId }]);
  theirs.close();
  const merged = await loupe("merge", part.path, "--copy-passphrase-file", words);
  expect(merged.answer).toMatchObject({ images: 0, changes: 1, conflicts: 0, classes: 1, members: 1 });
  expect((await loupe("merge", part.path, "--copy-passphrase-file", words)).answer).toMatchObject({
    changes: 0,
    classes: 0,
  });
  expect((await loupe("merge", part.path)).answer).toMatchObject({ error: { code: "project/key-wrong" } });
  const copy = join(folder, "copy", "Chest.loupe");
  cpSync(project, copy, { recursive: true });
  expect((await loupe("merge", copy)).answer).toMatchObject({ changes: 0, images: 0, auditEntries: 0 });
  expect((await loupe("merge", project)).answer).toMatchObject({ error: { code: "merge/own-copy" } });
}, 240_000);

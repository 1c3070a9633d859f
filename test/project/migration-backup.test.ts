import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import { MIGRATIONS } from "../../main/project/migrations/index.ts";
import { unlockCopy } from "../../main/project/part.ts";
import { openProject, openProjectWithKey } from "../../main/project/project.ts";
import { migrate } from "../../main/project/schema.ts";
import { CHEAP, closing, newProject, PASSPHRASE } from "./builder.ts";

const OLD = 11;
const folderName = `before-schema-${MIGRATIONS.length}`;

/** A project as a Loupe with eleven migrations left it. */
async function oldProject() {
  const { project } = await newProject();
  const { path, id, member, key } = project;
  project.close();
  rmSync(join(path, "project.db"));
  const database = new ProjectDatabase(join(path, "project.db"), key, { create: true });
  migrate(database, MIGRATIONS.slice(0, OLD));
  database.run("INSERT INTO project VALUES (1, ?, 'Old', '2026-01-01T00:00:00.000Z')", id);
  database.run("INSERT INTO members VALUES (1, ?, 'Ada', 'administrator', '2026-01-01T00:00:00.000Z')", member.id);
  database.close();
  return { path, key, id };
}
const open = async (path: string) => closing(await openProject({ path, passphrase: PASSPHRASE, cost: CHEAP }));
const versionOf = (file: string, key: Uint8Array) => {
  const database = new ProjectDatabase(file, key, { create: false });
  try {
    return database.pragma("user_version");
  } finally {
    database.close();
  }
};

test("before a project of an older version is changed, an encrypted copy of it is kept in its folder", async () => {
  const { path, key } = await oldProject();
  const project = await open(path);
  expect(project.name).toBe("Old");
  const kept = join(path, "backups", folderName);
  expect(readdirSync(kept).sort()).toEqual(["keys.json", "project.db"]);
  expect(versionOf(join(kept, "project.db"), key)).toBe(OLD);
  project.close();
  expect(versionOf(join(path, "project.db"), key)).toBe(MIGRATIONS.length);
  // The copy is a project: moved out, it opens.
  const moved = join(path, "..", "Moved.loupe");
  mkdirSync(moved);
  for (const name of ["keys.json", "project.db"]) copyFileSync(join(kept, name), join(moved, name));
  expect((await open(moved)).name).toBe("Old");
});

test("where the copy cannot be kept, nothing is changed", async () => {
  const { path, key } = await oldProject();
  writeFileSync(join(path, "backups"), "in the way");
  await expect(open(path)).rejects.toThrow();
  expect(versionOf(join(path, "project.db"), key)).toBe(OLD);
  rmSync(join(path, "backups"));
  (await open(path)).close();
  expect(existsSync(join(path, "backups", folderName))).toBe(true);
});

test("a colleague's copy of an older version is kept as it was before it is opened to be taken in, with a passphrase and with our own key", async () => {
  const { project: ours } = await newProject();
  for (const passphrase of [PASSPHRASE, null]) {
    const { path, key, id } = await oldProject();
    const own = passphrase === null ? { id, key: Uint8Array.from(key) } : ours;
    const unlocked = await unlockCopy(own, path, passphrase);
    closing(openProjectWithKey({ path, ...unlocked })).close();
    expect(versionOf(join(path, "project.db"), key)).toBe(MIGRATIONS.length);
    expect(versionOf(join(path, "backups", folderName, "project.db"), key)).toBe(OLD);
  }
});

test("a project of this version is opened without a copy", async () => {
  const { project } = await newProject();
  project.close();
  (await open(project.path)).close();
  expect(existsSync(join(project.path, "backups"))).toBe(false);
});

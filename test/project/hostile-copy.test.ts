// A copy is opened with a key that its author gave us, so what is in it may be anything that its author could write into a database.

import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { makeBackup } from "../../main/project/backup.ts";
import { encrypt } from "../../main/project/cipher.ts";
import { openProject, openProjectWithKey, type Project } from "../../main/project/project.ts";
import { addImages, CHEAP, closing, newImage, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";

const quiet = { signal: new AbortController().signal, onProgress: () => {} };
const EVERYTHING = { layers: true, deidentification: true, audit: true, ...quiet };

/** Our project, and a copy of its folder with one image more whose database the author changes by hand. */
async function forged(change: (theirs: Database.Database) => void): Promise<{ ours: Project; theirs: Project }> {
  const { project } = await newProject();
  addImages(project, 3);
  const { path, key, member } = project;
  project.close();
  const copy = join(temporaryFolder(), "Chest.loupe");
  cpSync(path, copy, { recursive: true });
  const opened = openProjectWithKey({ path: copy, key: Uint8Array.from(key), memberId: member.id });
  opened.transaction(() => opened.images.add(newImage(50)));
  opened.close();
  // An author is bound by no setting of ours.
  const file = join(copy, "project.db");
  const database = new Database(file);
  encrypt(database, file, key, { create: false });
  database.unsafeMode(true);
  change(database);
  database.close();
  const ours = closing(await openProject({ path, passphrase: PASSPHRASE, cost: CHEAP }));
  const theirs = closing(openProjectWithKey({ path: copy, key: Uint8Array.from(key), memberId: member.id }));
  return { ours, theirs };
}

test("columns that a copy has beyond ours are not part of what we write: their names are no SQL of ours", async () => {
  const name =
    "png) SELECT number, x'00', ? || ? || ? FROM images WHERE true ON CONFLICT (image) DO UPDATE SET png = x'00' --";
  const { ours, theirs } = await forged((database) =>
    database.exec(`ALTER TABLE thumbnails ADD COLUMN "${name}" TEXT`),
  );
  const [image] = ours.images.names();
  const before = ours.images.thumbnail(image!.id);
  expect(before.length).toBeGreaterThan(1);
  await ours.takeIn(theirs, EVERYTHING);
  expect(ours.images.names()).toHaveLength(4);
  expect(ours.images.thumbnail(image!.id)).toEqual(before);
  expect(ours.images.names().map(({ id }) => ours.images.thumbnail(id).length)).toEqual([4, 4, 4, 4]);
});

test("what hangs behind a table's text in the schema is not run when the project is copied", async () => {
  const other = join(temporaryFolder(), "other.db");
  const neighbour = new Database(other);
  neighbour.exec("CREATE TABLE kept (what TEXT); INSERT INTO kept VALUES ('of somebody else')");
  neighbour.close();
  const { theirs } = await forged((database) => {
    database.pragma("writable_schema = ON");
    database
      .prepare("UPDATE sqlite_schema SET sql = sql || ? WHERE name = 'thumbnails'")
      .run(`; COMMIT; ATTACH '${other}' AS other KEY ''; DELETE FROM other.kept; DETACH other; BEGIN`);
  });
  const folder = temporaryFolder();
  const refused = expect.objectContaining({ code: "project/corrupt" });
  await expect(makeBackup(theirs, { folder, ...quiet })).rejects.toEqual(refused);
  await expect(theirs.renewRecoveryKey()).rejects.toEqual(refused);
  const after = new Database(other, { readonly: true });
  expect(after.prepare("SELECT count(*) AS kept FROM kept").get()).toEqual({ kept: 1 });
  after.close();
});

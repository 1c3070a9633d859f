// A copy of the project as it was before its tables are brought to this version: `backups/before-schema-N/` in the project's folder.
//
// Encrypted under the same key, with the keys.json of that moment, and opened once before anything is changed: so the older Loupe opens it
// after being moved out of there, should this version disappoint. Where the copy cannot be made (a full disk), nothing is migrated.

import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { ProjectDatabase, storageError } from "./database.ts";
import { copyDatabase } from "./database-copy.ts";
import { flushFile } from "./draft-folder.ts";
import { flushFolder } from "./keys.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { DATABASE_FILE, KEYS_FILE, type ProjectFolder } from "./project-folder.ts";

/** Nothing happens where no migration is to come. Throws project/disk-full, project/read-only, project/corrupt. */
export async function backUpBeforeMigration(folder: ProjectFolder, key: Uint8Array): Promise<void> {
  const source = new ProjectDatabase(folder.databaseFile, key, { create: false });
  const backups = join(folder.path, "backups");
  const path = join(backups, `before-schema-${MIGRATIONS.length}`);
  const draft = `${path}.draft`;
  try {
    const version = Number(source.pragma("user_version"));
    if (version >= MIGRATIONS.length || existsSync(path)) return;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    const copy = join(draft, DATABASE_FILE);
    const images = () => source.one("SELECT count(*) AS images FROM main.images");
    const signal = new AbortController().signal;
    const before = await copyDatabase(source, copy, images, { signal, onProgress: () => {} });
    copyFileSync(folder.keysFile, join(draft, KEYS_FILE));
    assertSame(copy, key, { version, images: before });
    flushFile(copy);
    flushFile(join(draft, KEYS_FILE));
    flushFolder(draft);
    renameSync(draft, path);
    flushFolder(backups);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw storageError(error);
  } finally {
    source.close();
  }
}

function assertSame(file: string, key: Uint8Array, expected: { version: number; images: unknown }): void {
  const copy = new ProjectDatabase(file, key, { create: false });
  try {
    const sound = copy.pragma("quick_check") === "ok" && Number(copy.pragma("user_version")) === expected.version;
    const images = copy.one("SELECT count(*) AS images FROM images");
    if (sound && JSON.stringify(images) === JSON.stringify(expected.images)) return;
  } finally {
    copy.close();
  }
  throw new AppError(
    "project/corrupt",
    "The project is of an older version and could not be copied before it is changed: its copy is not whole. Nothing was changed.",
  );
}

// A project's folder: which files are in it, who is in it, and what a process that died left in it.
//
// `Name.loupe/` holds project.db, keys.json, and locks without content. It is made under a hidden name and renamed when it is
// whole, so a folder ending in `.loupe` is always a complete project.

import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { FolderLock } from "./folder-lock.ts";
import { type KeyFile, readKeyFile } from "./keys.ts";

export const DATABASE_FILE = "project.db";
export const KEYS_FILE = "keys.json";
/** who is at home as a host (host-presence.ts) */
export const PRESENCE_FILE = "host.lock";
/** who has the database open (folder-lock.ts) */
const OPEN_FILE = "open.lock";
const EXTENSION = ".loupe";

const COPY_NAME = /^(project\.db|keys\.json)\.rekey-/;
/** Where a copy of the database under another key is written, or of keys.json before a change of it. */
export const copyName = (file: string) => `${file}.rekey-${randomUUID()}`;

/**
 * Removes what a re-keying or a change of keys.json left that did not come to its end. Not while a re-keying runs: the caller is in the folder. A
 * copy of keys.json that is taken from under a change can then not be put back, should the disk be full in that moment.
 */
export function sweepCopies(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!COPY_NAME.test(name)) continue;
    try {
      rmSync(join(folder, name), { force: true });
    } catch {
      // A file that cannot be removed now (a process that is ending has it open) is removed by the next opening.
    }
  }
}

/** A folder that this process is in, until `lock` is released. */
export interface ProjectFolder {
  readonly path: string;
  readonly databaseFile: string;
  readonly keysFile: string;
  readonly lock: FolderLock;
  /** keys.json as it is while nobody can change the data key */
  readonly keys: KeyFile;
}

/** Throws project/not-a-project, project/corrupt, project/newer-version, project/in-use, project/read-only. */
export function enterFolder(input: string): ProjectFolder {
  const path = resolve(input);
  const [databaseFile, keysFile] = [join(path, DATABASE_FILE), join(path, KEYS_FILE)];
  if (!existsSync(databaseFile) && !existsSync(keysFile)) {
    throw new AppError("project/not-a-project", "This folder is not a Loupe project: choose one that ends in .loupe.");
  }
  for (const file of [databaseFile, keysFile]) {
    if (!existsSync(file)) {
      throw new AppError(
        "project/corrupt",
        `The project's folder has no ${basename(file)}: restore it from a backup; without it the project cannot be read.`,
      );
    }
  }
  const lock = new FolderLock({ lock: join(path, OPEN_FILE), intent: join(path, PRESENCE_FILE) });
  try {
    sweepCopies(path);
    return { path, databaseFile, keysFile, lock, keys: readKeyFile(keysFile) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A project's name as a folder name that every system takes; the true name is inside. */
export const folderName = (name: string): string => `${fileName(name)}${EXTENSION}`;

/** A name that a person gave, which may have come with a file of somebody else, as a part of a path: it names no other folder. */
export function fileName(name: string): string {
  let safe = name
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
    .replace(/[<>:"/\\|?*\u0000-\u001f\u007f]/g, "_")
    .replace(/^\.+/, "_")
    .replace(/[. ]+$/, "");
  // Windows keeps these names for devices, with any extension.
  if (/^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i.test(safe)) safe += "_";
  while (Buffer.byteLength(safe) > 200) safe = [...safe].slice(0, -1).join("");
  return safe || "_";
}

/** Removes what a process left that died while it was creating a project. Nobody ever saw the keys of these. */
export function sweepDrafts(folder: string): void {
  for (const entry of readdirSync(folder)) {
    const pid = /^\.loupe-draft-(\d+)-/.exec(entry)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

// A folder that appears when it is whole: it is made under a hidden name on the same disk, flushed and renamed.
//
// What a killed process leaves begins with `.loupe-draft-` and its number, and is swept by whoever next makes something in that folder.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { storageError } from "./database.ts";
import { flushFolder } from "./keys.ts";
import { sweepDrafts } from "./project-folder.ts";

/** Room for the keys, the file system's own records and a little work. */
const SPARE_BYTES = 16 * 2 ** 20;

/**
 * Runs `fill` with the path of a new empty folder, which becomes `folder/name()` when it has returned; where it throws, nothing is left.
 * Throws project/already-exists, project/read-only, project/disk-full and whatever `fill` throws.
 */
export async function makeFolder<T>(
  folder: string,
  fill: (draft: string) => Promise<{ name: string; result: T }>,
): Promise<{ path: string; result: T }> {
  const draft = join(folder, `.loupe-draft-${process.pid}-${randomUUID()}`);
  try {
    mkdirSync(folder, { recursive: true });
    sweepDrafts(folder);
    mkdirSync(draft, { mode: 0o700 });
    const { name, result } = await fill(draft);
    const path = join(folder, name);
    refuseExisting(path);
    flushFolder(draft);
    renameSync(draft, path);
    flushFolder(folder);
    return { path, result };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw storageError(error);
  }
}

/** Throws project/already-exists. */
export function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new AppError(
    "project/already-exists",
    `There is already “${basename(path)}” in this folder: choose another folder. Nothing is written over it.`,
  );
}

/** Throws project/disk-full where the folder's disk has less room than `bytes`. The folder must be there. */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { free } = await diskOf(folder);
  if (free >= bytes + SPARE_BYTES) return;
  const mega = (value: number) => `${Math.ceil(value / 1e6)} MB`;
  throw new AppError(
    "project/disk-full",
    `This needs ${mega(bytes + SPARE_BYTES)} and the disk has ${mega(free)} free: free some space or choose another disk.`,
  );
}

/** Bytes that we may still write, and all. */
export async function diskOf(path: string): Promise<{ free: number; total: number }> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

export function flushFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// Files that somebody asked for outside of the project: each is there complete or as it was before.
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";

export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface WriteOptions {
  /** Whether files that are there already are replaced; folders never are. */
  readonly overwrite: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Writes all of them beside their places under names of their own, then renames them: nobody ever sees half a file, and what fails before the renaming leaves nothing.
 * Errors: shipping/target-exists, project/disk-full, project/read-only, app/not-found, app/aborted.
 */
export async function writeWhole(files: readonly NewFile[], { overwrite, signal }: WriteOptions): Promise<void> {
  const drafts: { draft: string; path: string }[] = [];
  try {
    for (const { path, bytes } of files) {
      refuseExisting(path, overwrite);
      const draft = `${path}.${randomBytes(6).toString("hex")}.part`;
      drafts.push({ draft, path });
      await writeDraft(draft, bytes, signal);
    }
    for (const { path } of drafts) refuseExisting(path, overwrite);
    for (const { draft, path } of drafts) await rename(draft, path);
  } catch (error) {
    for (const { draft } of drafts) await rm(draft, { force: true });
    throw named(error, signal);
  }
}

async function writeDraft(path: string, bytes: NewFile["bytes"], signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, "wx");
  try {
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
    signal?.throwIfAborted();
  } finally {
    await file.close();
  }
}

/** Errors: shipping/target-exists. */
export function refuseExisting(target: string, overwrite: boolean): void {
  const existing = statSync(target, { throwIfNoEntry: false });
  if (existing && (!overwrite || !existing.isFile())) {
    throw new AppError("shipping/target-exists", `${basename(target)} is already there.`);
  }
}

/** What the system says of files, in the contract's words; anything else as it is. */
export function named(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof AppError) return error;
  if (signal?.aborted)
    return new AppError("app/aborted", "The export was cancelled; nothing was written.", { cause: error });
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new AppError("project/disk-full", "The disk has no room for it; nothing was written.", { cause: error });
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new AppError("project/read-only", "The folder cannot be written to.", { cause: error });
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AppError("app/not-found", "The folder is not there.", { cause: error });
  }
  return error;
}

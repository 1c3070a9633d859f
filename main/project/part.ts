// A part of the project as a new project: chosen images with what was said of them, under a key, a passphrase and a recovery key of its own.
//
// It is made in two steps, because only whoever asked may know the recovery key: an empty project under a hidden name, here, and then, in a
// child process, its content. It gets its name when it is full, checked and closed.

import { randomUUID } from "node:crypto";
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import type { PartReport } from "../../preload/contract/index.ts";
import { refuseExisting } from "./draft-folder.ts";
import { flushFolder, keyByPassphrase, readKeyFile } from "./keys.ts";
import { backUpBeforeMigration } from "./migration-backup.ts";
import type { PassphraseCost } from "./passphrase.ts";
import { createProject, openProjectWithKey, type Project } from "./project.ts";
import { DATABASE_FILE, enterFolder, folderName, KEYS_FILE, sweepDrafts } from "./project-folder.ts";

/** An empty project that has no name that anybody sees yet. */
export interface EmptyPart {
  /** `folder/.loupe-draft-…/Name.loupe` */
  readonly path: string;
  readonly key: Uint8Array;
  readonly memberId: string;
}

/** Throws project/already-exists, project/passphrase-weak, project/read-only, project/disk-full. */
export async function beginPart(input: {
  folder: string;
  name: string;
  member: string;
  passphrase: string;
  cost?: PassphraseCost;
}): Promise<{ part: EmptyPart; recoveryKey: string }> {
  const folder = resolve(input.folder);
  refuseExisting(join(folder, folderName(input.name.normalize("NFC").trim())));
  if (existsSync(folder)) sweepDrafts(folder);
  const draft = join(folder, `.loupe-draft-${process.pid}-${randomUUID()}`);
  try {
    const { project, recoveryKey } = await createProject({ ...input, folder: draft });
    const { path, key, member } = project;
    project.close();
    return { part: { path, key, memberId: member.id }, recoveryKey };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/**
 * What opens a copy of a project: a passphrase of it, or (null) our own key, which fits a copy of the folder. Throws project/key-wrong,
 * project/not-a-project, project/corrupt, project/newer-version.
 */
export async function unlockCopy(
  own: Pick<Project, "id" | "key">,
  path: string,
  passphrase: string | null,
): Promise<{ key: Uint8Array; memberId: string }> {
  if (!existsSync(join(path, KEYS_FILE))) {
    throw new AppError("project/not-a-project", "This folder is not a Loupe project: choose one that ends in .loupe.");
  }
  const keys = readKeyFile(join(path, KEYS_FILE));
  if (passphrase !== null) {
    const unlocked = await keyByPassphrase(keys, passphrase);
    if (unlocked !== null) {
      await keepOlder(path, unlocked.key);
      return unlocked;
    }
    throw new AppError("project/key-wrong", "The passphrase is not one of the copy. Capital letters and spaces count.");
  }
  const memberId = keys.members[0]!.member;
  try {
    if (keys.project !== own.id) throw new AppError("project/corrupt", "another project");
    const { key } = own;
    await keepOlder(path, key);
    openProjectWithKey({ path, key: Uint8Array.from(key), memberId }).close();
    return { key, memberId };
  } catch (error) {
    if (!(error instanceof AppError && error.code === "project/corrupt")) throw error;
    throw new AppError("project/key-wrong", "Our own key does not open this copy: give a passphrase of the copy.", {
      cause: error,
    });
  }
}

/** A copy of an older version is brought to this one when it is opened; as any project, it is kept as it was before. Wipes the key where it throws. */
async function keepOlder(path: string, key: Uint8Array): Promise<void> {
  const folder = enterFolder(path);
  try {
    await backUpBeforeMigration(folder, key);
  } catch (error) {
    key.fill(0);
    throw error;
  } finally {
    folder.lock.release();
  }
}

export interface PartOptions {
  readonly images: readonly string[];
  readonly layers: boolean;
  readonly deidentification: boolean;
  readonly signal: AbortSignal;
  onProgress(phase: "copying" | "verifying", done: number, total: number): void;
}

/** Fills the part and gives it its name; where this throws, nothing of it is left. Throws snapshot/empty, app/aborted, project/already-exists, project/disk-full. */
export async function finishPart(project: Project, empty: EmptyPart, options: PartOptions): Promise<PartReport> {
  const { images, layers, deidentification, signal, onProgress } = options;
  const draft = dirname(empty.path);
  const folder = dirname(draft);
  const path = join(folder, basename(empty.path));
  try {
    if (images.length === 0)
      throw new AppError("snapshot/empty", "No image is chosen, so there is nothing to give away.");
    const part = openProjectWithKey({ ...empty });
    let report: PartReport;
    let id: string;
    try {
      const copying = (done: number, total: number) => onProgress("copying", done, total);
      const taken = await part.takeIn(project, {
        images,
        layers,
        deidentification,
        audit: false,
        signal,
        onProgress: copying,
      });
      const verifying = (done: number, total: number) => onProgress("verifying", done, total);
      const check = await part.upkeep.check({ mode: "full", signal, onProgress: verifying });
      if (check.problems.length > 0 || !check.auditIntact) {
        throw new AppError(
          "project/corrupt",
          "The part was opened and is not whole, so it was not kept: run a full check of the project.",
        );
      }
      id = part.id;
      report = { path, images: taken.images, changes: taken.changes, bytes: 0 };
    } finally {
      part.close();
    }
    refuseExisting(path);
    flushFolder(empty.path);
    renameSync(empty.path, path);
    flushFolder(folder);
    rmSync(draft, { recursive: true, force: true });
    const { images: count, changes } = report;
    project.copies.recordPart({ images: count, changes, name: basename(path), project: id, layers });
    return { ...report, bytes: statSync(join(path, DATABASE_FILE)).size };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

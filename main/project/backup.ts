// Backups: a folder `Name date.loupe-backup` with the same two files as a project, taken while work goes on; and the way back.
//
// A backup holds one moment of the project under the same data key, with the keys.json of that moment, so it opens with the passphrases of
// that time: a passphrase that was changed since, and a member who was removed since, still open it. It is not opened to work in, because
// opening writes: it is restored, which copies it. Both are whole and checked before they appear under their names.

import { copyFileSync, existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import type { BackupReport, CheckReport } from "../../preload/contract/index.ts";
import { ProjectDatabase } from "./database.ts";
import { copyDatabase } from "./database-copy.ts";
import { assertRoom, flushFile, makeFolder, refuseExisting } from "./draft-folder.ts";
import { checkIntegrity } from "./integrity.ts";
import { keyByPassphrase, readKeyFile } from "./keys.ts";
import { openProjectWithKey, type Project } from "./project.ts";
import { DATABASE_FILE, folderName, KEYS_FILE } from "./project-folder.ts";

const BACKUP_EXTENSION = ".loupe-backup";
const COPY_BYTES = 4 * 2 ** 20;

export interface BackupOptions {
  /** where the backup's folder goes; made where it is missing */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** bytes of about how many */
  onProgress(phase: "copying" | "verifying", done: number, total: number): void;
}

type Head = BackupReport["audit"];

interface Moment extends Head {
  readonly at: string;
  readonly images: number;
}

/**
 * Copies the open project as it is now and sees that the copy is whole: cipher, SQLite's check, and the audit's chain with the head that
 * the project had at that moment. Throws app/aborted, project/disk-full, project/read-only, project/corrupt, project/already-exists.
 */
export async function makeBackup(project: Project, options: BackupOptions): Promise<BackupReport> {
  const began = performance.now();
  const { signal, onProgress } = options;
  const folder = resolve(options.folder);
  if (isInside(folder, project.path)) {
    throw new AppError("app/invalid-input", "A backup cannot lie inside the project: choose another folder.");
  }
  const source = join(project.path, DATABASE_FILE);
  const { path, result } = await makeFolder(folder, async (draft) => {
    const key = project.key;
    const target = join(draft, DATABASE_FILE);
    try {
      const file = statSync(source).ino;
      const from = new ProjectDatabase(source, key, { create: false });
      let moment: Moment;
      try {
        const used = Number(from.pragma("page_count")) - Number(from.pragma("freelist_count"));
        await assertRoom(folder, used * Number(from.pragma("page_size")));
        copyFileSync(join(project.path, KEYS_FILE), join(draft, KEYS_FILE));
        const copying = (done: number, total: number) => onProgress("copying", done, total);
        moment = await copyDatabase(from, target, () => momentOf(from), { signal, onProgress: copying });
      } finally {
        from.close();
      }
      // Re-keying puts another file in its place and other keys beside it: the two that we have may not belong together.
      if (statSync(source).ino !== file) {
        throw new AppError("project/locked", "The project got a new key while it was backed up: back it up again.");
      }
      const verifying = (done: number, total: number) => onProgress("verifying", done, total);
      await assertSame(target, key, moment, project.id, { signal, onProgress: verifying });
      flushFile(target);
      flushFile(join(draft, KEYS_FILE));
      const name = `${basename(project.path).replace(/\.loupe$/, "")} ${dateForFiles(new Date(moment.at))}${BACKUP_EXTENSION}`;
      return { name, result: { moment, bytes: statSync(target).size + statSync(join(draft, KEYS_FILE)).size } };
    } finally {
      key.fill(0);
    }
  });
  const { sequence, hash, at, images } = result.moment;
  const seconds = (performance.now() - began) / 1000;
  const report: BackupReport = { path, at, bytes: result.bytes, images, audit: { sequence, hash }, seconds };
  project.upkeep.addBackup(report);
  return report;
}

function momentOf(database: ProjectDatabase): Moment {
  const head = database.one<Head>("SELECT sequence, hash FROM audit_head")!;
  const { images } = database.one<{ images: number }>("SELECT count(*) AS images FROM images")!;
  return { ...head, images, at: new Date().toISOString() };
}

/** Throws project/corrupt where the copy, opened anew, is not the project of that moment. */
async function assertSame(
  target: string,
  key: Uint8Array,
  moment: Moment,
  projectId: string,
  options: { signal: AbortSignal; onProgress(done: number, total: number): void },
): Promise<void> {
  const copy = new ProjectDatabase(target, key, { create: false });
  try {
    const { problems, auditIntact } = await checkIntegrity(copy, { mode: "full", ...options });
    const found = momentOf(copy);
    const keys = readKeyFile(join(target, "..", KEYS_FILE));
    const same =
      found.sequence === moment.sequence &&
      found.hash === moment.hash &&
      found.images === moment.images &&
      keys.project === projectId;
    if (problems.length === 0 && auditIntact && same) return;
  } finally {
    copy.close();
  }
  throw new AppError(
    "project/corrupt",
    "The backup was opened and is not what the project holds, so it was not kept: run a full check of the project.",
  );
}

export interface RestoreOptions {
  readonly backup: string;
  /** where Name.loupe goes; made where it is missing */
  readonly folder: string;
  /** of the time of the backup */
  readonly passphrase: string;
  /** Makes the one try at the passphrase; whoever asks limits how often. */
  attempt<T>(unlock: () => Promise<T>): Promise<T>;
  readonly signal: AbortSignal;
  /** bytes */
  onProgress(done: number, total: number): void;
  /** Checks the opened copy in full; it takes long, so whoever asks decides in which process. */
  check(copy: Project): Promise<CheckReport>;
}

/**
 * Makes a project of a backup and opens it. Nothing appears under the project's name before the copy was opened and checked, and nothing
 * is written over. Throws project/not-a-project, project/key-wrong, project/already-exists, project/corrupt, project/disk-full, app/aborted.
 */
export async function restoreBackup(options: RestoreOptions): Promise<{ project: Project; check: CheckReport }> {
  const backup = resolve(options.backup);
  const folder = resolve(options.folder);
  assertBackup(backup);
  // First, so that nobody waits for gigabytes to hear that the passphrase is wrong.
  const unlocked = await options.attempt(() => unlock(join(backup, KEYS_FILE), options.passphrase));
  const { path, result } = await makeFolder(folder, async (draft) => {
    const files = [KEYS_FILE, DATABASE_FILE] as const;
    const total = files.reduce((sum, file) => sum + statSync(join(backup, file)).size, 0);
    await assertRoom(folder, total);
    let done = 0;
    for (const file of files) {
      await copyFile(join(backup, file), join(draft, file), options.signal, (bytes) => {
        done += bytes;
        options.onProgress(done, total);
      });
    }
    const copy = openProjectWithKey({ path: draft, ...unlocked });
    try {
      const name = folderName(copy.name);
      refuseExisting(join(folder, name)); // before minutes of checking
      const check = await options.check(copy);
      if (check.problems.length > 0 || !check.auditIntact) {
        throw new AppError(
          "project/corrupt",
          "The backup is damaged, so nothing was made of it: choose an older backup. The full check names what is wrong.",
        );
      }
      if (options.signal.aborted) throw new AppError("app/aborted", "Restoring was stopped.");
      copy.audit.record("backup/restore", copy.id, { from: basename(backup) });
      return { name, result: { key: copy.key, memberId: copy.member.id, check } };
    } finally {
      copy.close();
    }
  });
  const { key, memberId, check } = result;
  return { project: openProjectWithKey({ path, key, memberId }), check };
}

/** Throws project/key-wrong. */
async function unlock(keysFile: string, passphrase: string): Promise<{ key: Uint8Array; memberId: string }> {
  const unlocked = await keyByPassphrase(readKeyFile(keysFile), passphrase);
  if (unlocked !== null) return unlocked;
  throw new AppError(
    "project/key-wrong",
    "The passphrase is not the one of the time of the backup. Capital letters and spaces count.",
  );
}

/** Throws project/not-a-project where the folder has no backup, project/locked where it is a project in use. */
function assertBackup(path: string): void {
  if (!existsSync(join(path, DATABASE_FILE)) || !existsSync(join(path, KEYS_FILE))) {
    throw new AppError(
      "project/not-a-project",
      "This folder is not a backup of a Loupe project: choose one that ends in .loupe-backup.",
    );
  }
  if ((statSync(join(path, `${DATABASE_FILE}-wal`), { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new AppError(
      "project/locked",
      "This is a project that is in use or was not closed: open it, and make a backup of it instead.",
    );
  }
}

async function copyFile(
  from: string,
  to: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const [source, target] = [await open(from, "r"), await open(to, "wx", 0o600)];
  try {
    const buffer = Buffer.alloc(COPY_BYTES);
    for (;;) {
      if (signal.aborted) throw new AppError("app/aborted", "Restoring was stopped.");
      const { bytesRead } = await source.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      await target.write(buffer, 0, bytesRead);
      onBytes(bytesRead);
    }
    await target.sync();
  } finally {
    await source.close();
    await target.close();
  }
}

/** 2026-03-04 05.06.07, local time: every file system takes it, and names sort by date. */
function dateForFiles(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(".")}`;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}\\`);
}

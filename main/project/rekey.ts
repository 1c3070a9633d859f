// A project gets a new data key: it is copied under the new key, and the copy takes its place.
//
// Whoever had the old key keeps what they could read until now; of what is written from now on they read nothing. Nobody's passphrase is
// needed: the new key is sealed to the public key of each member who stays. Which public key is whose is asked of the encrypted database, not
// of keys.json, which anybody who can write the folder can change.
//
// The steps, and what a crash after each leaves:
//   1. everybody else is out, writing is refused, the write-ahead log is folded in    the old project
//   2. the copy is written, flushed, checked, and changed (who is removed)           the old project and a copy nobody needs
//   3. keys.json holds both sets                                                     the old project; its set opens it
//   4. the copy is renamed over project.db                                           the new project; its set opens it
//   5. keys.json holds the new set alone                                             the new project
// The opening after a crash tries both sets, keeps the one that opens, and sweeps the copy (`settle`). Up to step 3 the whole can be
// stopped. Nothing is ever on the disk unencrypted.
//
// A recovery key whose showing a crash cut off is in nobody's hands. `settle` then leaves the project without one, and the studio says so.

import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import type { Member, Role } from "../../preload/contract/index.ts";
import { Audit } from "./audit.ts";
import { ProjectDatabase, storageError } from "./database.ts";
import { copyDatabase, quoted, tablesOf } from "./database-copy.ts";
import { flushFile } from "./draft-folder.ts";
import type { FolderLock } from "./folder-lock.ts";
import { checkIntegrity } from "./integrity.ts";
import { isOld, KEY_BYTES, type MemberSlot, newRecoverySlot, publicKeyIn, resealed } from "./key-slots.ts";
import { flushFolder, type KeyFile, type KeySet, readKeyFile, writeKeyFile } from "./keys.ts";
import { copyName, type ProjectFolder, sweepCopies } from "./project-folder.ts";
import { makeRecoveryKey, readRecoveryKey } from "./recovery-key.ts";

/** How long a child process that was told to end may take to let go. */
const ALONE_WITHIN_MS = 5000;

/** Where a test stops the process. */
export type RekeyStep = "alone" | "copying" | "copied" | "changed" | "both-sets" | "old-closed" | "renamed" | "new-set";

export interface RekeyOptions {
  readonly signal?: AbortSignal | undefined;
  /** bytes written so far, of about how many */
  readonly progress?: (done: number, total: number) => void;
  readonly atStep?: (step: RekeyStep) => void;
}

/** The open project as re-keying needs it. */
export interface Rekeyed {
  readonly id: string;
  readonly keysFile: string;
  readonly databaseFile: string;
  readonly database: ProjectDatabase;
  readonly lock: FolderLock;
  /** the data key until now; not wiped here */
  readonly key: Uint8Array;
  /** who acts, for the audit */
  readonly member: Member;
  /** Takes over the new key, at the moment that the new file is in its place. */
  replaced(key: Uint8Array): void;
}

/** What changes with the key. */
export interface Change {
  /** id of the member who loses theirs */
  readonly removed: string | null;
}

/**
 * Gives the project a new data key, and answers its new recovery key. The database is the new one when this returns, or still the old one if
 * it throws. Throws project/in-use, project/last-administrator, project/key-old, project/corrupt, project/disk-full, app/aborted.
 */
export async function rekey(project: Rekeyed, change: Change, options: RekeyOptions = {}): Promise<string> {
  const { database, lock, databaseFile } = project;
  const step = options.atStep ?? (() => {});
  await beAlone(lock);
  const copy = copyName(databaseFile);
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  let isReplaced = false;
  database.freeze();
  try {
    step("alone");
    database.foldLog();
    await copyUnderKey(project, copy, key, options);
    step("copied");
    const next = nextSet(project, change, key);
    changeCopy(copy, key, project, change);
    assertNoLog(copy);
    step("changed");
    options.signal?.throwIfAborted();
    putInPlace({ ...project, replaced: () => (isReplaced = true) }, copy, key, next.set, step);
    return next.recoveryKey;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw new AppError("app/aborted", "It was stopped. The project is as it was.", { cause: error });
    }
    throw storageError(error);
  } finally {
    if (isReplaced) project.replaced(key);
    else key.fill(0);
    database.thaw();
    sweepCopies(dirname(databaseFile));
    lock.share();
  }
}

async function beAlone(lock: FolderLock): Promise<void> {
  for (const until = Date.now() + ALONE_WITHIN_MS; ; ) {
    if (lock.exclude()) return;
    if (Date.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new AppError(
    "project/in-use",
    "Another window or command has the project open: a new key is given only when nobody else is in it. Close the others, then try again.",
  );
}

/** The set of keys for a new data key: every member who stays, and a new recovery key. Throws project/key-old, project/corrupt. */
function nextSet(project: Rekeyed, change: Change, key: Uint8Array): { set: KeySet; recoveryKey: string } {
  const staying = project.database.all<{ id: string; name: string; role: Role; publicKey: Uint8Array | null }>(
    "SELECT id, name, role, public_key AS publicKey FROM members WHERE removed_at IS NULL AND id IS NOT ? ORDER BY number",
    change.removed,
  );
  // Roles may have changed since somebody asked for this; from here on they cannot.
  if (staying.every(({ role }) => role !== "administrator")) {
    throw new AppError(
      "project/last-administrator",
      "The only other administrator stopped being one meanwhile: make somebody an administrator first, then try again.",
    );
  }
  const slots = readKeyFile(project.keysFile).members;
  const old: string[] = [];
  const members: MemberSlot[] = [];
  for (const { id, name, publicKey } of staying) {
    const slot = slots.find(({ member }) => member === id);
    if (slot === undefined || isOld(slot) || publicKey === null) old.push(name);
    else if (!Buffer.from(publicKeyIn(slot)).equals(publicKey)) {
      throw new AppError(
        "project/corrupt",
        `keys.json names another public key for ${name} than the project does: it was changed from outside. Restore keys.json from a backup.`,
      );
    } else members.push(resealed(slot, project.id, key));
  }
  if (old.length > 0) {
    throw new AppError(
      "project/key-old",
      `These members have keys of an older kind and would be locked out: ${old.join(", ")}. Let each of them open the project once, then try again.`,
    );
  }
  const recoveryKey = makeRecoveryKey();
  const secret = readRecoveryKey(recoveryKey);
  const recovery = newRecoverySlot(key, project.id, secret);
  secret.fill(0);
  return { set: { members, recovery }, recoveryKey };
}

/** Everything in the copy that is new in it, in one transaction: the rename makes the change and the key one. */
function changeCopy(copy: string, key: Uint8Array, { id, member }: Rekeyed, { removed }: Change): void {
  const database = new ProjectDatabase(copy, key, { create: false });
  try {
    const audit = new Audit(database, member);
    database.transaction(() => {
      if (removed !== null) {
        database.run("UPDATE members SET removed_at = ? WHERE id = ?", new Date().toISOString(), removed);
        audit.record("member/remove", removed);
      }
      audit.record("project/rekey", id, { recoveryKey: "new" });
    });
    database.foldLog();
  } finally {
    database.close();
  }
}

/** From here on nothing waits, so nothing comes between. */
function putInPlace(
  { database, databaseFile, keysFile, key: before, replaced }: Rekeyed,
  copy: string,
  key: Uint8Array,
  next: KeySet,
  step: (step: RekeyStep) => void,
): void {
  const file = readKeyFile(keysFile);
  writeKeyFile(keysFile, { ...file, next });
  step("both-sets");
  try {
    database.reopenAfter({ before, after: key }, () => {
      step("old-closed");
      assertNoLog(databaseFile);
      renameSync(copy, databaseFile);
      replaced(key);
      step("renamed");
    });
  } catch (error) {
    // After the rename the next opening settles what could not be written here.
    if (existsSync(copy)) writeKeyFile(keysFile, file);
    throw error;
  }
  flushFolder(dirname(databaseFile));
  writeKeyFile(keysFile, { project: file.project, ...next });
  step("new-set");
}

/** A log that stayed beside the old database would be taken for the new one's. */
function assertNoLog(databaseFile: string): void {
  if ((statSync(`${databaseFile}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  throw new AppError("project/in-use", "Something still writes to the project: close its other windows and try again.");
}

/**
 * After a crash: keys.json with the set alone that opens the project (`isNew`: the next one), unless another process was faster. Answers
 * what it is then. Throws project/in-use.
 */
export async function settle(folder: ProjectFolder, isNew: boolean): Promise<KeyFile> {
  await beAlone(folder.lock);
  try {
    const { next, ...present } = readKeyFile(folder.keysFile);
    const settled: KeyFile = isNew && next ? { ...present, members: next.members, recovery: null } : present;
    if (next) writeKeyFile(folder.keysFile, settled);
    return settled;
  } finally {
    folder.lock.share();
  }
}

/** Throws project/corrupt where the copy, opened with its own key, is not whole. Between tables the studio answers. */
async function assertWhole(copy: ProjectDatabase, moment: Moment, signal: AbortSignal): Promise<void> {
  const { problems, auditIntact } = await checkIntegrity(copy, { mode: "full", signal, onProgress: () => {} });
  const same = JSON.stringify(momentOf(copy)) === JSON.stringify(moment);
  if (problems.length === 0 && auditIntact && same) return;
  throw new AppError(
    "project/corrupt",
    "The copy under the new key was opened and is not whole, so nothing was changed: run a full check of the project.",
  );
}

/** What the copy must have of the moment that was copied: rows of every table and the head of the audit log. */
interface Moment {
  readonly rows: readonly number[];
  readonly head: unknown;
}

function momentOf(database: ProjectDatabase): Moment {
  const rows = tablesOf(database).map(
    ({ name }) => database.one<{ rows: number }>(`SELECT count(*) AS rows FROM main.${quoted(name)}`)!.rows,
  );
  return { rows, head: database.one("SELECT sequence, hash FROM main.audit_head") };
}

/** Writes `copy` under another key, flushes it, and looks whether it is whole. */
async function copyUnderKey(project: Rekeyed, copy: string, key: Uint8Array, options: RekeyOptions): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const source = new ProjectDatabase(project.databaseFile, project.key, { create: false });
  let moment: Moment;
  try {
    const { mode } = statSync(project.databaseFile);
    let begun = false;
    const onProgress = (done: number, total: number) => {
      options.progress?.(done, total);
      if (!begun && done > 0) options.atStep?.("copying");
      begun ||= done > 0;
    };
    moment = await copyDatabase(source, copy, () => momentOf(source), { signal, key, onProgress });
    chmodSync(copy, mode & 0o777);
  } finally {
    source.close();
  }
  flushFile(copy);
  const target = new ProjectDatabase(copy, key, { create: false });
  try {
    await assertWhole(target, moment, signal);
  } finally {
    target.close();
  }
}

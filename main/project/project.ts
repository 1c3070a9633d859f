// An open project: one encrypted database, the member who unlocked it, and the aggregates that hold everything the studio keeps.
//
// A project is a folder `Name.loupe/` with `project.db`, `keys.json` and `host.lock`. It is made under a hidden name
// and renamed when it is whole, so a folder ending in `.loupe` is always a complete project.

import { randomBytes, randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import type { Member, MergeReport, ProjectSummary, Role } from "../../preload/contract/index.ts";
import { Adjudication } from "./adjudication.ts";
import { Attributes } from "./attributes.ts";
import { Audit } from "./audit.ts";
import { Compliance } from "./compliance.ts";
import { Copies } from "./copies.ts";
import { ProjectDatabase, storageError } from "./database.ts";
import { Deidentification } from "./deidentification.ts";
import { Embeddings } from "./embeddings.ts";
import { Exports } from "./exports.ts";
import { HostPresence } from "./host-presence.ts";
import { Images } from "./images.ts";
import { Jobs } from "./jobs.ts";
import { KEY_BYTES, newMemberSlot, newRecoverySlot, publicKeyIn } from "./key-slots.ts";
import {
  flushFolder,
  newKeyFile,
  type Unlocked,
  unlockByDevice,
  unlockByPassphrase,
  unlockByRecovery,
  wipe,
  writeKeyFile,
} from "./keys.ts";
import { Labels } from "./labels.ts";
import { Members } from "./members.ts";
import { type Side, type TakeInOptions, takeIn } from "./merge.ts";
import { backUpBeforeMigration } from "./migration-backup.ts";
import { Models } from "./models.ts";
import { Pacs } from "./pacs.ts";
import { assertStrongEnough, type PassphraseCost, passphraseCost } from "./passphrase.ts";
import {
  DATABASE_FILE,
  enterFolder,
  folderName,
  KEYS_FILE,
  PRESENCE_FILE,
  type ProjectFolder,
  sweepDrafts,
} from "./project-folder.ts";
import { Questions } from "./questions.ts";
import { Queues } from "./queues.ts";
import { Reading } from "./reading.ts";
import { makeRecoveryKey, readRecoveryKey } from "./recovery-key.ts";
import { type RekeyOptions, rekey, settle } from "./rekey.ts";
import { rememberedKeys } from "./remembered.ts";
import { Rules } from "./rules.ts";
import { Runs } from "./runs.ts";
import { migrate } from "./schema.ts";
import { Searches } from "./searches.ts";
import { Snapshots } from "./snapshots.ts";
import { StartingModels } from "./starting-models.ts";
import { Upkeep } from "./upkeep.ts";

export class Project {
  /** absolute path of the project's folder */
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly keysFile: string;
  /** who unlocked it; `role` is what it is at this moment */
  readonly member: Member;
  readonly members: Members;
  readonly images: Images;
  readonly deidentification: Deidentification;
  readonly labels: Labels;
  readonly questions: Questions;
  readonly attributes: Attributes;
  readonly reading: Reading;
  readonly adjudication: Adjudication;
  readonly queues: Queues;
  readonly snapshots: Snapshots;
  readonly runs: Runs;
  readonly searches: Searches;
  readonly models: Models;
  readonly rules: Rules;
  readonly startingModels: StartingModels;
  readonly embeddings: Embeddings;
  readonly exports: Exports;
  readonly pacs: Pacs;
  readonly compliance: Compliance;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly upkeep: Upkeep;
  readonly copies: Copies;
  readonly #database: ProjectDatabase;
  readonly #folder: ProjectFolder;
  readonly #presence: HostPresence;
  #key: Uint8Array;
  #hasRecoveryKey: boolean;

  /** Takes over `key`, which is wiped when the project is closed, and the place in the folder. */
  constructor(folder: ProjectFolder, database: ProjectDatabase, key: Uint8Array, memberId: string) {
    const row = database.one<{ id: string; name: string; createdAt: string }>(
      "SELECT id, name, created_at AS createdAt FROM project",
    );
    if (row === undefined) throw notTogether();
    const member = memberOf(database, memberId);
    const { path } = folder;
    this.path = path;
    this.id = row.id;
    this.name = row.name;
    this.createdAt = row.createdAt;
    this.member = member;
    this.keysFile = folder.keysFile;
    this.#folder = folder;
    this.#database = database;
    this.#key = key;
    this.#hasRecoveryKey = folder.keys.recovery !== null;
    this.#presence = new HostPresence(join(path, PRESENCE_FILE));
    this.audit = new Audit(database, member);
    this.members = new Members(database, this.audit, this, member);
    this.images = new Images(database, this.audit, member);
    this.deidentification = new Deidentification(database, this.audit, member);
    this.labels = new Labels(database, this.audit, member);
    this.questions = new Questions(database, this.audit, this.labels, member);
    this.attributes = new Attributes(database, this.audit, this.labels, member);
    this.reading = new Reading(database, this.audit, this.labels, member);
    this.adjudication = new Adjudication(database, this.audit, this.labels, member);
    this.queues = new Queues(database, this.audit, this.images, this.reading, this.adjudication);
    this.snapshots = new Snapshots(database, this.audit);
    this.runs = new Runs(database, this.audit, this.#presence);
    this.searches = new Searches(database, this.audit, this.runs);
    this.models = new Models(database, this.audit);
    this.rules = new Rules(database, this.audit, this.models);
    this.startingModels = new StartingModels(database, this.audit);
    this.embeddings = new Embeddings(database);
    this.exports = new Exports(database, this.audit);
    this.pacs = new Pacs(database, this.audit);
    this.compliance = new Compliance(database, this.audit, this.pacs, path);
    this.jobs = new Jobs(database, this.audit);
    this.copies = new Copies(database, this.audit, this.labels, member);
    this.upkeep = new Upkeep(database, this.audit, join(path, DATABASE_FILE));
  }

  /** A copy of the data key, for a child process of ours; whoever takes it wipes it. */
  get key(): Uint8Array {
    if (!this.isOpen) throw new AppError("project/locked", "The project is locked: open it again.");
    return Uint8Array.from(this.#key);
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  summary(): ProjectSummary {
    const { id, name, path, createdAt, member } = this;
    const hasRecoveryKey = this.#hasRecoveryKey;
    const { total, patients, labelled } = this.images.counts();
    const made = this.#database.one<{ snapshots: number; runs: number; models: number }>(
      `SELECT (SELECT count(*) FROM snapshots) AS snapshots, (SELECT count(*) FROM runs) AS runs,
        (SELECT count(*) FROM models) AS models`,
    )!;
    return {
      id,
      name,
      path,
      createdAt,
      member,
      hasRecoveryKey,
      counts: { images: total, patients, labelled, ...made },
    };
  }

  /**
   * Runs several changes as one: all of them are on disk when this returns, or none if `work` throws. `work` is synchronous. Many small
   * changes in one transaction are also much faster, because the disk is flushed once.
   */
  transaction<T>(work: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#database.transaction(work);
  }

  /** Takes in what another project says: a copy of this one, or what a new part of it is made of. See merge.ts. */
  takeIn(theirs: Project, options: TakeInOptions): Promise<MergeReport> {
    return takeIn(this.#side(), theirs.#side(), options);
  }

  #side(): Side {
    const { id, name, audit, labels } = this;
    return { id, name, audit, labels, database: this.#database };
  }

  /**
   * Takes a member's key away by giving the project another one; answers the new recovery key, which is stored nowhere. Throws
   * project/not-allowed, project/last-administrator, app/not-found, and what `rekey` throws.
   */
  removeMember(id: string, options: RekeyOptions = {}): Promise<string> {
    this.members.assertAdministrator("remove members");
    if (this.members.present(id).role === "administrator") this.members.assertNotLastAdministrator();
    return this.#rekey(id, options);
  }

  /** A new data key and a new recovery key, which is answered and stored nowhere. Throws as `removeMember`. */
  renewRecoveryKey(options: RekeyOptions = {}): Promise<string> {
    this.members.assertAdministrator("renew the recovery key");
    return this.#rekey(null, options);
  }

  async #rekey(removed: string | null, options: RekeyOptions): Promise<string> {
    const { keysFile, databaseFile, lock } = this.#folder;
    const project = {
      ...{
        id: this.id,
        keysFile,
        databaseFile,
        lock,
        database: this.#database,
        key: this.#key,
        member: this.member,
      },
      replaced: (key: Uint8Array) => {
        this.#key.fill(0);
        this.#key = key;
        this.#hasRecoveryKey = true;
      },
    };
    return rekey(project, { removed }, options);
  }

  /** SQLite's own check of the whole file; "ok" or what it found. Reads everything, so it takes a while. */
  integrityCheck(): string {
    return String(this.#database.pragma("integrity_check"));
  }

  /** Closes the file and wipes the key from memory. Closing again does nothing. */
  close(): void {
    this.#presence.leave();
    if (this.#database.open) this.#database.close();
    this.#folder.lock.release();
    this.#key.fill(0);
  }
}

const notTogether = () =>
  new AppError("project/corrupt", "The project's file and its keys.json do not belong together.");

/** A member as others see them; the role is read anew each time, because an administrator may change it meanwhile. */
function memberOf(database: ProjectDatabase, id: string): Member {
  const read = () => database.one<Member>("SELECT id, name, role FROM members WHERE id = ?", id);
  const member = read();
  if (member === undefined) throw notTogether();
  return {
    id,
    name: member.name,
    get role() {
      return (database.open ? read()?.role : undefined) ?? member.role;
    },
  };
}

export interface CreateInput {
  readonly folder: string;
  readonly name: string;
  /** name of the first member, who is its administrator */
  readonly member: string;
  readonly passphrase: string;
  /** cheaper passphrase hashing, for tests */
  readonly cost?: PassphraseCost;
}

/**
 * Creates `folder/Name.loupe` and opens it. The recovery key is returned once and stored nowhere.
 * Throws project/already-exists, project/passphrase-weak, project/read-only, project/disk-full.
 */
export async function createProject(input: CreateInput): Promise<{ project: Project; recoveryKey: string }> {
  assertStrongEnough(input.passphrase);
  const name = input.name.normalize("NFC").trim();
  if (name === "") throw new AppError("app/invalid-input", "A project needs a name.");
  const folder = resolve(input.folder);
  const path = join(folder, folderName(name));
  const refuseExisting = () => {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    throw new AppError("project/already-exists", "There is already a project of this name in the folder.");
  };
  refuseExisting();

  const key = new Uint8Array(randomBytes(KEY_BYTES));
  const projectId = randomUUID();
  const memberId = randomUUID();
  const recoveryKey = makeRecoveryKey();
  const secret = readRecoveryKey(recoveryKey);
  const cost = input.cost ?? (await passphraseCost());
  const slot = await newMemberSlot(key, projectId, memberId, input.passphrase, cost);
  const keys = newKeyFile(projectId, slot, newRecoverySlot(key, projectId, secret));
  secret.fill(0);

  const draft = join(folder, `.loupe-draft-${process.pid}-${randomUUID()}`);
  try {
    mkdirSync(folder, { recursive: true });
    sweepDrafts(folder);
    mkdirSync(draft, { mode: 0o700 });
    const database = new ProjectDatabase(join(draft, DATABASE_FILE), key, { create: true });
    try {
      migrate(database);
      const now = new Date().toISOString();
      database.transaction(() => {
        database.run("INSERT INTO project VALUES (1, ?, ?, ?)", projectId, name, now);
        const role: Role = "administrator";
        database.run(
          "INSERT INTO members (id, name, role, created_at, last_seen_at, public_key) VALUES (?, ?, ?, ?, ?, ?)",
          memberId,
          input.member.trim(),
          role,
          now,
          now,
          publicKeyIn(slot),
        );
        const first = { id: memberId, name: input.member.trim(), role };
        new Audit(database, first).record("project/create", projectId, { before: null, after: { name, role } });
      });
    } finally {
      database.close();
    }
    writeKeyFile(join(draft, KEYS_FILE), keys);
    refuseExisting();
    renameSync(draft, path);
    flushFolder(folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    key.fill(0);
    throw storageError(error);
  }
  return { project: openWithKey(enterFolder(path), key, memberId), recoveryKey };
}

/**
 * Opens a project with a member's passphrase; `member` (a name) chooses where several members have the same one, `first` (an id) says whom
 * to try before the others. Throws project/not-a-project, project/key-wrong, project/not-encrypted, project/newer-version,
 * project/corrupt, project/read-only, project/in-use.
 */
export async function openProject(input: {
  path: string;
  passphrase: string;
  member?: string | undefined;
  first?: string | undefined;
  cost?: PassphraseCost;
}): Promise<Project> {
  return inFolder(input.path, async (folder) => {
    for await (const unlocked of unlockByPassphrase(folder.keys, input.passphrase, input.first)) {
      const project = await openUnlocked(folder, unlocked, input.member?.trim());
      if (project === null) continue;
      return noted(project, () =>
        project.members.markSeen(unlocked.old ? { passphrase: input.passphrase, cost: input.cost } : null),
      );
    }
    throw new AppError("project/key-wrong", "The passphrase is not right. Capital letters and spaces count.");
  });
}

/** Notes that somebody is here. A full disk keeps nobody from looking at what there is. */
async function noted(project: Project, note: () => Promise<void>): Promise<Project> {
  try {
    await note();
  } catch (error) {
    if (error instanceof AppError && error.code === "project/disk-full") return project;
    project.close();
    throw error;
  }
  return project;
}

/**
 * Opens as the member whom this machine remembers (remembered.ts); `reveal` is the system's key store. Throws project/not-remembered, and as
 * openProject does.
 */
export async function openRemembered(input: {
  path: string;
  reveal(secret: Uint8Array): Promise<Uint8Array>;
}): Promise<Project> {
  return inFolder(input.path, async (folder) => {
    const entry = rememberedKeys.get(folder.keys.project);
    if (entry !== undefined) {
      const secret = await input.reveal(Buffer.from(entry.secret, "base64"));
      const unlocked = unlockByDevice(folder.keys, { id: entry.device, secret });
      secret.fill(0);
      const project = unlocked && (await openUnlocked(folder, unlocked));
      if (project) return noted(project, () => project.members.markSeen(null));
      rememberedKeys.remove(folder.keys.project); // it opens nothing any more
    }
    throw new AppError(
      "project/not-remembered",
      "This machine does not open the project without a passphrase, or not any more: open it with your passphrase.",
    );
  });
}

/** Opens with the recovery key and gives the first administrator a new passphrase. Throws as openProject does, and project/passphrase-weak. */
export async function recoverProject(input: {
  path: string;
  recoveryKey: string;
  passphrase: string;
  cost?: PassphraseCost;
}): Promise<Project> {
  assertStrongEnough(input.passphrase);
  const secret = readRecoveryKey(input.recoveryKey);
  try {
    return await inFolder(input.path, async (folder) => {
      const unlocked = unlockByRecovery(folder.keys, secret);
      const project = unlocked && (await openUnlocked(folder, unlocked));
      if (!project) {
        throw new AppError(
          "project/key-wrong",
          "This recovery key is complete, but it belongs to another project, or was replaced by a newer one.",
        );
      }
      try {
        await project.members.recover(input.passphrase, unlocked.old ? secret : null, input.cost);
        return project;
      } catch (error) {
        project.close();
        throw error;
      }
    });
  } finally {
    secret.fill(0);
  }
}

/** For child processes, which get path, key and member from their host. Takes over `key`. Throws as openProject does. */
export function openProjectWithKey(input: { path: string; key: Uint8Array; memberId: string }): Project {
  const folder = enterFolder(input.path);
  try {
    return openWithKey(folder, input.key, input.memberId);
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}

/** Leaves the folder again where `work` throws. */
async function inFolder(path: string, work: (folder: ProjectFolder) => Promise<Project>): Promise<Project> {
  const folder = enterFolder(path);
  try {
    return await work(folder);
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}

/** null where the key is not, or not any more, the project's, and where the member has another name. Wipes the keys. */
async function openUnlocked(folder: ProjectFolder, unlocked: Unlocked, name?: string): Promise<Project | null> {
  try {
    const { now, next, member } = unlocked;
    let keys = folder.keys;
    let key = now;
    if (keys.next !== undefined) {
      // A new key was being given when the process ended.
      const isNew = next !== null && opensWith(folder.databaseFile, next);
      if (isNew) key = next;
      else if (now !== null && !opensWith(folder.databaseFile, now)) key = null;
      if (key !== null) keys = await settle(folder, isNew);
    }
    if (key === null) return null;
    await backUpBeforeMigration(folder, key);
    return openAs({ ...folder, keys }, Uint8Array.from(key), member, name);
  } finally {
    wipe(unlocked);
  }
}

/** False where the file was written with another key. Throws where it is damaged in another way. */
function opensWith(file: string, key: Uint8Array): boolean {
  try {
    new ProjectDatabase(file, key, { create: false }).close();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "project/corrupt") return false;
    throw error;
  }
}

function openWithKey(folder: ProjectFolder, key: Uint8Array, memberId: string): Project {
  return openAs(folder, key, memberId)!;
}

/** `memberId` null: the first administrator. null where the member's name is not `name`. Takes over `key`. */
function openAs(folder: ProjectFolder, key: Uint8Array, memberId: string | null, name?: string): Project | null {
  let database: ProjectDatabase | null = null;
  try {
    database = new ProjectDatabase(folder.databaseFile, key, { create: false });
    migrate(database);
    const project = new Project(folder, database, key, memberId ?? firstAdministrator(database));
    if (name === undefined || project.member.name === name) return project;
  } catch (error) {
    database?.close();
    key.fill(0);
    throw storageError(error);
  }
  database.close();
  key.fill(0);
  return null;
}

function firstAdministrator(database: ProjectDatabase): string {
  const row = database.one<{ id: string }>(
    "SELECT id FROM members WHERE role = 'administrator' AND removed_at IS NULL ORDER BY number LIMIT 1",
  );
  if (row === undefined) throw new AppError("project/corrupt", "The project has no administrator.");
  return row.id;
}

// keys.json: who can open the project. Slots for each member and for the recovery key (key-slots.ts), and nothing else: no names, which are in
// the encrypted database.
//
// While the project is given a new data key the file holds two sets: the one of the key until now, and `next`. Which of them is
// right is what opens project.db (rekey.ts); after a crash the next opening finds out and writes the right one alone.
//
// The file is written whole beside the old one, flushed, then renamed over it: at every moment there is one complete file. Version 1 is
// read; whoever opens with a version 1 slot gets one of version 2 in its place.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { AppError } from "../../preload/contract/errors.ts";
import { storageError } from "./database.ts";
import {
  type AnyMemberSlot,
  type AnyRecoverySlot,
  dataKeyByRecovery,
  dataKeyOfMember,
  isOld,
  type MemberSlot,
  oldDataKeyOfMember,
  oldSlots,
  privateKeyByDevice,
  privateKeyByPassphrase,
  type RecoverySlot,
  slots,
} from "./key-slots.ts";

const FORMAT = "loupe-keys";
const KEYS_VERSION = 2;

const setSchema = z.object(slots);
const fileSchema = setSchema.extend({
  format: z.literal(FORMAT),
  version: z.literal(KEYS_VERSION),
  project: z.string(),
  next: setSchema.optional(),
});
const oldFileSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  project: z.string(),
  ...oldSlots,
});
/** Who can open the project with one data key. */
export interface KeySet {
  readonly members: readonly AnyMemberSlot[];
  readonly recovery: AnyRecoverySlot | null;
}
export interface KeyFile extends KeySet {
  readonly project: string;
  /** a set for a data key that project.db may have already, or may never get */
  readonly next?: KeySet | undefined;
}

/** What a person's secret opens. The caller wipes the keys. */
export interface Unlocked {
  /** null: the recovery key */
  readonly member: string | null;
  /** the slot is of version 1 and wants to be replaced */
  readonly old: boolean;
  /** data key of the present set, and of the next one; null where the person is not in that set */
  readonly now: Uint8Array | null;
  readonly next: Uint8Array | null;
}

export const wipe = ({ now, next }: Unlocked): void => {
  now?.fill(0);
  next?.fill(0);
};

const slotOf = (set: KeySet, member: string): MemberSlot | undefined =>
  set.members.find((slot): slot is MemberSlot => slot.member === member && !isOld(slot));

function unlockedBy(file: KeyFile, slot: MemberSlot, privateKey: Uint8Array): Unlocked {
  const next = file.next && slotOf(file.next, slot.member);
  const unlocked = {
    member: slot.member,
    old: false,
    now: dataKeyOfMember(slot, file.project, privateKey),
    next: next ? dataKeyOfMember(next, file.project, privateKey) : null,
  };
  privateKey.fill(0);
  return unlocked;
}

/**
 * The members whose passphrase this is, one after the other; none where it is nobody's. Each slot costs one slow hash, so `first` (a
 * member's id) is tried before the others.
 */
export async function* unlockByPassphrase(file: KeyFile, passphrase: string, first?: string): AsyncGenerator<Unlocked> {
  const order = [...file.members].sort((a, b) => Number(b.member === first) - Number(a.member === first));
  for (const slot of order) {
    if (isOld(slot)) {
      const now = await oldDataKeyOfMember(slot, file.project, passphrase);
      if (now !== null) yield { member: slot.member, old: true, now, next: null };
    } else {
      const privateKey = await privateKeyByPassphrase(slot, file.project, passphrase);
      if (privateKey !== null) yield unlockedBy(file, slot, privateKey);
    }
  }
}

/** null where no member is remembered by this machine's secret. */
export function unlockByDevice(file: KeyFile, device: { id: string; secret: Uint8Array }): Unlocked | null {
  for (const slot of file.members) {
    const privateKey = isOld(slot) ? null : privateKeyByDevice(slot, file.project, device);
    if (privateKey !== null && !isOld(slot)) return unlockedBy(file, slot, privateKey);
  }
  return null;
}

/** For a folder that is nobody's yet to work in: the first member whose passphrase this is, or null. */
export async function keyByPassphrase(
  file: KeyFile,
  passphrase: string,
): Promise<{ key: Uint8Array; memberId: string } | null> {
  for await (const { member, now, next } of unlockByPassphrase(file, passphrase)) {
    next?.fill(0);
    if (member !== null && now !== null) return { key: now, memberId: member };
  }
  return null;
}

/** null where the recovery key belongs to another project or was replaced. */
export function unlockByRecovery(file: KeyFile, secret: Uint8Array): Unlocked | null {
  const by = (slot: AnyRecoverySlot | null | undefined) =>
    slot ? dataKeyByRecovery(slot, file.project, secret) : null;
  const [now, next] = [by(file.recovery), by(file.next?.recovery)];
  if (now === null && next === null) return null;
  return { member: null, old: file.recovery !== null && !("publicKey" in file.recovery), now, next };
}

export const newKeyFile = (project: string, member: MemberSlot, recovery: RecoverySlot): KeyFile => ({
  project,
  members: [member],
  recovery,
});

/** The same file with one member's slot replaced, or added. */
export function withMember(file: KeyFile, slot: MemberSlot): KeyFile {
  const known = file.members.some(({ member }) => member === slot.member);
  const members = known
    ? file.members.map((old) => (old.member === slot.member ? slot : old))
    : [...file.members, slot];
  return { ...file, members };
}

/** The member's slot, where it is of this version. */
export const memberSlotOf = slotOf;

/** Throws project/corrupt or project/newer-version. */
export function readKeyFile(path: string): KeyFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw storageError(error);
    throw damaged(error);
  }
  const version = z.object({ version: z.number() }).safeParse(content).data?.version;
  if (version !== undefined && version > KEYS_VERSION) {
    throw new AppError(
      "project/newer-version",
      `This project was written by a newer Loupe (keys version ${version}, this one knows ${KEYS_VERSION}): please update Loupe to open it.`,
    );
  }
  const file = (version === 1 ? oldFileSchema : fileSchema).safeParse(content);
  if (!file.success) throw damaged(file.error);
  return file.data;
}

const damaged = (cause: unknown) =>
  new AppError("project/corrupt", "The project's keys.json is damaged: restore it from a backup.", { cause });

/** Flushes a folder's list of names. Windows has no such call, and its file systems do not need it. */
export function flushFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What is written of a file, in this order; `read` may have brought a version along. */
const contentOf = ({ project, members, recovery, next }: KeyFile) => ({ project, members, recovery, next });

/** Replaces `path` by a complete new file or leaves the old one. Throws project/disk-full or project/read-only. */
export function writeKeyFile(path: string, file: KeyFile): void {
  const draft = `${path}.new`;
  try {
    const descriptor = openSync(draft, "w", 0o600);
    try {
      const bytes = Buffer.from(
        `${JSON.stringify({ format: FORMAT, version: KEYS_VERSION, ...contentOf(file) }, null, 2)}\n`,
      );
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
    flushFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw storageError(error);
  }
}

// keys.json: the project's 256-bit data key, wrapped (AES-256-GCM) once per member and once under the recovery key.
//
// A member's wrapping key is Argon2id of the passphrase (NFKC, so that the same passphrase typed on two systems is the same);
// its parameters are recorded with it, so that they may be raised later. The file carries no names: who the members are is in
// the encrypted database. Project id, slot and parameters are authenticated with each wrapped key: a slot moved to another
// project or given other parameters does not open. Changing a passphrase re-wraps the data key and leaves the database as it is.
//
// The file is written whole beside the old one, flushed, then renamed over it: at every moment there is one complete file.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { hashRaw } from "@node-rs/argon2";
import { z } from "zod";
import { AppError } from "../../preload/contract/errors.ts";
import { PASSPHRASE_MIN_LENGTH } from "../../preload/contract/project.ts";
import { canonicalJson } from "./canonical-json.ts";
import { storageError } from "./database.ts";
import { recoveryWrappingKey } from "./recovery-key.ts";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const KEYS_VERSION = 1;
const CIPHER = "aes-256-gcm";
/** @node-rs/argon2's const enum member, which a file compiled alone cannot import. */
const ARGON2ID = 2;

/** Cost of one guess at a passphrase. Tests inject cheaper ones; the studio never does. */
export interface PassphraseCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}
/** RFC 9106 §4, second recommendation: 64 MiB, 3 passes, 4 lanes. */
export const PASSPHRASE_COST: PassphraseCost = { memoryKiB: 64 * 1024, passes: 3, lanes: 4 };

const base64 = (bytes: number) => z.base64().refine((text) => Buffer.from(text, "base64").length === bytes);
const wrapped = { nonce: base64(NONCE_BYTES), key: base64(KEY_BYTES), tag: base64(16) };
const memberSlot = z.object({
  member: z.string(),
  kdf: z.object({
    name: z.literal("argon2id"),
    // The upper limits keep a hostile file from asking for all memory or all day.
    memoryKiB: z.int().min(8).max(4_194_304),
    passes: z.int().min(1).max(64),
    lanes: z.int().min(1).max(64),
    salt: base64(SALT_BYTES),
  }),
  ...wrapped,
});
const recoverySlot = z.object({
  kdf: z.object({ name: z.literal("hkdf-sha256"), salt: base64(SALT_BYTES) }),
  ...wrapped,
});
const keyFileSchema = z.object({
  format: z.literal("loupe-keys"),
  version: z.literal(KEYS_VERSION),
  project: z.string(),
  members: z.array(memberSlot).min(1),
  recovery: recoverySlot,
});
export type KeyFile = z.infer<typeof keyFileSchema>;
type MemberSlot = z.infer<typeof memberSlot>;
type RecoverySlot = z.infer<typeof recoverySlot>;
type Wrapped = { nonce: string; key: string; tag: string };

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const fromBase64 = (text: string) => Buffer.from(text, "base64");

function wrap(dataKey: Uint8Array, wrappingKey: Buffer, authenticated: string): Wrapped {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, wrappingKey, nonce).setAAD(Buffer.from(authenticated));
  const key = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  wrappingKey.fill(0);
  return { nonce: toBase64(nonce), key: toBase64(key), tag: toBase64(cipher.getAuthTag()) };
}

/** null where the wrapping key is not the one it was wrapped with. */
function unwrap(slot: Wrapped, wrappingKey: Buffer, authenticated: string): Uint8Array | null {
  const decipher = createDecipheriv(CIPHER, wrappingKey, fromBase64(slot.nonce))
    .setAAD(Buffer.from(authenticated))
    .setAuthTag(fromBase64(slot.tag));
  const dataKey = decipher.update(fromBase64(slot.key));
  wrappingKey.fill(0);
  try {
    decipher.final();
    return dataKey;
  } catch {
    dataKey.fill(0);
    return null;
  }
}

function authenticatedText(project: string, slot: string, kdf: MemberSlot["kdf"] | RecoverySlot["kdf"]): string {
  return canonicalJson({ format: "loupe-keys", version: KEYS_VERSION, project, slot, kdf });
}

function passphraseWrappingKey(passphrase: string, kdf: MemberSlot["kdf"]): Promise<Buffer> {
  return hashRaw(passphrase.normalize("NFKC"), {
    algorithm: ARGON2ID,
    memoryCost: kdf.memoryKiB,
    timeCost: kdf.passes,
    parallelism: kdf.lanes,
    outputLen: KEY_BYTES,
    salt: fromBase64(kdf.salt),
  });
}

/** Throws project/passphrase-weak for fewer than eight characters. */
export function assertStrongEnough(passphrase: string): void {
  if ([...passphrase.normalize("NFKC")].length < PASSPHRASE_MIN_LENGTH) {
    throw new AppError(
      "project/passphrase-weak",
      `A passphrase needs at least ${PASSPHRASE_MIN_LENGTH} characters: a few words are easy to remember.`,
    );
  }
}

/** The data key, wrapped for one member. */
export async function wrapForMember(
  dataKey: Uint8Array,
  project: string,
  member: string,
  passphrase: string,
  cost: PassphraseCost = PASSPHRASE_COST,
): Promise<MemberSlot> {
  const kdf = { name: "argon2id" as const, ...cost, salt: toBase64(randomBytes(SALT_BYTES)) };
  const wrappingKey = await passphraseWrappingKey(passphrase, kdf);
  return { member, kdf, ...wrap(dataKey, wrappingKey, authenticatedText(project, `member ${member}`, kdf)) };
}

/** The data key, wrapped under the digits of a recovery key. */
export function wrapForRecovery(dataKey: Uint8Array, project: string, secret: Uint8Array): RecoverySlot {
  const salt = randomBytes(SALT_BYTES);
  const kdf = { name: "hkdf-sha256" as const, salt: toBase64(salt) };
  return { kdf, ...wrap(dataKey, recoveryWrappingKey(secret, salt), authenticatedText(project, "recovery", kdf)) };
}

/** Members whose passphrase this is, with the data key; empty where it is nobody's. The caller wipes the keys. */
export async function unwrapByPassphrase(
  file: KeyFile,
  passphrase: string,
): Promise<{ member: string; dataKey: Uint8Array }[]> {
  const opened: { member: string; dataKey: Uint8Array }[] = [];
  for (const slot of file.members) {
    const wrappingKey = await passphraseWrappingKey(passphrase, slot.kdf);
    const dataKey = unwrap(slot, wrappingKey, authenticatedText(file.project, `member ${slot.member}`, slot.kdf));
    if (dataKey !== null) opened.push({ member: slot.member, dataKey });
  }
  return opened;
}

/** The data key, or null where the recovery key belongs to another project. */
export function unwrapByRecovery(file: KeyFile, secret: Uint8Array): Uint8Array | null {
  const wrappingKey = recoveryWrappingKey(secret, fromBase64(file.recovery.kdf.salt));
  return unwrap(file.recovery, wrappingKey, authenticatedText(file.project, "recovery", file.recovery.kdf));
}

export function newKeyFile(project: string, member: MemberSlot, recovery: RecoverySlot): KeyFile {
  return { format: "loupe-keys", version: KEYS_VERSION, project, members: [member], recovery };
}

/** The same file with one member's slot replaced, or added. */
export function withMember(file: KeyFile, slot: MemberSlot): KeyFile {
  const known = file.members.some(({ member }) => member === slot.member);
  const members = known
    ? file.members.map((old) => (old.member === slot.member ? slot : old))
    : [...file.members, slot];
  return { ...file, members };
}

/** Throws project/corrupt or project/newer-version. */
export function readKeyFile(path: string): KeyFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw storageError(error);
    throw new AppError("project/corrupt", "The project's keys.json is damaged: restore it from a backup.", {
      cause: error,
    });
  }
  const version = z.object({ version: z.number() }).safeParse(content).data?.version;
  if (version !== undefined && version > KEYS_VERSION) {
    throw new AppError(
      "project/newer-version",
      `This project was written by a newer Loupe (keys version ${version}, this one knows ${KEYS_VERSION}): please update Loupe to open it.`,
    );
  }
  const file = keyFileSchema.safeParse(content);
  if (!file.success) {
    throw new AppError("project/corrupt", "The project's keys.json is damaged: restore it from a backup.", {
      cause: file.error,
    });
  }
  return file.data;
}

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

/** Replaces `path` by a complete new file or leaves the old one. Throws project/disk-full or project/read-only. */
export function writeKeyFile(path: string, file: KeyFile): void {
  const draft = `${path}.new`;
  try {
    const descriptor = openSync(draft, "w", 0o600);
    try {
      const bytes = Buffer.from(`${JSON.stringify(file, null, 2)}\n`);
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

// The cryptography of keys.json: what is wrapped under what, and for whom it is sealed.
//
// A member has an X25519 key pair. The private key is wrapped (AES-256-GCM) under Argon2id of the passphrase, and once more for each
// machine that remembers the member, under a random secret that the system's key store keeps there. The data key is sealed to the public
// key: an ephemeral X25519 key pair, HKDF-SHA256 of the shared secret, AES-256-GCM. So a new data key can be given to every member without
// anybody's passphrase. The recovery key's pair is derived from its digits.
//
// Everything that says what a ciphertext is for is authenticated with it: project, whose slot, which field, parameters and public keys. A
// field moved to another slot, project or role does not open.

import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { z } from "zod";
import { canonicalJson, type Json } from "./canonical-json.ts";
import { type PassphraseCost, passphraseKey } from "./passphrase.ts";
import { recoveryPrivateKey, recoveryWrappingKey } from "./recovery-key.ts";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const CIPHER = "aes-256-gcm";
const FORMAT = "loupe-keys";
const SEAL_INFO = "loupe sealed data key 2";
// RFC 8410: the fixed beginnings of an X25519 key in PKCS #8 and in SubjectPublicKeyInfo; the 32 bytes of the key follow.
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_X25519 = Buffer.from("302a300506032b656e032100", "hex");

const base64 = (bytes: number) => z.base64().refine((text) => Buffer.from(text, "base64").length === bytes);
const wrappedSchema = z.object({ nonce: base64(NONCE_BYTES), key: base64(KEY_BYTES), tag: base64(16) });
const argon2 = z.object({
  name: z.literal("argon2id"),
  // The upper limits keep a hostile file from asking for all memory or all day.
  memoryKiB: z.int().min(8).max(4_194_304),
  passes: z.int().min(1).max(64),
  lanes: z.int().min(1).max(64),
  salt: base64(SALT_BYTES),
});
const hkdf = z.object({ name: z.literal("hkdf-sha256"), salt: base64(SALT_BYTES) });
const sealedSchema = wrappedSchema.extend({ ephemeral: base64(KEY_BYTES) });
const deviceSchema = wrappedSchema.extend({ id: z.string() });

/** Version 1: the data key wrapped under the passphrase itself. Read, never written anew. */
const oldMemberSlot = wrappedSchema.extend({ member: z.string(), kdf: argon2 });
const memberSlot = z.object({
  member: z.string(),
  publicKey: base64(KEY_BYTES),
  privateKey: wrappedSchema.extend({ kdf: argon2 }),
  devices: z.array(deviceSchema),
  dataKey: sealedSchema,
});
const oldRecoverySlot = wrappedSchema.extend({ kdf: hkdf });
const recoverySlot = z.object({ publicKey: base64(KEY_BYTES), kdf: hkdf, dataKey: sealedSchema });

export const oldSlots = { members: z.array(oldMemberSlot).min(1), recovery: oldRecoverySlot };
/** null: nobody has a recovery key for this data key. */
export const slots = {
  members: z.array(z.union([memberSlot, oldMemberSlot])).min(1),
  recovery: z.union([recoverySlot, oldRecoverySlot]).nullable(),
};

type Wrapped = z.infer<typeof wrappedSchema>;
type Sealed = z.infer<typeof sealedSchema>;
export type MemberSlot = z.infer<typeof memberSlot>;
export type AnyMemberSlot = MemberSlot | z.infer<typeof oldMemberSlot>;
export type RecoverySlot = z.infer<typeof recoverySlot>;
export type AnyRecoverySlot = RecoverySlot | z.infer<typeof oldRecoverySlot>;

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const fromBase64 = (text: string) => Buffer.from(text, "base64");
export const isOld = (slot: AnyMemberSlot): slot is z.infer<typeof oldMemberSlot> => !("publicKey" in slot);

/** Wipes `wrappingKey`. */
function wrap(secret: Uint8Array, wrappingKey: Uint8Array, authenticated: string): Wrapped {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, wrappingKey, nonce).setAAD(Buffer.from(authenticated));
  const key = Buffer.concat([cipher.update(secret), cipher.final()]);
  wrappingKey.fill(0);
  return { nonce: toBase64(nonce), key: toBase64(key), tag: toBase64(cipher.getAuthTag()) };
}

/** null where the wrapping key is not the one it was wrapped with. Wipes `wrappingKey`. */
function unwrap(slot: Wrapped, wrappingKey: Uint8Array, authenticated: string): Uint8Array | null {
  const decipher = createDecipheriv(CIPHER, wrappingKey, fromBase64(slot.nonce))
    .setAAD(Buffer.from(authenticated))
    .setAuthTag(fromBase64(slot.tag));
  const secret = decipher.update(fromBase64(slot.key));
  wrappingKey.fill(0);
  try {
    decipher.final();
    return secret;
  } catch {
    secret.fill(0);
    return null;
  }
}

function privateKeyObject(privateKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_X25519, privateKey]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key;
}
const publicKeyObject = (publicKey: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([SPKI_X25519, publicKey]), format: "der", type: "spki" });
const rawPublicKey = (key: KeyObject) =>
  key.export({ format: "der", type: "spki" }).subarray(SPKI_X25519.length) as Uint8Array;
const publicKeyOf = (privateKey: Uint8Array) => rawPublicKey(createPublicKey(privateKeyObject(privateKey)));

/** Whose slot, in which project, and which field of it. */
interface Place {
  readonly project: string;
  /** "member <id>" or "recovery" */
  readonly slot: string;
  readonly field: "private key" | "data key" | "device";
}
const authenticatedText = (place: Place, facts: Json): string =>
  canonicalJson({ format: FORMAT, version: 2, ...place, facts });
const oldAuthenticatedText = (project: string, slot: string, kdf: Json): string =>
  canonicalJson({ format: FORMAT, version: 1, project, slot, kdf });
const memberPlace = (project: string, member: string, field: Place["field"]): Place => ({
  project,
  slot: `member ${member}`,
  field,
});

function sealingKey(shared: Buffer, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array {
  const key = new Uint8Array(hkdfSync("sha256", shared, Buffer.concat([ephemeral, recipient]), SEAL_INFO, KEY_BYTES));
  shared.fill(0);
  return key;
}

function seal(dataKey: Uint8Array, publicKey: Uint8Array, place: Place): Sealed {
  const pair = generateKeyPairSync("x25519");
  const ephemeral = rawPublicKey(pair.publicKey);
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: publicKeyObject(publicKey) });
  const facts = { publicKey: toBase64(publicKey), ephemeral: toBase64(ephemeral) };
  const wrapped = wrap(dataKey, sealingKey(shared, ephemeral, publicKey), authenticatedText(place, facts));
  return { ephemeral: facts.ephemeral, ...wrapped };
}

/** null where it was not sealed for this key, or not for this place. */
function unseal(sealed: Sealed, privateKey: Uint8Array, place: Place): Uint8Array | null {
  const publicKey = publicKeyOf(privateKey);
  const ephemeral = fromBase64(sealed.ephemeral);
  let shared: Buffer;
  try {
    shared = diffieHellman({ privateKey: privateKeyObject(privateKey), publicKey: publicKeyObject(ephemeral) });
  } catch {
    return null; // a point of low order, which OpenSSL refuses: nobody sealed with it
  }
  const facts = { publicKey: toBase64(publicKey), ephemeral: sealed.ephemeral };
  return unwrap(sealed, sealingKey(shared, ephemeral, publicKey), authenticatedText(place, facts));
}

/** A slot with a new key pair. */
export async function newMemberSlot(
  dataKey: Uint8Array,
  project: string,
  member: string,
  passphrase: string,
  cost: PassphraseCost,
): Promise<MemberSlot> {
  const privateKey = new Uint8Array(randomBytes(KEY_BYTES));
  const publicKey = publicKeyOf(privateKey);
  const salt = randomBytes(SALT_BYTES);
  const { memoryKiB, passes, lanes } = cost;
  const kdf = { name: "argon2id" as const, memoryKiB, passes, lanes, salt: toBase64(salt) };
  const facts = { kdf, publicKey: toBase64(publicKey) };
  const wrappingKey = await passphraseKey(passphrase, cost, salt);
  const wrapped = wrap(privateKey, wrappingKey, authenticatedText(memberPlace(project, member, "private key"), facts));
  privateKey.fill(0);
  return {
    member,
    publicKey: facts.publicKey,
    privateKey: { kdf, ...wrapped },
    devices: [],
    dataKey: seal(dataKey, publicKey, memberPlace(project, member, "data key")),
  };
}

/** The same member with another data key. */
export function resealed(slot: MemberSlot, project: string, dataKey: Uint8Array): MemberSlot {
  const place = memberPlace(project, slot.member, "data key");
  return { ...slot, dataKey: seal(dataKey, fromBase64(slot.publicKey), place) };
}

export const publicKeyIn = (slot: MemberSlot): Uint8Array => fromBase64(slot.publicKey);

/** The member's private key, or null where this is not the passphrase. The caller wipes it. */
export async function privateKeyByPassphrase(
  slot: MemberSlot,
  project: string,
  passphrase: string,
): Promise<Uint8Array | null> {
  const { kdf } = slot.privateKey;
  const wrappingKey = await passphraseKey(passphrase, kdf, fromBase64(kdf.salt));
  const place = memberPlace(project, slot.member, "private key");
  return unwrap(slot.privateKey, wrappingKey, authenticatedText(place, { kdf, publicKey: slot.publicKey }));
}

export function dataKeyOfMember(slot: MemberSlot, project: string, privateKey: Uint8Array): Uint8Array | null {
  return unseal(slot.dataKey, privateKey, memberPlace(project, slot.member, "data key"));
}

/** Version 1: the passphrase's key opens the data key itself. */
export async function oldDataKeyOfMember(
  slot: Exclude<AnyMemberSlot, MemberSlot>,
  project: string,
  passphrase: string,
): Promise<Uint8Array | null> {
  const wrappingKey = await passphraseKey(passphrase, slot.kdf, fromBase64(slot.kdf.salt));
  return unwrap(slot, wrappingKey, oldAuthenticatedText(project, `member ${slot.member}`, slot.kdf));
}

/** The same member, whose private key a machine's secret opens too. Wipes nothing that it is given. */
export function withDevice(
  slot: MemberSlot,
  project: string,
  device: { id: string; secret: Uint8Array },
  privateKey: Uint8Array,
): MemberSlot {
  const place = memberPlace(project, slot.member, "device");
  const facts = { device: device.id, publicKey: slot.publicKey };
  const wrapped = wrap(privateKey, Uint8Array.from(device.secret), authenticatedText(place, facts));
  return { ...slot, devices: [...slot.devices, { id: device.id, ...wrapped }] };
}

/** null where the machine is not (or no longer) one that remembers this member. */
export function privateKeyByDevice(
  slot: MemberSlot,
  project: string,
  device: { id: string; secret: Uint8Array },
): Uint8Array | null {
  const entry = slot.devices.find(({ id }) => id === device.id);
  if (entry === undefined) return null;
  const place = memberPlace(project, slot.member, "device");
  const facts = { device: device.id, publicKey: slot.publicKey };
  return unwrap(entry, Uint8Array.from(device.secret), authenticatedText(place, facts));
}

/** The data key, sealed for whoever has the digits of a recovery key. */
export function newRecoverySlot(dataKey: Uint8Array, project: string, secret: Uint8Array): RecoverySlot {
  const salt = randomBytes(SALT_BYTES);
  const privateKey = recoveryPrivateKey(secret, salt);
  const publicKey = publicKeyOf(privateKey);
  privateKey.fill(0);
  return {
    publicKey: toBase64(publicKey),
    kdf: { name: "hkdf-sha256", salt: toBase64(salt) },
    dataKey: seal(dataKey, publicKey, { project, slot: "recovery", field: "data key" }),
  };
}

/** The data key, or null where the recovery key belongs to another project or was replaced. */
export function dataKeyByRecovery(slot: AnyRecoverySlot, project: string, secret: Uint8Array): Uint8Array | null {
  const salt = fromBase64(slot.kdf.salt);
  if (!("publicKey" in slot)) {
    return unwrap(slot, recoveryWrappingKey(secret, salt), oldAuthenticatedText(project, "recovery", slot.kdf));
  }
  const privateKey = recoveryPrivateKey(secret, salt);
  const dataKey = unseal(slot.dataKey, privateKey, { project, slot: "recovery", field: "data key" });
  privateKey.fill(0);
  return dataKey;
}

// The recovery key: 150 random bits that a person prints, keeps in a safe and one day types back in.
//
// Written as six groups of five Crockford base32 characters (no I, L, O, U) and a sixth that checks them, for example
// `7QH2KX-…`. Each group checks itself and its place, so a typing error is answered with the number of the group it is in. The
// check character is a sum over GF(32), weights α¹…α⁵, plus the group's number: it finds every single wrong character, every
// swap of neighbours inside the group, and every swap of groups. It is for typing errors; secrecy is in the 150 bits.

import { hkdfSync, randomBytes } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford: https://www.crockford.com/base32.html
const GROUPS = 6;
const DATA_PER_GROUP = 5;
const GROUP_LENGTH = DATA_PER_GROUP + 1;
const WRAPPING_INFO = "loupe recovery key 1";
const PRIVATE_KEY_INFO = "loupe recovery key 2";

/** Multiplies by α in GF(32) with the polynomial x⁵ + x² + 1. */
function timesAlpha(value: number): number {
  const shifted = value << 1;
  return shifted & 32 ? shifted ^ 0b100101 : shifted;
}

function checkOf(group: readonly number[], place: number): number {
  // Horner's scheme: α·(d₁ + α·(d₂ + …)).
  return group.reduceRight((sum, digit) => timesAlpha(sum ^ digit), 0) ^ (place + 1);
}

function group(digits: readonly number[], place: number): string {
  return [...digits, checkOf(digits, place)].map((digit) => ALPHABET[digit]).join("");
}

/** A new key, ready to print. */
export function makeRecoveryKey(): string {
  const digits = [...randomBytes(GROUPS * DATA_PER_GROUP)].map((byte) => byte & 31);
  return Array.from({ length: GROUPS }, (_, place) =>
    group(digits.slice(place * DATA_PER_GROUP, (place + 1) * DATA_PER_GROUP), place),
  ).join("-");
}

/** The secret digits of a typed key. Spaces, hyphens and case do not matter; O is 0, I and L are 1. Throws project/key-wrong. */
export function readRecoveryKey(typed: string): Uint8Array {
  const characters = typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
  const digits = [...characters].map((character) => ALPHABET.indexOf(character));
  const wrong = digits.indexOf(-1);
  if (wrong >= 0) {
    throw new AppError(
      "project/key-wrong",
      `Character ${wrong + 1} of the recovery key is not one that recovery keys use: please look at it again.`,
    );
  }
  if (digits.length !== GROUPS * GROUP_LENGTH) {
    throw new AppError(
      "project/key-wrong",
      `A recovery key has ${GROUPS * GROUP_LENGTH} characters in ${GROUPS} groups; this one has ${digits.length}.`,
    );
  }
  const secret = new Uint8Array(GROUPS * DATA_PER_GROUP);
  for (let place = 0; place < GROUPS; place++) {
    const data = digits.slice(place * GROUP_LENGTH, place * GROUP_LENGTH + DATA_PER_GROUP);
    if (checkOf(data, place) !== digits[place * GROUP_LENGTH + DATA_PER_GROUP]) {
      throw new AppError(
        "project/key-wrong",
        `Group ${place + 1} of the recovery key has a typing error: please compare it with the printed one.`,
      );
    }
    secret.set(data, place * DATA_PER_GROUP);
  }
  return secret;
}

/** The X25519 private key of a recovery key. Its digits are random already, so no slow hash is needed. */
export function recoveryPrivateKey(secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, PRIVATE_KEY_INFO, 32));
}

/** Version 1 of keys.json: the key that wraps the data key itself. */
export function recoveryWrappingKey(secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, WRAPPING_INFO, 32));
}

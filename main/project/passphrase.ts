// From a passphrase to a key: Argon2id, as slow as this machine makes it bearable, so that guessing is slow too.
//
// The passphrase is taken as NFKC, so that the same one typed on two systems is the same. The cost is recorded beside what the key wraps, so
// that it may be higher tomorrow. A new cost is measured once in a process: at least half a second, at least what RFC 9106 asks for.

import type { Buffer } from "node:buffer";
import { hashRaw } from "@node-rs/argon2";
import { AppError } from "../../preload/contract/errors.ts";
import { PASSPHRASE_MIN_LENGTH } from "../../preload/contract/project.ts";

/** @node-rs/argon2's const enum member, which a file compiled alone cannot import. */
const ARGON2ID = 2;
const DERIVED_BYTES = 32;

/** Cost of one guess at a passphrase. Tests inject cheaper ones; the studio never does. */
export interface PassphraseCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106 §4, second recommendation: 64 MiB, 3 passes, 4 lanes. Never less. */
export const LEAST_COST: PassphraseCost = { memoryKiB: 64 * 1024, passes: 3, lanes: 4 };
/** More memory hurts who guesses on graphics cards most, but an old workstation opens projects too. */
const MOST_MEMORY_KIB = 256 * 1024;
/** keys.json of others is refused beyond this (keys.ts), and ours never comes near it. */
const MOST_PASSES = 48;
/** One guess takes at least this long on this machine. */
export const GUESS_MS = 500;

/** 32 bytes; the caller wipes them. */
export function passphraseKey(passphrase: string, cost: PassphraseCost, salt: Uint8Array): Promise<Buffer> {
  return hashRaw(passphrase.normalize("NFKC"), {
    algorithm: ARGON2ID,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: DERIVED_BYTES,
    salt,
  });
}

/** Milliseconds of one guess. */
export async function timeGuess(cost: PassphraseCost): Promise<number> {
  const began = performance.now();
  await passphraseKey("how long does this take", cost, new Uint8Array(16));
  return performance.now() - began;
}

/**
 * The cheapest cost of at least `GUESS_MS`: first more memory, then more passes. `measure` answers milliseconds. Time grows with
 * memory × passes, so two or three measurements are enough; where another program slowed one down, the cost is too low by that much
 * and still no less than `LEAST_COST`.
 */
export async function calibrate(measure: (cost: PassphraseCost) => Promise<number>): Promise<PassphraseCost> {
  let cost = LEAST_COST;
  for (;;) {
    const took = await measure(cost);
    if (took >= GUESS_MS) return cost;
    const work = cost.memoryKiB * cost.passes * Math.min(Math.max((1.1 * GUESS_MS) / took, 1.1), 16);
    const memoryKiB = Math.min(MOST_MEMORY_KIB, Math.ceil(work / LEAST_COST.passes / 1024) * 1024);
    const passes = Math.min(MOST_PASSES, Math.max(LEAST_COST.passes, Math.ceil(work / memoryKiB)));
    if (memoryKiB === cost.memoryKiB && passes === cost.passes) return cost; // the limits
    cost = { ...cost, memoryKiB, passes };
  }
}

let calibrated: Promise<PassphraseCost> | null = null;
/** What a new passphrase costs on this machine. */
export function passphraseCost(): Promise<PassphraseCost> {
  calibrated ??= calibrate(timeGuess);
  return calibrated;
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

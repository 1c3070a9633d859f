// The threads that hash passphrases keep the last one in their stacks until they hash again; so they hash something else.

import { hashRaw } from "@node-rs/argon2";

/** Longer than what people type. */
const NOTHING = ".".repeat(256);
/** Several for each of Node's four threads, at the least cost, so that every thread takes one. */
const HASHES = 16;

/** Overwrites what hashing left. Takes some milliseconds, on other threads. */
export async function overwriteHashed(): Promise<void> {
  const salt = new Uint8Array(16);
  const options = { memoryCost: 1024, timeCost: 1, parallelism: 1, outputLen: 32, salt };
  await Promise.all(Array.from({ length: HASHES }, () => hashRaw(NOTHING, options)));
}

// How project.db is encrypted: the only file that knows ciphers.
//
// New files: AEGIS-256, one nonce and one 256-bit tag for every page, pages of 16 KiB. Files that begin otherwise are SQLCipher 4, which
// projects had at first; they open as ever, and a copy of one is a new file. See decision 1 in README.md.
//
// The first sixteen bytes are random and mean nothing (a salt, for keys made of passphrases). The next eight the cipher leaves readable and
// outside the page's tag: page size, versions, reserved bytes, payload fractions. They must be what we write, byte for byte, so that
// changing one of them is refused like any other change.

import { closeSync, openSync, readSync } from "node:fs";
import type Database from "better-sqlite3";
import { AppError } from "../../preload/contract/errors.ts";

const PLAIN_HEADER = "SQLite format 3\0";
/** Bytes. Frames are large: fewer, larger pages cost half as much to write; a label is still one small write. */
export const PAGE_SIZE = 16_384;
const RAW_KEY_PREFIX = "raw:";

/** What a connection is told before it makes a file. */
export const NEW_FILE_CIPHER = ["cipher = 'aegis'", "algorithm = 'aegis-256'"];

/** Bytes 16 to 23 of a file of ours (https://www.sqlite.org/fileformat2.html#the_database_header); 64 reserved: nonce and tag. */
const readable = (version: 1 | 2) => Buffer.from([PAGE_SIZE >> 8, PAGE_SIZE & 255, version, version, 64, 64, 32, 32]);
/** 2: with a write-ahead log. 1: without, as in a copy that nobody has opened yet. */
const READABLE = [readable(1), readable(2)];

/** The ciphers build adds this method to better-sqlite3. */
interface KeyedConnection {
  key(key: Buffer): number;
}

/** Before anything is read or written: tells SQLite how `file` is encrypted. `key`, 256 bits, stays the caller's. */
export function encrypt(
  connection: Database.Database,
  file: string,
  key: Uint8Array,
  options: { create: boolean },
): void {
  if (options.create || isAegis(file)) {
    for (const pragma of NEW_FILE_CIPHER) connection.pragma(pragma);
    connection.pragma(`page_size = ${PAGE_SIZE}`);
  } else {
    connection.pragma("cipher = 'sqlcipher'");
    connection.pragma("legacy = 4");
  }
  const raw = rawKey(key);
  (connection as unknown as KeyedConnection).key(raw);
  raw.fill(0);
}

/** A key as SQLite takes it: as bytes, never as SQL text, which would stay in memory as a string. The caller wipes it. */
export const rawKey = (key: Uint8Array): Buffer => Buffer.concat([Buffer.from(RAW_KEY_PREFIX), key]);

/** Throws project/not-encrypted where the file on disk begins like a plain SQLite file, project/corrupt where it is empty. */
export function assertCiphertext(file: string): void {
  const header = readHeader(file);
  if (header.length < PLAIN_HEADER.length) {
    throw new AppError("project/corrupt", "The project's file is empty or cut off. Restore the folder from a backup.");
  }
  if (header.toString("latin1", 0, PLAIN_HEADER.length) === PLAIN_HEADER) {
    throw new AppError(
      "project/not-encrypted",
      "The project's file is not encrypted, so Loupe does not open it: it was not written by Loupe or was replaced.",
    );
  }
}

/** For people: how a file is encrypted. */
export const cipherOf = (file: string): string => (isAegis(file) ? "AEGIS-256" : "SQLCipher 4");

function isAegis(file: string): boolean {
  const header = readHeader(file).subarray(PLAIN_HEADER.length);
  return READABLE.some((expected) => expected.equals(header));
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(24);
  const descriptor = openSync(file, "r");
  try {
    return header.subarray(0, readSync(descriptor, header, 0, header.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

// The files of a ZIP archive, one after the other (PKWARE APPNOTE 6.3): stored and deflated, checked by their CRC-32.
//
// The central directory says what there is; sizes that it declares are checked before anything is unpacked, and unpacking stops at them, so an
// archive that packs more than it says, or the same bytes many times, costs no more than `budget`. Encrypted and ZIP64 entries are refused by name.

import { crc32, inflateRawSync } from "node:zlib";
import { AppError } from "../../preload/contract/errors.ts";

export interface ZipMember {
  /** path within the archive, with "/" */
  readonly name: string;
  /** bytes that it says it has when unpacked */
  readonly size: number;
  /** Throws imaging/unreadable, imaging/codec-missing. */
  read(): Uint8Array;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** The end record stands before a comment of at most 65535 bytes. */
const END_WITHIN = END_BYTES + 65535;
const ENCRYPTED = 1;
const UTF8 = 1 << 11;
const ZIP64 = 0xffffffff;

export const looksLikeZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

const broken = (what: string) => new AppError("imaging/unreadable", `The archive ${what}.`);

/** Files in the order of the archive; folders and what systems add for themselves are left out. Throws imaging/unreadable. */
export function listZip(bytes: Uint8Array): ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === null) throw broken("is cut off: its directory is missing");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw broken("has a damaged directory");
    const nameLength = view.getUint16(at + 28, true);
    const next = at + CENTRAL_BYTES + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const utf8 = (view.getUint16(at + 8, true) & UTF8) !== 0;
    const nameBytes = bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength);
    const name = tidy(new TextDecoder(utf8 ? "utf-8" : "latin1").decode(nameBytes));
    if (name !== null) {
      const entry = at;
      members.push({ name, size: view.getUint32(at + 24, true), read: () => readMember(bytes, view, entry) });
    }
    at = next;
  }
  return members;
}

function findEnd(view: DataView): number | null {
  const first = Math.max(0, view.byteLength - END_WITHIN);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) if (view.getUint32(at, true) === END) return at;
  return null;
}

/** A relative path without ways up; null for a folder, a hidden file and macOS's shadows of files. */
function tidy(name: string): string | null {
  const parts = name.replaceAll("\\", "/").split("/");
  const file = parts.at(-1) ?? "";
  const kept = parts.filter((part) => part !== "" && part !== "." && part !== "..");
  if (file === "" || kept.length === 0 || kept.some((part) => part.startsWith(".") || part === "__MACOSX")) return null;
  return kept.join("/");
}

function readMember(bytes: Uint8Array, view: DataView, entry: number): Uint8Array {
  const flags = view.getUint16(entry + 8, true);
  const method = view.getUint16(entry + 10, true);
  const [crc, packedSize, size, local] = [16, 20, 24, 42].map((offset) => view.getUint32(entry + offset, true));
  if (flags & ENCRYPTED) throw new AppError("imaging/codec-missing", "This file of the archive is encrypted.");
  if ([packedSize, size, local].includes(ZIP64)) {
    throw new AppError("imaging/codec-missing", "Archives of more than 4 GiB (ZIP64) are not supported.");
  }
  if (local + LOCAL_BYTES > bytes.length || view.getUint32(local, true) !== LOCAL)
    throw broken("has a damaged directory");
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packedSize > bytes.length) throw broken("is cut off within this file");
  const packed = bytes.subarray(start, start + packedSize);
  const unpacked = unpack(packed, method, size);
  if (unpacked.length !== size || crc32(unpacked) !== crc) throw broken("is damaged within this file");
  return unpacked;
}

function unpack(packed: Uint8Array, method: number, size: number): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw new AppError("imaging/codec-missing", `ZIP compression ${method} is not supported.`);
  try {
    const { buffer, byteOffset, byteLength } = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw new AppError("imaging/unreadable", "The archive is damaged within this file.", { cause });
  }
}

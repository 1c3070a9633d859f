// The directories of a TIFF file (TIFF 6.0 section 2): one record per page.
//
// Offsets are checked before anything is read, a directory is visited once, so a file that points in circles ends.

import { AppError } from "../../../preload/contract/errors.ts";

export interface Directory {
  /** values of a tag; empty where it is missing */
  values(tag: number): readonly number[];
}

export interface Tiff {
  readonly littleEndian: boolean;
  readonly directories: readonly Directory[];
}

/** Bytes of the field types 1 to 12; 0 for the ones that are no numbers we use. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const MAX_PAGES = 100_000;

/** Throws imaging/header-invalid for offsets outside the file, imaging/codec-missing for BigTIFF. */
export function readDirectories(bytes: Uint8Array): Tiff {
  const littleEndian = bytes[0] === 0x49;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw outside("header");
  if (view.getUint16(2, littleEndian) === 43) {
    throw new AppError("imaging/codec-missing", "BigTIFF files are not supported.");
  }
  const directories: Directory[] = [];
  const visited = new Set<number>();
  let offset = view.getUint32(4, littleEndian);
  while (offset !== 0 && !visited.has(offset) && directories.length < MAX_PAGES) {
    visited.add(offset);
    if (offset + 2 > bytes.length) throw outside("directory");
    const count = view.getUint16(offset, littleEndian);
    const end = offset + 2 + 12 * count;
    if (end > bytes.length) throw outside("directory");
    directories.push(directoryAt(view, offset + 2, count, littleEndian));
    offset = end + 4 <= bytes.length ? view.getUint32(end, littleEndian) : 0;
  }
  return { littleEndian, directories };
}

const outside = (what: string) => new AppError("imaging/header-invalid", `A ${what} of the TIFF file lies outside it.`);

function directoryAt(view: DataView, first: number, count: number, little: boolean): Directory {
  const fields = new Map<number, number>();
  for (let i = 0; i < count; i++) fields.set(view.getUint16(first + 12 * i, little), first + 12 * i);
  return {
    values(tag) {
      const field = fields.get(tag);
      if (field === undefined) return [];
      const type = view.getUint16(field + 2, little);
      const values = view.getUint32(field + 4, little);
      const size = TYPE_BYTES[type] ?? 0;
      if (size === 0 || values === 0) return [];
      const at = size * values <= 4 ? field + 8 : view.getUint32(field + 8, little);
      if (at + size * values > view.byteLength) throw outside("field");
      return Array.from({ length: values }, (_, i) => readNumber(view, at + size * i, type, little));
    },
  };
}

function readNumber(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / (view.getUint32(at + 4, little) || 1);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / (view.getInt32(at + 4, little) || 1);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    default:
      return view.getUint8(at);
  }
}

// The directories of a TIFF file (TIFF 6.0 section 2) or a BigTIFF file, which counts and points with 64 bits: one record per page.
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

/** Bytes of the field types 1 to 13 and 16 to 18 (BigTIFF); 0 for the ones that are no numbers we use. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MAX_PAGES = 100_000;

/** How wide the numbers of the file's structure are. */
interface Shape {
  readonly big: boolean;
  readonly littleEndian: boolean;
  /** of a directory's count, of a field, of the values that fit into a field */
  readonly countBytes: number;
  readonly fieldBytes: number;
  readonly inlineBytes: number;
}

const CLASSIC = { big: false, countBytes: 2, fieldBytes: 12, inlineBytes: 4 };
const BIG = { big: true, countBytes: 8, fieldBytes: 20, inlineBytes: 8 };

/** Throws imaging/header-invalid for offsets outside the file. */
export function readDirectories(bytes: Uint8Array): Tiff {
  const littleEndian = bytes[0] === 0x49;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw outside("header");
  const big = view.getUint16(2, littleEndian) === 43;
  const shape: Shape = { ...(big ? BIG : CLASSIC), littleEndian };
  // Offsets of 8 bytes are the only ones there are (BigTIFF design, header).
  if (big && (bytes.length < 16 || view.getUint16(4, littleEndian) !== 8)) throw outside("header");
  const directories: Directory[] = [];
  const visited = new Set<number>();
  let offset = readOffset(view, big ? 8 : 4, shape);
  while (offset !== 0 && !visited.has(offset) && directories.length < MAX_PAGES) {
    visited.add(offset);
    const first = offset + shape.countBytes;
    if (!(first <= bytes.length)) throw outside("directory");
    const count = big ? readOffset(view, offset, shape) : view.getUint16(offset, littleEndian);
    const end = first + shape.fieldBytes * count;
    if (!(end <= bytes.length)) throw outside("directory");
    directories.push(directoryAt(view, first, count, shape));
    offset = end + shape.inlineBytes <= bytes.length ? readOffset(view, end, shape) : 0;
  }
  return { littleEndian, directories };
}

const outside = (what: string) => new AppError("imaging/header-invalid", `A ${what} of the TIFF file lies outside it.`);

/** An offset or a count. Above 2^53 it is not exact, and outside any file. */
function readOffset(view: DataView, at: number, { big, littleEndian }: Shape): number {
  return big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
}

function directoryAt(view: DataView, first: number, count: number, shape: Shape): Directory {
  const { littleEndian: little, fieldBytes, inlineBytes } = shape;
  const fields = new Map<number, number>();
  for (let i = 0; i < count; i++) fields.set(view.getUint16(first + fieldBytes * i, little), first + fieldBytes * i);
  return {
    values(tag) {
      const field = fields.get(tag);
      if (field === undefined) return [];
      const type = view.getUint16(field + 2, little);
      const values = readOffset(view, field + 4, shape);
      const size = TYPE_BYTES[type] ?? 0;
      if (size === 0 || values === 0) return [];
      const inField = field + 4 + inlineBytes;
      const at = size * values <= inlineBytes ? inField : readOffset(view, inField, shape);
      if (!(at + size * values <= view.byteLength)) throw outside("field");
      return Array.from({ length: values }, (_, i) => readNumber(view, at + size * i, type, little));
    },
  };
}

function readNumber(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little));
    case 17:
      return Number(view.getBigInt64(at, little));
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

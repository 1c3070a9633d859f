// Reads DICOM bytes into records: which element lies where. Values are read later, by values.ts.
//
// The reader is forgiving where real files are wrong (no preamble, no file meta, no transfer syntax, a meta header that
// lies about explicit VR, lengths that run past the end) and strict about itself: it never reads outside the bytes, always
// moves forward, and nests at most MAX_DEPTH deep, so hostile bytes cost at most one pass over them.
// A data set that ends early is kept with `cut` saying where: the caller decides whether what is missing matters.
// Non-goals: writing (write.ts), meaning (object.ts).

import { inflateRawSync } from "node:zlib";
import { AppError } from "../../../preload/contract/errors.ts";
import { dictionaryEntry } from "./dictionary.ts";
import { codecOf, DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from "./transfer-syntax.ts";

export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface Element extends Span {
  readonly tag: number;
  readonly vr: string;
  /** data sets of a sequence's items; null for anything else */
  readonly items: readonly DataSet[] | null;
  /** fragments of encapsulated pixel data, without the basic offset table; null for anything else */
  readonly fragments: readonly Span[] | null;
  /** the basic offset table, where there are fragments */
  readonly offsetTable: Span | null;
}

/** Where a data set ends before its declared lengths are met. */
export interface Cut {
  readonly tag: number;
  readonly expected: number;
  readonly found: number;
}

export interface DataSet {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly elements: ReadonlyMap<number, Element>;
  readonly cut: Cut | null;
}

export interface Part10 {
  readonly meta: DataSet | null;
  readonly transferSyntax: string;
  readonly dataSet: DataSet;
}

const MAX_DEPTH = 32;
const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const PIXEL_DATA = 0x7fe00010;
const TRANSFER_SYNTAX_UID = 0x00020010;

/** PS3.5 table 7.1-1: these carry two reserved bytes and a 32-bit length. */
const LONG_VRS = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const SHORT_VRS = new Set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "));

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly explicit: boolean;
  position: number;
}

function cursorOver(bytes: Uint8Array, position: number, explicit: boolean, littleEndian: boolean): Cursor {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    littleEndian,
    explicit,
    position,
  };
}

const uint16 = (c: Cursor, at: number) => c.view.getUint16(at, c.littleEndian);
const uint32 = (c: Cursor, at: number) => c.view.getUint32(at, c.littleEndian);
const tagAt = (c: Cursor, at: number) => ((uint16(c, at) << 16) | uint16(c, at + 2)) >>> 0;

function isVr(bytes: Uint8Array, at: number): boolean {
  return bytes[at] >= 65 && bytes[at] <= 90 && bytes[at + 1] >= 65 && bytes[at + 1] <= 90;
}

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
}

/** Reads tag, VR and length and moves behind them; null where fewer bytes are left than a header needs. */
function readHeader(c: Cursor, end: number): Header | null {
  if (end - c.position < 8) return null;
  const at = c.position;
  const tag = tagAt(c, at);
  const delimiter = tag >>> 16 === 0xfffe;
  if (!c.explicit || delimiter || !isVr(c.bytes, at + 4)) {
    // Some writers put a single implicit element into an explicit data set; letters tell the two apart.
    c.position += 8;
    return { tag, vr: delimiter ? "" : (dictionaryEntry(tag)?.vr ?? "UN"), length: uint32(c, at + 4) };
  }
  const vr = String.fromCharCode(c.bytes[at + 4], c.bytes[at + 5]);
  // A VR that is not in the standard: newer ones use the long form (PS3.5 6.2.2), and those have zeros in the reserved bytes.
  const long = LONG_VRS.has(vr) || (!SHORT_VRS.has(vr) && uint16(c, at + 6) === 0);
  if (!long) {
    c.position += 8;
    return { tag, vr, length: uint16(c, at + 6) };
  }
  if (end - at < 12) return null;
  c.position += 12;
  return { tag, vr, length: uint32(c, at + 8) };
}

interface Read {
  readonly elements: Map<number, Element>;
  cut: Cut | null;
}

/** Reads elements up to `end`, or up to the item delimiter of an item of undefined length. */
function readElements(c: Cursor, end: number, depth: number, stop?: (tag: number) => boolean): Read {
  const read: Read = { elements: new Map(), cut: null };
  while (c.position < end && !read.cut) {
    const start = c.position;
    if (end - start >= 4 && stop?.(tagAt(c, start))) break;
    const header = readHeader(c, end);
    if (!header) {
      // Up to seven bytes behind the last element are padding, not an element.
      c.position = end;
      break;
    }
    const { tag, vr, length } = header;
    if (tag === ITEM_END || tag === SEQUENCE_END) break;
    const element = readValue(c, tag, vr, length, end, depth, read);
    if (element) read.elements.set(tag, element);
  }
  return read;
}

function readValue(
  c: Cursor,
  tag: number,
  vr: string,
  length: number,
  end: number,
  depth: number,
  into: Read,
): Element | null {
  const offset = c.position;
  const plain = { tag, vr, items: null, fragments: null, offsetTable: null };
  if (length === UNDEFINED_LENGTH) {
    if (tag === PIXEL_DATA) return readFragments(c, tag, vr, end, into);
    // A UN of undefined length is a sequence in implicit little endian (PS3.5 6.2.2 note 4).
    const inner = vr === "UN" && c.explicit ? cursorOver(c.bytes, offset, false, true) : c;
    const items = readItems(inner, end, depth + 1, into, true);
    c.position = inner.position;
    return { ...plain, vr: "SQ", offset, length: c.position - offset, items };
  }
  const left = end - offset;
  const found = Math.min(length, left);
  if (length > left) into.cut = { tag, expected: length, found: left };
  if (vr === "UN" && c.explicit && found === length && dictionaryEntry(tag)?.vr === "SQ") {
    // A sequence that passed through a program which did not know it: implicit little endian inside (PS3.5 6.2.2 note 2).
    const inside: Read = { elements: new Map(), cut: null };
    const inner = cursorOver(c.bytes, offset, explicitInside(c.bytes, offset, length), true);
    const items = readItems(inner, offset + found, depth + 1, inside, false);
    c.position = offset + found;
    if (!inside.cut) return { ...plain, vr: "SQ", offset, length: found, items };
  }
  if (vr === "SQ") {
    const items = readItems(c, offset + found, depth + 1, into, false);
    c.position = offset + found;
    return { ...plain, offset, length: found, items };
  }
  c.position = offset + found;
  return { ...plain, offset, length: found };
}

/** Some programs leave such a sequence as it was: its first element has a representation that exists. */
function explicitInside(bytes: Uint8Array, offset: number, length: number): boolean {
  return length >= 16 && (LONG_VRS.has(vrAt(bytes, offset + 12)) || SHORT_VRS.has(vrAt(bytes, offset + 12)));
}

function readItems(c: Cursor, end: number, depth: number, into: Read, undefinedLength: boolean): DataSet[] {
  const items: DataSet[] = [];
  if (depth > MAX_DEPTH) {
    throw new AppError("imaging/header-invalid", `Sequences are nested more than ${MAX_DEPTH} deep.`);
  }
  while (end - c.position >= 8 && !into.cut) {
    const tag = tagAt(c, c.position);
    const length = uint32(c, c.position + 4);
    if (tag === SEQUENCE_END) {
      c.position += 8;
      return items;
    }
    if (tag !== ITEM) {
      into.cut = { tag, expected: 8, found: 0 };
      return items;
    }
    c.position += 8;
    const known = length !== UNDEFINED_LENGTH;
    const itemEnd = known ? Math.min(end, c.position + length) : end;
    if (known && c.position + length > end) into.cut = { tag, expected: length, found: end - c.position };
    const read = readElements(c, itemEnd, depth);
    if (known) c.position = itemEnd;
    into.cut ??= read.cut;
    items.push({ bytes: c.bytes, littleEndian: c.littleEndian, elements: read.elements, cut: read.cut });
  }
  if (undefinedLength && !into.cut && end - c.position < 8 && c.position !== end) c.position = end;
  return items;
}

/** PS3.5 A.4: the first item is the basic offset table (maybe empty), the others are fragments. */
function readFragments(c: Cursor, tag: number, vr: string, end: number, into: Read): Element {
  const offset = c.position;
  const fragments: Span[] = [];
  let offsetTable: Span | null = null;
  while (end - c.position >= 8) {
    const itemTag = tagAt(c, c.position);
    const length = uint32(c, c.position + 4);
    c.position += 8;
    if (itemTag === SEQUENCE_END) break;
    if (itemTag !== ITEM) {
      into.cut = { tag: itemTag, expected: 8, found: 0 };
      break;
    }
    const found = Math.min(length, end - c.position);
    const span = { offset: c.position, length: found };
    if (offsetTable) fragments.push(span);
    else offsetTable = span;
    c.position += found;
    if (found < length) {
      into.cut = { tag: PIXEL_DATA, expected: length, found };
      break;
    }
  }
  return { tag, vr, offset, length: c.position - offset, items: null, fragments, offsetTable };
}

function uid(bytes: Uint8Array, element: Element | undefined): string {
  if (!element) return "";
  let text = "";
  for (let i = element.offset; i < element.offset + element.length && i < element.offset + 64; i++) {
    if (bytes[i] > 32) text += String.fromCharCode(bytes[i]);
  }
  return text;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** True for a byte sequence that begins like a DICOM data set: "DICM", or a plausible first element. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 128, "DICM") || startsWith(bytes, 0, "DICM")) return true;
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [true, false].some((little) => {
    const group = view.getUint16(0, little);
    const element = view.getUint16(2, little);
    if (![0x0002, 0x0008].includes(group) || element > 0x2000) return false;
    if (isVr(bytes, 4)) return LONG_VRS.has(vrAt(bytes, 4)) || SHORT_VRS.has(vrAt(bytes, 4));
    return little && view.getUint32(4, true) < 1024;
  });
}

const vrAt = (bytes: Uint8Array, at: number) => String.fromCharCode(bytes[at], bytes[at + 1]);

/** How the element at `at` is written, told from its own bytes; the byte order, where they do not tell, from `declared`. */
function guessSyntax(bytes: Uint8Array, at: number, declared = ""): { explicit: boolean; littleEndian: boolean } {
  if (bytes.length - at < 8) return { explicit: true, littleEndian: true };
  const explicit = isVr(bytes, at + 4) && (LONG_VRS.has(vrAt(bytes, at + 4)) || SHORT_VRS.has(vrAt(bytes, at + 4)));
  // Data sets begin with a small group number, so one of its two bytes is zero; a private first group may have none.
  const [first, second] = [bytes[at], bytes[at + 1]];
  const told = (first === 0) !== (second === 0);
  return { explicit, littleEndian: told ? second === 0 : declared !== EXPLICIT_BIG };
}

/**
 * Reads a whole file: preamble, file meta information, data set.
 * Throws imaging/header-invalid where not one element can be read, imaging/too-large for a deflated set above `maxBytes`.
 */
export function readPart10(file: Uint8Array, maxBytes: number): Part10 {
  let bytes = file;
  let position = startsWith(bytes, 128, "DICM") ? 132 : startsWith(bytes, 0, "DICM") ? 4 : 0;
  let meta: DataSet | null = null;
  let transferSyntax = "";
  if (bytes.length - position >= 8 && bytes[position] === 2 && bytes[position + 1] === 0) {
    const c = cursorOver(bytes, position, guessSyntax(bytes, position).explicit, true);
    const read = readElements(c, bytes.length, 0, (tag) => tag >>> 16 !== 2);
    meta = { bytes, littleEndian: true, elements: read.elements, cut: read.cut };
    transferSyntax = uid(bytes, read.elements.get(TRANSFER_SYNTAX_UID));
    position = c.position;
  }
  if (transferSyntax === DEFLATED) {
    bytes = inflate(bytes.subarray(position), maxBytes);
    position = 0;
  }
  // The bytes are believed before the meta header: files converted by careless tools disagree with theirs.
  const { explicit, littleEndian } = guessSyntax(bytes, position, transferSyntax);
  if (codecOf(transferSyntax) === "none" || transferSyntax === "") {
    transferSyntax = explicit ? (littleEndian ? EXPLICIT_LITTLE : EXPLICIT_BIG) : IMPLICIT_LITTLE;
  }
  const c = cursorOver(bytes, position, explicit, littleEndian);
  const read = readElements(c, bytes.length, 0);
  if (read.elements.size === 0) {
    throw new AppError("imaging/header-invalid", "Expected DICOM data elements, found none that could be read.");
  }
  return { meta, transferSyntax, dataSet: { bytes, littleEndian, elements: read.elements, cut: read.cut } };
}

function inflate(deflated: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(deflated, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new AppError("imaging/too-large", `The deflated data set unpacks to more than ${maxBytes} bytes.`, {
        cause,
      });
    }
    throw new AppError("imaging/unreadable", "The deflated data set cannot be inflated.", { cause });
  }
}

// Data sets of others, read, changed and written again: elements with their values, out as explicit VR little endian.
//
// `editableElements` turns what dataset.ts found into plain records whose values are little-endian bytes, whatever the file was written
// in; a value nobody changes comes out with the bytes it came in with. `encodePart10` writes the file around them.
// Sequences and items are written with their lengths, compressed pixel data as the fragments they were. Non-goal: meaning.

import { swapBytes } from "../samples.ts";
import { Attributes } from "./attributes.ts";
import type { DataSet, Element } from "./dataset.ts";
import { tagOf } from "./dictionary.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from "./write.ts";

export interface EditableElement {
  readonly tag: number;
  readonly vr: string;
  /** little endian; empty for a sequence and for fragments */
  readonly value: Uint8Array;
  readonly items: readonly (readonly EditableElement[])[] | null;
  /** compressed frames' fragments, the basic offset table first; null for anything else */
  readonly fragments: readonly Uint8Array[] | null;
}

const NONE = new Uint8Array(0);
const ITEM = 0xfffee000;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED_LENGTH = 0xffffffff;
const PIXEL_DATA = 0x7fe00010;

/** PS3.5 table 7.1-1: two reserved bytes and a 32-bit length. */
const LONG_VRS = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const SHORT_VRS = new Set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "));
/** Bytes that change places between byte orders (PS3.5 7.3). */
const WORD: Record<string, number> = {
  US: 2,
  SS: 2,
  AT: 2,
  OW: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  OD: 8,
  SV: 8,
  UV: 8,
  OV: 8,
};

/** A text or binary element. */
export function leaf(tag: number, vr: string, value: Uint8Array): EditableElement {
  return { tag, vr, value, items: null, fragments: null };
}

export function textLeaf(tag: number, vr: string, text: string): EditableElement {
  return leaf(tag, vr, new TextEncoder().encode(text));
}

export function sequence(tag: number, items: EditableElement["items"] = []): EditableElement {
  return { tag, vr: "SQ", value: NONE, items: items ?? [], fragments: null };
}

/** The elements in the order of their tags. Group lengths (PS3.5 7.2, retired) are left out: they would be wrong. */
export function editableElements(dataSet: DataSet, parent?: Attributes): EditableElement[] {
  const attributes = new Attributes(dataSet, parent);
  return [...dataSet.elements.values()]
    .filter(({ tag }) => (tag & 0xffff) !== 0)
    .sort((a, b) => a.tag - b.tag)
    .map((element) => editable(element, attributes));
}

function editable(element: Element, attributes: Attributes): EditableElement {
  const { tag, items, fragments } = element;
  const { bytes, littleEndian } = attributes.dataSet;
  if (items)
    return sequence(
      tag,
      items.map((item) => editableElements(item, attributes)),
    );
  if (fragments) {
    const spans = [element.offsetTable ?? { offset: 0, length: 0 }, ...fragments];
    const parts = spans.map(({ offset, length }) => bytes.slice(offset, offset + length));
    return { tag, vr: "OB", value: NONE, items: null, fragments: parts };
  }
  const named = attributes.vr(element);
  // What calls itself a sequence and could not be read as one is bytes.
  const vr = named !== "SQ" && (LONG_VRS.has(named) || SHORT_VRS.has(named)) ? named : "UN";
  // Not slice() of a Buffer: that shares memory with the file.
  const value = new Uint8Array(attributes.bytes(element));
  if (!littleEndian) {
    const word = WORD[vr] ?? 1;
    const wide = tag === PIXEL_DATA && vr === "OW" ? attributes.number("BitsAllocated", 16) / 8 : word;
    swapBytes(value, Math.max(word, wide));
  }
  return leaf(tag, vr, value);
}

/** The data set alone. */
export function encodeElements(elements: readonly EditableElement[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const element of [...elements].sort((a, b) => a.tag - b.tag)) writeElement(element, parts);
  return new Uint8Array(Buffer.concat(parts));
}

function writeElement({ tag, vr, value, items, fragments }: EditableElement, parts: Uint8Array[]): void {
  if (items) {
    const body = items.flatMap((item) => {
      const bytes = encodeElements(item);
      return [itemHeader(ITEM, bytes.length), bytes];
    });
    const length = body.reduce((sum, part) => sum + part.length, 0);
    parts.push(header(tag, "SQ", length), ...body);
    return;
  }
  if (fragments) {
    parts.push(header(tag, vr, UNDEFINED_LENGTH));
    for (const fragment of fragments) {
      parts.push(itemHeader(ITEM, fragment.length + (fragment.length % 2)), fragment);
      if (fragment.length % 2) parts.push(Uint8Array.of(0));
    }
    parts.push(itemHeader(SEQUENCE_END, 0));
    return;
  }
  const padded = value.length + (value.length % 2);
  // A value too long for 16 bits of length is written as UN (PS3.5 6.2.2 note 3): implicit VR files hold such.
  const written = padded > 0xfffe && !LONG_VRS.has(vr) ? "UN" : vr;
  parts.push(header(tag, written, padded), value);
  if (padded > value.length) parts.push(Uint8Array.of(paddingOf(vr)));
}

/** PS3.5 6.2: text is padded with a space, UIDs and bytes with zero. */
const paddingOf = (vr: string): number => (vr === "UI" || vr === "UN" || vr.startsWith("O") ? 0 : 0x20);

function header(tag: number, vr: string, length: number): Uint8Array {
  const long = LONG_VRS.has(vr);
  const bytes = new Uint8Array(long ? 12 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  bytes[4] = vr.charCodeAt(0);
  bytes[5] = vr.charCodeAt(1);
  if (long) view.setUint32(8, length, true);
  else view.setUint16(6, length, true);
  return bytes;
}

function itemHeader(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  view.setUint32(4, length, true);
  return bytes;
}

export interface FileToEncode {
  readonly elements: readonly EditableElement[];
  /** of the pixel data's fragments, or explicit VR little endian */
  readonly transferSyntax: string;
  /** empty: the data set names none, and the meta information leaves it out */
  readonly sopClass: string;
  readonly sopInstance: string;
}

/** A whole Part 10 file: an empty preamble and file meta information that says nothing of where the file came from (PS3.10 7.1). */
export function encodePart10({ elements, transferSyntax, sopClass, sopInstance }: FileToEncode): Uint8Array {
  const preamble = new Uint8Array(132);
  preamble.set([0x44, 0x49, 0x43, 0x4d], 128);
  const meta = encodeElements([
    leaf(tagOf("FileMetaInformationVersion"), "OB", Uint8Array.of(0, 1)),
    ...(sopClass === "" ? [] : [textLeaf(tagOf("MediaStorageSOPClassUID"), "UI", sopClass)]),
    ...(sopInstance === "" ? [] : [textLeaf(tagOf("MediaStorageSOPInstanceUID"), "UI", sopInstance)]),
    textLeaf(tagOf("TransferSyntaxUID"), "UI", transferSyntax),
    textLeaf(tagOf("ImplementationClassUID"), "UI", IMPLEMENTATION_CLASS_UID),
    textLeaf(tagOf("ImplementationVersionName"), "SH", IMPLEMENTATION_VERSION),
  ]);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, meta.length, true);
  const group = encodeElements([leaf(tagOf("FileMetaInformationGroupLength"), "UL", length)]);
  return new Uint8Array(Buffer.concat([preamble, group, meta, encodeElements(elements)]));
}

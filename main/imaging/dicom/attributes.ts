// The values of a data set's elements: text in Unicode, numbers whatever their representation.
//
// Asked by keyword of the standard, so that calling code reads like PS3.3. A missing or unreadable value is an empty list or
// the default the caller names; NaN and infinity never come out.

import { textDecoder } from "./charset.ts";
import type { DataSet, Element } from "./dataset.ts";
import { dictionaryEntry, tagOf } from "./dictionary.ts";

const BINARY_READERS: Record<string, { size: number; read(view: DataView, at: number, little: boolean): number }> = {
  US: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  SS: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  UL: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  SL: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  FL: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  FD: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  UV: { size: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  SV: { size: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
};

const TEXT_IN_CHARSET = new Set(["SH", "LO", "ST", "LT", "UC", "UT", "PN"]);
const ONE_VALUE = new Set(["ST", "LT", "UT", "UR"]);
/** Values longer than this are cut: no attribute we interpret or show needs more. */
const MAX_TEXT_BYTES = 1 << 16;

const latin1 = new TextDecoder("latin1");

export class Attributes {
  readonly dataSet: DataSet;
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #signed: boolean;

  /** `parent` gives its character set and its pixels' sign to the items of its sequences. */
  constructor(dataSet: DataSet, parent?: Attributes) {
    this.dataSet = dataSet;
    const element = dataSet.elements.get(tagOf("SpecificCharacterSet"));
    this.#decode =
      element || !parent ? textDecoder(element ? latin1.decode(this.bytes(element)).split("\\") : []) : parent.#decode;
    const representation = dataSet.elements.get(tagOf("PixelRepresentation"));
    const ownSign = representation && this.bytes(representation)[dataSet.littleEndian ? 0 : 1] === 1;
    this.#signed = ownSign ?? (parent ? parent.#signed : false);
  }

  element(keyword: string): Element | undefined {
    return this.dataSet.elements.get(tagOf(keyword));
  }

  bytes(element: Element): Uint8Array {
    return this.dataSet.bytes.subarray(element.offset, element.offset + element.length);
  }

  strings(keyword: string): string[] {
    const element = this.element(keyword);
    return element ? this.stringsOf(element) : [];
  }

  /** First value, or empty. */
  string(keyword: string): string {
    return this.strings(keyword)[0] ?? "";
  }

  /** The element's VR; of an unknown one (UN) what the dictionary says, of "xs" US or SS as PixelRepresentation says (PS3.5 A.1). */
  vr(element: Element): string {
    const vr = element.vr === "UN" ? (dictionaryEntry(element.tag)?.vr ?? "UN") : element.vr;
    return vr === "xs" ? (this.#signed ? "SS" : "US") : vr;
  }

  stringsOf(element: Element): string[] {
    if (element.items || element.fragments) return [];
    const vr = this.vr(element);
    if (BINARY_READERS[vr]) return this.numbersOf(element).map(String);
    const bytes = this.bytes(element).subarray(0, MAX_TEXT_BYTES);
    const text = TEXT_IN_CHARSET.has(vr) ? this.#decode(bytes) : latin1.decode(bytes);
    const values = ONE_VALUE.has(vr) ? [text] : text.split("\\");
    // Padding is a space, or a zero byte for UIDs; some writers pad everything with zeros (PS3.5 6.2).
    // Empty component groups at the end of a name may be left out or not (PS3.5 6.2.1.1).
    const trimmed = values.map((value) =>
      value
        .replaceAll("\0", "")
        .trim()
        .replace(vr === "PN" ? /=+$/ : "", ""),
    );
    return trimmed.length === 1 && trimmed[0] === "" ? [] : trimmed;
  }

  /** Every finite number of the element. */
  numbers(keyword: string): number[] {
    const element = this.element(keyword);
    return element ? this.numbersOf(element) : [];
  }

  number(keyword: string, missing: number): number {
    return this.numbers(keyword)[0] ?? missing;
  }

  numbersOf(element: Element): number[] {
    const reader = BINARY_READERS[this.vr(element)];
    if (!reader) {
      return this.stringsOf(element)
        .filter((text) => text !== "")
        .map(Number)
        .filter(Number.isFinite);
    }
    const bytes = this.bytes(element);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values: number[] = [];
    for (let at = 0; at + reader.size <= bytes.length && values.length < MAX_TEXT_BYTES; at += reader.size) {
      values.push(reader.read(view, at, this.dataSet.littleEndian));
    }
    return values.filter(Number.isFinite);
  }

  items(keyword: string): Attributes[] {
    return (this.element(keyword)?.items ?? []).map((item) => new Attributes(item, this));
  }
}

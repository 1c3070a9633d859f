// Lookup tables of DICOM objects: descriptor and data (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5), segmented ones (C.7.9.2).
//
// The caller names the elements: modality, VOI and palette tables are written alike.

import { AppError } from "../../../preload/contract/errors.ts";
import type { LookupTable } from "../../../preload/contract/index.ts";
import type { Attributes } from "./attributes.ts";

export interface Descriptor {
  readonly entries: number;
  /** input that takes the first entry */
  readonly first: number;
  readonly bits: number;
}

const MAX_ENTRIES = 65536;
/** A segment that fills nothing is possible; so many of them that reading them takes long are not. */
const MAX_SEGMENTS = 4 * MAX_ENTRIES;

/** null without a descriptor of three numbers. */
export function readDescriptor(attributes: Attributes, keyword: string): Descriptor | null {
  const [entries, first, bits] = attributes.numbers(keyword);
  if (bits === undefined) return null;
  // 0 means 65536 entries; read as a signed number, more than 32767 come out negative.
  return { entries: entries & 0xffff || MAX_ENTRIES, first, bits };
}

/** Entries as they are written; null where there are fewer than the descriptor says. */
export function readEntries(attributes: Attributes, keyword: string, { entries }: Descriptor): Uint16Array | null {
  const element = attributes.element(keyword);
  if (!element) return null;
  const bytes = attributes.bytes(element);
  const little = attributes.dataSet.littleEndian;
  if (bytes.length < entries) return null;
  if (bytes.length < 2 * entries) {
    // One byte for each: words of two bytes hold two entries, the first in the lower half.
    return Uint16Array.from({ length: entries }, (_, i) => bytes[little ? i : i ^ 1] ?? 0);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: entries }, (_, i) => view.getUint16(2 * i, little));
}

/** What a segmented table spells out: runs of values, straight lines, and segments that are used again. */
export function readSegments(attributes: Attributes, keyword: string, { entries }: Descriptor): Uint16Array | null {
  const element = attributes.element(keyword);
  if (!element) return null;
  const bytes = attributes.bytes(element);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Uint16Array.from({ length: bytes.length >> 1 }, (_, i) =>
    view.getUint16(2 * i, attributes.dataSet.littleEndian),
  );
  const out = new Uint16Array(entries);
  let filled = 0;
  let seen = 0;
  const expand = (start: number, count: number, indirect: boolean): void => {
    let at = start;
    for (let segment = 0; segment < count && at + 1 < words.length && filled < entries; segment++) {
      if (++seen > MAX_SEGMENTS) return;
      const [opcode, length] = [words[at], words[at + 1]];
      if (opcode === 0) {
        const run = words.subarray(at + 2, at + 2 + Math.min(length, entries - filled));
        out.set(run, filled);
        filled += run.length;
        at += 2 + length;
      } else if (opcode === 1 && filled > 0 && at + 2 < words.length) {
        const from = out[filled - 1];
        const steps = Math.min(length, entries - filled);
        for (let i = 1; i <= steps; i++) out[filled++] = Math.round(from + ((words[at + 2] - from) * i) / length);
        at += 3;
      } else if (opcode === 2 && !indirect && at + 3 < words.length) {
        // The offset counts bytes from the table's beginning, its lower half first.
        expand((words[at + 2] + words[at + 3] * 65536) >> 1, length, true);
        at += 4;
      } else return;
    }
  };
  expand(0, words.length, false);
  return filled === entries ? out : null;
}

/** The tables of a Modality or VOI LUT Sequence. Throws imaging/header-invalid where a table is shorter than its descriptor says. */
export function readTables(attributes: Attributes, sequence: string): LookupTable[] {
  return attributes.items(sequence).flatMap((item) => {
    const descriptor = readDescriptor(item, "LUTDescriptor");
    if (!descriptor) return [];
    const values = readEntries(item, "LUTData", descriptor);
    if (!values) {
      throw new AppError("imaging/header-invalid", `Expected ${descriptor.entries} lookup table entries, found fewer.`);
    }
    const bytes = new Uint8Array(2 * values.length);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setUint16(2 * i, value, true);
    });
    return [
      {
        first: descriptor.first,
        bits: Math.min(16, Math.max(1, descriptor.bits)),
        entries: Buffer.from(bytes).toString("base64"),
        name: item.string("LUTExplanation") || item.string("ModalityLUTType"),
      },
    ];
  });
}

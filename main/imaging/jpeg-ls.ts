// JPEG-LS (ITU-T T.87): lossless and near-lossless, 2 to 16 bits, one to four components in any interleaving.
//
// Written here because CharLS, as it is packaged, can run without end on damaged frames, and WebAssembly cannot be stopped from outside. Every sample costs
// a bounded number of steps, whatever the bits say. Segments are read here, coded bits in jpeg-ls-scan.ts. Refused by name: restart intervals, mapping tables,
// sampling factors and the colour transforms of HP, none of which DICOM objects use.

import { AppError } from "../../preload/contract/errors.ts";
import { damaged, type Frame, type Preset, ScanDecoder } from "./jpeg-ls-scan.ts";

export interface JpegLs {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  /** interleaved by pixel */
  readonly values: Uint8Array | Uint16Array;
}

const unsupported = (what: string) => new AppError("imaging/codec-missing", `JPEG-LS with ${what} is not supported.`);

/** `most`: size that the image says, asked before memory is taken. Throws imaging/unreadable, imaging/frame-truncated, imaging/codec-missing. */
export function decodeJpegLs(bytes: Uint8Array, most: { rows: number; columns: number }): JpegLs {
  let frame: Frame | null = null;
  let preset: Preset = { maxval: 0, t1: 0, t2: 0, t3: 0, reset: 0 };
  let values: Uint8Array | Uint16Array = new Uint8Array(0);
  const done = new Set<number>();
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw damaged("does not begin like one");
  let at = 2;
  while (!frame || done.size < frame.components.length) {
    const { marker, segment, end } = nextSegment(bytes, at);
    at = end;
    if (marker === 0xf7) {
      if (frame) throw damaged("has two headers");
      frame = readFrame(segment);
      if (frame.rows !== most.rows || frame.columns !== most.columns) {
        throw damaged(`has ${frame.columns} × ${frame.rows} pixels, expected ${most.columns} × ${most.rows}`);
      }
      const count = frame.rows * frame.columns * frame.components.length;
      values = frame.bits > 8 ? new Uint16Array(count) : new Uint8Array(count);
    } else if (marker === 0xf8) preset = readPreset(segment, preset);
    else if (marker === 0xdd && segment.some((byte) => byte !== 0)) throw unsupported("restart intervals");
    else if (marker === 0xe8 && isHpTransform(segment)) throw unsupported("a colour transform");
    else if (marker === 0xda) {
      if (!frame) throw damaged("has a scan before its header");
      at = readScan(bytes, at, segment, frame, preset, values, done);
    } else if (marker === 0xd9)
      throw new AppError("imaging/frame-truncated", "The JPEG-LS frame ends before all of its components.");
  }
  return { rows: frame.rows, columns: frame.columns, samples: frame.components.length, bits: frame.bits, values };
}

/** The marker segment at `at` or behind fill bytes; bytes of a scan that nobody asked for are passed over. */
function nextSegment(bytes: Uint8Array, start: number): { marker: number; segment: Uint8Array; end: number } {
  let at = start;
  while (at + 1 < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] < 0x80 || bytes[at + 1] === 0xff)) at += 1;
  if (at + 1 >= bytes.length)
    throw new AppError("imaging/frame-truncated", "The JPEG-LS frame ends between its segments.");
  const marker = bytes[at + 1];
  if (marker === 0xd9 || marker === 0xd8) return { marker, segment: bytes.subarray(0, 0), end: at + 2 };
  const length = at + 4 <= bytes.length ? (bytes[at + 2] << 8) | bytes[at + 3] : 0;
  if (length < 2 || at + 2 + length > bytes.length) throw damaged("ends within a segment");
  return { marker, segment: bytes.subarray(at + 4, at + 2 + length), end: at + 2 + length };
}

const word = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const isHpTransform = (segment: Uint8Array) =>
  String.fromCharCode(...segment.subarray(0, 4)) === "mrfx" && segment[4] !== 0;

/** C.2.2 */
function readFrame(segment: Uint8Array): Frame {
  const [bits, count] = [segment[0] ?? 0, segment[5] ?? 0];
  if (bits < 2 || bits > 16 || count < 1 || count > 4 || segment.length < 6 + 3 * count) {
    throw damaged("has a header that is none");
  }
  for (let i = 0; i < count; i++) if (segment[7 + 3 * i] !== 0x11) throw unsupported("sampling factors");
  const components = Array.from({ length: count }, (_, i) => segment[6 + 3 * i]);
  if (new Set(components).size < count) throw damaged("has two components of one name");
  return { bits, components, rows: word(segment, 1), columns: word(segment, 3) };
}

/** C.2.4.1 */
function readPreset(segment: Uint8Array, before: Preset): Preset {
  if (segment[0] === 2 || segment[0] === 3) throw unsupported("mapping tables");
  if (segment[0] !== 1 || segment.length < 11) return before;
  const [maxval, t1, t2, t3, reset] = [1, 3, 5, 7, 9].map((at) => word(segment, at));
  return { maxval, t1, t2, t3, reset };
}

/** C.2.3; returns where the coded bits end. */
function readScan(
  bytes: Uint8Array,
  start: number,
  segment: Uint8Array,
  frame: Frame,
  preset: Preset,
  values: Uint8Array | Uint16Array,
  done: Set<number>,
): number {
  const count = segment[0] ?? 0;
  const places = Array.from({ length: Math.min(count, 4) }, (_, i) => frame.components.indexOf(segment[1 + 2 * i]));
  const [near, interleave] = [segment[1 + 2 * count] ?? 0, segment[2 + 2 * count] ?? 0];
  const fits = count >= 1 && count <= 4 && segment.length >= 4 + 2 * count && interleave <= 2;
  if (!fits || places.some((place) => place < 0 || done.has(place)) || (interleave === 0 && count > 1)) {
    throw damaged("has a scan that does not fit its header");
  }
  for (const place of places) done.add(place);
  const decoder = new ScanDecoder(bytes, start, frame, preset, near, places);
  decoder.decode(values, interleave === 2);
  return decoder.position;
}

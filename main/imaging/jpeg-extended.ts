// 12-bit JPEG: sequential DCT with Huffman codes (T.81 process 4, PS3.5 A.4.1), one component.
//
// libjpeg-turbo as it is packaged reads 8 bits only. Grey alone: DICOM allows 12 bits for nothing else in practice, and colour is refused by name.
// Every block costs a bounded number of steps and the size is checked by the caller, so hostile bytes end soon. The inverse transform is the
// one of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in fixed point with the precision that libjpeg gives it, so that values are those
// that other DICOM software shows.

import { AppError } from "../../preload/contract/errors.ts";

/** Order of coefficients in a block (T.81 figure A.6). */
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
];

/** Bits behind the point of the transform's factors, and of what lies between its two passes. */
const FACTOR_BITS = 13;
const BETWEEN_BITS = 1;
const factor = (value: number) => Math.round(value * 2 ** FACTOR_BITS);
/** Rotations of the even part, then of the odd part: sums of cosines of multiples of π / 16. */
const [E1, E2, E3] = [0.541196100146197, 1.847759065022573, 0.765366864730179].map(factor);
const [O1, O2, O3, O4, O5] = [1.175875602419359, 0.298631336, 2.053119869, 3.072711026, 1.50132111].map(factor);
const [O6, O7, O8, O9] = [0.899976223136416, 2.562915447741505, 1.961570560806461, 0.390180644032257].map(factor);

/** Codes of one table by their length: T.81 F.2.2.3, figures F.15 and F.16. */
interface Huffman {
  /** largest code of each length, -1 without one */
  readonly most: Int32Array;
  /** value index of a code of that length = code + offset */
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

interface Tables {
  readonly quantisation: (Uint16Array | undefined)[];
  readonly dc: (Huffman | undefined)[];
  readonly ac: (Huffman | undefined)[];
  restartInterval: number;
  quantisationOfFrame: number;
}

interface Scan extends Tables {
  readonly dcOfScan: number;
  readonly acOfScan: number;
  /** where its coded bits begin */
  readonly start: number;
}

const damaged = (what: string) => new AppError("imaging/unreadable", `The 12-bit JPEG frame ${what}.`);

/** Samples of a frame of `rows` × `columns`, one component of `bits`. Throws imaging/unreadable, imaging/frame-truncated. */
export function decodeExtendedJpeg(bytes: Uint8Array, rows: number, columns: number, bits: number): Uint16Array {
  const scan = readSegments(bytes);
  const quantisation = scan.quantisation[scan.quantisationOfFrame];
  const dc = scan.dc[scan.dcOfScan];
  const ac = scan.ac[scan.acOfScan];
  if (!quantisation || !dc || !ac) throw damaged("names a table that it does not hold");
  const across = Math.ceil(columns / 8);
  const blocks = across * Math.ceil(rows / 8);
  const reader = new BitReader(bytes, scan.start);
  const out = new Uint16Array(rows * columns);
  const coefficients = new Float64Array(64);
  let predicted = 0;
  for (let block = 0; block < blocks; block++) {
    if (scan.restartInterval > 0 && block > 0 && block % scan.restartInterval === 0) {
      reader.restart();
      predicted = 0;
    }
    coefficients.fill(0);
    predicted += readSigned(reader, readCode(reader, dc));
    coefficients[0] = predicted * quantisation[0];
    readAc(reader, ac, quantisation, coefficients);
    const [top, left] = [Math.floor(block / across) * 8, (block % across) * 8];
    writeBlock(coefficients, out, top, left, rows, columns, bits);
  }
  return out;
}

/** T.81 F.2.2.2: runs of zeros and the coefficients between them. */
function readAc(reader: BitReader, table: Huffman, quantisation: Uint16Array, coefficients: Float64Array): void {
  for (let k = 1; k < 64; ) {
    const code = readCode(reader, table);
    const [run, size] = [code >> 4, code & 15];
    if (size === 0) {
      if (run !== 15) return;
      k += 16;
      continue;
    }
    k += run;
    if (k > 63) throw damaged("has more coefficients than a block holds");
    coefficients[ZIGZAG[k]] = readSigned(reader, size) * quantisation[k];
    k += 1;
  }
}

const between = new Float64Array(64);

/** Inverse transform of one block, shifted to unsigned samples and put into its place; what lies outside the frame is left out. */
function writeBlock(
  coefficients: Float64Array,
  out: Uint16Array,
  top: number,
  left: number,
  rows: number,
  columns: number,
  bits: number,
): void {
  const middle = 2 ** (bits - 1);
  const most = 2 ** bits - 1;
  for (let column = 0; column < 8; column++) transform(coefficients, column, 8, FACTOR_BITS - BETWEEN_BITS);
  for (let y = 0; y < 8 && top + y < rows; y++) {
    // Three bits more: the two passes together make values eight times as large.
    transform(between, 8 * y, 1, FACTOR_BITS + BETWEEN_BITS + 3);
    for (let x = 0; x < 8 && left + x < columns; x++) {
      out[(top + y) * columns + left + x] = Math.min(most, Math.max(0, between[8 * y + x] + middle));
    }
  }
}

/** One pass over eight values of `from`, `step` apart, into the same places of `between`; the result is rounded by `drop` bits. */
function transform(from: Float64Array, first: number, step: number, drop: number): void {
  const at = (i: number) => from[first + i * step];
  const sum = (at(2) + at(6)) * E1;
  const even2 = sum - at(6) * E2;
  const even3 = sum + at(2) * E3;
  const plus = (at(0) + at(4)) * 2 ** FACTOR_BITS;
  const minus = (at(0) - at(4)) * 2 ** FACTOR_BITS;
  const even = [plus + even3, minus + even2, minus - even2, plus - even3];
  const turned = (at(7) + at(3) + at(5) + at(1)) * O1;
  const a = -(at(7) + at(1)) * O6;
  const b = -(at(5) + at(3)) * O7;
  const c = turned - (at(7) + at(3)) * O8;
  const d = turned - (at(5) + at(1)) * O9;
  const odd = [at(1) * O5 + a + d, at(3) * O4 + b + c, at(5) * O3 + b + d, at(7) * O2 + a + c];
  const scale = 2 ** drop;
  for (let i = 0; i < 4; i++) {
    between[first + i * step] = Math.floor((even[i] + odd[i]) / scale + 0.5);
    between[first + (7 - i) * step] = Math.floor((even[i] - odd[i]) / scale + 0.5);
  }
}

/** Marker segments up to the first scan (T.81 B.2). */
function readSegments(bytes: Uint8Array): Scan {
  const tables: Tables = { quantisation: [], dc: [], ac: [], restartInterval: 0, quantisationOfFrame: 0 };
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw damaged("has bytes between its segments");
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) throw damaged("ends within a segment");
    if (marker === 0xdb) readQuantisation(segment, tables);
    if (marker === 0xc4) readHuffman(segment, tables);
    if (marker === 0xdd) tables.restartInterval = (segment[0] << 8) | segment[1];
    if (marker === 0xc0 || marker === 0xc1) tables.quantisationOfFrame = segment[8] & 3;
    if (marker === 0xda) {
      if (segment[0] !== 1) throw damaged("has more than one component in a scan");
      return { ...tables, dcOfScan: segment[2] >> 4, acOfScan: segment[2] & 15, start: at + 2 + length };
    }
    at += 2 + length;
  }
  throw damaged("holds no scan");
}

/** T.81 B.2.4.1: entries of 8 or 16 bits in zigzag order, which is how they are used. */
function readQuantisation(segment: Uint8Array, { quantisation }: Tables): void {
  for (let at = 0; at < segment.length; ) {
    const wide = segment[at] >> 4 === 1;
    const size = wide ? 128 : 64;
    if (at + 1 + size > segment.length) throw damaged("has a quantisation table that ends early");
    const table = new Uint16Array(64);
    for (let i = 0; i < 64; i++) {
      const entry = at + 1 + (wide ? 2 * i : i);
      table[i] = wide ? (segment[entry] << 8) | segment[entry + 1] : segment[entry];
    }
    quantisation[segment[at] & 3] = table;
    at += 1 + size;
  }
}

/** T.81 B.2.4.2 and annex C. */
function readHuffman(segment: Uint8Array, { dc, ac }: Tables): void {
  for (let at = 0; at + 17 <= segment.length; ) {
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const values = segment.slice(at + 17, at + 17 + total);
    if (values.length < total) throw damaged("has a Huffman table that ends early");
    const most = new Int32Array(17).fill(-1);
    const offset = new Int32Array(17);
    let code = 0;
    let first = 0;
    for (let length = 1; length <= 16; length++) {
      const count = counts[length - 1];
      offset[length] = first - code;
      if (count > 0) most[length] = code + count - 1;
      code = (code + count) << 1;
      first += count;
    }
    (segment[at] >> 4 === 0 ? dc : ac)[segment[at] & 15] = { most, offset, values };
    at += 17 + total;
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** The next bit. A zero byte behind 0xFF is stuffing; anything else there is a marker, which no coded bits may cross. */
  bit(): number {
    if (this.#count === 0) {
      const byte = this.#bytes[this.#at];
      const marker = byte === 0xff && this.#bytes[this.#at + 1] !== 0;
      if (byte === undefined || marker) {
        throw new AppError(
          "imaging/frame-truncated",
          "Expected more coded bits in the 12-bit JPEG frame, found its end.",
        );
      }
      this.#at += byte === 0xff ? 2 : 1;
      this.#held = byte;
      this.#count = 8;
    }
    this.#count -= 1;
    return (this.#held >> this.#count) & 1;
  }

  /** Moves behind the next restart marker (T.81 F.2.1.3.1). */
  restart(): void {
    this.#count = 0;
    const [a, b] = [this.#bytes[this.#at], this.#bytes[this.#at + 1]];
    if (a !== 0xff || b < 0xd0 || b > 0xd7) throw damaged("lacks a restart marker");
    this.#at += 2;
  }
}

function readCode(reader: BitReader, table: Huffman): number {
  let code = 0;
  for (let length = 1; length <= 16; length++) {
    code = (code << 1) | reader.bit();
    if (code <= table.most[length]) return table.values[code + table.offset[length]];
  }
  throw damaged("has a code that is in no table");
}

/** T.81 F.2.2.1, EXTEND. A difference of 12-bit samples has at most 15 bits. */
function readSigned(reader: BitReader, size: number): number {
  if (size > 15) throw damaged("has a difference of more than 15 bits");
  let value = 0;
  for (let i = 0; i < size; i++) value = (value << 1) | reader.bit();
  return size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
}

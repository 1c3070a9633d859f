// One page of a TIFF file to samples (TIFF 6.0): strips or tiles, interleaved or planar, the usual compressions and predictors.
//
// Grey, palette and RGB; 1, 2, 4, 8, 16 and 32 bit integers and 32 and 64 bit floats. What else TIFF can hold is refused by name.

import { inflateSync } from "node:zlib";
import { AppError } from "../../../preload/contract/errors.ts";
import type { PixelType } from "../../../preload/contract/index.ts";
import { decodeWasm } from "../codecs.ts";
import { checkSize } from "../limits.ts";
import { applyPalette, doublesToFloats, fromBytes, swapBytes } from "../samples.ts";
import type { DecodedFrame, SampleArray } from "../types.ts";
import type { Directory } from "./directory.ts";
import { decodeLzw } from "./lzw.ts";

const TAG = {
  subfileType: 254,
  columns: 256,
  rows: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
  jpegTables: 347,
} as const;

const WHITE_IS_ZERO = 0;
const PALETTE = 3;

export interface Page {
  readonly frame: DecodedFrame;
  readonly bits: number;
  /** WhiteIsZero: low values are bright */
  readonly inverted: boolean;
}

interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  readonly format: number;
  readonly photometric: number;
  readonly compression: number;
  readonly predictor: number;
  readonly planar: boolean;
  readonly blockRows: number;
  readonly blockColumns: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  readonly littleEndian: boolean;
}

/** True for a reduced copy of another page (a preview, a level of a pyramid): bit 0 of NewSubfileType. */
export function isReducedCopy(directory: Directory): boolean {
  return ((directory.values(TAG.subfileType)[0] ?? 0) & 1) === 1;
}

/** Throws imaging/codec-missing, imaging/header-invalid, imaging/frame-truncated, imaging/too-large, imaging/unreadable. */
export function readPage(bytes: Uint8Array, directory: Directory, littleEndian: boolean, maxBytes: number): Page {
  const layout = readLayout(directory, littleEndian, maxBytes);
  const { rows, columns, samples, bits } = layout;
  const raw = gatherBlocks(bytes, layout, directory);
  const typed = toSamples(raw, layout);
  const inverted = layout.photometric === WHITE_IS_ZERO;
  if (layout.photometric === PALETTE) {
    const values = applyPalette(typed, readColorMap(directory));
    return { frame: { rows, columns, samples: 3, values }, bits: 8, inverted: false };
  }
  const kept = samples >= 3 ? 3 : 1;
  const values = kept === samples ? typed : keepFirst(typed, samples, kept);
  return { frame: { rows, columns, samples: kept, values }, bits: Math.min(32, Math.max(8, bits)), inverted };
}

function readLayout(directory: Directory, littleEndian: boolean, maxBytes: number): Layout {
  const one = (tag: number, missing: number) => directory.values(tag)[0] ?? missing;
  const rows = one(TAG.rows, 0);
  const columns = one(TAG.columns, 0);
  const samples = one(TAG.samplesPerPixel, 1);
  const depths = directory.values(TAG.bitsPerSample);
  const bits = depths[0] ?? 1;
  const format = one(TAG.sampleFormat, 1);
  const photometric = one(TAG.photometric, 1);
  if (samples < 1 || samples > 8) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected 1 to 8 samples per pixel in the TIFF page, found ${samples}.`,
    );
  }
  const floats = format === 3 ? [32, 64] : [1, 2, 4, 8, 16, 32];
  if (!floats.includes(bits) || depths.some((depth) => depth !== bits) || format > 3) {
    throw new AppError("imaging/codec-missing", `TIFF samples of ${bits} bits in format ${format} are not supported.`);
  }
  checkSize(rows, columns, 1, samples * Math.max(1, bits >> 3), maxBytes);
  const jpeg = one(TAG.compression, 1) === 7;
  if (photometric > 3 && !(photometric === 6 && jpeg)) {
    throw new AppError("imaging/codec-missing", `TIFF colour of kind ${photometric} is not supported.`);
  }
  if (one(TAG.fillOrder, 1) !== 1) throw new AppError("imaging/codec-missing", "TIFF fill order 2 is not supported.");
  if (bits < 8 && samples > 1)
    throw new AppError("imaging/codec-missing", "TIFF colour below 8 bits is not supported.");
  const tiled = directory.values(TAG.tileOffsets).length > 0;
  const blockRows = tiled ? one(TAG.tileLength, 0) : Math.min(rows, one(TAG.rowsPerStrip, rows));
  const blockColumns = tiled ? one(TAG.tileWidth, 0) : columns;
  checkSize(blockRows, blockColumns, 1, samples * Math.max(1, bits >> 3), maxBytes);
  return {
    rows,
    columns,
    samples,
    bits,
    format,
    photometric,
    compression: one(TAG.compression, 1),
    predictor: one(TAG.predictor, 1),
    planar: one(TAG.planar, 1) === 2 && samples > 1,
    blockRows,
    blockColumns,
    offsets: directory.values(tiled ? TAG.tileOffsets : TAG.stripOffsets),
    counts: directory.values(tiled ? TAG.tileByteCounts : TAG.stripByteCounts),
    littleEndian,
  };
}

/** All strips or tiles, unpacked and put in their places: rows × columns × samples, interleaved, rows on whole bytes. */
function gatherBlocks(bytes: Uint8Array, layout: Layout, directory: Directory): Uint8Array {
  const { rows, columns, samples, bits, blockRows, blockColumns, offsets, counts, planar } = layout;
  const across = Math.ceil(columns / blockColumns);
  const down = Math.ceil(rows / blockRows);
  const planes = planar ? samples : 1;
  const inBlock = planar ? 1 : samples;
  if (offsets.length < across * down * planes || (counts.length < offsets.length && offsets.length > 1)) {
    throw new AppError(
      "imaging/frame-truncated",
      `Expected ${across * down * planes} strips or tiles, found ${Math.min(offsets.length, counts.length)}.`,
    );
  }
  const rowBytes = Math.ceil((columns * samples * bits) / 8);
  const blockRowBytes = Math.ceil((blockColumns * inBlock * bits) / 8);
  const sampleBytes = bits >> 3;
  const out = new Uint8Array(rowBytes * rows);
  for (let index = 0; index < across * down * planes; index++) {
    const plane = Math.floor(index / (across * down));
    const top = Math.floor((index % (across * down)) / across) * blockRows;
    const left = (index % across) * blockColumns;
    const height = Math.min(blockRows, rows - top);
    // The last strip may hold the missing rows or leave them out; a tile is always whole.
    const needed = blockRowBytes * height;
    const start = offsets[index];
    const end = start + (counts[index] ?? bytes.length - start);
    const found = Math.max(0, Math.min(end, bytes.length) - start);
    const block = unpack(bytes.subarray(start, start + found), blockRowBytes * blockRows, layout, directory);
    if (block.length < needed) {
      throw new AppError(
        "imaging/frame-truncated",
        `Expected ${needed} bytes in strip ${index}, found ${block.length}.`,
      );
    }
    undoPredictor(block, blockRowBytes, height, inBlock, layout);
    const width = Math.min(blockColumns, columns - left);
    for (let y = 0; y < height; y++) {
      const from = y * blockRowBytes;
      const to = (top + y) * rowBytes;
      if (!planar) {
        const leftBytes = (left * samples * bits) >> 3;
        out.set(block.subarray(from, from + Math.ceil((width * samples * bits) / 8)), to + leftBytes);
        continue;
      }
      for (let x = 0; x < width; x++) {
        const at = to + ((left + x) * samples + plane) * sampleBytes;
        out.set(block.subarray(from + x * sampleBytes, from + (x + 1) * sampleBytes), at);
      }
    }
  }
  return out;
}

/** Unpacks one strip or tile to at most `size` bytes. The result is a copy. */
function unpack(packed: Uint8Array, size: number, layout: Layout, directory: Directory): Uint8Array {
  switch (layout.compression) {
    case 1:
      return packed.slice(0, size);
    case 5:
      return decodeLzw(packed, size).slice();
    case 7:
      return unpackJpeg(packed, layout, directory);
    case 8:
    case 32946:
      return unpackDeflate(packed, size);
    case 32773:
      return unpackBits(packed, size);
    default:
      throw new AppError("imaging/codec-missing", `TIFF compression ${layout.compression} is not supported.`);
  }
}

function unpackDeflate(packed: Uint8Array, size: number): Uint8Array {
  try {
    // Encoders pad the last strip to whole strips; a little room for those that pad more.
    return new Uint8Array(inflateSync(packed, { maxOutputLength: size + 65536 })).subarray(0, size);
  } catch (cause) {
    throw new AppError("imaging/unreadable", "A deflated strip of the TIFF page is damaged.", { cause });
  }
}

/** PackBits (TIFF 6.0 section 9). */
function unpackBits(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let done = 0;
  for (let at = 0; at < packed.length && done < size; ) {
    const control = packed[at++];
    if (control < 128) {
      const run = packed.subarray(at, at + Math.min(control + 1, size - done));
      out.set(run, done);
      done += run.length;
      at += control + 1;
    } else if (control > 128 && at < packed.length) {
      const count = Math.min(257 - control, size - done);
      out.fill(packed[at++], done, done + count);
      done += count;
    }
  }
  return out.subarray(0, done);
}

/** JPEG in TIFF (TIFF technical note 2): tables common to all strips are put in front of each. */
function unpackJpeg(packed: Uint8Array, layout: Layout, directory: Directory): Uint8Array {
  const tables = Uint8Array.from(directory.values(TAG.jpegTables));
  const whole =
    tables.length > 4
      ? new Uint8Array(Buffer.concat([tables.subarray(0, tables.length - 2), packed.subarray(2)]))
      : packed;
  const { values, samples } = decodeWasm("jpeg", whole, { rows: layout.blockRows, columns: layout.blockColumns });
  if (layout.bits !== 8 || samples !== (layout.planar ? 1 : layout.samples)) {
    throw new AppError("imaging/unreadable", "A JPEG strip of the TIFF page does not fit the page.");
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Horizontal differencing of integers (section 14) and of floats (technical note 3), undone in place. */
function undoPredictor(block: Uint8Array, rowBytes: number, rows: number, samples: number, layout: Layout): void {
  const { predictor, bits, littleEndian, compression } = layout;
  if (predictor === 1 || compression === 1 || compression === 7) return;
  const size = bits >> 3;
  if (predictor > 3 || size === 0 || (predictor === 2 && layout.format === 3)) {
    throw new AppError("imaging/codec-missing", `TIFF predictor ${predictor} with ${bits} bits is not supported.`);
  }
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  for (let y = 0; y < rows; y++) {
    const first = y * rowBytes;
    if (predictor === 3) undoFloatPredictor(block, first, rowBytes, samples, size, littleEndian);
    else {
      for (let at = first + samples * size; at + size <= first + rowBytes; at += size) {
        const before = at - samples * size;
        if (size === 1) block[at] += block[before];
        else if (size === 2) {
          view.setUint16(at, view.getUint16(at, littleEndian) + view.getUint16(before, littleEndian), littleEndian);
        } else
          view.setUint32(at, view.getUint32(at, littleEndian) + view.getUint32(before, littleEndian), littleEndian);
      }
    }
  }
}

/** Byte planes, most significant first, each byte a difference to the one `samples` before. */
function undoFloatPredictor(
  block: Uint8Array,
  first: number,
  rowBytes: number,
  samples: number,
  size: number,
  littleEndian: boolean,
): void {
  for (let i = first + samples; i < first + rowBytes; i++) block[i] += block[i - samples];
  const planes = block.slice(first, first + rowBytes);
  const count = Math.floor(rowBytes / size);
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < size; b++) block[first + i * size + (littleEndian ? size - 1 - b : b)] = planes[b * count + i];
  }
}

function toSamples(raw: Uint8Array, layout: Layout): SampleArray {
  const { bits, format, littleEndian, rows, columns, photometric } = layout;
  if (bits < 8) {
    // Palette indices stay as they are, grey is spread over 8 bits.
    const scale = photometric === PALETTE ? 1 : 255 / (2 ** bits - 1);
    const rowBytes = Math.ceil((columns * bits) / 8);
    const out = new Uint8Array(rows * columns);
    for (let i = 0; i < out.length; i++) {
      const bit = (i % columns) * bits;
      const byte = raw[Math.floor(i / columns) * rowBytes + (bit >> 3)];
      out[i] = ((byte >> (8 - bits - (bit & 7))) & (2 ** bits - 1)) * scale;
    }
    return out;
  }
  if (format === 3) return bits === 64 ? doublesToFloats(raw, littleEndian) : fromBytes(raw, "float32", littleEndian);
  const type = `${format === 2 ? "int" : "uint"}${bits}` as PixelType;
  if (bits > 8 && !littleEndian) {
    const swapped = raw.slice();
    swapBytes(swapped, bits >> 3);
    return fromBytes(swapped, type);
  }
  return fromBytes(raw, type);
}

function keepFirst(values: SampleArray, samples: number, kept: number): SampleArray {
  const pixels = Math.floor(values.length / samples);
  const out = values.slice(0, pixels * kept);
  for (let i = 0; i < pixels; i++) for (let s = 0; s < kept; s++) out[i * kept + s] = values[i * samples + s];
  return out;
}

/** 16-bit entries, all reds first (section 5). */
function readColorMap(directory: Directory): { first: number; rgb: string } {
  const map = directory.values(TAG.colorMap);
  const entries = Math.floor(map.length / 3);
  if (entries === 0) throw new AppError("imaging/header-invalid", "The TIFF palette page has no colour map.");
  const rgb = new Uint8Array(entries * 3);
  for (let i = 0; i < entries; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = map[c * entries + i] >> 8;
  return { first: 0, rgb: Buffer.from(rgb).toString("base64") };
}

// PNG files whose samples are numbers of classes: written with a palette, read with the numbers, not the colours.
//
// Sizes are checked before anything is unpacked, and only the chunks that make pixels reach the decoder, as for pictures (imaging/formats/png.ts).

import { crc32, deflateSync } from "node:zlib";
import { decode } from "fast-png";
import { AppError } from "../../../preload/contract/errors.ts";
import { checkUnpackedSize, pixelChunks } from "../../imaging/formats/png-chunks.ts";
import { checkSize, MAX_DECODED_BYTES } from "../../imaging/limits.ts";
import { invalid } from "./format.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const INDEXED = 3;

export type Rgb = readonly [red: number, green: number, blue: number];

export interface LabelPicture {
  readonly rows: number;
  readonly columns: number;
  /** one for each pixel; three where `colour` */
  readonly values: Uint8Array | Uint16Array;
  readonly colour: boolean;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** Samples of 8 bits with the palette's colours. */
export function encodeIndexedPng(
  values: Uint8Array,
  rows: number,
  columns: number,
  palette: readonly Rgb[],
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, columns);
  view.setUint32(4, rows);
  header.set([8, INDEXED, 0, 0, 0], 8);
  const lines = new Uint8Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    lines.set(values.subarray(row * columns, (row + 1) * columns), row * (columns + 1) + 1);
  }
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flat())),
    chunk("IDAT", deflateSync(lines, { level: 6 })),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** Throws labels/file-invalid. Transparency is dropped; grey with it is grey. */
export function decodeLabelPng(file: string, bytes: Uint8Array): LabelPicture {
  try {
    return decodeChecked(bytes);
  } catch (cause) {
    throw invalid(file, cause instanceof AppError ? cause.message : "The PNG file is damaged or cut off.", cause);
  }
}

function decodeChecked(bytes: Uint8Array): LabelPicture {
  if (bytes.length < 33 || !SIGNATURE.every((byte, i) => bytes[i] === byte)) {
    throw new AppError("imaging/unreadable", "The file is no PNG.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [columns, rows, bits] = [view.getUint32(16), view.getUint32(20), bytes[24]];
  const channels = [1, 1, 3, 1, 2, 1, 4][bytes[25]] ?? 4;
  const wide = Math.max(1, bits / 8);
  checkSize(rows, columns, 1, channels * wide, MAX_DECODED_BYTES);
  checkUnpackedSize(bytes, rows * columns * channels * wide);
  const png = decode(pixelChunks(bytes), { checkCrc: true });
  const data = png.data instanceof Uint16Array ? png.data : Uint8Array.from(png.data);
  if (png.depth < 8) {
    return { rows, columns, values: unpacked(data as Uint8Array, rows, columns, png.depth), colour: false };
  }
  if (png.channels === 1) return { rows, columns, values: data, colour: false };
  const colour = png.channels >= 3;
  const kept = colour ? 3 : 1;
  const values = data.filter((_, i) => i % png.channels < kept);
  return { rows, columns, values, colour };
}

/** Less than 8 bits lie most significant first, each row on its own bytes (PNG 7.2). */
function unpacked(data: Uint8Array, rows: number, columns: number, depth: number): Uint8Array {
  const perRow = Math.ceil((columns * depth) / 8);
  const values = new Uint8Array(rows * columns);
  for (let at = 0; at < values.length; at++) {
    const bit = (at % columns) * depth;
    const byte = data[Math.floor(at / columns) * perRow + (bit >> 3)];
    values[at] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return values;
}

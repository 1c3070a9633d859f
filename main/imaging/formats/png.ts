// PNG files (ISO/IEC 15948): 8 and 16 bit, grey, RGB, palette. Kept as the file they are. Of an animation, the default image.

import { encode } from "fast-png";
import { AppError } from "../../../preload/contract/errors.ts";
import { openPng } from "../frame.ts";
import { checkSize } from "../limits.ts";
import type { DecodedFrame, Format } from "../types.ts";
import { plainImage } from "./plain.ts";
import { checkUnpackedSize } from "./png-chunks.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const png: Format = {
  id: "png",
  match: ({ bytes }) => SIGNATURE.every((byte, i) => bytes[i] === byte),
  open({ name, bytes }, maxBytes) {
    if (bytes.length < 33) throw new AppError("imaging/unreadable", "The PNG file ends within its header.");
    // IHDR comes first (PNG 11.2.2): the size is known before anything is unpacked.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const channels = [1, 1, 3, 3, 2, 1, 4][bytes[25]] ?? 4;
    const [rows, columns, perPixel] = [view.getUint32(20), view.getUint32(16), channels * (bytes[24] === 16 ? 2 : 1)];
    checkSize(rows, columns, 1, perPixel, maxBytes);
    checkUnpackedSize(bytes, rows * columns * perPixel);
    const decoded = openPng(bytes);
    return [plainImage(name, decoded, decoded.bits, [{ transferSyntax: "png", bytes }])];
  },
};

/** Encodes an 8- or 16-bit frame, grey or RGB, as PNG. */
export function encodePng(frame: DecodedFrame): Uint8Array {
  const { rows: height, columns: width, samples, values } = frame;
  if (!(values instanceof Uint8Array || values instanceof Uint16Array)) {
    throw new TypeError("A PNG holds 8- or 16-bit unsigned samples.");
  }
  const depth = values instanceof Uint16Array ? 16 : 8;
  // Level 4 packs nearly as well as the default 6 and takes half the time.
  return encode({ width, height, data: values, channels: samples, depth }, { zlib: { level: 4 } });
}

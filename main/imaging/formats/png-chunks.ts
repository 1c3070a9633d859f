// A PNG file reduced to what its pixels need, asked before a decoder takes memory for it.
//
// Deflate packs up to a thousand to one: a colour profile or pixel data longer than the picture would fill any memory. So only the chunks
// that make pixels reach the decoder, which also reads files whose profile or text is damaged, and pixel data may not be longer than
// the header says.

import { inflateSync } from "node:zlib";
import { AppError } from "../../../preload/contract/errors.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and CRC around a chunk's data (PNG 5.3). */
const CHUNK_BYTES = 12;
/** 256 colours (PNG 11.2.3). */
const LARGEST_PALETTE = 768;
/** One for each row (PNG 9), less than two where the file is interlaced; there are at most 65535 rows. Rounded up for writers that add a little. */
const FILTER_BYTES = 2 ** 18;
const NEEDED = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

interface Chunk {
  readonly type: string;
  /** with length, type and CRC */
  readonly bytes: Uint8Array;
}

/** Up to IEND or to where the file is cut off: the decoder says so then. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length && chunks.at(-1)?.type !== "IEND"; ) {
    const end = at + CHUNK_BYTES + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return chunks;
}

/** The file without chunks that say nothing about its samples. Throws imaging/unreadable for a palette that is none. */
export function pixelChunks(bytes: Uint8Array): Uint8Array {
  const chunks = chunksOf(bytes);
  const needed = chunks.filter(({ type }) => NEEDED.has(type));
  if (needed.some((chunk) => chunk.type === "PLTE" && chunk.bytes.length > LARGEST_PALETTE + CHUNK_BYTES)) {
    throw new AppError("imaging/unreadable", "The PNG file has a palette of more than 256 colours.");
  }
  if (needed.length === chunks.length) return bytes;
  return new Uint8Array(Buffer.concat([bytes.subarray(0, SIGNATURE_BYTES), ...needed.map((chunk) => chunk.bytes)]));
}

/** Throws imaging/too-large where the pixel data unpack to more than `expected` bytes and their filters, imaging/unreadable where they do not unpack. */
export function checkUnpackedSize(bytes: Uint8Array, expected: number): void {
  const data = chunksOf(bytes)
    .filter(({ type }) => type === "IDAT")
    .map((chunk) => chunk.bytes.subarray(8, -4));
  const most = expected + FILTER_BYTES;
  try {
    inflateSync(Buffer.concat(data), { maxOutputLength: most });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new AppError(
        "imaging/too-large",
        `Expected ${expected} bytes of PNG pixel data, found more than ${most}.`,
        {
          cause,
        },
      );
    }
    throw new AppError("imaging/unreadable", "The PNG file is damaged or cut off.", { cause });
  }
}

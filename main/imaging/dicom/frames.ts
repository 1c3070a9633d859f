// Pixel data to frames: where each frame's bytes begin and end (PS3.5 section 8 and annex A.4).

import { AppError } from "../../../preload/contract/errors.ts";
import type { PixelDescription } from "../../../preload/contract/index.ts";
import { swapBytes } from "../samples.ts";
import type { FrameEncoding, StoredFrame } from "../types.ts";
import type { DataSet, Element, Span } from "./dataset.ts";
import { codecOf, EXPLICIT_BIG } from "./transfer-syntax.ts";

/** Throws imaging/frame-truncated where the bytes do not suffice for the declared frames. */
export function splitFrames(
  element: Element,
  dataSet: DataSet,
  transferSyntax: string,
  pixels: PixelDescription,
  encoding: FrameEncoding,
): StoredFrame[] {
  const native = codecOf(transferSyntax) === "none";
  if (native !== (element.fragments === null)) {
    throw new AppError(
      "imaging/header-invalid",
      `The transfer syntax ${transferSyntax} does not fit the way the pixel data are written.`,
    );
  }
  const frames = native
    ? nativeFrames(element, dataSet, transferSyntax, pixels, encoding)
    : encapsulatedFrames(element, dataSet, pixels.frames);
  return frames.map((bytes) => ({ transferSyntax, bytes }));
}

function nativeFrames(
  element: Element,
  dataSet: DataSet,
  transferSyntax: string,
  pixels: PixelDescription,
  encoding: FrameEncoding,
): Uint8Array[] {
  const perPixel = encoding.photometric === "YBR_FULL_422" ? 2 : encoding.samples;
  const frameBits = pixels.rows * pixels.columns * perPixel * encoding.bitsAllocated;
  let data = dataSet.bytes.subarray(element.offset, element.offset + element.length);
  if (transferSyntax === EXPLICIT_BIG && element.vr === "OW" && encoding.bitsAllocated <= 8) {
    // Bytes inside big-endian 16-bit words: put back in their order once, here.
    data = data.slice();
    swapBytes(data, 2);
  }
  return Array.from({ length: pixels.frames }, (_, index) => {
    const firstBit = index * frameBits;
    const first = Math.floor(firstBit / 8);
    const expected = Math.ceil(frameBits / 8);
    const found = Math.max(0, Math.min(expected, data.length - first));
    if (found < expected) {
      throw new AppError("imaging/frame-truncated", `Expected ${expected} bytes in frame ${index}, found ${found}.`);
    }
    return firstBit % 8 === 0 ? data.subarray(first, first + expected) : shiftBits(data, firstBit, frameBits);
  });
}

/** Frames of one-bit pixels follow each other without padding (PS3.5 8.1.1): moves one to a byte boundary. */
function shiftBits(data: Uint8Array, firstBit: number, bits: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(bits / 8));
  const shift = firstBit & 7;
  const first = firstBit >> 3;
  for (let i = 0; i < out.length; i++) {
    out[i] = (data[first + i] >> shift) | ((data[first + i + 1] ?? 0) << (8 - shift));
  }
  return out;
}

function encapsulatedFrames(element: Element, dataSet: DataSet, count: number): Uint8Array[] {
  const fragments = element.fragments ?? [];
  const groups = groupFragments(fragments, offsets(element, dataSet), dataSet, count);
  const { cut } = dataSet;
  if (groups.length < count || groups.some((group) => group.length === 0)) {
    throw new AppError(
      "imaging/frame-truncated",
      `Expected ${count} compressed frames, found ${groups.length} in ${fragments.length} fragments.`,
    );
  }
  if (cut?.tag === element.tag) {
    throw new AppError(
      "imaging/frame-truncated",
      `Expected ${cut.expected} bytes in the last fragment of frame ${groups.length - 1}, found ${cut.found}.`,
    );
  }
  return groups.slice(0, count).map((group) => {
    const parts = group.map(({ offset, length }) => dataSet.bytes.subarray(offset, offset + length));
    return parts.length === 1 ? parts[0] : new Uint8Array(Buffer.concat(parts));
  });
}

const EXTENDED_OFFSET_TABLE = 0x7fe00001;

/** Where each frame's first item begins, counted from the first item behind the basic offset table: by that table, or by the extended one (A.4). */
function offsets(element: Element, dataSet: DataSet): number[] {
  const extended = dataSet.elements.get(EXTENDED_OFFSET_TABLE);
  const table = element.offsetTable;
  if (extended && !table?.length) {
    const view = new DataView(dataSet.bytes.buffer, dataSet.bytes.byteOffset + extended.offset, extended.length);
    return Array.from({ length: extended.length >> 3 }, (_, i) =>
      Number(view.getBigUint64(8 * i, dataSet.littleEndian)),
    );
  }
  if (!table) return [];
  const view = new DataView(dataSet.bytes.buffer, dataSet.bytes.byteOffset + table.offset, table.length);
  return Array.from({ length: Math.floor(table.length / 4) }, (_, i) => view.getUint32(4 * i, true));
}

function groupFragments(fragments: readonly Span[], table: number[], dataSet: DataSet, count: number): Span[][] {
  if (count === 1) return fragments.length > 0 ? [[...fragments]] : [];
  if (fragments.length === count) return fragments.map((fragment) => [fragment]);
  if (table.length === count && fragments.length > 0) {
    const base = fragments[0].offset - 8;
    const starts = new Set(table.map((offset) => base + offset + 8));
    return startingAt(fragments, (fragment) => starts.has(fragment.offset));
  }
  // No usable table: a frame of the JPEG family begins with SOI (JPEG, JPEG-LS) or SOC (JPEG 2000).
  return startingAt(fragments, ({ offset }) => {
    const [a, b] = [dataSet.bytes[offset], dataSet.bytes[offset + 1]];
    return a === 0xff && (b === 0xd8 || b === 0x4f);
  });
}

function startingAt(fragments: readonly Span[], isFirst: (fragment: Span) => boolean): Span[][] {
  const groups: Span[][] = [];
  for (const fragment of fragments) {
    if (isFirst(fragment) || groups.length === 0) groups.push([]);
    groups[groups.length - 1].push(fragment);
  }
  return groups;
}

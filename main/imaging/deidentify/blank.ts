// Rectangles of pixels made plain: in samples as they are stored, so that every other pixel keeps its exact value.
//
// The fill is the darkest value that the frame already holds (the brightest stored one for MONOCHROME1, which is shown dark), so
// that windows and smallest pixel values stay right. Chrominance shared by two pixels is blanked for both.

import type { DecodedFrame } from "../types.ts";

export interface Region {
  /** from 0; null: every frame */
  readonly frame: number | null;
  /** in pixels from the upper left corner; what lies outside the frame is cut off */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How samples lie in the bytes (PS3.3 C.7.6.3); always little endian. */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: number;
  readonly signed: boolean;
  readonly float: boolean;
  readonly planar: 0 | 1;
  readonly photometric: string;
  /** stored value of the darkest palette entry; only for PALETTE COLOR */
  readonly darkest: number;
}

type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Blanks in place. */
export function blankRegions(bytes: Uint8Array, layout: Layout, regions: readonly Region[]): void {
  for (let frame = 0; frame < layout.frames; frame++) {
    for (const region of regions) {
      if (region.frame !== null && region.frame !== frame) continue;
      const box = clip(region, layout);
      if (layout.bitsAllocated === 1) blankBits(bytes, layout, frame, box);
      else if (layout.photometric === "YBR_FULL_422") blankPairs(bytes, layout, frame, box);
      else blankSamples(samplesOver(bytes, layout), layout, frame, box);
    }
  }
}

/** A decoded frame with these rectangles made plain, whatever frame they name; every other sample keeps its value. */
export function blankDecoded(frame: DecodedFrame, inverted: boolean, regions: readonly Region[]): DecodedFrame {
  const { rows, columns, samples } = frame;
  const values = frame.values.slice();
  const layout: Layout = {
    rows,
    columns,
    frames: 1,
    samples,
    bitsAllocated: 8 * values.BYTES_PER_ELEMENT,
    signed: values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array,
    float: values instanceof Float32Array,
    planar: 0,
    photometric: samples === 3 ? "RGB" : inverted ? "MONOCHROME1" : "MONOCHROME2",
    darkest: 0,
  };
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  blankRegions(
    bytes,
    layout,
    regions.map((region) => ({ ...region, frame: null })),
  );
  return { ...frame, values };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function clip({ x, y, width, height }: Region, { rows, columns }: Layout): Box {
  return {
    left: Math.max(0, Math.floor(x)),
    top: Math.max(0, Math.floor(y)),
    right: Math.min(columns, Math.ceil(x + width)),
    bottom: Math.min(rows, Math.ceil(y + height)),
  };
}

function samplesOver(bytes: Uint8Array, { bitsAllocated, signed, float }: Layout): Samples {
  const { buffer, byteOffset } = bytes;
  const length = Math.floor((bytes.length * 8) / bitsAllocated);
  if (float) {
    return bitsAllocated === 64
      ? new Float64Array(buffer, byteOffset, length)
      : new Float32Array(buffer, byteOffset, length);
  }
  if (bitsAllocated <= 8) return signed ? new Int8Array(buffer, byteOffset, length) : bytes;
  if (bitsAllocated <= 16)
    return signed ? new Int16Array(buffer, byteOffset, length) : new Uint16Array(buffer, byteOffset, length);
  return signed ? new Int32Array(buffer, byteOffset, length) : new Uint32Array(buffer, byteOffset, length);
}

function blankSamples(values: Samples, layout: Layout, frame: number, box: Box): void {
  const { rows, columns, samples, planar } = layout;
  const pixels = rows * columns;
  const start = frame * pixels * samples;
  const fill = fillOf(values.subarray(start, start + pixels * samples), layout);
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const pixel = y * columns + x;
      for (let s = 0; s < samples; s++) values[start + (planar ? s * pixels + pixel : pixel * samples + s)] = fill[s];
    }
  }
}

function fillOf(frame: Samples, { samples, photometric, darkest }: Layout): readonly number[] {
  if (samples === 3) return photometric.startsWith("YBR") ? [0, 128, 128] : [0, 0, 0];
  if (photometric === "PALETTE COLOR") return [darkest];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of frame) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const fill = photometric === "MONOCHROME1" ? most : least;
  return [Number.isFinite(fill) ? fill : 0];
}

/** One-bit pixels, least significant first, frames without padding between them (PS3.5 8.1.1). */
function blankBits(bytes: Uint8Array, layout: Layout, frame: number, box: Box): void {
  const one = layout.photometric === "MONOCHROME1";
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const bit = frame * layout.rows * layout.columns + y * layout.columns + x;
      if (one) bytes[bit >> 3] |= 1 << (bit & 7);
      else bytes[bit >> 3] &= ~(1 << (bit & 7));
    }
  }
}

/** Two luminance samples, then the chrominance of both (PS3.3 C.7.6.3.1.2). */
function blankPairs(bytes: Uint8Array, layout: Layout, frame: number, box: Box): void {
  const start = frame * layout.rows * layout.columns * 2;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const pair = Math.floor((y * layout.columns + x) / 2);
      bytes.set([0, 0, 128, 128], start + pair * 4);
    }
  }
}

/** Sets the bits outside the stored ones to zero, in place: old files keep overlays there (PS3.3 C.9.2, retired use). */
export function clearUnusedBits(bytes: Uint8Array, bitsAllocated: number, bitsStored: number, highBit: number): void {
  if (bitsAllocated !== 8 && bitsAllocated !== 16) return;
  const mask = ((1 << bitsStored) - 1) << (highBit + 1 - bitsStored);
  const values = bitsAllocated === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  for (let i = 0; i < values.length; i++) values[i] &= mask;
}

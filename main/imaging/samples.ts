// Samples on their way from a codec to a DecodedFrame: type, significant bits, order of planes, colour.
//
// Each function is one step with one meaning; frame.ts strings them together.

import type { PixelType } from "../../preload/contract/index.ts";
import type { Palette, SampleArray } from "./types.ts";

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
} satisfies Record<PixelType, unknown>;

export const BYTES_PER_SAMPLE: Record<PixelType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
};

/** An array of `type` with the values of `values`; the same array where it is of that type already. */
export function asType(values: SampleArray, type: PixelType): SampleArray {
  const Target = ARRAYS[type];
  return values instanceof Target ? values : Target.from(values as ArrayLike<number>);
}

/** Little- or big-endian bytes to an array of `type`. Copies. Bytes that do not fill a sample are left out. */
export function fromBytes(bytes: Uint8Array, type: PixelType, littleEndian = true): SampleArray {
  const size = BYTES_PER_SAMPLE[type];
  // Not slice(): a Buffer's shares memory and may not be aligned.
  const copy = new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % size)));
  if (!littleEndian) swapBytes(copy, size);
  return new ARRAYS[type](copy.buffer);
}

/** Reverses each group of `size` bytes in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Float64 pixel data to float32; what does not fit becomes the largest float32, what is no number 0. */
export function doublesToFloats(bytes: Uint8Array, littleEndian: boolean): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = new Float32Array(Math.floor(bytes.length / 8));
  for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat64(8 * i, littleEndian);
  return floats;
}

/** One bit per pixel, least significant first (PS3.5 8.1.1 and annex D), to bytes 0 and 1. */
export function unpackBits(bytes: Uint8Array, count: number, firstBit: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = firstBit + i;
    values[i] = (bytes[bit >> 3] >> (bit & 7)) & 1;
  }
  return values;
}

/**
 * Keeps the stored bits of integer samples: drops what lies below and above them (overlays in old files, rubbish), extends
 * the sign. In place. `bitsAllocated` is the width of the array.
 */
export function keepStoredBits(
  values: SampleArray,
  bitsAllocated: number,
  bitsStored: number,
  highBit: number,
  signed: boolean,
): void {
  if (bitsStored >= bitsAllocated || values instanceof Float32Array) return;
  const below = Math.max(0, highBit + 1 - bitsStored);
  const up = 32 - bitsStored;
  if (signed) for (let i = 0; i < values.length; i++) values[i] = ((values[i] >> below) << up) >> up;
  else for (let i = 0; i < values.length; i++) values[i] = ((values[i] >>> below) << up) >>> up;
}

/** Planes one after the other to interleaved samples. */
export function interleave(values: SampleArray, samples: number): SampleArray {
  const pixels = Math.floor(values.length / samples);
  const out = values.slice();
  for (let s = 0; s < samples; s++) for (let i = 0; i < pixels; i++) out[i * samples + s] = values[s * pixels + i];
  return out;
}

/** Drops the last of two or four interleaved samples. */
export function dropAlpha(values: SampleArray, samples: 2 | 4): SampleArray {
  const kept = samples - 1;
  const pixels = Math.floor(values.length / samples);
  const out = values.slice(0, pixels * kept);
  for (let i = 0; i < pixels; i++) for (let s = 0; s < kept; s++) out[i * kept + s] = values[i * samples + s];
  return out;
}

/** 8-bit YBR_FULL to RGB (PS3.3 C.7.6.3.1.2), in place. */
export function ybrToRgb(values: SampleArray): void {
  const clamp = (v: number) => (v < 0 ? 0 : v > 255 ? 255 : Math.round(v));
  for (let i = 0; i + 2 < values.length; i += 3) {
    const y = values[i];
    const cb = values[i + 1] - 128;
    const cr = values[i + 2] - 128;
    values[i] = clamp(y + 1.402 * cr);
    values[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    values[i + 2] = clamp(y + 1.772 * cb);
  }
}

/** Uncompressed YBR_FULL_422: two luminance samples share one pair of chrominance samples (PS3.3 C.7.6.3.1.2). */
export function expand422(bytes: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels * 3);
  for (let i = 0, at = 0; i + 1 < pixels; i += 2, at += 4) {
    out.set([bytes[at], bytes[at + 2], bytes[at + 3], bytes[at + 1], bytes[at + 2], bytes[at + 3]], i * 3);
  }
  return out;
}

/** Looks every value up; values outside the table take its first or last entry (PS3.3 C.7.6.3.1.5). */
export function applyPalette(values: SampleArray, palette: Palette): Uint8Array {
  const rgb = Buffer.from(palette.rgb, "base64");
  const last = rgb.length / 3 - 1;
  const out = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const entry = Math.min(last, Math.max(0, values[i] - palette.first)) * 3;
    out[3 * i] = rgb[entry];
    out[3 * i + 1] = rgb[entry + 1];
    out[3 * i + 2] = rgb[entry + 2];
  }
  return out;
}

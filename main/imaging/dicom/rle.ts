// RLE lossless (PS3.5 annex G): PackBits over byte planes, most significant byte of each sample first.

import { AppError } from "../../../preload/contract/errors.ts";

const MAX_SEGMENTS = 15;

/**
 * Unpacks one frame to little-endian samples, interleaved by pixel. `pixels` = rows × columns.
 * Throws imaging/unreadable for a header that does not fit, imaging/frame-truncated where a plane ends early.
 */
export function decodeRle(bytes: Uint8Array, pixels: number, samples: number, bytesPerSample: number): Uint8Array {
  const planes = samples * bytesPerSample;
  if (bytes.length < 64)
    throw new AppError("imaging/frame-truncated", `Expected an RLE header of 64 bytes, found ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== planes || segments > MAX_SEGMENTS) {
    throw new AppError("imaging/unreadable", `Expected ${planes} RLE segments, found ${segments}.`);
  }
  const out = new Uint8Array(pixels * planes);
  for (let plane = 0; plane < planes; plane++) {
    const from = view.getUint32(4 + 4 * plane, true);
    const to = plane + 1 < planes ? view.getUint32(8 + 4 * plane, true) : bytes.length;
    const sample = Math.floor(plane / bytesPerSample);
    const byte = bytesPerSample - 1 - (plane % bytesPerSample);
    unpack(bytes, from, Math.min(to, bytes.length), out, sample * bytesPerSample + byte, planes, pixels);
  }
  return out;
}

function unpack(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  start: number,
  stride: number,
  pixels: number,
): void {
  let at = from;
  let done = 0;
  while (done < pixels && at < to) {
    const control = bytes[at++];
    if (control < 128) {
      const count = Math.min(control + 1, to - at, pixels - done);
      for (let i = 0; i < count; i++) out[start + stride * done++] = bytes[at + i];
      at += control + 1;
    } else if (control > 128 && at < to) {
      const value = bytes[at++];
      const count = Math.min(257 - control, pixels - done);
      for (let i = 0; i < count; i++) out[start + stride * done++] = value;
    }
  }
  if (done < pixels)
    throw new AppError("imaging/frame-truncated", `Expected ${pixels} bytes in an RLE segment, found ${done}.`);
}

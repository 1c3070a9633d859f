// A hash of what a picture looks like: 64 bits that change little when it is scaled, compressed again or windowed otherwise.
//
// The signs of its 64 lowest spatial frequencies against their median ("pHash"): the picture as it is shown, luminance, 32 × 32, cosine transform.
// Two files of one picture are few bits apart; see README.md for what was measured. It finds candidates and proves nothing.

import type { PixelDescription } from "../../preload/contract/index.ts";
import { renderFrame } from "./display.ts";
import { resample } from "./prepare.ts";
import type { DecodedFrame } from "./types.ts";

/** Bits that two hashes of one picture may differ in. */
export const NEAR_DUPLICATE_BITS = 4;

const SIDE = 32;
const KEPT = 8;
/** Smaller coefficients are rounding: a flat picture has the hash 0. */
const NOTHING = 0.05;

/** COSINES[u * SIDE + x] = cos((2x + 1) u π / 2 SIDE): the cosine transform up to its scale. */
const COSINES = Float64Array.from({ length: KEPT * SIDE }, (_, i) =>
  Math.cos(((2 * (i % SIDE) + 1) * Math.floor(i / SIDE) * Math.PI) / (2 * SIDE)),
);

/** 16 hexadecimal digits. `pixels`: of this very frame (`pixelsOfFrame`). */
export function pictureHash(frame: DecodedFrame, pixels: PixelDescription): string {
  const { rows, columns, samples } = frame;
  const shown = renderFrame(frame, pixels);
  const plane = new Float32Array(rows * columns);
  for (let i = 0; i < plane.length; i++) {
    plane[i] = samples === 1 ? shown[i] : 0.299 * shown[3 * i] + 0.587 * shown[3 * i + 1] + 0.114 * shown[3 * i + 2];
  }
  const small = resample(plane, rows, columns, SIDE, SIDE);
  // Along rows first: [frequency][row].
  const along = new Float64Array(KEPT * SIDE);
  for (let u = 0; u < KEPT; u++) {
    for (let y = 0; y < SIDE; y++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += small[y * SIDE + x] * COSINES[u * SIDE + x];
      along[u * SIDE + y] = sum;
    }
  }
  const coefficients = Array.from({ length: KEPT * KEPT }, (_, i) => {
    const [v, u] = [Math.floor(i / KEPT), i % KEPT];
    let sum = 0;
    for (let y = 0; y < SIDE; y++) sum += along[u * SIDE + y] * COSINES[v * SIDE + y];
    return Math.abs(sum) / (SIDE * SIDE) < NOTHING ? 0 : sum;
  });
  // The mean says how bright the picture is, not what it shows.
  coefficients[0] = 0;
  const sorted = [...coefficients].sort((a, b) => a - b);
  const median = (sorted[31] + sorted[32]) / 2;
  let hash = 0n;
  for (const coefficient of coefficients) hash = (hash << 1n) | (coefficient > median ? 1n : 0n);
  return hash.toString(16).padStart(16, "0");
}

/** Bits in which two hashes differ: 0 to 64. */
export function hashDistance(a: string, b: string): number {
  let differing = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let count = 0;
  for (; differing > 0n; differing &= differing - 1n) count += 1;
  return count;
}

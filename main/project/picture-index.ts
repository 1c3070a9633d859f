// Which pictures of the project look like a new one: their 64-bit hashes, compared bit by bit in memory.
//
// A hundred thousand comparisons take under a millisecond, so no index is needed. Slices of one series look like each other by
// nature and are not compared. Loaded when the first image is added through a connection; what other processes add meanwhile is
// missed, which costs a hint and no data.

import type { ProjectDatabase } from "./database.ts";

/** Bits in which hashes of one picture may differ: as strict as leaves different phantoms of one anatomy alone, mostly. */
const NEAR_BITS = 1;

export class PictureIndex {
  readonly #images: number[] = [];
  readonly #series: string[] = [];
  readonly #high: number[] = [];
  readonly #low: number[] = [];

  constructor(database: ProjectDatabase) {
    const known = database.all<{ number: number; series: string; hash: string }>(
      "SELECT number, series, picture_hash AS hash FROM images WHERE picture_hash IS NOT NULL",
    );
    for (const { number, series, hash } of known) this.add(number, series, hash);
  }

  /** `hash`: 16 hexadecimal digits; a blank picture's is 0 and looks like nothing. */
  add(image: number, series: string, hash: string): void {
    const [high, low] = words(hash);
    if (high === 0 && low === 0) return;
    this.#images.push(image);
    this.#series.push(series);
    this.#high.push(high);
    this.#low.push(low);
  }

  /** Numbers of the images that look like it, in other series. */
  near(series: string, hash: string): number[] {
    const [high, low] = words(hash);
    if (high === 0 && low === 0) return [];
    const found: number[] = [];
    for (let i = 0; i < this.#images.length; i++) {
      const different = bits(this.#high[i]! ^ high) + bits(this.#low[i]! ^ low);
      if (different <= NEAR_BITS && (series === "" || this.#series[i] !== series)) found.push(this.#images[i]!);
    }
    return found;
  }
}

function words(hash: string): [number, number] {
  return [Number.parseInt(hash.slice(0, 8), 16) | 0, Number.parseInt(hash.slice(8), 16) | 0];
}

/** Set bits of a 32-bit number (Warren, Hacker's Delight, 5-2). */
function bits(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  count = (count + (count >>> 4)) & 0x0f0f0f0f;
  return Math.imul(count, 0x01010101) >>> 24;
}

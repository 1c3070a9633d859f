// The coded bits of one scan of a JPEG-LS frame to samples (ITU-T T.87 annex A). Names of variables are the standard's.

import { AppError } from "../../preload/contract/errors.ts";

export interface Frame {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly components: readonly number[];
}

/** Of the LSE segment (C.2.4.1); 0 stands for the default. */
export interface Preset {
  readonly maxval: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly reset: number;
}

export const damaged = (what: string) => new AppError("imaging/unreadable", `The JPEG-LS frame ${what}.`);

/** Code order of run lengths (A.2.1). */
const J = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const REGULAR = 365;
/** Contexts grow with the errors they saw; in a whole frame none needs codes as long as this. */
const LONGEST_K = 24;

export class ScanDecoder {
  readonly #frame: Frame;
  readonly #places: readonly number[];
  readonly #near: number;
  readonly #maxval: number;
  readonly #range: number;
  readonly #qbpp: number;
  readonly #limit: number;
  readonly #reset: number;
  /** quantised gradients by difference + maxval (A.3.3) */
  readonly #quantised: Int8Array;
  // A.2.1; the last two contexts are those of interrupted runs.
  readonly #a = new Float64Array(REGULAR + 2);
  readonly #b = new Int32Array(REGULAR);
  readonly #c = new Int32Array(REGULAR);
  readonly #n = new Int32Array(REGULAR + 2).fill(1);
  readonly #negative = new Int32Array(2);
  // Coded bits.
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;
  #afterFf = false;

  constructor(bytes: Uint8Array, start: number, frame: Frame, preset: Preset, near: number, places: readonly number[]) {
    this.#bytes = bytes;
    this.#at = start;
    this.#frame = frame;
    this.#places = places;
    const maxval = preset.maxval || 2 ** frame.bits - 1;
    if (maxval >= 2 ** frame.bits || near > Math.min(255, maxval >> 1)) throw damaged("has parameters that are none");
    this.#near = near;
    this.#maxval = maxval;
    this.#range = Math.floor((maxval + 2 * near) / (2 * near + 1)) + 1;
    this.#qbpp = Math.ceil(Math.log2(this.#range));
    const bpp = Math.max(2, Math.ceil(Math.log2(maxval + 1)));
    this.#limit = 2 * (bpp + Math.max(8, bpp));
    this.#reset = preset.reset || 64;
    this.#quantised = quantiser(maxval, near, thresholds(maxval, near, preset));
    this.#a.fill(Math.max(2, Math.floor((this.#range + 32) / 64)));
  }

  get position(): number {
    return this.#at;
  }

  /** Lines of all components of the scan, one after the other, or sample by sample. */
  decode(values: Uint8Array | Uint16Array, bySample: boolean): void {
    const { rows, columns, components } = this.#frame;
    const count = this.#places.length;
    // A line with one sample before it and one behind (A.2.1); of each component this one and the one above.
    const lines = this.#places.map(() => [new Int32Array(columns + 2), new Int32Array(columns + 2)]);
    const runs = new Int32Array(count);
    for (let row = 0; row < rows; row++) {
      const above = lines.map((pair) => pair[row & 1]);
      const here = lines.map((pair) => pair[(row & 1) ^ 1]);
      for (let i = 0; i < count; i++) {
        above[i][columns + 1] = above[i][columns];
        here[i][0] = above[i][1];
      }
      if (bySample) this.#line(above, here, runs, 0);
      else for (let i = 0; i < count; i++) this.#line([above[i]], [here[i]], runs, i);
      for (let i = 0; i < count; i++) {
        const line = here[i];
        let to = row * columns * components.length + this.#places[i];
        for (let x = 1; x <= columns; x++, to += components.length) values[to] = line[x];
      }
    }
  }

  /** One line of one component, or of several whose samples alternate; `run` is where the run index is kept. */
  #line(above: readonly Int32Array[], here: readonly Int32Array[], runs: Int32Array, run: number): void {
    const { columns } = this.#frame;
    const count = above.length;
    const contexts = [0, 0, 0, 0];
    for (let x = 1; x <= columns; ) {
      let flat = true;
      for (let i = 0; i < count; i++) {
        contexts[i] = this.#context(here[i][x - 1], above[i][x], above[i][x - 1], above[i][x + 1]);
        if (contexts[i] !== 0) flat = false;
      }
      if (flat) x = this.#run(above, here, x, runs, run);
      else {
        for (let i = 0; i < count; i++) {
          here[i][x] = this.#regular(contexts[i], here[i][x - 1], above[i][x], above[i][x - 1]);
        }
        x += 1;
      }
    }
  }

  /** A.3: local gradients to a context, negative where its mirror image is meant. */
  #context(ra: number, rb: number, rc: number, rd: number): number {
    const q = this.#quantised;
    const zero = this.#maxval;
    return (q[rd - rb + zero] * 9 + q[rb - rc + zero]) * 9 + q[rc - ra + zero];
  }

  /** A.4 to A.6 */
  #regular(context: number, ra: number, rb: number, rc: number): number {
    const sign = context < 0 ? -1 : 1;
    const q = context * sign;
    const smaller = ra < rb ? ra : rb;
    const larger = ra < rb ? rb : ra;
    const predicted = rc >= larger ? smaller : rc <= smaller ? larger : ra + rb - rc;
    const px = this.#clamp(predicted + sign * this.#c[q]);
    const n = this.#n[q];
    const k = this.#golomb(this.#a[q], n);
    const mapped = this.#value(k, this.#limit);
    let error = mapped & 1 ? -((mapped + 1) >> 1) : mapped >> 1;
    if (this.#near === 0 && k === 0 && 2 * this.#b[q] <= -n) error = -error - 1;
    this.#update(q, error);
    return this.#reconstruct(px, sign * error);
  }

  #update(q: number, error: number): void {
    let b = this.#b[q] + error * (2 * this.#near + 1);
    let n = this.#n[q];
    this.#a[q] += Math.abs(error);
    if (n === this.#reset) {
      this.#a[q] = Math.floor(this.#a[q] / 2);
      b >>= 1;
      n >>= 1;
    }
    n += 1;
    if (b <= -n) {
      b = Math.max(b + n, 1 - n);
      if (this.#c[q] > -128) this.#c[q] -= 1;
    } else if (b > 0) {
      b = Math.min(b - n, 0);
      if (this.#c[q] < 127) this.#c[q] += 1;
    }
    this.#b[q] = b;
    this.#n[q] = n;
  }

  #reconstruct(predicted: number, error: number): number {
    const step = 2 * this.#near + 1;
    const value = predicted + error * step;
    if (value < -this.#near) return this.#clamp(value + this.#range * step);
    if (value > this.#maxval + this.#near) return this.#clamp(value - this.#range * step);
    return this.#clamp(value);
  }

  #clamp(value: number): number {
    return value < 0 ? 0 : value > this.#maxval ? this.#maxval : value;
  }

  /** A.7: samples like the one before, then one that is not; returns the place behind. */
  #run(
    above: readonly Int32Array[],
    here: readonly Int32Array[],
    start: number,
    runs: Int32Array,
    run: number,
  ): number {
    const { columns } = this.#frame;
    let x = start;
    while (this.#bit() === 1) {
      const length = 2 ** J[runs[run]];
      const found = Math.min(length, columns + 1 - x);
      for (const line of here) line.fill(line[start - 1], x, x + found);
      x += found;
      if (found === length && runs[run] < 31) runs[run] += 1;
      if (x > columns) return x;
    }
    const rest = this.#bits(J[runs[run]]);
    if (x + rest > columns) throw damaged("has a run that is longer than its line");
    for (const line of here) line.fill(line[start - 1], x, x + rest);
    x += rest;
    for (let i = 0; i < here.length; i++)
      here[i][x] = this.#interruption(here[i][x - 1], above[i][x], here.length > 1, J[runs[run]]);
    if (runs[run] > 0) runs[run] -= 1;
    return x + 1;
  }

  /** A.7.2. Samples that alternate have one context for all interruptions. */
  #interruption(ra: number, rb: number, alternating: boolean, j: number): number {
    const alike = !alternating && Math.abs(ra - rb) <= this.#near ? 1 : 0;
    const q = REGULAR + alike;
    const n = this.#n[q];
    const k = this.#golomb(this.#a[q] + (alike ? n >> 1 : 0), n);
    const mapped = this.#value(k, this.#limit - j - 1);
    const doubled = mapped + alike;
    const map = doubled & 1;
    const size = (doubled + map) >> 1;
    const negative = (k !== 0 || 2 * this.#negative[alike] >= n) === (map === 1);
    const error = negative ? -size : size;
    if (error < 0) this.#negative[alike] += 1;
    this.#a[q] += (mapped + 1 - alike) >> 1;
    if (n === this.#reset) {
      this.#a[q] = Math.floor(this.#a[q] / 2);
      this.#n[q] >>= 1;
      this.#negative[alike] >>= 1;
    }
    this.#n[q] += 1;
    return alike ? this.#reconstruct(ra, error) : this.#reconstruct(rb, ra > rb ? -error : error);
  }

  /** A.5.1 */
  #golomb(a: number, n: number): number {
    let k = 0;
    for (let scaled = n; scaled < a; scaled *= 2) k += 1;
    if (k > LONGEST_K) throw damaged("has errors beyond its range");
    return k;
  }

  /** A.5.3: a number in unary and k bits, or, behind `limit`, as it is. */
  #value(k: number, limit: number): number {
    let high = 0;
    const most = limit - this.#qbpp - 1;
    while (this.#bit() === 0) {
      high += 1;
      if (high > most) throw damaged("has a code that is too long");
    }
    if (high === most) return this.#bits(this.#qbpp) + 1;
    const value = high * 2 ** k + this.#bits(k);
    if (value > 2 * this.#range) throw damaged("has an error beyond its range");
    return value;
  }

  #bit(): number {
    if (this.#count === 0) this.#fill();
    this.#count -= 1;
    return (this.#held >>> this.#count) & 1;
  }

  #bits(count: number): number {
    let value = 0;
    let left = count;
    while (left > 0) {
      if (this.#count === 0) this.#fill();
      const taken = left < this.#count ? left : this.#count;
      this.#count -= taken;
      value = (value << taken) | ((this.#held >>> this.#count) & ((1 << taken) - 1));
      left -= taken;
    }
    return value;
  }

  /** The next byte of coded bits; behind 0xFF the highest bit is stuffing, and where it is set a marker ends them (A.1). */
  #fill(): void {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || (this.#afterFf && byte >= 0x80) || (byte === 0xff && this.#bytes[this.#at + 1] >= 0x80)) {
      throw new AppError("imaging/frame-truncated", "Expected more coded bits in the JPEG-LS frame, found its end.");
    }
    this.#held = byte;
    this.#count = this.#afterFf ? 7 : 8;
    this.#afterFf = byte === 0xff;
    this.#at += 1;
  }
}

/** C.2.4.1.1 */
function thresholds(maxval: number, near: number, { t1, t2, t3 }: Preset): [number, number, number] {
  const clamp = (value: number, least: number) => (value > maxval || value < least ? least : value);
  const wide = maxval >= 128;
  const factor = wide ? Math.floor((Math.min(maxval, 4095) + 128) / 256) : Math.floor(256 / (maxval + 1));
  const basic = (value: number, offset: number, times: number) =>
    wide
      ? factor * (value - offset) + offset + times * near
      : Math.max(offset, Math.floor(value / factor) + times * near);
  const first = t1 || clamp(basic(3, 2, 3), near + 1);
  const second = t2 || clamp(basic(7, 3, 5), first);
  return [first, second, t3 || clamp(basic(21, 4, 7), second)];
}

/** A.3.3, looked up: differences lie between -maxval and maxval. */
function quantiser(maxval: number, near: number, [t1, t2, t3]: readonly [number, number, number]): Int8Array {
  return Int8Array.from({ length: 2 * maxval + 1 }, (_, i) => {
    const difference = i - maxval;
    const size = Math.abs(difference);
    const step = size <= near ? 0 : size < t1 ? 1 : size < t2 ? 2 : size < t3 ? 3 : 4;
    return difference < 0 ? -step : step;
  });
}

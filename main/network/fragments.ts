// Fragments of one message, put together within a limit.
//
// The bytes are copied into blocks of our own: a fragment may be one byte inside a buffer of 64 KiB, and a peer that sends
// only such fragments must not make us hold the buffers. Blocks double from 4 KiB to 1 MiB. Once a limit is met the blocks are let go
// and further bytes are counted only, so the caller can still answer the message in order.

import type { Budget } from "./limits.ts";

const FIRST_BLOCK = 1 << 12;
const LAST_BLOCK = 1 << 20;

export class Fragments {
  readonly #limit: number;
  readonly #budget: Budget | null;
  #blocks: Uint8Array[] = [];
  #used = 0;
  #reserved = 0;
  /** all bytes that came, kept or not */
  length = 0;
  overflow = false;

  constructor(limit: number, budget: Budget | null = null) {
    this.#limit = limit;
    this.#budget = budget;
  }

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.length > this.#limit) this.#overflow();
    let at = 0;
    while (at < bytes.length && !this.overflow) {
      const last = this.#blocks.at(-1);
      if (!last || this.#used === last.length) {
        this.#grow();
        continue;
      }
      const count = Math.min(bytes.length - at, last.length - this.#used);
      last.set(bytes.subarray(at, at + count), this.#used);
      this.#used += count;
      at += count;
    }
  }

  #grow(): void {
    const size = Math.min(FIRST_BLOCK * 2 ** this.#blocks.length, LAST_BLOCK);
    if (this.#budget && !this.#budget.reserve(size)) {
      this.#overflow();
      return;
    }
    this.#reserved += size;
    this.#blocks.push(new Uint8Array(size));
    this.#used = 0;
  }

  #overflow(): void {
    this.overflow = true;
    this.#blocks = [];
    this.#release();
  }

  #release(): void {
    this.#budget?.release(this.#reserved);
    this.#reserved = 0;
  }

  /** `before` and all bytes as one array; null after an overflow. The budget stays taken until `done`. */
  take(before: Uint8Array = new Uint8Array(0)): Uint8Array | null {
    if (this.overflow) return null;
    const whole = new Uint8Array(before.length + this.length);
    whole.set(before);
    let at = before.length;
    const blocks = this.#blocks.reverse();
    for (let block = blocks.pop(); block; block = blocks.pop()) {
      const count = Math.min(block.length, whole.length - at);
      whole.set(block.subarray(0, count), at);
      at += count;
    }
    return whole;
  }

  /** Nothing of the message is needed any more. */
  done(): void {
    this.#blocks = [];
    this.#release();
  }
}

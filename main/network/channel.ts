// A socket that speaks in whole PDUs: read with a time limit, write with back pressure, one failure for everybody who waits.
//
// Nothing is read from the socket while nobody asks for a PDU, so a slow receiver slows the sender instead of filling memory. The time
// limit runs until a PDU is whole: bytes that drip in do not prolong it. Lengths are checked before memory is taken.

import type { Socket } from "node:net";
import { AppError } from "../../preload/contract/errors.ts";
import { MAX_ASSOCIATE_BYTES, MAX_PDU_BYTES } from "./limits.ts";
import { broken, PDU } from "./pdu.ts";

export interface RawPdu {
  readonly type: number;
  readonly body: Buffer;
}

const HEADER = 6;
/** Some senders count the header into the length they were allowed. */
const TOLERANCE = 64;
/** Pieces are joined at this number, so that a sender of single bytes costs no list of them. */
const MAX_PIECES = 64;

function limitOf(type: number): number {
  if (type === PDU.associateRq || type === PDU.associateAc) return MAX_ASSOCIATE_BYTES;
  return type === PDU.data ? MAX_PDU_BYTES + TOLERANCE : TOLERANCE;
}

export class Channel {
  /** who is at the other end, as the subject of a sentence */
  readonly where: string;
  readonly #socket: Socket;
  readonly #source: AsyncIterator<Buffer>;
  #pieces: Buffer[] = [];
  #length = 0;
  #failure: AppError | null = null;

  constructor(socket: Socket, where: string) {
    this.where = where;
    this.#socket = socket;
    // Errors are told by the read or the write that meets them; without a listener Node would end the process.
    socket.on("error", () => {});
    socket.setNoDelay(true);
    this.#source = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** The next PDU; null where the other side closed the connection between two. Errors: network/timeout, closed, protocol. */
  async read(waitMs: number): Promise<RawPdu | null> {
    const timer = setTimeout(() => this.fail(this.#late("to answer", waitMs)), waitMs);
    try {
      for (;;) {
        const pdu = this.#whole();
        if (pdu) return pdu;
        const piece = await this.#next();
        if (!piece) {
          if (this.#length === 0) return null;
          throw this.#closed();
        }
        this.#pieces.push(piece);
        this.#length += piece.length;
        if (this.#pieces.length > MAX_PIECES) this.#join();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #next(): Promise<Buffer | null> {
    if (this.#failure) throw this.#failure;
    try {
      const { done, value } = await this.#source.next();
      if (this.#failure) throw this.#failure;
      return done ? null : value;
    } catch (cause) {
      throw this.#failure ?? this.#closed(cause);
    }
  }

  #join(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0];
  }

  #whole(): RawPdu | null {
    if (this.#length < HEADER) return null;
    const head = this.#pieces[0].length >= HEADER ? this.#pieces[0] : this.#join();
    const type = head[0];
    if (type < PDU.associateRq || type > PDU.abort) throw broken(`a message of type ${type}`);
    const length = head.readUInt32BE(2);
    if (length > limitOf(type)) throw broken(`a message of ${length} bytes where ${limitOf(type)} are allowed`);
    if (this.#length < HEADER + length) return null;
    const all = this.#join();
    const rest = all.subarray(HEADER + length);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return { type, body: all.subarray(HEADER, HEADER + length) };
  }

  /** Resolves when the system has taken the bytes or has room for more. Errors: network/timeout, network/closed. */
  async write(bytes: Uint8Array, waitMs: number): Promise<void> {
    const socket = this.#socket;
    if (this.#failure) throw this.#failure;
    if (!socket.writable) throw this.#closed();
    if (socket.write(bytes)) return;
    const timer = setTimeout(() => this.fail(this.#late("to take more data", waitMs)), waitMs);
    await new Promise<void>((resolve) => {
      const settle = () => {
        socket.off("drain", settle);
        socket.off("close", settle);
        resolve();
      };
      socket.on("drain", settle);
      socket.on("close", settle);
      if (socket.destroyed) settle();
    });
    clearTimeout(timer);
    if (this.#failure) throw this.#failure;
    if (socket.destroyed) throw this.#closed();
  }

  /** Ends every read and write with this error; `last` is sent before, as far as the other side takes it. */
  fail(error: AppError, last?: Uint8Array): void {
    if (this.#failure) return;
    this.#failure = error;
    if (!last || !this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(last, () => this.#socket.destroy());
    setTimeout(() => this.#socket.destroy(), 500).unref();
  }

  /** Closes in order: what was written goes out, and the other side has `waitMs` to close too. */
  end(waitMs: number): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), waitMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    socket.end();
    void this.#drain();
  }

  /** What still comes is read, or the end of the connection would never be seen. */
  async #drain(): Promise<void> {
    try {
      while (!(await this.#source.next()).done);
    } catch {
      // It ended another way.
    }
  }

  /** Lets go of the connection, whatever its state. */
  destroy(): void {
    this.#socket.destroy();
  }

  #late(what: string, waitMs: number): AppError {
    const seconds = Math.round(waitMs / 100) / 10;
    return new AppError(
      "network/timeout",
      `${this.where} had ${seconds} s ${what} and did not. Try again, or ask whoever runs it.`,
    );
  }

  #closed(cause?: unknown): AppError {
    return new AppError(
      "network/closed",
      `${this.where} closed the connection in the middle of the exchange. What had arrived before is kept; try again.`,
      { cause },
    );
  }
}

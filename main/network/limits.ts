// What a stranger on the network may cost us: memory, connections, time. Every bound of the room is here.

import { AppError } from "../../preload/contract/errors.ts";

export interface Limits {
  /** one object, without its Part 10 header; larger ones are answered with A700 or refused */
  readonly maxObjectBytes: number;
  /** all objects that are being received at the same time */
  readonly maxHeldBytes: number;
  /** associations that a node of ours serves at the same time */
  readonly maxAssociations: number;
  /** until a connection stands */
  readonly connectMs: number;
  /** the ARTIM timer (PS3.8 9.1.5): until an association is asked for, answered, or closed after its release */
  readonly negotiateMs: number;
  /** until the next whole PDU, and until the other side takes what we send */
  readonly idleMs: number;
  /** until the next answer of a C-MOVE: a node may copy a whole study before it says anything (PS3.4 C.4.2.2.2) */
  readonly moveMs: number;
  /** until a cancelled operation ends by itself; then the association is aborted */
  readonly cancelMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxObjectBytes: 2 ** 31,
  maxHeldBytes: 3 * 2 ** 30,
  maxAssociations: 8,
  connectMs: 10_000,
  negotiateMs: 30_000,
  idleMs: 120_000,
  moveMs: 900_000,
  cancelMs: 3_000,
};

/** What we say we take in one P-DATA-TF (PS3.8 D.1), and send at most even where the other side takes any length. */
export const MAX_PDU_BYTES = 131_072;
/** A request with 128 presentation contexts of dozens of transfer syntaxes each stays below this. */
export const MAX_ASSOCIATE_BYTES = 1 << 19;
/** A command set (group 0000) is a few hundred bytes. */
export const MAX_COMMAND_BYTES = 1 << 14;
/** An answer of C-FIND, or the list of failed instances after C-MOVE: 2^15 UIDs of 64 bytes. */
export const MAX_IDENTIFIER_BYTES = 1 << 21;

/** Bytes that several receivers share. `reserve` is false where there are not enough left. */
export class Budget {
  #left: number;
  constructor(bytes: number) {
    this.#left = bytes;
  }
  reserve(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
  release(bytes: number): void {
    this.#left += bytes;
  }
}

/** Throws app/aborted once the signal is. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw stopped();
}

export function stopped(): AppError {
  return new AppError("app/aborted", "The exchange with the other node was stopped.");
}

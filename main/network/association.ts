// An association that stands: DIMSE messages in and out over its presentation contexts (PS3.7 6, PS3.8 annex E), release and abort.
//
// The same class serves both sides. One message is received at a time, one is sent at a time; a protocol error of the other side
// aborts the association (PS3.8 9.2: AA-8) and is thrown as network/protocol.

import { AppError } from "../../preload/contract/errors.ts";
import type { Channel } from "./channel.ts";
import { type Command, decodeCommand, encodeCommand, FIELD, hasDataSet } from "./command.ts";
import { Fragments } from "./fragments.ts";
import { type Budget, type Limits, MAX_COMMAND_BYTES, MAX_IDENTIFIER_BYTES, MAX_PDU_BYTES } from "./limits.ts";
import {
  broken,
  type DataValue,
  decodeData,
  encodeAbort,
  encodeData,
  encodeReleaseRp,
  encodeReleaseRq,
  PDU,
} from "./pdu.ts";
import { abortion, located } from "./words.ts";

export interface Context {
  /** number of the presentation context */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

export interface Message {
  readonly context: Context;
  readonly command: Command & { CommandField: number };
  /** null where the command has no data set; `overflow` where it was too large and dropped. `done()` is the receiver's. */
  readonly data: Fragments | null;
}

/** A data set that is too large is read to its end, so that it can be answered, but not without end. */
const MAX_DRAINED = 4;

interface Incoming {
  readonly context: Context;
  readonly command: Fragments;
  decoded: (Command & { CommandField: number }) | null;
  data: Fragments | null;
}

export class Association {
  readonly contexts: ReadonlyMap<number, Context>;
  readonly limits: Limits;
  readonly #channel: Channel;
  readonly #maxData: number;
  readonly #budget: Budget | null;
  #values: DataValue[] = [];
  #incoming: Incoming | null = null;
  #messageId = 0;

  /** `peerMaxPdu` is what the other side takes; 0 for any length. */
  constructor(
    channel: Channel,
    facts: { contexts: readonly Context[]; peerMaxPdu: number; limits: Limits; budget: Budget | null },
  ) {
    this.#channel = channel;
    this.contexts = new Map(facts.contexts.map((context) => [context.id, context]));
    // Less the value's own head; fragments have an even length (PS3.8 9.3.1: dcmtk holds others for broken).
    this.#maxData = (Math.min(facts.peerMaxPdu || MAX_PDU_BYTES, MAX_PDU_BYTES) - 6) & ~1;
    this.limits = facts.limits;
    this.#budget = facts.budget;
  }

  get where(): string {
    return this.#channel.where;
  }

  nextMessageId(): number {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    return this.#messageId;
  }

  /** Sends a command and its data set, in the context's transfer syntax, in pieces that the other side takes. */
  async send(context: Context, command: Omit<Command, "CommandDataSetType">, data?: Uint8Array): Promise<void> {
    await this.#sendPart(context.id, true, encodeCommand(command, data !== undefined));
    if (data) await this.#sendPart(context.id, false, data);
  }

  async #sendPart(contextId: number, isCommand: boolean, bytes: Uint8Array): Promise<void> {
    let at = 0;
    do {
      const piece = bytes.subarray(at, at + this.#maxData);
      at += piece.length;
      const value = { contextId, isCommand, isLast: at >= bytes.length, bytes: piece };
      await this.#channel.write(encodeData(value), this.limits.idleMs);
    } while (at < bytes.length);
  }

  /** The next whole message; null where the other side released the association. Errors: network/timeout, closed, protocol. */
  async receive(waitMs: number): Promise<Message | null> {
    try {
      for (;;) {
        for (let value = this.#values.pop(); value; value = this.#values.pop()) {
          const message = this.#take(value);
          if (message) return message;
        }
        const pdu = await this.#channel.read(waitMs);
        if (pdu?.type === PDU.data) this.#values = decodeData(pdu.body).reverse();
        else if (pdu?.type === PDU.releaseRq) {
          await this.#channel.write(encodeReleaseRp(), this.limits.negotiateMs);
          this.#close();
          return null;
        } else if (pdu?.type === PDU.abort) throw abortion(this.where, pdu.body[2], pdu.body[3]);
        else if (pdu) throw broken(`a message of type ${pdu.type} within an association`);
        else
          throw new AppError("network/closed", `${this.where} closed the connection without releasing it. Try again.`);
      }
    } catch (cause) {
      this.#forget();
      const error = located(this.where, cause);
      if (error instanceof AppError && error.code === "network/protocol") {
        // Source: service provider; reason: an invalid PDU parameter value (PS3.8 table 9-26).
        this.#channel.fail(error, encodeAbort(2, 6));
      } else this.#channel.end(0);
      throw error;
    }
  }

  /** Adds a value to the message it belongs to; the message, where it is whole now. */
  #take(value: DataValue): Message | null {
    const context = this.contexts.get(value.contextId);
    if (!context) throw broken(`data in presentation context ${value.contextId}, which was not agreed on`);
    this.#incoming ??= { context, command: new Fragments(MAX_COMMAND_BYTES), decoded: null, data: null };
    const incoming = this.#incoming;
    if (incoming.context !== context) throw broken("two messages mixed");
    if (value.isCommand !== (incoming.decoded === null)) throw broken("a command and its data in the wrong order");
    if (incoming.data) {
      incoming.data.add(value.bytes);
      if (incoming.data.overflow) this.#checkOverflow(incoming);
      return value.isLast ? this.#deliver(incoming) : null;
    }
    incoming.command.add(value.bytes);
    if (incoming.command.overflow) throw broken(`a command of more than ${MAX_COMMAND_BYTES} bytes`);
    if (!value.isLast) return null;
    const decoded = decodeCommand(incoming.command.take() ?? new Uint8Array(0));
    incoming.decoded = decoded;
    if (!hasDataSet(decoded)) return this.#deliver(incoming);
    incoming.data =
      decoded.CommandField === FIELD.storeRq
        ? new Fragments(this.limits.maxObjectBytes, this.#budget)
        : new Fragments(MAX_IDENTIFIER_BYTES);
    return null;
  }

  #checkOverflow({ data, decoded }: Incoming): void {
    if (decoded?.CommandField !== FIELD.storeRq) throw broken(`a list of more than ${MAX_IDENTIFIER_BYTES} bytes`);
    if (data!.length > MAX_DRAINED * this.limits.maxObjectBytes) throw broken("an object without an end");
  }

  #deliver({ context, decoded, data }: Incoming): Message {
    this.#incoming = null;
    return { context, command: decoded!, data };
  }

  #forget(): void {
    this.#incoming?.data?.done();
    this.#incoming = null;
    this.#values = [];
  }

  #close(): void {
    this.#channel.end(this.limits.negotiateMs);
  }

  /** Ends an association that we asked for. What the other side still sends is dropped; errors no longer matter. */
  async release(): Promise<void> {
    try {
      await this.#channel.write(encodeReleaseRq(), this.limits.negotiateMs);
      for (;;) {
        const pdu = await this.#channel.read(this.limits.negotiateMs);
        if (pdu?.type === PDU.data) continue;
        // Both asked at once (PS3.8 9.2: AR-8): answer, and wait for the answer to ours.
        if (pdu?.type !== PDU.releaseRq) break;
        await this.#channel.write(encodeReleaseRp(), this.limits.negotiateMs);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
    this.#forget();
    this.#close();
  }

  /** Breaks off at once: A-ABORT by the service user. Everybody who waits gets `error`. */
  abort(error: AppError): void {
    this.#channel.fail(error, encodeAbort(0, 0));
    this.#forget();
  }
}

// An operation that answers more than once: C-FIND, C-MOVE, C-GET (PS3.7 9.1.2 to 9.1.4), with the cancel that belongs to it.
//
// Cancelling is asked for (C-CANCEL) and given `cancelMs`; a node that goes on after that loses the association.

import { AppError } from "../../preload/contract/errors.ts";
import type { Association, Context, Message } from "./association.ts";
import { FIELD } from "./command.ts";
import { onAbort, openAssociation, type Proposal, type RemoteNode } from "./connect.ts";
import { checkAnswer, expectMessage } from "./echo.ts";
import { type Budget, stopped } from "./limits.ts";
import type { Role } from "./pdu.ts";
import { failedOperation, isWarning, located, STATUS } from "./words.ts";

interface Request {
  readonly sopClass: string;
  readonly field: number;
  /** as the object of a sentence: "a search" */
  readonly words: string;
  readonly identifier: Uint8Array;
  readonly moveDestination?: string;
}

/** PS3.7 E.1-1: medium. */
const PRIORITY = 0;
const ANSWER = 0x8000;

export class Operation {
  readonly association: Association;
  readonly #context: Context;
  readonly #request: Request;
  readonly #signal: AbortSignal | undefined;
  readonly #messageId: number;
  #endWatch: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #cancelled = false;

  private constructor(association: Association, context: Context, request: Request, signal: AbortSignal | undefined) {
    this.association = association;
    this.#context = context;
    this.#request = request;
    this.#signal = signal;
    this.#messageId = association.nextMessageId();
  }

  /** Opens an association and asks. `proposals[0]` is the operation's own context. Errors: those of openAssociation. */
  static async start(
    node: RemoteNode,
    request: Request,
    proposals: readonly Proposal[],
    options: { signal?: AbortSignal; roles?: readonly Role[]; budget?: Budget },
  ): Promise<Operation> {
    const association = await openAssociation(node, proposals, options);
    try {
      const context = [...association.contexts.values()].find((one) => one.abstractSyntax === request.sopClass);
      if (!context) {
        const what = `${association.where} does not offer ${request.words}. Ask whoever runs it which services it has.`;
        throw new AppError("network/no-service", what);
      }
      const operation = new Operation(association, context, request, options.signal);
      await operation.#ask();
      return operation;
    } catch (error) {
      association.abort(error instanceof AppError ? error : stopped());
      throw error;
    }
  }

  async #ask(): Promise<void> {
    const { sopClass, field, identifier, moveDestination } = this.#request;
    const command = {
      AffectedSOPClassUID: sopClass,
      CommandField: field,
      MessageID: this.#messageId,
      Priority: PRIORITY,
      MoveDestination: moveDestination,
    };
    await this.association.send(this.#context, command, identifier);
    // Not before the request is out: a cancel between its parts would be a message within a message.
    this.#endWatch = onAbort(this.#signal, () => this.cancel());
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    const command = { CommandField: FIELD.cancelRq, MessageIDBeingRespondedTo: this.#messageId };
    this.association.send(this.#context, command).catch(() => {});
    this.#timer = setTimeout(() => this.association.abort(stopped()), this.association.limits.cancelMs);
  }

  next(waitMs: number): Promise<Message> {
    return expectMessage(this.association, waitMs);
  }

  /** Status of an answer of this operation: null while more will come. Throws network/failed for a failure, app/aborted once cancelled. */
  statusOf(message: Message): number | null {
    const status = checkAnswer(message, this.#request.field | ANSWER, this.#messageId);
    if (status === STATUS.pending || status === STATUS.pendingWithWarning) return null;
    if (this.#signal?.aborted) throw stopped();
    if (status === STATUS.success || isWarning(status) || (this.#cancelled && status === STATUS.cancel)) return status;
    throw failedOperation(this.association.where, this.#request.words, status);
  }

  /** After the last answer. */
  async finish(): Promise<void> {
    this.#endWatch();
    clearTimeout(this.#timer);
    await this.association.release();
  }

  /** Before the last answer: cancels, waits for the end as long as allowed, and lets go. Throws nothing. */
  async leave(): Promise<void> {
    this.cancel();
    try {
      for (;;) {
        const message = await this.next(this.association.limits.cancelMs);
        message.data?.done();
        if (message.command.CommandField === (this.#request.field | ANSWER) && this.statusOf(message) !== null) break;
      }
      await this.finish();
    } catch (error) {
      this.abort(error);
    }
  }

  /** Breaks off because of `error`; what to throw on. */
  abort(error: unknown): unknown {
    this.#endWatch();
    clearTimeout(this.#timer);
    this.association.abort(error instanceof AppError ? error : stopped());
    return located(this.association.where, error);
  }
}

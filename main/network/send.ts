// C-STORE as user (PS3.4 annex B): files to a node, each in the transfer syntax it has.
//
// Files may come one by one. An association proposes the class and syntax of the file at hand and of those before; a file of another kind
// opens the next association. Nothing is converted: a node that does not take a file's syntax does not get it, and the caller is told.

import { AppError } from "../../preload/contract/errors.ts";
import type { Association } from "./association.ts";
import { FIELD } from "./command.ts";
import { onAbort, openAssociation, type Proposal, type RemoteNode } from "./connect.ts";
import { checkAnswer, expectMessage } from "./echo.ts";
import { checkSignal, stopped } from "./limits.ts";
import { type Part10Object, splitPart10 } from "./part10.ts";
import { isWarning, statusWords } from "./words.ts";

export interface SendResult {
  readonly sent: number;
  /** files that were not taken, by their place among those given, with the reason as a sentence */
  readonly failed: readonly { readonly index: number; readonly reason: string }[];
}

export interface SendOptions {
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

const MAX_CONTEXTS = 128;

/** Sends Part 10 files. Errors: network/* of the association, app/aborted; a file that the node refuses is in the result instead. */
export async function send(
  node: RemoteNode,
  files: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { onProgress, signal }: SendOptions = {},
): Promise<SendResult> {
  const failed: { index: number; reason: string }[] = [];
  const sender = new Sender(node, signal);
  let index = 0;
  try {
    for await (const file of files) {
      checkSignal(signal);
      const reason = await sender.send(file);
      if (reason) failed.push({ index, reason });
      index += 1;
      onProgress?.(index);
    }
    await sender.release();
  } catch (error) {
    sender.abort(error);
    throw error;
  }
  return { sent: index - failed.length, failed };
}

class Sender {
  readonly #node: RemoteNode;
  readonly #signal: AbortSignal | undefined;
  #proposals: Proposal[] = [];
  #association: Association | null = null;
  #endWatch: () => void = () => {};

  constructor(node: RemoteNode, signal: AbortSignal | undefined) {
    this.#node = node;
    this.#signal = signal;
  }

  /** null where the node took the file, otherwise why not. */
  async send(file: Uint8Array): Promise<string | null> {
    let object: Part10Object;
    try {
      object = splitPart10(file);
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
    const association = await this.#associationFor(object);
    const context = [...(association?.contexts.values() ?? [])].find(
      ({ abstractSyntax, transferSyntax }) =>
        abstractSyntax === object.sopClass && transferSyntax === object.transferSyntax,
    );
    if (!association || !context) {
      return `The node takes no objects of class ${object.sopClass} in transfer syntax ${object.transferSyntax}.`;
    }
    const messageId = association.nextMessageId();
    const command = {
      AffectedSOPClassUID: object.sopClass,
      CommandField: FIELD.storeRq,
      MessageID: messageId,
      Priority: 0,
      AffectedSOPInstanceUID: object.sopInstance,
    };
    await association.send(context, command, object.dataSet);
    const answer = await expectMessage(association, association.limits.idleMs);
    answer.data?.done();
    const status = checkAnswer(answer, FIELD.storeRsp, messageId);
    return status === 0 || isWarning(status) ? null : `The node did not store it: ${statusWords(status)}.`;
  }

  /** null where the node accepts none of the contexts. */
  async #associationFor({ sopClass, transferSyntax }: Part10Object): Promise<Association | null> {
    const known = this.#proposals.some(
      (one) => one.abstractSyntax === sopClass && one.transferSyntaxes[0] === transferSyntax,
    );
    if (known) return this.#association;
    await this.release();
    this.#proposals = [
      ...this.#proposals.slice(1 - MAX_CONTEXTS),
      { abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] },
    ];
    try {
      const association = await openAssociation(this.#node, this.#proposals, { signal: this.#signal });
      this.#association = association;
      this.#endWatch = onAbort(this.#signal, () => association.abort(stopped()));
    } catch (error) {
      // An association without any context is a fact about this kind of file; an association refused is one about the node.
      if (!(error instanceof AppError && error.code === "network/no-service")) throw error;
    }
    return this.#association;
  }

  async release(): Promise<void> {
    this.#endWatch();
    await this.#association?.release();
    this.#association = null;
  }

  abort(error: unknown): void {
    this.#endWatch();
    this.#association?.abort(error instanceof AppError ? error : stopped());
  }
}

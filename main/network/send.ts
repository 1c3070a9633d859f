// C-STORE as user (PS3.4 annex B): files to a node, each in the transfer syntax it has.
//
// Files may come one by one. An association proposes the class and syntax of the file at hand and of those before; a file of another kind
// opens the next association. Nothing is converted: a node that does not take a file's syntax does not get it, and the caller is told.

import { AppError } from "../../preload/contract/errors.ts";
import { DEFLATED } from "../imaging/dicom/transfer-syntax.ts";
import type { Association, Context } from "./association.ts";
import { FIELD } from "./command.ts";
import { onAbort, openAssociation, type Proposal, type RemoteNode } from "./connect.ts";
import { checkAnswer, expectMessage } from "./echo.ts";
import { checkSignal, stopped } from "./limits.ts";
import { identityOf, type Part10Object, splitPart10 } from "./part10.ts";
import { isUid } from "./services.ts";
import { isWarning, located, statusWords } from "./words.ts";

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
const MAX_BROKEN = 3;

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
    throw sender.abort(error);
  }
  return { sent: index - failed.length, failed };
}

/**
 * The object as it may travel. Its data set says what it is, where the file meta information says otherwise (PS3.4 B.2.3.1: they are compared).
 * Data sets have an even length (PS3.5 7.1): a deflated one is padded (A.5), another of odd length is cut short.
 */
function sendable(object: Part10Object): Part10Object {
  const { sopClass, sopInstance } = identityOf(object.dataSet, object.transferSyntax);
  const named = isUid(sopClass) && isUid(sopInstance) ? { ...object, sopClass, sopInstance } : object;
  if (object.dataSet.length % 2 === 0) return named;
  if (object.transferSyntax === DEFLATED)
    return { ...named, dataSet: Buffer.concat([object.dataSet, Buffer.alloc(1)]) };
  throw new AppError("network/object-invalid", "Expected a data set of even length, found one that is cut short.");
}

class Sender {
  readonly #node: RemoteNode;
  readonly #signal: AbortSignal | undefined;
  #proposals: Proposal[] = [];
  #association: Association | null = null;
  /** the node was asked for an association with all proposals, even if it accepted none of them */
  #asked = false;
  /** files in a row over which the node broke off */
  #broken = 0;
  #endWatch: () => void = () => {};

  constructor(node: RemoteNode, signal: AbortSignal | undefined) {
    this.#node = node;
    this.#signal = signal;
  }

  /** null where the node took the file, otherwise why not. */
  async send(file: Uint8Array): Promise<string | null> {
    let object: Part10Object;
    try {
      object = sendable(splitPart10(file));
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
    try {
      const reason = await this.#store(association, context, object);
      this.#broken = 0;
      return reason;
    } catch (error) {
      // A node may break off over one file, or never answer, and take the others; one that does so again and again takes none.
      this.#broken += 1;
      const over = error instanceof AppError && ["network/closed", "network/timeout"].includes(error.code);
      if (!over || this.#broken >= MAX_BROKEN || this.#signal?.aborted) throw error;
      this.#forget();
      return error.message;
    }
  }

  async #store(association: Association, context: Context, object: Part10Object): Promise<string | null> {
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
    if (known && this.#asked) return this.#association;
    await this.release();
    if (!known) {
      const proposal = { abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] };
      this.#proposals = [...this.#proposals.slice(1 - MAX_CONTEXTS), proposal];
    }
    this.#asked = true;
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
    this.#forget();
  }

  #forget(): void {
    this.#endWatch();
    this.#association = null;
    this.#asked = false;
  }

  abort(error: unknown): unknown {
    this.#endWatch();
    this.#association?.abort(error instanceof AppError ? error : stopped());
    return this.#association ? located(this.#association.where, error) : error;
  }
}

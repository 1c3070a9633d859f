// C-ECHO as user (PS3.4 annex A): is it a DICOM node, and does it know us?

import { IMPLICIT_LITTLE } from "../imaging/dicom/transfer-syntax.ts";
import type { Association, Message } from "./association.ts";
import { FIELD } from "./command.ts";
import { type RemoteNode, withAssociation } from "./connect.ts";
import { broken } from "./pdu.ts";
import { VERIFICATION } from "./services.ts";
import { failedOperation } from "./words.ts";

/** The next message of the other side, which must not release an association that we asked for (PS3.8 7.2). */
export async function expectMessage(association: Association, waitMs: number): Promise<Message> {
  const message = await association.receive(waitMs);
  if (!message) throw broken("the end of the association instead of an answer");
  return message;
}

/** Throws network/protocol where the message is not the answer to ours. */
export function checkAnswer({ command }: Message, field: number, messageId: number): number {
  if (command.CommandField !== field || command.MessageIDBeingRespondedTo !== messageId) {
    throw broken("the answer to another message");
  }
  if (command.Status === undefined) throw broken("an answer without a status");
  return command.Status;
}

/** Resolves where the node answers. Errors: network/*, app/invalid-input, app/aborted. */
export async function echo(node: RemoteNode, options: { signal?: AbortSignal } = {}): Promise<void> {
  const proposals = [{ abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE] }];
  await withAssociation(node, proposals, options, async (association) => {
    const [context] = association.contexts.values();
    const messageId = association.nextMessageId();
    await association.send(context, {
      AffectedSOPClassUID: VERIFICATION,
      CommandField: FIELD.echoRq,
      MessageID: messageId,
    });
    const answer = await expectMessage(association, association.limits.idleMs);
    answer.data?.done();
    const status = checkAnswer(answer, FIELD.echoRsp, messageId);
    if (status !== 0) throw failedOperation(association.where, "an echo", status);
  });
}

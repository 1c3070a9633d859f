// One C-STORE request answered (PS3.4 B.2, PS3.7 9.1.1): the same for a node that listens and for a C-GET on our own association.
//
// The object is handed on as a Part 10 file in memory; this room never writes it anywhere and never says anything about its content.

import { AppError } from "../../preload/contract/errors.ts";
import type { Association, Message } from "./association.ts";
import { FIELD } from "./command.ts";
import { fileHeader, identityOf } from "./part10.ts";
import { isUid } from "./services.ts";
import { STATUS } from "./words.ts";

export interface ObjectAbout {
  /** AE title of who sent it; empty over DICOMweb */
  readonly callingAe: string;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly transferSyntax: string;
}

/** Takes an object as a Part 10 file; the sender hears of success only after the promise is kept. The bytes are the receiver's. */
export type OnObject = (bytes: Uint8Array, about: ObjectAbout) => Promise<void>;

export interface Stored {
  readonly status: number;
  /** what the receiver threw, where it did */
  readonly error: unknown;
}

function fullUp(error: unknown): boolean {
  if (error instanceof AppError) return error.code === "project/disk-full" || error.code.endsWith("/too-large");
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

/** Keeps the object through `onObject` and answers. Errors of the association are thrown, those of the receiver are returned. */
export async function answerStore(
  association: Association,
  message: Message,
  callingAe: string,
  onObject: OnObject,
): Promise<Stored> {
  const stored = await keep(message, callingAe, onObject);
  const { command, context } = message;
  await association.send(context, {
    AffectedSOPClassUID: command.AffectedSOPClassUID,
    CommandField: FIELD.storeRsp,
    MessageIDBeingRespondedTo: command.MessageID ?? 0,
    Status: stored.status,
    AffectedSOPInstanceUID: command.AffectedSOPInstanceUID,
  });
  return stored;
}

async function keep({ command, context, data }: Message, callingAe: string, onObject: OnObject): Promise<Stored> {
  const refused = (status: number): Stored => ({ status, error: null });
  try {
    const sopClass = command.AffectedSOPClassUID ?? "";
    const sopInstance = command.AffectedSOPInstanceUID ?? "";
    if (sopClass !== context.abstractSyntax) return refused(STATUS.classNotSupported);
    if (!isUid(sopInstance)) return refused(STATUS.invalidInstance);
    if (!data || data.length === 0) return refused(STATUS.cannotUnderstand);
    const { transferSyntax } = context;
    const header = fileHeader({ sopClass, sopInstance, transferSyntax });
    const bytes = data.take(header);
    if (!bytes) return refused(STATUS.outOfResources);
    const said = identityOf(bytes.subarray(header.length), transferSyntax);
    if (said.sopClass !== sopClass || said.sopInstance !== sopInstance) return refused(STATUS.dataSetMismatch);
    await onObject(bytes, { callingAe, sopClass, sopInstance, transferSyntax });
    return { status: STATUS.success, error: null };
  } catch (error) {
    if (error instanceof AppError && error.code === "network/object-invalid") return refused(STATUS.cannotUnderstand);
    return { status: fullUp(error) ? STATUS.outOfResources : STATUS.cannotUnderstand, error };
  } finally {
    data?.done();
  }
}

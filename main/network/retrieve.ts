// C-MOVE and C-GET as user (PS3.4 C.4.2, C.4.3): an archive sends objects to a node, or to us on the same association.

import { AppError } from "../../preload/contract/errors.ts";
import { IMPLICIT_LITTLE } from "../imaging/dicom/transfer-syntax.ts";
import type { Message } from "./association.ts";
import { classesOf } from "./classes.ts";
import { FIELD } from "./command.ts";
import { checkAeTitle, type RemoteNode } from "./connect.ts";
import { LEVEL_WORDS } from "./find.ts";
import { encodeIdentifier, type Keys, type Level } from "./identifier.ts";
import { answerStore, type OnObject } from "./incoming.ts";
import { Budget, DEFAULT_LIMITS } from "./limits.ts";
import { Operation } from "./operation.ts";
import { COMMON_STORAGE, isUid, QUERY_RETRIEVE, storageProposals } from "./services.ts";

/** What is wanted, by UIDs: a patient's studies, a study, a series, an instance. Each level names those above it (PS3.4 C.4.2.2.1). */
export interface Wanted {
  /** patient ID; needed alone, ignored beside a study */
  readonly patient?: string;
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
}

/** Sub-operations as the archive counts them; `remaining` is null where it does not say. */
export interface RetrieveProgress {
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
  readonly remaining: number | null;
}

export interface RetrieveOptions {
  readonly onProgress?: (progress: RetrieveProgress) => void;
  readonly signal?: AbortSignal;
}

/** Throws app/invalid-input where a UID is none or a level above is missing. */
export function checkWanted({ patient, study, series, instance }: Wanted): Level {
  for (const uid of [study, series, instance]) {
    if (uid !== undefined && !isUid(uid)) {
      throw new AppError("app/invalid-input", "A UID has up to 64 digits and dots; one of those given has not.");
    }
  }
  if (instance !== undefined && series !== undefined && study !== undefined) return "instance";
  if (instance === undefined && series !== undefined && study !== undefined) return "series";
  if (instance === undefined && series === undefined && study !== undefined) return "study";
  if (study === undefined && series === undefined && instance === undefined && patient) return "patient";
  throw new AppError(
    "app/invalid-input",
    "Name a study; for a series its study too, for an instance its series and study too.",
  );
}

function queryOf(wanted: Wanted): { level: Level; identifier: Uint8Array; root: "patient" | "study" } {
  const level = checkWanted(wanted);
  const keys: Keys = {
    QueryRetrieveLevel: LEVEL_WORDS[level],
    ...(level === "patient" ? { PatientID: wanted.patient } : {}),
    ...(wanted.study ? { StudyInstanceUID: wanted.study } : {}),
    ...(wanted.series ? { SeriesInstanceUID: wanted.series } : {}),
    ...(wanted.instance ? { SOPInstanceUID: wanted.instance } : {}),
  };
  return { level, identifier: encodeIdentifier(keys), root: level === "patient" ? "patient" : "study" };
}

function countsOf({ command }: Message, before: RetrieveProgress): RetrieveProgress {
  return {
    completed: command.NumberOfCompletedSuboperations ?? before.completed,
    failed: command.NumberOfFailedSuboperations ?? before.failed,
    warning: command.NumberOfWarningSuboperations ?? before.warning,
    remaining: command.NumberOfRemainingSuboperations ?? null,
  };
}

const NOTHING: RetrieveProgress = { completed: 0, failed: 0, warning: 0, remaining: null };

/**
 * Asks the archive to send what is wanted to the node it knows as `destination`: one of ours, which must be listening (node.ts).
 * Resolves with the last counts: some sub-operations may have failed, none may have been needed.
 * Errors: network/* (failed, with words for an unknown destination), app/invalid-input, app/aborted.
 */
export async function move(
  node: RemoteNode,
  wanted: Wanted,
  destination: string,
  { onProgress, signal }: RetrieveOptions = {},
): Promise<RetrieveProgress> {
  checkAeTitle(destination);
  const { identifier, root } = queryOf(wanted);
  const sopClass = QUERY_RETRIEVE[root].move;
  const request = {
    sopClass,
    field: FIELD.moveRq,
    words: "a transfer to us",
    identifier,
    moveDestination: destination,
  };
  const proposals = [{ abstractSyntax: sopClass, transferSyntaxes: [IMPLICIT_LITTLE] }];
  const operation = await Operation.start(node, request, proposals, { signal });
  let progress = NOTHING;
  try {
    for (;;) {
      const message = await operation.next(operation.association.limits.moveMs);
      message.data?.done();
      const status = operation.statusOf(message);
      progress = countsOf(message, progress);
      onProgress?.(progress);
      if (status !== null) break;
    }
  } catch (error) {
    throw operation.abort(error);
  }
  await operation.finish();
  return { ...progress, remaining: 0 };
}

export interface GetOptions extends RetrieveOptions {
  /** storage classes to take; default: those a search finds (classes.ts), and common image classes beside them */
  readonly sopClasses?: readonly string[];
}

/** An association has 128 contexts (PS3.8 9.3.2.2); one is for the C-GET. */
const STORAGE_ROOM = 127;

/**
 * Fetches what is wanted on an association of our own: works where nobody can connect to us. Objects go to `onObject` one by one; an
 * error of `onObject` ends the transfer and is thrown. Errors otherwise as for `move`.
 */
export async function get(
  node: RemoteNode,
  wanted: Wanted,
  onObject: OnObject,
  { onProgress, signal, sopClasses }: GetOptions = {},
): Promise<RetrieveProgress> {
  const { identifier, root } = queryOf(wanted);
  const sopClass = QUERY_RETRIEVE[root].get;
  const known = sopClasses ?? (await classesOf(node, wanted, signal));
  const storage = storageProposals(known, sopClasses ? [] : COMMON_STORAGE, STORAGE_ROOM);
  const classes = [...new Set(storage.map(({ abstractSyntax }) => abstractSyntax))];
  const roles = classes.map((uid) => ({ sopClass: uid, scu: false, scp: true }));
  const proposals = [{ abstractSyntax: sopClass, transferSyntaxes: [IMPLICIT_LITTLE] }, ...storage];
  const request = { sopClass, field: FIELD.getRq, words: "a transfer on our connection (C-GET)", identifier };
  const budget = new Budget(node.limits?.maxHeldBytes ?? DEFAULT_LIMITS.maxHeldBytes);
  const operation = await Operation.start(node, request, proposals, { signal, roles, budget });
  let progress = NOTHING;
  try {
    for (;;) {
      const message = await operation.next(operation.association.limits.idleMs);
      if (message.command.CommandField === FIELD.storeRq) {
        const take = operation.cancelled ? refuse : onObject;
        const { error } = await answerStore(operation.association, message, node.aeTitle, take);
        if (error && !operation.cancelled) throw error;
        continue;
      }
      message.data?.done();
      const status = operation.statusOf(message);
      progress = countsOf(message, progress);
      onProgress?.(progress);
      if (status !== null) break;
    }
  } catch (error) {
    throw operation.abort(error);
  }
  await operation.finish();
  return { ...progress, remaining: 0 };
}

/** What comes after a cancel is not kept. */
async function refuse(): Promise<void> {
  throw new AppError("app/aborted", "The transfer was stopped.");
}

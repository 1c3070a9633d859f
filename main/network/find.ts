// C-FIND as user (PS3.4 C.4.1): what an archive has, one answer after the other.

import { IMPLICIT_LITTLE } from "../imaging/dicom/transfer-syntax.ts";
import { FIELD } from "./command.ts";
import type { RemoteNode } from "./connect.ts";
import { decodeIdentifier, encodeIdentifier, type Found, type Keys, type Level, USUAL_KEYS } from "./identifier.ts";
import { Operation } from "./operation.ts";
import { QUERY_RETRIEVE } from "./services.ts";

/** PS3.4 C.4.1.2.1: the words of the protocol. */
export const LEVEL_WORDS: Record<Level, string> = {
  patient: "PATIENT",
  study: "STUDY",
  series: "SERIES",
  instance: "IMAGE",
};

export interface FindOptions {
  /** answers at most; the rest is cancelled. Default 10 000. Ask for one more than you show to know whether there are more. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/**
 * Answers with the usual attributes of the level and those of `keys`. Read slowly, it asks slowly; left early, it cancels.
 * A search at the level of series names StudyInstanceUID, one of instances SeriesInstanceUID too (PS3.4 C.4.1.2.2.1).
 * Errors: network/*, app/invalid-input, app/aborted.
 */
export async function* find(
  node: RemoteNode,
  level: Level,
  keys: Keys,
  { limit = 10_000, signal }: FindOptions = {},
): AsyncGenerator<Found, void, undefined> {
  const sopClass = QUERY_RETRIEVE[level === "patient" ? "patient" : "study"].find;
  const usual = Object.fromEntries(USUAL_KEYS[level].map((keyword) => [keyword, ""]));
  const identifier = encodeIdentifier({ ...usual, ...keys, QueryRetrieveLevel: LEVEL_WORDS[level] });
  const request = { sopClass, field: FIELD.findRq, words: "a search", identifier };
  const proposals = [{ abstractSyntax: sopClass, transferSyntaxes: [IMPLICIT_LITTLE] }];
  const operation = await Operation.start(node, request, proposals, { signal });
  let state: "running" | "ended" | "failed" = "running";
  try {
    for (let count = 0; count < limit; ) {
      const message = await operation.next(operation.association.limits.idleMs);
      const bytes = message.data?.take() ?? null;
      message.data?.done();
      if (operation.statusOf(message) !== null) {
        state = "ended";
        return;
      }
      if (!bytes || operation.cancelled) continue;
      count += 1;
      yield decodeIdentifier(bytes);
    }
  } catch (error) {
    state = "failed";
    throw operation.abort(error);
  } finally {
    if (state === "ended") await operation.finish();
    if (state === "running") await operation.leave();
  }
}

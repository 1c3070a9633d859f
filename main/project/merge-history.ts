// What was said of one thing in two copies: where the two histories part, and what each says since. Pure, but for reading rows.
//
// Entries are the same where the same person said the same at the same moment. Copies of one project, and parts that were given away,
// carry their histories with them, so what they have in common is a beginning, and what a merge has appended is in common the next time.

import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Change } from "./label-changes.ts";
import type { State } from "./merge-words.ts";

export interface Said {
  readonly at: string;
  /** who changed it; the state's reader is who said it */
  readonly reader: string;
  readonly after: State;
}

export interface LogRow {
  readonly sequence: number;
  readonly at: string;
  readonly reader: string;
  readonly image: number;
  readonly layer: string;
  readonly kind: Change["kind"];
  readonly target: string;
  readonly after: string | null;
}

export const LOG = "SELECT sequence, at, reader, image, layer, kind, target, after FROM label_changes";

export function logOf(database: ProjectDatabase, image: number, withLayers: boolean): LogRow[] {
  return database.all<LogRow>(
    `${LOG} WHERE image = ? AND kind <> 'answer' ${withLayers ? "" : "AND layer = ''"} ORDER BY sequence`,
    image,
  );
}

/** A state without what has no meaning elsewhere. */
function bare(state: State): string {
  if (state === null) return "";
  const { drawn: _, ...rest } = state as { drawn?: number };
  return canonicalJson(rest as never);
}

const sameEntry = (a: Said, b: Said) => a.at === b.at && a.reader === b.reader && bare(a.after) === bare(b.after);

/** The same thing is said, by whomever. */
export function sameWords(a: State, b: State): boolean {
  const words = (state: State) => {
    if (state === null) return "";
    const { reader: _, ...rest } = state;
    return bare(rest as State);
  };
  return words(a) === words(b);
}

/** Whether the state is the same and said by the same reader. */
export const sameState = (a: State, b: State) => bare(a) === bare(b);

/** What each says since the two were one. */
export function parted(ours: readonly Said[], theirs: readonly Said[]): { ours: Said[]; theirs: Said[] } {
  let common = 0;
  while (common < ours.length && common < theirs.length && sameEntry(ours[common]!, theirs[common]!)) common++;
  return { ours: ours.slice(common), theirs: theirs.slice(common) };
}

/** The entries as they are kept and compared: without numbers of a log. */
export const asText = (said: readonly Said[]): string =>
  canonicalJson(
    said.map(({ at, reader, after }) => ({ at, reader, after: after === null ? null : JSON.parse(bare(after)) })),
  );

export const digestOf = (said: readonly Said[]): string => createHash("sha256").update(asText(said)).digest("hex");

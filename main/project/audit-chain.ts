// The chain of hashes over the log: what is hashed, and a walk that finds the first entry that does not hold.
//
// Each entry's hash is SHA-256 over the hash before it, a line feed, and the entry's canonical JSON without its hash. An entry that covers lines
// of the label log carries a digest of them, so an edited label history shows as well. The walk is a generator: whoever has a window to
// keep alive pauses between its steps, and the step after a pause goes on where it was, because entries are only ever appended.
//
// What it cannot see: someone with the key who writes a whole new chain. Only a head that was printed earlier tells that.

import { createHash } from "node:crypto";
import type { AuditBreak, AuditEntry } from "../../preload/contract/index.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";

/** The last entry, and the last line of the label log that an entry covers. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
  readonly labels: number;
}

/** Lines of the label log, from first to last, that an entry covers. */
export interface CoveredLines {
  readonly first: number;
  readonly last: number;
  /** SHA-256, hexadecimal, over each line's canonical JSON and a line feed */
  readonly digest: string;
}

interface LabelLine {
  readonly sequence: number;
  readonly at: string;
  readonly reader: string;
  readonly image: number;
  readonly layer: string;
  readonly kind: string;
  readonly target: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly cause: string;
}

export const ENTRY = "SELECT sequence, at, member, action, subject, detail, hash FROM audit";
const STEP = 1000;

export function hashOf(entry: Omit<AuditEntry, "hash">, previous: string): string {
  const { sequence, at, member, action, subject, detail } = entry;
  return createHash("sha256")
    .update(previous)
    .update("\n")
    .update(canonicalJson({ sequence, at, member, action, subject, detail }))
    .digest("hex");
}

export function headOf(database: ProjectDatabase): Head {
  return database.one<Head>("SELECT sequence, hash, labels FROM audit_head") ?? { sequence: 0, hash: "", labels: 0 };
}

/** The lines of the label log after `covered`, or null where there are none. */
export function newLines(database: ProjectDatabase, covered: number): CoveredLines | null {
  const last = lastLine(database);
  return last > covered ? { first: covered + 1, last, digest: digestOf(database, covered + 1, last) } : null;
}

function lastLine(database: ProjectDatabase): number {
  return database.one<{ last: number }>("SELECT coalesce(max(sequence), 0) AS last FROM label_changes")!.last;
}

function digestOf(database: ProjectDatabase, first: number, last: number): string {
  const hash = createHash("sha256");
  for (let from = first; from <= last; from += STEP) {
    const lines = database.all<LabelLine>(
      `SELECT sequence, at, reader, image, layer, kind, target, before, after, cause FROM label_changes
      WHERE sequence BETWEEN ? AND ? ORDER BY sequence`,
      from,
      Math.min(last, from + STEP - 1),
    );
    for (const line of lines) hash.update(`${canonicalJson({ ...line })}\n`);
  }
  return hash.digest("hex");
}

/** The lines of the label log that an entry says it covers; null where it covers none, as before it covered any. */
export function linesOf(detail: string): CoveredLines | null {
  if (!detail.includes('"log":')) return null;
  try {
    const { log } = JSON.parse(detail) as { log?: CoveredLines };
    return log && Number.isInteger(log.first) && Number.isInteger(log.last) ? log : null;
  } catch {
    return null;
  }
}

/** How far the walk has come: everything up to and with this entry holds. */
export interface Verified {
  readonly sequence: number;
  readonly hash: string;
  /** last line of the label log that a walked entry covers; null where none did */
  readonly labels: number | null;
}
export const NOTHING_VERIFIED: Verified = { sequence: 0, hash: "", labels: null };

export type WalkResult = { readonly broken: AuditBreak } | { readonly broken: null; readonly verified: Verified };

/** Walks from `verified` to the end; yields between steps of a thousand entries. */
export function* walk(database: ProjectDatabase, verified: Verified): Generator<void, WalkResult> {
  const broken = (sequence: number, reason: AuditBreak["reason"]) => ({ broken: { sequence, reason } });
  const early = database.one<{ sequence: number }>("SELECT sequence FROM audit WHERE sequence < 1 LIMIT 1");
  if (early !== undefined) return broken(early.sequence, "extra");
  let last = verified;
  for (;;) {
    const step = database.read((): WalkResult | "more" => {
      const entries = database.all<AuditEntry>(
        `${ENTRY} WHERE sequence > ? ORDER BY sequence LIMIT ${STEP}`,
        last.sequence,
      );
      for (const entry of entries) {
        const { sequence, detail, hash } = entry;
        if (sequence !== last.sequence + 1) return broken(last.sequence + 1, "missing");
        if (hash !== hashOf(entry, last.hash)) return broken(sequence, "changed");
        const lines = linesOf(detail);
        if (lines !== null) {
          const follows = last.labels === null || lines.first === last.labels + 1;
          if (!follows || lines.digest !== digestOf(database, lines.first, lines.last))
            return broken(sequence, "labels");
        }
        last = { sequence, hash, labels: lines?.last ?? last.labels };
      }
      if (entries.length === STEP) return "more";
      // The end, in the same look at the project: nothing is appended between the last entry and its note.
      const head = headOf(database);
      if (head.sequence > last.sequence) return broken(last.sequence + 1, "cut");
      if (head.sequence < last.sequence) return broken(head.sequence + 1, "extra");
      if (head.hash !== last.hash) return broken(last.sequence, "head");
      if (head.labels !== (last.labels ?? head.labels)) return broken(last.sequence, "head");
      if (lastLine(database) !== head.labels) return broken(last.sequence, "labels-unrecorded");
      return { broken: null, verified: last };
    });
    if (step !== "more") return step;
    yield;
  }
}

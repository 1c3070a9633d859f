// Who may see and change which labels: the shared layer, and the layers of reads.
//
// A read has two layers: `id` until its reader commits, `id/after` from the moment a suggestion was shown until the end. Only their
// reader writes in them, each only in its time. Others see them when they are committed, and readers of blinded lists never do;
// the shared labels of a case are hidden from whoever has yet to read it blindly.

import { AppError } from "../../preload/contract/errors.ts";
import type { Role } from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { ProjectDatabase } from "./database.ts";

export interface Person {
  readonly id: string;
  readonly role: Role;
}

const AFTER = "/after";
export const afterLayer = (readId: string): string => readId + AFTER;

interface ReadRow {
  readonly reader: string;
  readonly state: string;
  readonly blinded: number;
  readonly list: number;
}

function readOf(database: ProjectDatabase, layer: string): { read: ReadRow; after: boolean } {
  const after = layer.endsWith(AFTER);
  const read = database.one<ReadRow>(
    `SELECT reader, state, blinded, reads.list FROM reads JOIN work_lists ON work_lists.number = reads.list WHERE reads.id = ?`,
    after ? layer.slice(0, -AFTER.length) : layer,
  );
  if (read === undefined) throw new AppError("app/not-found", "There is no read with these labels.");
  return { read, after };
}

/** Throws app/not-found, reading/not-yours, reading/committed. */
export function assertWritable(database: ProjectDatabase, person: Person, layer: string): void {
  if (layer === SHARED_LAYER) return;
  const { read, after } = readOf(database, layer);
  if (read.reader !== person.id) throw new AppError("reading/not-yours", "This read belongs to another reader.");
  const open = after ? read.state === "committed" : read.state === "assigned" || read.state === "open";
  if (!open) throw new AppError("reading/committed", "This answer has been committed: it does not change any more.");
}

/** Throws app/not-found, reading/hidden. `image`: number of the image whose labels are asked for. */
export function assertReadable(database: ProjectDatabase, person: Person, layer: string, image: number): void {
  if (layer === SHARED_LAYER) {
    const hidden = database.one(`SELECT 1 WHERE ? IN (${HIDDEN_IMAGES})`, image, person.id);
    if (hidden !== undefined) {
      throw new AppError("reading/hidden", "You have yet to read this case: its labels are hidden until you commit.");
    }
    return;
  }
  const { read, after } = readOf(database, layer);
  if (read.reader === person.id) return;
  const committed = read.state === "done" || (read.state === "committed" && !after);
  // Whoever still reads a blinded list sees none of it, whatever their role.
  const stillReading =
    read.blinded === 1 &&
    database.one("SELECT 1 FROM reads WHERE list = ? AND reader = ? AND state <> 'done'", read.list, person.id) !==
      undefined;
  if (!committed || stillReading || (person.role === "reader" && read.blinded === 1)) {
    throw new AppError("reading/hidden", "This read is hidden: it is not committed yet, or the list is blinded.");
  }
}

/** Numbers of the images whose labels are hidden from a member (one parameter): cases of blinded lists that they have yet to read. */
export const HIDDEN_IMAGES = `
  SELECT slices.number FROM reads
  JOIN work_lists ON work_lists.number = reads.list AND blinded = 1 AND removed = 0
  JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
  JOIN images ON images.number = work_cases.image
  JOIN images AS slices ON slices.number = images.number OR (images.series <> '' AND slices.series = images.series)
  WHERE reads.reader = ? AND reads.state <> 'done'`;

/** Throws reading/hidden: what rewrites or counts everybody's answers is not for whoever has yet to read blindly. */
export function assertNothingHidden(database: ProjectDatabase, person: Person): void {
  if (!hasHidden(database, person)) return;
  throw new AppError(
    "reading/hidden",
    "You have yet to read blinded cases: their answers are hidden until you commit.",
  );
}

export function hasHidden(database: ProjectDatabase, person: Person): boolean {
  return (
    database.one(
      `SELECT 1 FROM reads JOIN work_lists ON work_lists.number = reads.list AND blinded = 1 AND removed = 0
      WHERE reader = ? AND state <> 'done' LIMIT 1`,
      person.id,
    ) !== undefined
  );
}

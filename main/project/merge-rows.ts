// Rows that come over as they are: an image with everything that belongs to it, a work list with its cases and reads.

import { randomUUID } from "node:crypto";
import type { ProjectDatabase, SqlValue } from "./database.ts";
import type { MergeWords } from "./merge-words.ts";

type Row = Record<string, SqlValue>;

/** Columns of our own tables, looked up once for each connection. */
const known = new WeakMap<ProjectDatabase, Map<string, ReadonlySet<string>>>();

function columnsOf(database: ProjectDatabase, table: string): ReadonlySet<string> {
  const tables = known.get(database) ?? new Map<string, ReadonlySet<string>>();
  known.set(database, tables);
  let columns = tables.get(table);
  if (columns === undefined) {
    const rows = database.all<{ name: string }>("SELECT name FROM pragma_table_info(?)", table);
    columns = new Set(rows.map(({ name }) => name));
    tables.set(table, columns);
  }
  return columns;
}

/**
 * Inserts a row with some columns changed; left out columns (`undefined`) are chosen by the database. The row comes from a copy, whose author
 * may have given its tables columns of any name: only names of our own columns become part of a statement.
 */
function insert(
  database: ProjectDatabase,
  table: string,
  row: Row,
  changed: Record<string, SqlValue | undefined> = {},
): number {
  const ours = columnsOf(database, table);
  const entries = Object.entries({ ...row, ...changed }).filter(
    (entry): entry is [string, SqlValue] => entry[1] !== undefined && ours.has(entry[0]),
  );
  const columns = entries.map(([column]) => column).join(", ");
  const places = entries.map(() => "?").join(", ");
  return database.run(`INSERT INTO ${table} (${columns}) VALUES (${places})`, ...entries.map(([, value]) => value)).row;
}

/** Tables with rows of an image by its number, in the order of their references. */
const OF_IMAGE = ["image_headers", "image_findings", "thumbnails", "frames"] as const;

/** Without its labels. Answers how many bytes of pixels. */
export function copyImage(
  from: ProjectDatabase,
  to: ProjectDatabase,
  number: number,
  { words, deidentification }: { words: MergeWords; deidentification: boolean },
): number {
  const image = from.one<Row>("SELECT * FROM images WHERE number = ?", number)!;
  const taken = to.one("SELECT 1 FROM images WHERE id = ?", image.id!) !== undefined;
  const id = taken ? randomUUID() : image.id!;
  const ours = insert(to, "images", image, { number: undefined, id, class: null, class_reader: null });
  let bytes = 0;
  for (const table of OF_IMAGE) {
    for (const row of from.all<Row>(`SELECT * FROM ${table} WHERE image = ?`, number)) {
      if (row.bytes instanceof Uint8Array) bytes += row.bytes.length;
      insert(to, table, row, { image: ours, ...("number" in row && { number: undefined }) });
    }
  }
  if (!deidentification) return bytes;
  const report = from.one<Row>(
    `SELECT digest, deidentification_reports.report FROM deidentified_images
    JOIN deidentification_reports ON number = deidentified_images.report WHERE image = ?`,
    number,
  );
  if (report !== undefined) {
    to.run(
      "INSERT OR IGNORE INTO deidentification_reports (digest, report) VALUES (?, ?)",
      report.digest!,
      report.report!,
    );
    to.run(
      "INSERT INTO deidentified_images (image, report) SELECT ?, number FROM deidentification_reports WHERE digest = ?",
      ours,
      report.digest!,
    );
  }
  for (const look of from.all<Row>("SELECT * FROM text_looks WHERE image = ?", number))
    insert(to, "text_looks", look, { image: ours });
  for (const review of from.all<Row>("SELECT * FROM text_reviews WHERE image = ? ORDER BY number", number)) {
    insert(to, "text_reviews", review, { number: undefined, image: ours, reader: words.member(String(review.reader)) });
  }
  return bytes;
}

interface Sides {
  readonly theirs: ProjectDatabase;
  readonly ours: ProjectDatabase;
  readonly words: MergeWords;
}

/** A list that we do not have, with those of its cases whose images are there; false where none is. Positions close up. */
export function copyList({ theirs, ours, words }: Sides, number: number, images: ReadonlyMap<number, number>): boolean {
  const cases = theirs
    .all<Row>("SELECT * FROM work_cases WHERE list = ? ORDER BY position", number)
    .filter((row) => images.has(Number(row.image)));
  if (cases.length === 0) return false;
  const row = theirs.one<Row>("SELECT * FROM work_lists WHERE number = ?", number)!;
  // Their models do not come along.
  const list = insert(ours, "work_lists", row, { number: undefined, model: null });
  for (const [position, each] of cases.entries()) {
    insert(ours, "work_cases", each, { list, position, image: images.get(Number(each.image))! });
    const place = [number, each.position!] as const;
    for (const read of theirs.all<Row>(
      "SELECT * FROM reads WHERE list = ? AND position = ? ORDER BY number",
      ...place,
    )) {
      insert(ours, "reads", read, { number: undefined, list, position, reader: words.member(String(read.reader)) });
    }
    const decided = theirs.one<Row>("SELECT * FROM decisions WHERE list = ? AND position = ?", ...place);
    if (decided) copyDecision(ours, words, decided, list, position);
  }
  const round = theirs.one<Row>("SELECT * FROM queue_rounds WHERE list = ?", number);
  if (round) insert(ours, "queue_rounds", round, { list });
  return true;
}

const ORDER = ["assigned", "open", "committed", "done"];

/** Reads of a list that we have, where the copy is further; answers how many. */
export function updateRead({ theirs, ours, words }: Sides, number: number): number {
  let updated = 0;
  for (const read of theirs.all<Row>("SELECT * FROM reads WHERE list = ?", number)) {
    const own = ours.one<{ state: string; list: number; position: number }>(
      "SELECT state, list, position FROM reads WHERE id = ?",
      read.id!,
    );
    if (own === undefined) continue;
    if (ORDER.indexOf(String(read.state)) > ORDER.indexOf(own.state)) {
      ours.run(
        `UPDATE reads SET state = ?, opened_at = ?, committed_at = ?, seconds = ?, seconds_after = ?, suggestion = coalesce(suggestion, ?),
          changed_mind = ? WHERE id = ?`,
        read.state!,
        read.opened_at!,
        read.committed_at!,
        read.seconds!,
        read.seconds_after!,
        read.suggestion!,
        read.changed_mind!,
        read.id!,
      );
      updated++;
    }
    const decided = theirs.one<Row>("SELECT * FROM decisions WHERE list = ? AND position = ?", number, read.position!);
    const known = ours.one("SELECT 1 FROM decisions WHERE list = ? AND position = ?", own.list, own.position);
    if (decided && known === undefined) copyDecision(ours, words, decided, own.list, own.position);
  }
  return updated;
}

function copyDecision(ours: ProjectDatabase, words: MergeWords, row: Row, list: number, position: number): void {
  const classId = row.class === null ? null : words.class(String(row.class));
  insert(ours, "decisions", row, { list, position, class: classId, member: words.member(String(row.member)) });
}

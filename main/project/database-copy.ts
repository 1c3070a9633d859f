// An encrypted copy of a database, as it is at one moment, while other connections go on writing.
//
// SQLite's own backup refuses encrypted databases (its second connection has no key), and VACUUM INTO cannot be stopped or watched. So
// the rows are copied here: the copy is attached, with the same cipher and, unless another is given, the same key; one read transaction holds the moment still,
// and rows go over in chunks of about a tenth of a second, between which progress is told and a signal is looked at. The result has no free
// pages. It is without a journal while it is made: who makes it throws it away where it is not finished.

import { writeFileSync } from "node:fs";
import { AppError } from "../../preload/contract/errors.ts";
import { NEW_FILE_CIPHER, PAGE_SIZE, rawKey } from "./cipher.ts";
import type { ProjectDatabase } from "./database.ts";

const CHUNK_MS = 100;

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** bytes of about how many */
  onProgress(done: number, total: number): void;
  /** of the copy; default: that of the source. Stays the caller's. */
  readonly key?: Uint8Array;
}

interface SchemaRow {
  readonly type: "table" | "index" | "trigger" | "view";
  readonly name: string;
  readonly sql: string;
}

/** Answers SQLite's questions for others between two chunks. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Makes an object of the schema in the attached copy. SQLite keeps its text with these words in front, and whoever made the project may have
 * written more behind it: SQLite itself never runs that, and a statement that is prepared holds one. Throws project/corrupt.
 */
function makeInCopy(source: ProjectDatabase, { name, sql }: SchemaRow): void {
  const text = sql.replace(/^CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER|VIEW) /, "CREATE $1 copy.");
  try {
    if (text === sql) throw new RangeError("no object of ours");
    source.run(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AppError(
      "project/corrupt",
      `The project's file has something in its schema that no Loupe wrote (at “${name}”), so it was not copied: ask where it comes from.`,
      { cause },
    );
  }
}

/** Tables, with whether they have row numbers. */
export function tablesOf(database: ProjectDatabase): { name: string; numbered: boolean }[] {
  return database
    .all<{ name: string; wr: number }>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .map(({ name, wr }) => ({ name, numbered: wr === 0 }));
}

/**
 * Copies everything in `source` to the new file `target`. `source` must be a connection of its own, without a transaction.
 * `atMoment` is asked inside the transaction, so it sees what is copied. Throws app/aborted, project/disk-full, project/corrupt.
 */
export async function copyDatabase<T>(
  source: ProjectDatabase,
  target: string,
  atMoment: () => T,
  { signal, onProgress, key }: CopyOptions,
): Promise<T> {
  source.pragma("foreign_keys = OFF");
  // A connection that must not make files does not make attached ones either; an empty file is a database without tables.
  writeFileSync(target, "", { flag: "wx", mode: 0o600 });
  if (key === undefined) source.run("ATTACH ? AS copy", target);
  else attachUnder(source, target, key);
  const pageBytes = Number(source.pragma("page_size"));
  source.pragma(`copy.page_size = ${key === undefined ? pageBytes : PAGE_SIZE}`);
  source.pragma("copy.auto_vacuum = INCREMENTAL");
  source.pragma("copy.journal_mode = OFF");
  source.pragma("copy.synchronous = OFF");
  source.script("BEGIN");
  const moment = atMoment();
  const total = pageBytes * (Number(source.pragma("page_count")) - Number(source.pragma("freelist_count")));
  const pause = async () => {
    onProgress(Math.min(total, pageBytes * Number(source.pragma("copy.page_count"))), total);
    await breathe();
    if (signal.aborted) throw new AppError("app/aborted", "The copy was stopped.");
  };
  const schema = source.all<SchemaRow>(
    "SELECT type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
  );
  for (const table of schema.filter(({ type }) => type === "table")) makeInCopy(source, table);
  for (const { name, numbered } of tablesOf(source)) {
    if (numbered) await copyRows(source, quoted(name), pause);
    else source.script(`INSERT INTO copy.${quoted(name)} SELECT * FROM main.${quoted(name)}`);
    await pause();
  }
  for (const object of schema.filter(({ type }) => type !== "table")) {
    makeInCopy(source, object);
    await pause();
  }
  source.pragma(`copy.user_version = ${Number(source.pragma("user_version"))}`);
  source.pragma(`copy.application_id = ${Number(source.pragma("application_id"))}`);
  source.script("COMMIT");
  source.script("DETACH copy");
  return moment;
}

/** The copy is encrypted as new files are, whatever the source is. */
function attachUnder(source: ProjectDatabase, target: string, key: Uint8Array): void {
  for (const pragma of NEW_FILE_CIPHER) source.pragma(pragma);
  const raw = rawKey(key);
  source.run("ATTACH ? AS copy KEY ?", target, raw);
  raw.fill(0);
}

/** Chunks grow and shrink with the time that the last one took: rows have a hundred bytes or a hundred megabytes. */
async function copyRows(source: ProjectDatabase, table: string, pause: () => Promise<void>): Promise<void> {
  let last = -1;
  let rows = 1;
  for (;;) {
    const end = source.one<{ last: number | null }>(
      `SELECT max(rowid) AS last FROM (SELECT rowid FROM main.${table} WHERE rowid > ? ORDER BY rowid LIMIT ?)`,
      last,
      rows,
    )!.last;
    if (end === null) return;
    const began = performance.now();
    source.run(`INSERT INTO copy.${table} SELECT * FROM main.${table} WHERE rowid > ? AND rowid <= ?`, last, end);
    last = end;
    const took = performance.now() - began;
    if (took < CHUNK_MS / 2) rows = Math.min(rows * 2, 100_000);
    else if (took > CHUNK_MS) rows = Math.max(1, Math.floor(rows / 2));
    await pause();
  }
}

// Whether a project's file is what was written: SQLite's own check table by table, references between tables, the audit's chain.
//
// Every page that a check reads is authenticated by the cipher, so a flipped bit is found even where it makes sense to SQLite.

import { AppError } from "../../preload/contract/errors.ts";
import type { CheckMode, CheckReport } from "../../preload/contract/index.ts";
import { NOTHING_VERIFIED, walk } from "./audit-chain.ts";
import type { ProjectDatabase } from "./database.ts";
import { quoted, tablesOf } from "./database-copy.ts";

/** Tables with nearly all of the bytes, which a quick check leaves out. */
const LARGE = ["checkpoints", "frames", "model_files", "starting_model_files", "thumbnails"];
const MOST_PROBLEMS = 20;

export interface CheckOptions {
  readonly mode: CheckMode;
  readonly signal: AbortSignal;
  /** rows of how many, weighed by their bytes */
  onProgress(done: number, total: number): void;
}

/** Throws app/aborted. One statement checks a whole table, so a signal is looked at between tables. */
export async function checkIntegrity(
  database: ProjectDatabase,
  { mode, signal, onProgress }: CheckOptions,
): Promise<CheckReport> {
  const began = performance.now();
  const at = new Date().toISOString();
  const tables = tablesOf(database)
    .map(({ name }) => ({ name, weight: weightOf(database, name) }))
    .filter(({ name }) => mode === "full" || !LARGE.includes(name))
    .sort((a, b) => a.weight - b.weight);
  const total = tables.reduce((sum, { weight }) => sum + weight, 0);
  const problems: string[] = [];
  const look = (what: string, work: () => string[]) => {
    try {
      problems.push(...work());
    } catch (error) {
      if (!(error instanceof AppError && error.code === "project/corrupt")) throw error;
      problems.push(`${what}: damaged pages`);
    }
  };
  let done = 0;
  for (const { name, weight } of tables) {
    onProgress(done, total);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal.aborted) throw new AppError("app/aborted", "The check was stopped.");
    look(name, () => [
      ...database
        .all<{ integrity_check: string }>(`PRAGMA integrity_check(${quoted(name)})`)
        .map((row) => row.integrity_check)
        .filter((text) => text !== "ok"),
      ...database
        .all<{ parent: string }>("SELECT DISTINCT parent FROM pragma_foreign_key_check(?)", name)
        .map(({ parent }) => `${name}: rows refer to rows of ${parent} that are not there`),
    ]);
    done += weight;
  }
  let auditIntact = false;
  look("audit", () => {
    const steps = walk(database, NOTHING_VERIFIED);
    let step = steps.next();
    while (!step.done) step = steps.next();
    auditIntact = step.value.broken === null;
    return [];
  });
  onProgress(total, total);
  const seconds = (performance.now() - began) / 1000;
  return { at, mode, problems: problems.slice(0, MOST_PROBLEMS), auditIntact, seconds };
}

/** About how many bytes; a damaged table counts as one. Lengths of blobs are read without the blobs. */
function weightOf(database: ProjectDatabase, table: string): number {
  const blob = database.one<{ name: string }>(
    "SELECT name FROM pragma_table_info(?) WHERE type = 'BLOB' ORDER BY cid DESC LIMIT 1",
    table,
  )?.name;
  const bytes = blob === undefined ? "200 * count(*)" : `coalesce(sum(length(${quoted(blob)})), 0)`;
  try {
    return 1 + database.one<{ bytes: number }>(`SELECT ${bytes} AS bytes FROM ${quoted(table)}`)!.bytes;
  } catch (error) {
    if (error instanceof AppError && error.code === "project/corrupt") return 1;
    throw error;
  }
}

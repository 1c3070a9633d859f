// Gives pages that nothing uses any more back to the disk.
//
// A project's file is made with auto_vacuum = INCREMENTAL, so its end is moved into its holes in small transactions: each is crash-safe,
// others write in between, and nothing needs room. Files that were made before have to be rewritten once. VACUUM does that with a
// temporary copy, which SQLite would put on the disk without encryption (measured), so it is only done where the copy fits in memory;
// a larger project becomes compact when a backup of it is restored.

import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import type { CompactReport } from "../../preload/contract/index.ts";
import { ProjectDatabase } from "./database.ts";
import { assertRoom } from "./draft-folder.ts";
import type { Project } from "./project.ts";
import { DATABASE_FILE } from "./project-folder.ts";
import { compactableBy } from "./upkeep.ts";

const STEP_PAGES = 1000;

export interface CompactOptions {
  readonly signal: AbortSignal;
  /** bytes given back, of how many */
  onProgress(done: number, total: number): void;
}

/** What was given back before a cancel or a kill stays given back. Throws app/aborted, project/disk-full, project/too-large, project/locked. */
export async function compact(project: Project, { signal, onProgress }: CompactOptions): Promise<CompactReport> {
  const began = performance.now();
  const file = join(project.path, DATABASE_FILE);
  const key = project.key;
  const database = new ProjectDatabase(file, key, { create: false });
  key.fill(0);
  try {
    const before = sizeOf(database, file);
    const way = compactableBy(database);
    if (way === "restore") {
      throw new AppError(
        "project/too-large",
        "This project was made by an earlier Loupe and is too large to be rewritten in memory: make a backup and restore it; a restored project is compact.",
      );
    }
    if (way === "rewrite") {
      await assertRoom(dirname(file), before);
      database.pragma("auto_vacuum = INCREMENTAL");
      database.script("VACUUM");
    } else {
      const pageBytes = Number(database.pragma("page_size"));
      const free = () => Number(database.pragma("freelist_count"));
      const pages = free();
      for (let left = pages; left > 0; left = free()) {
        onProgress((pages - left) * pageBytes, pages * pageBytes);
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (signal.aborted) throw new AppError("app/aborted", "Compacting was stopped.");
        database.script(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
        if (free() >= left) break;
      }
      onProgress(pages * pageBytes, pages * pageBytes);
    }
    const after = sizeOf(database, file);
    const seconds = (performance.now() - began) / 1000;
    const report: CompactReport = { at: new Date().toISOString(), before, after, seconds };
    project.upkeep.addCompaction(report);
    return report;
  } finally {
    database.close();
  }
}

/** Of the file, with everything that is in the log folded in as far as readers let it. */
function sizeOf(database: ProjectDatabase, file: string): number {
  database.pragma("wal_checkpoint(TRUNCATE)");
  return statSync(file).size;
}

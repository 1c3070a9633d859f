// Brings a project's tables to the version of this program, one numbered migration after the other, each in its transaction.
// `PRAGMA user_version` is the number of the last one that ran. A project from a newer program is refused, never "tried".

import { AppError } from "../../preload/contract/errors.ts";
import type { ProjectDatabase } from "./database.ts";
import { MIGRATIONS, type Migration } from "./migrations/index.ts";

/** Throws project/newer-version. After it, the schema is that of the last of `migrations`. */
export function migrate(database: ProjectDatabase, migrations: readonly Migration[] = MIGRATIONS): void {
  const readVersion = () => Number(database.pragma("user_version"));
  if (readVersion() > migrations.length) {
    throw new AppError(
      "project/newer-version",
      `This project was written by a newer Loupe (schema ${readVersion()}, this one knows ${migrations.length}): please update Loupe to open it.`,
    );
  }
  for (const migration of migrations) {
    database.transaction(() => {
      // Read again under the write lock: another process may have been faster.
      if (readVersion() >= migration.number) return;
      database.script(migration.sql);
      database.pragma(`user_version = ${migration.number}`);
    });
  }
}

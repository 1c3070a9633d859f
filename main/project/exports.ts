// What left the house: one report per container image that was written, and a line of the audit for each model file.

import type { ExportReport } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";

export class Exports {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  add(report: ExportReport): void {
    this.#database.transaction(() => {
      this.#database.run(
        "INSERT INTO exports (id, model, report) VALUES (?, ?, ?)",
        report.id,
        report.modelId,
        JSON.stringify(report),
      );
      this.#audit.record("model/export", report.modelId, {
        before: null,
        after: { digest: report.digest, reference: report.reference },
      });
    });
  }

  /** A model was written as a file for other tools. */
  addFile(modelId: string, file: { format: string; sha256: string }): void {
    this.#audit.record("model/save", modelId, file);
  }

  /** Newest first. */
  list(): ExportReport[] {
    return this.#database
      .all<{ report: string }>("SELECT report FROM exports ORDER BY number DESC")
      .map(({ report }) => JSON.parse(report) as ExportReport);
  }
}

// Long work as the project remembers it, so that a finished or interrupted job is still there after a restart.

import { AppError } from "../../preload/contract/errors.ts";
import type { Job } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";

const LISTED = 100;

export class Jobs {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** Adds or replaces. The audit records its beginning and changes of state, not its progress. */
  save(job: Job): void {
    this.#database.transaction(() => {
      const before = this.#database.one<{ state: string }>("SELECT state FROM jobs WHERE id = ?", job.id);
      this.#database.run(
        `INSERT INTO jobs (id, state, job) VALUES (?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, job = excluded.job`,
        job.id,
        job.state,
        JSON.stringify(job),
      );
      if (before?.state === job.state) return;
      this.#audit.record("job/state", job.id, { kind: job.kind, before: before?.state ?? null, after: job.state });
    });
  }

  /** Newest first, at most the last 100. */
  list(): Job[] {
    return this.#database
      .all<{ job: string }>("SELECT job FROM jobs ORDER BY number DESC LIMIT ?", LISTED)
      .map(({ job }) => JSON.parse(job) as Job);
  }

  /** Throws app/not-found. */
  get(id: string): Job {
    const row = this.#database.one<{ job: string }>("SELECT job FROM jobs WHERE id = ?", id);
    if (row === undefined) throw new AppError("app/not-found", "This job is not in the project.");
    return JSON.parse(row.job) as Job;
  }
}

// Trainings: recipe, progress, curves, and the last checkpoint to go on from.
//
// A run is 'running' only while a process works on it. What a dead process left behind is marked when a host opens the project
// (`markInterrupted`). Progress and curve points are the machine's and come many times a second, so the audit records beginnings,
// ends and changes of state, not steps.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import { type Run, type RunPoint, recipeSchema, type ThinnedCurve } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import { MAX_BLOB_BYTES, type ProjectDatabase } from "./database.ts";
import type { HostPresence } from "./host-presence.ts";

export type NewRun = Pick<Run, "snapshotId" | "recipe" | "name" | "device" | "threads"> & Partial<Pick<Run, "version">>;
/** What may change while a run goes on; the rest was decided when it began. */
export type RunUpdate = Partial<Omit<Run, keyof NewRun | "id" | "createdAt">> & { name?: string; device?: string };

interface RunRow {
  id: string;
  name: string;
  snapshotId: string;
  recipe: string;
  state: Run["state"];
  device: string;
  threads: number;
  createdAt: string;
  finishedAt: string | null;
  seconds: number;
  waited: number;
  memory: string | null;
  step: number;
  steps: number;
  parameters: number | null;
  bestEpoch: number | null;
  validationAuc: number | null;
  modelId: string | null;
  jobId: string | null;
  error: string | null;
  notes: string;
  tags: string;
  version: string | null;
}

const SELECT = `
  SELECT id, name, snapshot AS snapshotId, recipe, state, device, threads, created_at AS createdAt, finished_at AS finishedAt,
    seconds, waited, memory, step, steps, parameters, best_epoch AS bestEpoch, validation_auc AS validationAuc, model AS modelId,
    job AS jobId, error, notes, tags, version FROM runs`;

/** NaN would become NULL on its way into the database; a diverged training must say so instead. */
function assertFinite(values: readonly (number | null)[]): void {
  if (values.some((value) => value !== null && !Number.isFinite(value))) {
    throw new AppError("training/diverged", "The training gave a number that is not finite, so it has diverged.");
  }
}

export class Runs {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #presence: HostPresence;

  constructor(database: ProjectDatabase, audit: Audit, presence: HostPresence) {
    this.#database = database;
    this.#audit = audit;
    this.#presence = presence;
  }

  /** A new run in state 'running', with no step done. Throws app/not-found for an unknown snapshot. */
  create({ snapshotId, recipe, name, device, threads, version = null }: NewRun): Run {
    return this.#database.transaction(() => {
      if (this.#database.one("SELECT 1 FROM snapshots WHERE id = ?", snapshotId) === undefined) {
        throw new AppError("app/not-found", "This snapshot is not in the project.");
      }
      const id = randomUUID();
      this.#database.run(
        `INSERT INTO runs (id, name, snapshot, recipe, state, device, threads, version, created_at, seconds, step, steps)
        VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, 0, 0, 0)`,
        id,
        name,
        snapshotId,
        JSON.stringify(recipe),
        device,
        threads,
        version,
        new Date().toISOString(),
      );
      this.#audit.record("run/create", id, {
        before: null,
        after: { name, snapshotId, architecture: recipe.architecture, device },
      });
      return this.get(id);
    });
  }

  /** What people say about a run: name, notes, tags. Throws app/not-found. */
  describe(id: string, { name, notes, tags }: Pick<Run, "name" | "notes" | "tags">): Run {
    return this.#database.transaction(() => {
      const before = this.get(id);
      const described = { name, notes, tags };
      if (canonicalJson(described) === canonicalJson({ name: before.name, notes: before.notes, tags: before.tags })) {
        return before;
      }
      this.#database.run(
        "UPDATE runs SET name = ?, notes = ?, tags = ? WHERE id = ?",
        name,
        notes,
        JSON.stringify(tags),
        id,
      );
      this.#audit.record("run/describe", id, {
        before: { name: before.name, notes: before.notes, tags: before.tags },
        after: described,
      });
      return this.get(id);
    });
  }

  /** Newest first. */
  list(): Run[] {
    return this.#database.all<RunRow>(`${SELECT} ORDER BY number DESC`).map(runOf);
  }

  /** Throws app/not-found. */
  get(id: string): Run {
    const row = this.#database.one<RunRow>(`${SELECT} WHERE id = ?`, id);
    if (row === undefined) throw noRun();
    return runOf(row);
  }

  /** The runs that a job works on. */
  underJob(jobId: string): Run[] {
    return this.#database.all<RunRow>(`${SELECT} WHERE job = ? AND state = 'running'`, jobId).map(runOf);
  }

  /** Changes what `update` names. Throws app/not-found, training/diverged. */
  update(id: string, update: RunUpdate): Run {
    return this.#database.transaction(() => {
      const before = this.get(id);
      const run = { ...before, ...update };
      assertFinite([run.seconds, run.waited, run.step, run.steps, run.validationAuc]);
      this.#database.run(
        `UPDATE runs SET name = ?, state = ?, device = ?, finished_at = ?, seconds = ?, waited = ?, memory = ?, step = ?, steps = ?, parameters = ?,
          best_epoch = ?, validation_auc = ?, model = ?, job = ?, error = ? WHERE id = ?`,
        run.name,
        run.state,
        run.device,
        run.finishedAt,
        run.seconds,
        run.waited,
        run.memory === null ? null : JSON.stringify(run.memory),
        run.step,
        run.steps,
        run.parameters,
        run.bestEpoch,
        run.validationAuc,
        run.modelId,
        run.jobId,
        run.error === null ? null : JSON.stringify(run.error),
        id,
      );
      if (run.state !== before.state) this.#audit.record("run/state", id, { before: before.state, after: run.state });
      const kept = ({ name, device, modelId }: Run) => ({ name, device, modelId });
      if (canonicalJson(kept(before)) !== canonicalJson(kept(run))) {
        this.#audit.record("run/update", id, { before: kept(before), after: kept(run) });
      }
      return this.get(id);
    });
  }

  /** Adds points; the same step, part and metric again replaces the old value, as a resumed run does. Throws training/diverged. */
  addPoints(id: string, points: readonly RunPoint[]): void {
    this.#database.transaction(() => {
      const run = this.#number(id);
      for (const { step, epoch, part, metric, value } of points) {
        assertFinite([step, epoch, value]);
        this.#database.run(
          "INSERT OR REPLACE INTO run_points (run, part, metric, step, epoch, value) VALUES (?, ?, ?, ?, ?, ?)",
          run,
          part,
          metric,
          step,
          epoch,
          value,
        );
      }
    });
  }

  /** All points, by step. Throws app/not-found. */
  points(id: string): RunPoint[] {
    return this.#database.all<RunPoint>(
      "SELECT step, epoch, part, metric, value FROM run_points WHERE run = ? ORDER BY step, part, metric",
      this.#number(id),
    );
  }

  /**
   * The curve of one metric of every run that has it, at most `places` points and the last: the first point at or after each of as many even steps. Values are
   * true points, none averaged. One short search for each, where reading all would take seconds over a thousand runs of a thousand steps.
   */
  curves(metric: string, part: RunPoint["part"], places: number): ThinnedCurve[] {
    type Point = Pick<RunPoint, "step" | "epoch" | "value">;
    const next = `SELECT step, epoch, value FROM run_points
      WHERE run = ? AND step >= ? AND part = ? AND metric = ? ORDER BY step LIMIT 1`;
    const final = `SELECT step, epoch, value FROM run_points
      WHERE run = ? AND part = ? AND metric = ? ORDER BY step DESC LIMIT 1`;
    return this.#database
      .all<{ number: number; id: string }>("SELECT number, id FROM runs ORDER BY number")
      .flatMap((run) => {
        const last = this.#database.one<Point>(final, run.number, part, metric);
        if (last === undefined) return [];
        const points: Point[] = [];
        for (let place = 0; place < places; place++) {
          const at = Math.floor((last.step * place) / places);
          if (at <= (points.at(-1)?.step ?? -1)) continue;
          const point = this.#database.one<Point>(next, run.number, at, part, metric);
          if (point !== undefined) points.push(point);
        }
        if (points.at(-1)?.step !== last.step) points.push(last);
        return {
          runId: run.id,
          steps: points.map(({ step }) => step),
          epochs: points.map(({ epoch }) => epoch),
          values: points.map(({ value }) => value),
        };
      });
  }

  /** Replaces the checkpoint in one transaction: at every moment there is the old one or the new one. */
  saveCheckpoint(id: string, { step, bytes }: { step: number; bytes: Uint8Array }): void {
    if (bytes.length > MAX_BLOB_BYTES) {
      throw new AppError("training/not-resumable", "The checkpoint is larger than a project can keep (1 GB).");
    }
    this.#database.transaction(() => {
      this.#database.run(
        `INSERT INTO checkpoints (run, step, bytes) VALUES (?, ?, ?)
        ON CONFLICT (run) DO UPDATE SET step = excluded.step, bytes = excluded.bytes`,
        this.#number(id),
        step,
        bytes,
      );
    });
  }

  /** null where the run has none. Throws app/not-found. */
  checkpoint(id: string): { step: number; bytes: Uint8Array } | null {
    const run = this.#number(id);
    return (
      this.#database.one<{ step: number; bytes: Uint8Array }>(
        "SELECT step, bytes FROM checkpoints WHERE run = ?",
        run,
      ) ?? null
    );
  }

  /**
   * Marks runs, searches and jobs that a dead process left 'running' as 'interrupted'; answers how many. Hosts call it once when they open a
   * project; where another living host has the project open, nothing is marked, because the work may be that host's.
   */
  markInterrupted(): number {
    if (!this.#presence.enter()) return 0;
    return this.#database.transaction(() => {
      const now = new Date().toISOString();
      const runs = this.#database.all<{ id: string }>("SELECT id FROM runs WHERE state = 'running'");
      for (const { id } of runs) this.update(id, { state: "interrupted", finishedAt: now });
      const searches = this.#database.all<{ id: string }>("SELECT id FROM searches WHERE state = 'running'");
      for (const { id } of searches) {
        this.#database.run("UPDATE searches SET state = 'interrupted', finished_at = ? WHERE id = ?", now, id);
        this.#audit.record("search/state", id, { before: "running", after: "interrupted" });
      }
      const jobs = this.#database.all<{ id: string }>("SELECT id FROM jobs WHERE state = 'running'");
      for (const { id } of jobs) {
        this.#database.run(
          `UPDATE jobs SET state = 'interrupted', job = json_set(job, '$.state', 'interrupted', '$.finishedAt', ?) WHERE id = ?`,
          now,
          id,
        );
        this.#audit.record("job/state", id, { before: "running", after: "interrupted" });
      }
      return runs.length + jobs.length;
    });
  }

  #number(id: string): number {
    const row = this.#database.one<{ number: number }>("SELECT number FROM runs WHERE id = ?", id);
    if (row === undefined) throw noRun();
    return row.number;
  }
}

function noRun(): AppError {
  return new AppError("app/not-found", "This run is not in the project.");
}

function runOf({ recipe, error, memory, tags, ...row }: RunRow): Run {
  return {
    ...row,
    tags: JSON.parse(tags) as string[],
    recipe: recipeSchema.parse(JSON.parse(recipe)),
    error: error === null ? null : JSON.parse(error),
    memory: memory === null ? null : JSON.parse(memory),
  };
}

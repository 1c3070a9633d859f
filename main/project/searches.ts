// Hyperparameter searches: their plan, and which run each trial is.
//
// The rows are all that a search is: whoever works on it asks them what to do next, so it goes on from any moment at which it was killed. A trial and its run
// begin in one transaction, and so do their ends. A trial is under way while a running job has its run; one that is `running` without such a job was left behind,
// and is the first that the next worker takes up.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import {
  type Search,
  type SearchPlan,
  type SearchTrial,
  searchPlanSchema,
  type TrialMeasures,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";
import type { NewRun, Runs } from "./runs.ts";

/** A trial to begin: what was asked, from what, and the run that it is. */
export interface NewTrial extends Pick<SearchTrial, "number" | "configuration" | "told" | "bracket" | "epochs"> {
  readonly run: NewRun;
  readonly jobId: string;
}

interface SearchRow {
  id: string;
  name: string;
  plan: string;
  earlier: string;
  state: Search["state"];
  createdAt: string;
  finishedAt: string | null;
  seconds: number | null;
  begun: number;
  ended: number;
  error: string | null;
}

interface TrialRow {
  number: number;
  runId: string;
  configuration: string;
  told: string;
  bracket: number;
  epochs: number;
  state: SearchTrial["state"];
  measures: string | null;
  seconds: number;
}

const SELECT = `SELECT id, name, plan, earlier, state, created_at AS createdAt, finished_at AS finishedAt, error,
    (SELECT count(*) FROM trials WHERE search = searches.number) AS begun,
    (SELECT count(*) FROM trials WHERE search = searches.number AND state <> 'running') AS ended,
    (SELECT sum(seconds) FROM trials WHERE search = searches.number) AS seconds
  FROM searches`;

const TRIALS = `SELECT trials.number, runs.id AS runId, configuration, told, bracket, epochs, trials.state, measures, trials.seconds
  FROM trials JOIN runs ON runs.number = trials.run`;

export class Searches {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #runs: Runs;

  constructor(database: ProjectDatabase, audit: Audit, runs: Runs) {
    this.#database = database;
    this.#audit = audit;
    this.#runs = runs;
  }

  /** A new search without trials, in state 'running'. Throws app/not-found for an unknown snapshot, search/name-taken. */
  create({ name, plan, earlier }: Pick<Search, "name" | "plan" | "earlier">): Search {
    return this.#database.transaction(() => {
      if (this.#database.one("SELECT 1 FROM snapshots WHERE id = ?", plan.snapshotId) === undefined) {
        throw new AppError("app/not-found", "This snapshot is not in the project.");
      }
      if (this.#database.one("SELECT 1 FROM searches WHERE name = ?", name) !== undefined) {
        throw new AppError(
          "search/name-taken",
          "A search of this name is in the project: its runs are named after it.",
        );
      }
      const id = randomUUID();
      this.#database.run(
        `INSERT INTO searches (id, name, snapshot, plan, earlier, state, created_at) VALUES (?, ?, ?, ?, ?, 'running', ?)`,
        id,
        name,
        plan.snapshotId,
        JSON.stringify(plan),
        JSON.stringify(earlier),
        new Date().toISOString(),
      );
      const { snapshotId, sampler, objectives, trials, minutes } = plan;
      const varied = plan.space.map((parameter) => parameter.name);
      this.#audit.record("search/create", id, {
        before: null,
        after: { name, snapshotId, varied, sampler, objectives, trials, minutes },
      });
      return this.get(id);
    });
  }

  /** Newest first. */
  list(): Search[] {
    return this.#database.all<SearchRow>(`${SELECT} ORDER BY number DESC`).map(searchOf);
  }

  /** Throws app/not-found. */
  get(id: string): Search {
    const row = this.#database.one<SearchRow>(`${SELECT} WHERE id = ?`, id);
    if (row === undefined) throw noSearch();
    return searchOf(row);
  }

  /** In the order in which they began. Throws app/not-found. */
  trials(id: string): SearchTrial[] {
    return this.#database
      .all<TrialRow>(`${TRIALS} WHERE search = ? ORDER BY trials.number`, this.#number(id))
      .map(trialOf);
  }

  /** Another budget. Throws app/not-found. */
  extend(id: string, budget: Pick<SearchPlan, "trials" | "minutes">): Search {
    return this.#database.transaction(() => {
      const { plan } = this.get(id);
      const before = { trials: plan.trials, minutes: plan.minutes };
      if (before.trials === budget.trials && before.minutes === budget.minutes) return this.get(id);
      this.#database.run(
        "UPDATE searches SET plan = ? WHERE id = ?",
        JSON.stringify({ ...plan, trials: budget.trials, minutes: budget.minutes }),
        id,
      );
      this.#audit.record("search/extend", id, {
        before,
        after: { trials: budget.trials, minutes: budget.minutes },
      });
      return this.get(id);
    });
  }

  /** Throws app/not-found. */
  setState(id: string, { state, error }: Pick<Search, "state" | "error">): Search {
    return this.#database.transaction(() => {
      const before = this.get(id);
      this.#database.run(
        "UPDATE searches SET state = ?, error = ?, finished_at = ? WHERE id = ?",
        state,
        error === null ? null : JSON.stringify(error),
        state === "running" ? null : new Date().toISOString(),
        id,
      );
      if (before.state !== state) this.#audit.record("search/state", id, { before: before.state, after: state });
      return this.get(id);
    });
  }

  /**
   * Begins trial `number` with its run, or answers null where another worker has begun it by now: then the question was asked of trials that are no longer
   * the last ones.
   */
  begin(id: string, { number, configuration, told, bracket, epochs, run, jobId }: NewTrial): SearchTrial | null {
    return this.#database.transaction(() => {
      if (this.get(id).begun !== number - 1) return null;
      const { id: runId } = this.#runs.create(run);
      this.#runs.update(runId, { jobId });
      this.#database.run(
        `INSERT INTO trials (search, number, run, configuration, told, bracket, epochs, state, seconds)
        VALUES (?, ?, (SELECT number FROM runs WHERE id = ?), ?, ?, ?, ?, 'running', 0)`,
        this.#number(id),
        number,
        runId,
        JSON.stringify(configuration),
        JSON.stringify(told),
        bracket,
        epochs,
      );
      return this.#trial(id, number);
    });
  }

  /**
   * Takes up a trial that waits or was left behind, to be trained for `epochs` in all; null where somebody works on it or it has ended. Its run may also
   * have been resumed by hand.
   */
  take(id: string, number: number, { epochs, jobId }: { epochs: number; jobId: string }): SearchTrial | null {
    return this.#database.transaction(() => {
      const trial = this.#trial(id, number);
      if ((trial.state !== "running" && trial.state !== "waiting") || this.#underWay(trial.runId, jobId)) return null;
      this.#runs.update(trial.runId, { state: "running", jobId, finishedAt: null, error: null });
      this.#database.run(
        "UPDATE trials SET state = 'running', epochs = ? WHERE search = ? AND number = ?",
        epochs,
        this.#number(id),
        number,
      );
      return this.#trial(id, number);
    });
  }

  /** Numbers of trials that are `running` although no living job has them. `jobId`: who asks; it works on none. */
  leftBehind(id: string, jobId: string): number[] {
    return this.trials(id)
      .filter(({ state, runId }) => state === "running" && !this.#underWay(runId, jobId))
      .map(({ number }) => number);
  }

  /** A trial's end, or its stop on the way, and that of its run. */
  settle(
    id: string,
    number: number,
    end: { state: "waiting" | "failed"; error: Search["error"] } | { state: "done"; measures: TrialMeasures },
  ): void {
    this.#database.transaction(() => {
      const { runId } = this.#trial(id, number);
      const finishedAt = new Date().toISOString();
      const state = end.state === "waiting" ? "cancelled" : end.state;
      this.#runs.update(runId, { state, finishedAt, error: end.state === "done" ? null : end.error });
      this.#database.run(
        "UPDATE trials SET state = ?, measures = ? WHERE search = ? AND number = ?",
        end.state,
        end.state === "done" ? JSON.stringify(end.measures) : null,
        this.#number(id),
        number,
      );
    });
  }

  /** Time that a worker spent on a trial since it last said so. */
  addSeconds(id: string, number: number, seconds: number): void {
    this.#database.transaction(() => {
      this.#database.run(
        "UPDATE trials SET seconds = seconds + ? WHERE search = ? AND number = ?",
        seconds,
        this.#number(id),
        number,
      );
    });
  }

  /** Whether a running job other than `jobId` has this run. */
  #underWay(runId: string, jobId: string): boolean {
    const { state, jobId: holder } = this.#runs.get(runId);
    if (state !== "running" || holder === null || holder === jobId) return false;
    return this.#database.one("SELECT 1 FROM jobs WHERE id = ? AND state = 'running'", holder) !== undefined;
  }

  #trial(id: string, number: number): SearchTrial {
    const row = this.#database.one<TrialRow>(
      `${TRIALS} WHERE search = ? AND trials.number = ?`,
      this.#number(id),
      number,
    );
    if (row === undefined) throw new AppError("app/not-found", "This search has no trial of that number.");
    return trialOf(row);
  }

  #number(id: string): number {
    const row = this.#database.one<{ number: number }>("SELECT number FROM searches WHERE id = ?", id);
    if (row === undefined) throw noSearch();
    return row.number;
  }
}

function noSearch(): AppError {
  return new AppError("app/not-found", "This search is not in the project.");
}

function searchOf({ plan, earlier, error, seconds, ...row }: SearchRow): Search {
  const read = searchPlanSchema.parse(JSON.parse(plan));
  return {
    ...row,
    plan: read,
    earlier: JSON.parse(earlier) as string[],
    seconds: (seconds ?? 0) / read.workers,
    error: error === null ? null : JSON.parse(error),
  };
}

function trialOf({ configuration, told, measures, ...row }: TrialRow): SearchTrial {
  return {
    ...row,
    configuration: JSON.parse(configuration),
    told: JSON.parse(told),
    measures: measures === null ? null : JSON.parse(measures),
  };
}

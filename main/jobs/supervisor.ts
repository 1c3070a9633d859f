// Starts, watches and stops the child processes of one open project.
//
// One child for each job, so a crash takes one job and nothing else; one warm child for short calls (explanation, one dropped
// file), so that asking twice does not pay for starting twice. A job is a row in the project from its first moment to its last, so
// what a killed studio left `running` is found and marked when the project is opened again (`runs.markInterrupted`).
// Non-goals: no queue and no priorities: the person at the machine decides what runs.

import { randomUUID } from "node:crypto";
import {
  AppError,
  type ErrorCode,
  isErrorCode,
  type Job,
  type JobKind,
  type StudioEvent,
  type Topic,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/index.ts";
import type {
  Child,
  ChildMessage,
  JobTask,
  PrintPdf,
  StartChild,
  Task,
  TaskFailure,
  TaskKind,
  TaskOf,
  TaskResults,
} from "./protocol.ts";

/** How long a child may take to stop by itself before it is killed. A training step of a large net takes seconds. */
const GRACE_MS = 10_000;
/** A running job's progress is written to the project no more often than this. */
const SAVE_EVERY_MS = 1000;

const UNIT = {
  import: "files",
  sample: "images",
  train: "steps",
  search: "trials",
  evaluate: "images",
  compress: "parts",
  "explain-check": "steps",
  "explain-part": "images",
  "explain-nearest": "images",
  "explain-file-check": "steps",
  export: "bytes",
  "labels-export": "images",
  "labels-import": "parts",
  "text-look": "images",
  queue: "images",
  "pacs-fetch": "objects",
  "pacs-listen": "objects",
  "audit-export": "entries",
  "runs-export": "files",
  notebook: "images",
  report: "images",
  backup: "bytes",
  check: "bytes",
  compact: "bytes",
  part: "images",
  merge: "images",
} as const satisfies Record<JobKind, Job["progress"]["unit"]>;

/** What may look different when a job of this kind has ended. */
const TOPICS: Record<JobKind, Topic[]> = {
  import: ["images", "labels", "project"],
  sample: ["images", "labels", "project"],
  train: ["runs", "models", "project"],
  search: ["runs", "models", "project"],
  evaluate: ["models"],
  compress: ["models", "project"],
  "explain-check": [],
  "explain-part": ["models"],
  "explain-nearest": [],
  "explain-file-check": [],
  export: ["exports"],
  "labels-export": [],
  "labels-import": ["images", "labels", "project"],
  "text-look": ["images"],
  queue: ["reading"],
  "pacs-fetch": ["images", "project"],
  "pacs-listen": ["images", "project", "pacs"],
  "audit-export": ["project"],
  "runs-export": ["project"],
  notebook: ["models"],
  report: ["models"],
  backup: ["project"],
  check: ["project"],
  compact: ["project"],
  part: ["project"],
  merge: ["images", "labels", "reading", "project"],
};

const CRASHED: TaskFailure = {
  code: "jobs/crashed",
  message: "The process that did this work ended unexpectedly. What it had finished is kept.",
};

type StopReason = "cancelled" | "interrupted";

interface RunningJob {
  job: Job;
  child: Child;
  stop: StopReason | null;
  savedAt: number;
  /** Aborted with the job: what is being printed for it stops. */
  printing: AbortController;
  settled: Promise<void>;
  settle: () => void;
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: AppError): void;
}

export interface SupervisorOptions {
  project: Project;
  startChild: StartChild;
  publish(event: StudioEvent): void;
  graceMs?: number;
  /** null: this host prints nothing. */
  printPdf?: PrintPdf | null;
}

export class Supervisor {
  readonly #project: Project;
  readonly #startChild: StartChild;
  readonly #publish: (event: StudioEvent) => void;
  readonly #graceMs: number;
  readonly #printPdf: PrintPdf | null;
  readonly #running = new Map<string, RunningJob>();
  readonly #calls = new Map<string, PendingCall>();
  /** Every child that has not exited yet: each has the project open. */
  readonly #living = new Set<Promise<void>>();
  #warm: Child | null = null;
  #closed = false;
  #resting = false;

  constructor(options: SupervisorOptions) {
    this.#project = options.project;
    this.#startChild = options.startChild;
    this.#publish = options.publish;
    this.#graceMs = options.graceMs ?? GRACE_MS;
    this.#printPdf = options.printPdf ?? null;
  }

  /** True while a job of this process runs. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Newest first, running ones with their progress of this moment. */
  list(): Job[] {
    return this.#project.jobs.list().map((job) => this.#running.get(job.id)?.job ?? job);
  }

  /** @throws AppError app/not-found */
  get(id: string): Job {
    return this.#running.get(id)?.job ?? this.#project.jobs.get(id);
  }

  /** Starts a job and answers at once. `subject`: id of the run or model it works on; `id`: its own, where the task has to know it. */
  start(task: JobTask, subject: string | null, id: string = randomUUID()): Job {
    this.#assertOpen();
    const job: Job = {
      id,
      kind: task.kind,
      state: "running",
      subject,
      progress: { done: 0, total: 0, unit: UNIT[task.kind], secondsLeft: null, note: "starting" },
      startedAt: new Date().toISOString(),
      finishedAt: null,
      error: null,
      result: null,
    };
    this.#project.jobs.save(job); // first: what cannot be written must not leave a child behind
    const child = this.#openChild(() => this.#finish(job.id, { failure: CRASHED }));
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    this.#running.set(job.id, {
      job,
      child,
      stop: null,
      savedAt: Date.now(),
      printing: new AbortController(),
      settled,
      settle,
    });
    child.onMessage((message) => this.#onJobMessage(job.id, message));
    child.send({ type: "run", id: job.id, task });
    this.#publish({ type: "job", job });
    return job;
  }

  /** Asks a job to stop. It is stopped when its state says so; a job that has ended stays as it is. */
  cancel(id: string): Job {
    const running = this.#running.get(id);
    if (running) this.#stop(id, running, "cancelled");
    else if (this.#project.jobs.get(id).state === "running") {
      throw new AppError("jobs/running", "This job runs in another window or command of the studio: cancel it there.");
    }
    return this.get(id);
  }

  /** A short task in the warm child. Rejects with the task's AppError, or jobs/crashed when the child died. */
  call<Kind extends TaskKind>(task: TaskOf<Kind>): Promise<TaskResults[Kind]> {
    this.#assertOpen();
    this.#warm ??= this.#openWarmChild();
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#calls.set(id, { resolve, reject });
    this.#warm.send({ type: "run", id, task: task as Task });
    return promise as Promise<TaskResults[Kind]>;
  }

  /** Stops everything (jobs become interrupted, training can be resumed) and ends all children. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const jobs = [...this.#running];
    for (const [id, running] of jobs) this.#stop(id, running, "interrupted");
    this.#endWarmChild();
    await Promise.all(jobs.map(([, running]) => running.settled));
  }

  /**
   * Ends the warm child and runs `work` while no child has the project open and none is started: calls and jobs are refused meanwhile
   * (project/in-use). Throws jobs/running while a job runs.
   */
  async withoutChildren<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    if (this.busy) {
      throw new AppError("jobs/running", "A job is running in this project: wait until it has ended or cancel it.");
    }
    this.#resting = true;
    try {
      this.#endWarmChild();
      await Promise.all(this.#living);
      return await work();
    } finally {
      this.#resting = false;
    }
  }

  #assertOpen(): void {
    if (this.#resting)
      throw new AppError("project/in-use", "The project is just being encrypted anew: wait until it is done.");
    if (this.#closed) throw new AppError("project/locked", "The project is being locked.");
  }

  #openChild(onExit: () => void): Child {
    const child = this.#startChild();
    const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
    this.#living.add(exited);
    child.onExit(() => {
      this.#living.delete(exited);
      exit();
      onExit();
    });
    const { path, member, key } = this.#project;
    child.send({ type: "open", projectPath: path, key, memberId: member.id });
    key.fill(0); // it is written to the channel by now
    return child;
  }

  #openWarmChild(): Child {
    const child = this.#openChild(() => {
      if (this.#warm === child) this.#endWarmChild();
    });
    child.onMessage((message) => {
      if (message.type === "done" || message.type === "failed") {
        const call = this.#calls.get(message.id);
        this.#calls.delete(message.id);
        if (message.type === "done") call?.resolve(message.result);
        else call?.reject(toAppError(message.error));
      } else if (message.type === "changed") {
        this.#publish({ type: "changed", topic: message.topic });
      }
    });
    return child;
  }

  #endWarmChild(): void {
    const child = this.#warm;
    this.#warm = null;
    child?.send({ type: "close" });
    child?.kill();
    const failure = this.#whyEnded();
    for (const call of this.#calls.values()) call.reject(failure);
    this.#calls.clear();
  }

  #whyEnded(): AppError {
    if (this.#closed) return new AppError("app/aborted", "The project was locked.");
    if (this.#resting)
      return new AppError("app/aborted", "The project is being encrypted anew: ask again when it is done.");
    return toAppError(CRASHED);
  }

  #stop(id: string, running: RunningJob, reason: StopReason): void {
    if (running.stop !== null) return;
    running.stop = reason;
    running.printing.abort();
    running.child.send({ type: "cancel", id });
    const timer = setTimeout(() => running.child.kill(), this.#graceMs);
    timer.unref();
    void running.settled.then(() => clearTimeout(timer));
  }

  #onJobMessage(id: string, message: ChildMessage): void {
    const running = this.#running.get(id);
    if (!running) return;
    switch (message.type) {
      case "progress":
        running.job = { ...running.job, progress: message.progress };
        if (Date.now() - running.savedAt >= SAVE_EVERY_MS) {
          running.savedAt = Date.now();
          this.#keep(running.job);
        }
        this.#publish({ type: "job", job: running.job });
        return;
      case "points":
        this.#publish({ type: "points", runId: message.runId, points: message.points });
        return;
      case "changed":
        this.#publish({ type: "changed", topic: message.topic });
        return;
      case "print":
        void this.#print(id, running, message.html);
        return;
      case "done":
        this.#finish(id, { result: message.result });
        return;
      case "failed":
        this.#finish(id, { failure: message.error });
        return;
    }
  }

  /** A child has no window: its host prints for it. What is cancelled meanwhile is printed for nobody. */
  async #print(id: string, { child, printing }: RunningJob, html: string): Promise<void> {
    try {
      if (this.#printPdf === null) throw new AppError("report/no-printer", "This door of the studio prints no PDF.");
      child.send({ type: "printed", id, pdf: await this.#printPdf(html, printing.signal) });
    } catch (error) {
      const { code, message } =
        error instanceof AppError
          ? error
          : new AppError("report/no-printer", "The page could not be printed as a PDF.");
      child.send({ type: "not-printed", id, error: { code, message } });
    }
  }

  #finish(id: string, outcome: { result: unknown } | { failure: TaskFailure }): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    running.printing.abort();
    const { job, stop } = running;
    const error = "failure" in outcome ? outcome.failure : null;
    const state = error === null ? "done" : endState(error, stop);
    const final: Job = {
      ...job,
      state,
      finishedAt: new Date().toISOString(),
      progress: state === "done" ? { ...job.progress, done: job.progress.total, secondsLeft: 0 } : job.progress,
      error: state === "cancelled" ? null : error,
      result: "result" in outcome ? outcome.result : null,
    };
    const kept = this.#keep(final);
    this.#publish({ type: "job", job: kept });
    for (const topic of TOPICS[job.kind]) this.#publish({ type: "changed", topic });
    running.child.send({ type: "close" });
    const timer = setTimeout(() => running.child.kill(), this.#graceMs);
    timer.unref();
    running.settle();
  }

  /**
   * Writes a job, and the state of the run or search that it works on. A disk that is full or busy must not take the studio with it: the answer is
   * then the job with that error, and its row is put right when the project is opened again.
   */
  #keep(job: Job): Job {
    const { state, finishedAt, error } = job;
    try {
      this.#project.transaction(() => {
        this.#project.jobs.save(job);
        if (job.kind === "train" && job.subject !== null && state !== "running") {
          this.#project.runs.update(job.subject, { state, finishedAt, error });
        }
        if (job.kind === "search" && job.subject !== null && state !== "running") this.#endWorker(job, job.subject);
      });
      return job;
    } catch (failure) {
      if (!(failure instanceof AppError)) throw failure;
      return state === "running"
        ? job
        : { ...job, state: "failed", error: { code: failure.code, message: failure.message } };
    }
  }

  /** One of a search's workers has ended: the run it was at is stopped with it, and the search where it was the last. A worker's error is the search's. */
  #endWorker({ id, state, finishedAt, error }: Job, searchId: string): void {
    const { runs, searches } = this.#project;
    for (const run of runs.underJob(id)) runs.update(run.id, { state, finishedAt, error });
    const failed = searches.get(searchId).error ?? error;
    const others = [...this.#running.values()].some(({ job }) => job.kind === "search" && job.subject === searchId);
    const end = failed !== null && state === "done" ? "failed" : state;
    searches.setState(searchId, { state: others ? "running" : end, error: failed });
  }
}

/** How a job that did not finish ended: somebody stopped it, its process died, or its work failed. */
function endState(error: TaskFailure, stop: StopReason | null): Job["state"] {
  if (stop !== null) return stop;
  return error.code === CRASHED.code ? "interrupted" : "failed";
}

function toAppError({ code, message }: TaskFailure): AppError {
  const known: ErrorCode = isErrorCode(code) ? code : "app/internal";
  return new AppError(known, message);
}

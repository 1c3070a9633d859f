// The one open project of a studio, its running work, and who is told about it.
//
// Invariants: at most one project is open, however many windows open one at once; locking stops its jobs first, then closes it and
// wipes the key; an evaluation that is being computed is computed once however many windows ask. Every call passes `project` or `jobs`, which refuse when locked.

import { AppError, type StudioEvent } from "../../preload/contract/index.ts";
import { Supervisor } from "../jobs/supervisor.ts";
import { forgetUnlockFailures, type Project, recentProjects, unlockFailures } from "../project/index.ts";
import { EventHub } from "./events.ts";
import { forgetUnreachable } from "./forget.ts";
import type { Host } from "./host.ts";
import { UnlockLimit } from "./unlock-limit.ts";

interface OpenProject {
  project: Project;
  jobs: Supervisor;
}

/** Why a project was locked: somebody asked, nobody was there, another was opened, the studio ended, or the system sleeps or locks its screen. */
export type LockReason = "asked" | "idle" | "replaced" | "closed" | "suspend" | "screen-lock";

export class Session {
  readonly host: Host;
  readonly events = new EventHub();
  readonly unlockLimit = new UnlockLimit();
  #open: OpenProject | null = null;
  #idle: NodeJS.Timeout | null = null;
  #rekeying: AbortController | null = null;
  readonly #inFlight = new Map<string, Promise<unknown>>();
  /** The last opening or locking: each waits for the one before, so that none is lost while jobs are being stopped. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: Host) {
    this.host = host;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** @throws AppError project/locked */
  get project(): Project {
    return this.#opened().project;
  }

  /** @throws AppError project/locked */
  get jobs(): Supervisor {
    return this.#opened().jobs;
  }

  /**
   * Takes over a project that has just been unlocked, notes in its log by whom, how, and after how many attempts that failed, and marks what a dead
   * studio left running in it. The one before is locked.
   */
  adopt(project: Project, by: "passphrase" | "recovery-key" | "key-store" | "creation"): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#lockNow("replaced");
        this.#noteOpening(project, by);
      } catch (error) {
        project.close();
        throw error;
      }
      recentProjects.remember(project);
      const { startChild, printPdf } = this.host;
      const jobs = new Supervisor({ project, startChild, printPdf, publish: (event) => this.publish(event) });
      this.#open = { project, jobs };
      this.touch();
      this.publish({ type: "changed", topic: "project" });
    });
  }

  /** A full disk keeps nobody from looking: then failed attempts wait for the next opening, and runs stay as the dead studio left them. */
  #noteOpening(project: Project, by: string): void {
    try {
      const failed = unlockFailures(project.path);
      const { host } = this.host.info;
      project.audit.record("project/open", project.id, {
        ...{ host, by },
        failed: failed === null ? undefined : { ...failed },
      });
      forgetUnlockFailures(project.path);
      project.runs.markInterrupted();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "project/disk-full")) throw error;
      this.host.report(error.code, "audit of opening");
    }
  }

  /**
   * Gives the open project a new key while no child has it open; the project stays open. `signal` stops it, and so does locking. Answers
   * what `work` answers. Throws jobs/running.
   */
  rekey<T>(
    work: (
      project: Project,
      options: { signal: AbortSignal; progress(done: number, total: number): void },
    ) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const stop = new AbortController();
    return this.#inTurn(async () => {
      const { project, jobs } = this.#opened();
      this.#rekeying = stop;
      let bytes = 0;
      try {
        return await jobs.withoutChildren(() =>
          work(project, {
            signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
            progress: (done, total) => {
              bytes = total;
              this.publish({ type: "rekeying", done: Math.min(done, total - 1), total });
            },
          }),
        );
      } finally {
        this.#rekeying = null;
        this.publish({ type: "rekeying", done: bytes, total: bytes });
        this.publish({ type: "changed", topic: "project" });
      }
    });
  }

  /** Stops jobs, closes the project, wipes its key. Nothing happens when none is open. `reason` goes into the project's log. */
  lock(reason: LockReason = "asked"): Promise<void> {
    this.#rekeying?.abort();
    return this.#inTurn(() => this.#lockNow(reason));
  }

  async #lockNow(reason: LockReason): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    if (this.#idle) clearTimeout(this.#idle);
    await open.jobs.close();
    try {
      open.project.audit.record("project/lock", open.project.id, { reason });
    } catch {
      // A full disk must not keep the key in memory.
      this.host.report("app/internal", "audit of locking");
    }
    open.project.close();
    this.events.forget();
    this.publish({ type: "changed", topic: "project" });
    if (reason !== "closed") void forgetUnreachable();
  }

  async close(): Promise<void> {
    await this.lock("closed");
    this.events.close();
  }

  /** Somebody is here: the idle lock starts counting again. */
  touch(): void {
    if (this.#idle) clearTimeout(this.#idle);
    const idleLockMs = this.host.idleLockMs();
    if (idleLockMs === null || this.#open === null) return;
    this.#idle = setTimeout(() => this.#onIdle(), idleLockMs);
    this.#idle.unref();
  }

  publish(event: StudioEvent): void {
    this.events.publish(event);
  }

  /** Answers everyone who asks for the same thing at the same time with one computation. */
  once<T>(key: string, compute: () => Promise<T>): Promise<T> {
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running as Promise<T>;
    const started = compute().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, started);
    return started;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #onIdle(): void {
    if (this.#open?.jobs.busy || this.#rekeying !== null) {
      this.touch();
      return;
    }
    this.lock("idle").catch(() => this.host.report("app/internal", "idle lock"));
  }

  #opened(): OpenProject {
    if (this.#open === null) throw new AppError("project/locked", "No project is open: open one first.");
    return this.#open;
  }
}

// Long work as the desktop sees it: progress in the dock or taskbar, a message when it ends behind another window, no sleep while a
// model trains. What is said to the system names the kind of work and how it ended, never a project, a person or an image: the system
// keeps its messages, and shows them on locked screens.

import { Notification, powerSaveBlocker } from "electron";
import type { Job } from "../../preload/contract/index.ts";
import type { Texts } from "./electron-texts.ts";
import type { StudioWindow } from "./electron-window.ts";

export interface JobsOptions {
  window: StudioWindow;
  texts(): Texts;
}

export class JobsInSight {
  readonly #options: JobsOptions;
  readonly #running = new Map<string, Job>();
  #whenQuiet: (() => void) | null = null;
  #blocker: number | null = null;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Once, when nothing runs any more: at once if nothing does. null takes an earlier wish back. */
  whenQuiet(act: (() => void) | null): void {
    this.#whenQuiet = act;
    this.#tellIfQuiet();
  }

  see(job: Job): void {
    const known = this.#running.get(job.id);
    if (job.state === "running") this.#running.set(job.id, job);
    else {
      this.#running.delete(job.id);
      if (known) this.#announce(job);
    }
    this.#keepAwake();
    this.#options.window.showProgress(this.#progress());
    this.#tellIfQuiet();
  }

  #progress(): number | null | undefined {
    // A node that waits for images has no end to be near to.
    const jobs = [...this.#running.values()].filter(({ kind }) => kind !== "pacs-listen");
    if (jobs.length === 0) return undefined;
    const known = jobs.filter(({ progress }) => progress.total > 0);
    if (known.length === 0) return null;
    return known.reduce((sum, { progress }) => sum + progress.done / progress.total, 0) / known.length;
  }

  #keepAwake(): void {
    const trains = [...this.#running.values()].some(({ kind }) => kind === "train");
    if (trains && this.#blocker === null) this.#blocker = powerSaveBlocker.start("prevent-app-suspension");
    if (!trains && this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }

  #announce({ kind, state }: Job): void {
    const { window, texts } = this.#options;
    // What a person stopped, or the lock did, is no news.
    if ((state !== "done" && state !== "failed") || window.isFocused || !Notification.isSupported()) return;
    const { jobs, notification } = texts();
    const shown = new Notification({ title: jobs[kind], body: notification[state] });
    shown.on("click", () => window.show());
    shown.show();
  }

  #tellIfQuiet(): void {
    if (this.busy || this.#whenQuiet === null) return;
    const act = this.#whenQuiet;
    this.#whenQuiet = null;
    act();
  }
}

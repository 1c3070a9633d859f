// Writes changes one after the other, in the order in which the person made them, and never loses one silently.
//
// A change that the studio refuses (geometry outside the image, class gone) is reported and dropped: trying again cannot help.
// A change that could not be delivered (no answer, disk full, internal error) stays first in line and is tried again with
// back-off until it is through; the state says so meanwhile.
import { createStore } from "zustand/vanilla";

export interface SaveState {
  /** changes not yet on disk */
  waiting: number;
  /** why the first in line is not through; null when nothing is wrong */
  trouble: unknown;
  /** at least one change went through since the start */
  saved: boolean;
}

export interface SaveQueueOptions {
  /** True when trying again may help. */
  isPassing(error: unknown): boolean;
  onRefused(error: unknown): void;
  wait?(ms: number): Promise<void>;
}

interface Task {
  run(): Promise<void>;
  once: boolean;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

export class SaveQueue {
  readonly store = createStore<SaveState>(() => ({ waiting: 0, trouble: null, saved: false }));
  private readonly tasks: Task[] = [];
  private readonly options: SaveQueueOptions;
  private working: Promise<void> | null = null;

  constructor(options: SaveQueueOptions) {
    this.options = options;
  }

  /**
   * Adds a change. `run` must be safe to call again after it failed to be delivered; with `once` it is reported instead
   * (undo: a second call would take back one change more).
   */
  add(run: () => Promise<void>, options?: { once?: boolean }): void {
    this.tasks.push({ run, once: options?.once ?? false });
    this.store.setState({ waiting: this.tasks.length });
    this.working ??= this.work();
  }

  /** Resolves when every change so far is through or was refused. */
  async settled(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    const wait = this.options.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
    let waitMs = FIRST_WAIT_MS;
    while (this.tasks.length > 0) {
      const { run, once } = this.tasks[0];
      try {
        await run();
      } catch (error) {
        if (!once && this.options.isPassing(error)) {
          this.store.setState({ trouble: error });
          await wait(waitMs);
          waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
          continue;
        }
        this.options.onRefused(error);
      }
      waitMs = FIRST_WAIT_MS;
      this.tasks.shift();
      this.store.setState({ waiting: this.tasks.length, trouble: null, saved: true });
    }
    this.working = null;
  }
}

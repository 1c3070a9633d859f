import type { Progress, RunPoint, Topic } from "../../../preload/contract/index.ts";
import type { Project } from "../../project/index.ts";

/** What a task has at hand. `signal` is checked between pieces of work; an aborted task throws app/aborted. */
export interface TaskContext {
  readonly project: Project;
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  points(runId: string, points: RunPoint[]): void;
  changed(topic: Topic): void;
}

/** What the tasks of a child have besides. */
export interface PrintingContext extends TaskContext {
  /** A page by itself as a PDF, printed by the host; for jobs. Errors: report/no-printer, app/aborted. */
  print(html: string): Promise<Uint8Array>;
}

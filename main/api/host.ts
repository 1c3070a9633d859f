// What the api needs to know about the door that mounts it. Each door in `main/hosts` makes one of these.

import type { AppInfo } from "../../preload/contract/index.ts";
import type { StartChild } from "../jobs/protocol.ts";

export interface Host {
  readonly info: AppInfo;
  readonly startChild: StartChild;
  /** Locks the project after this long without a call, unless a job runs; null: never. */
  readonly idleLockMs: number | null;
  /** An unexpected error happened: its code and where, never its message, which may quote data. */
  report(code: string, where: string): void;
}

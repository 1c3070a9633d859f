// The newest job of a kind on a model: running, or how it ended.
import type { Job, JobKind } from "../../../preload/contract/index.ts";

/** `jobs` newest first, as the studio lists them. */
export function newestJob(jobs: readonly Job[], kind: JobKind, modelId: string): Job | null {
  return jobs.find((job) => job.kind === kind && job.subject === modelId) ?? null;
}

// What a bench answers; `test/bench/run.ts` runs them.

export interface BenchResult {
  figures: Record<string, number>;
  /** What the figures must keep, in words, for example { auc: ">= 0.96" }. */
  required: Record<string, string>;
  ok: boolean;
}

/** Thrown by a bench whose data or tools are not on this machine: nothing was measured. */
export class BenchUnavailable extends Error {}

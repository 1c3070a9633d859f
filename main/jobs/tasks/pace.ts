// Time left, from how long the work so far took. Nothing is said before there is something to say it from.

import type { Progress } from "../../../preload/contract/index.ts";

const QUIET_MS = 1000;

export class Pace {
  readonly #began = performance.now();

  /** Progress at `done` of `total` pieces that take about equally long. */
  at(done: number, total: number, unit: Progress["unit"], note: string): Progress {
    const elapsed = performance.now() - this.#began;
    const known = done > 0 && total >= done && elapsed > QUIET_MS;
    const secondsLeft = known ? ((elapsed / done) * (total - done)) / 1000 : null;
    return { done, total, unit, secondsLeft, note };
  }
}

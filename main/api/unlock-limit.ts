// Guessing is slow at every door: how often a passphrase, a recovery key or the browser host's password may be tried.
//
// Two counts stand against a try: the caller's own, and one for everybody who was never right here. Each allows a few free
// mistakes, then a wait that doubles with every further mistake up to a ceiling, and forgets them after a while without any.
// - A try is counted before it is made and taken back when it was right or failed for another reason, so a hundred tries at once are
//   not a hundred guesses. At most two are computed at a time: each costs 64 MiB or more.
// - A refused try does not lengthen the wait, and the wait has a ceiling: nobody is locked out for ever.
// - A caller who was right before is no longer held up by what others guess.
// Counts live in memory only: whoever can start the studio again can also read its files. Non-goal: guessing offline, on a copied
// keys.json; there only Argon2id and the passphrase itself help.

import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { AppError } from "../../preload/contract/index.ts";

interface Allowance {
  /** mistakes before the first wait */
  readonly free: number;
  /** the longest wait between two tries, milliseconds; the first is FIRST_WAIT_MS */
  readonly longestMs: number;
}

const FIRST_WAIT_MS = 1000;
const OWN: Allowance = { free: 5, longestMs: 5 * 60_000 };
const SHARED: Allowance = { free: 20, longestMs: 60_000 };
/** Mistakes are forgotten after this long without a new one. */
const FORGET_MS = 30 * 60_000;
const AT_ONCE = 2;
/** Counts kept; beyond it the one that was used longest ago goes. The shared count outlives a flood of callers. */
const LARGEST_MEMORY = 10_000;

interface Count {
  mistakes: number;
  /** when the last one was counted, on the limit's clock */
  at: number;
  /** this caller was right once */
  known: boolean;
}

export class UnlockLimit {
  readonly #now: () => number;
  readonly #own = new Map<string, Count>();
  readonly #shared = new Map<string, Count>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param now a clock in milliseconds that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Makes one try of `caller` at `target`. A mistake is an AppError project/key-wrong, or whatever `isMistake` says.
   * @throws AppError app/too-many-tries with the seconds to wait, without having tried; else what `unlock` throws
   */
  async attempt<T>(
    who: { caller: string; target: string },
    unlock: () => Promise<T>,
    isMistake: (error: unknown) => boolean = isWrongKey,
  ): Promise<T> {
    const ownKey = `${who.caller}\0${who.target}`;
    const own = this.#count(this.#own, ownKey);
    const shared = own.known ? null : this.#count(this.#shared, who.target);
    const waitMs = Math.max(this.#waitOf(own, OWN), shared === null ? 0 : this.#waitOf(shared, SHARED));
    if (waitMs > 0) throw tooManyTries(waitMs);
    const counts = shared === null ? [own] : [own, shared];
    for (const count of counts) {
      count.mistakes += 1;
      count.at = this.#now();
    }
    const takeBack = (): void => {
      for (const count of counts) count.mistakes = Math.max(0, count.mistakes - 1);
      // Nothing is remembered of who made no mistake, so asking for what is not there pushes nothing out.
      if (shared?.mistakes === 0) this.#shared.delete(who.target);
      if (own.mistakes === 0 && !own.known) this.#own.delete(ownKey);
    };
    try {
      const result = await this.#inTurn(unlock);
      own.known = true;
      takeBack();
      own.mistakes = 0;
      return result;
    } catch (error) {
      if (!isMistake(error)) takeBack();
      // The wait begins when the mistake is known: computing it may take longer than the first wait.
      else for (const count of counts) count.at = this.#now();
      throw error;
    }
  }

  /** Somebody who sits at the machine lets everybody try again. */
  forget(): void {
    for (const counts of [this.#own, this.#shared]) for (const count of counts.values()) count.mistakes = 0;
  }

  #count(counts: Map<string, Count>, key: string): Count {
    const now = this.#now();
    const count = counts.get(key) ?? { mistakes: 0, at: now, known: false };
    if (now - count.at >= FORGET_MS) count.mistakes = 0;
    counts.delete(key); // the map's order is the order of use
    counts.set(key, count);
    for (const oldest of counts.keys()) {
      if (counts.size <= LARGEST_MEMORY) break;
      counts.delete(oldest);
    }
    return count;
  }

  #waitOf({ mistakes, at }: Count, { free, longestMs }: Allowance): number {
    if (mistakes < free) return 0;
    const wait = Math.min(longestMs, FIRST_WAIT_MS * 2 ** Math.min(mistakes - free, 30));
    return Math.max(0, at + wait - this.#now());
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    // The one that ends hands its place on, so nobody who comes in between takes it.
    if (this.#running < AT_ONCE) this.#running += 1;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** One name for one project, however its path is written. */
export function projectTarget(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

function isWrongKey(error: unknown): boolean {
  return error instanceof AppError && error.code === "project/key-wrong";
}

function tooManyTries(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000);
  return new AppError("app/too-many-tries", `Too many tries that were not right: wait ${seconds} s, then try again.`, {
    retryAfterSeconds: seconds,
  });
}

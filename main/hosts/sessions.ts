// Who has been let in: one-time links and the sessions that came of them or of the password.
//
// A session ends when its browser signs out, after twelve hours without a request, after seven days in any case, when more than
// LARGEST_NUMBER others are newer, and with the studio. It does not end when the project locks: a session says that this browser may
// ask, the passphrase says whose images it may see. What a browser still receives when its session ends is cut off (`ended`).
// Only hashes of tokens and cookies are kept, so comparing them by a map tells a clock nothing.

import { createHash, randomBytes } from "node:crypto";

export const LINK_LIFE_MS = 10 * 60_000;
export const IDLE_LIFE_MS = 12 * 3600_000;
export const LONGEST_LIFE_MS = 7 * 24 * 3600_000;
const LARGEST_NUMBER = 64;

export interface BrowserSession {
  /** names the session in counts; gives nothing away */
  readonly name: string;
  /** aborted when the session has ended */
  readonly ended: AbortSignal;
}

interface Kept extends BrowserSession {
  readonly key: string;
  readonly since: number;
  readonly stop: AbortController;
  seen: number;
}

export class Sessions {
  readonly #now: () => number;
  /** in the order of their last request */
  readonly #sessions = new Map<string, Kept>();
  #link: { key: string; until: number } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #count = 0;

  /** @param now milliseconds on a clock that never goes back and counts while the machine sleeps */
  constructor(now: () => number = wakefulClock()) {
    this.#now = now;
  }

  /** A token that lets one browser in, once, within ten minutes. The one before it stops working. */
  newLinkToken(): string {
    const token = randomBytes(24).toString("base64url");
    this.#link = { key: hash(token), until: this.#now() + LINK_LIFE_MS };
    return token;
  }

  /** True once for the last token, while it is fresh. */
  redeem(token: string): boolean {
    const link = this.#link;
    if (link === null || hash(token) !== link.key) return false;
    this.#link = null;
    return this.#now() < link.until;
  }

  /** A new session; the secret goes into the browser's cookie and is kept nowhere. */
  start(): string {
    const secret = randomBytes(32).toString("base64url");
    const key = hash(secret);
    const stop = new AbortController();
    const now = this.#now();
    this.#count += 1;
    this.#sessions.set(key, { key, name: `browser ${this.#count}`, since: now, seen: now, stop, ended: stop.signal });
    for (const oldest of this.#sessions.values()) {
      if (this.#sessions.size <= LARGEST_NUMBER) break;
      this.#end(oldest);
    }
    this.#schedule();
    return secret;
  }

  /** The session of a cookie's secret, which counts as a request of it; null where there is none or it has ended. */
  find(secret: string): BrowserSession | null {
    const session = this.#sessions.get(hash(secret));
    if (session === undefined) return null;
    if (this.#lifeLeft(session) <= 0) {
      this.#end(session);
      return null;
    }
    session.seen = this.#now();
    this.#sessions.delete(session.key);
    this.#sessions.set(session.key, session);
    return session;
  }

  /** Nothing happens where there is none. */
  end(secret: string): void {
    const session = this.#sessions.get(hash(secret));
    if (session !== undefined) this.#end(session);
  }

  endAll(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const session of this.#sessions.values()) this.#end(session);
  }

  #end(session: Kept): void {
    this.#sessions.delete(session.key);
    session.stop.abort();
  }

  #lifeLeft({ since, seen }: Kept): number {
    return Math.min(since + LONGEST_LIFE_MS, seen + IDLE_LIFE_MS) - this.#now();
  }

  /** Streams of a session that nobody asks for any more are cut when its time is up, not when somebody asks. */
  #schedule(): void {
    this.#timer ??= setInterval(() => {
      for (const session of this.#sessions.values()) if (this.#lifeLeft(session) <= 0) this.#end(session);
    }, 60_000).unref();
  }
}

const hash = (text: string): string => createHash("sha256").update(text).digest("base64");

/** Milliseconds that passed by the wall clock or by the processor's, whichever saw more: sleep counts, a clock set back does not. */
function wakefulClock(): () => number {
  let [wall, steady, passed] = [Date.now(), performance.now(), 0];
  return () => {
    const [wallNow, steadyNow] = [Date.now(), performance.now()];
    passed += Math.max(wallNow - wall, steadyNow - steady, 0);
    [wall, steady] = [wallNow, steadyNow];
    return passed;
  };
}

// Events to every open window: one bounded queue per subscriber, dropped when its window goes away.
//
// Events announce and the page then asks (see the contract), so news that nobody has read yet may be replaced by newer news of
// the same thing: a slow page gets fewer events, never a longer queue.

import type { StudioEvent } from "../../preload/contract/index.ts";

/** Events with the same key replace each other while they wait; null: keep every one. */
function replaceKey(event: StudioEvent): string | null {
  switch (event.type) {
    case "job":
      return `job ${event.job.id}`;
    case "changed":
      return `changed ${event.topic}`;
    case "rekeying":
      return "rekeying";
    case "hello":
    case "labels":
    case "points":
      return null;
  }
}

/** Curve points that a stuck page does not read are dropped beyond this: it asks for all of them when it wakes. */
const LONGEST_QUEUE = 1000;

export class EventHub {
  readonly #subscribers = new Set<Subscriber>();

  get subscribers(): number {
    return this.#subscribers.size;
  }

  publish(event: StudioEvent): void {
    for (const subscriber of this.#subscribers) subscriber.push(event);
  }

  /** Starts with `hello`. Ends when `signal` aborts or the reader returns. */
  subscribe(signal?: AbortSignal): AsyncIteratorObject<StudioEvent, void, void> {
    const subscriber = new Subscriber((ended) => this.#subscribers.delete(ended));
    this.#subscribers.add(subscriber);
    subscriber.push({ type: "hello" });
    if (signal?.aborted) subscriber.end();
    else signal?.addEventListener("abort", () => subscriber.end(), { once: true });
    return subscriber;
  }

  /** What nobody has read yet is forgotten: it is about a project that is locked now, or was another member's to see. */
  forget(): void {
    for (const subscriber of this.#subscribers) subscriber.forget();
  }

  close(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.end();
  }
}

// Written out rather than as an async generator: a generator's return() waits for the event it is waiting for, which may never come.
class Subscriber implements AsyncIteratorObject<StudioEvent, void, void> {
  readonly #onEnd: (self: Subscriber) => void;
  #queue: StudioEvent[] = [];
  #waiting: ((result: IteratorResult<StudioEvent, void>) => void) | null = null;
  #ended = false;

  constructor(onEnd: (self: Subscriber) => void) {
    this.#onEnd = onEnd;
  }

  push(event: StudioEvent): void {
    if (this.#ended) return;
    if (this.#waiting) {
      const resolve = this.#waiting;
      this.#waiting = null;
      resolve({ value: event, done: false });
      return;
    }
    const key = replaceKey(event);
    if (key !== null) this.#queue = this.#queue.filter((waiting) => replaceKey(waiting) !== key);
    // News with a key is never many: that a job ended must not be lost behind points.
    if (key !== null || this.#queue.length < LONGEST_QUEUE) this.#queue.push(event);
    // Labels must not be missed: one event in place of those that do not fit says that all may be old.
    else if (event.type === "labels") this.push({ type: "changed", topic: "labels" });
  }

  /** Drops what waits. What the page knows is old by the event that follows. */
  forget(): void {
    this.#queue = this.#queue.filter(({ type }) => type === "hello");
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#waiting?.({ value: undefined, done: true });
    this.#waiting = null;
    this.#onEnd(this);
  }

  next(): Promise<IteratorResult<StudioEvent, void>> {
    const event = this.#queue.shift();
    if (event) return Promise.resolve({ value: event, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<StudioEvent, void>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }
}

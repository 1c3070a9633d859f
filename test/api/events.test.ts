import { expect, test } from "vitest";
import { EventHub } from "../../main/api/events.ts";
import type { Job } from "../../preload/contract/index.ts";

const job = (done: number): Job => ({
  id: "one",
  kind: "import",
  state: "running",
  subject: null,
  progress: { done, total: 10, unit: "files", secondsLeft: null, note: "importing" },
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  error: null,
  result: null,
});

test("a window that goes away while it waits is forgotten at once", async () => {
  const hub = new EventHub();
  const gone = new AbortController();
  const events = hub.subscribe(gone.signal);
  expect(await events.next()).toEqual({ value: { type: "hello" }, done: false });
  const waiting = events.next();
  gone.abort();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(hub.subscribers).toBe(0);
});

test("a reader that returns while it waits is forgotten without another event", async () => {
  const hub = new EventHub();
  const events = hub.subscribe();
  await events.next();
  const waiting = events.next();
  await events.return?.();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(hub.subscribers).toBe(0);
  hub.publish({ type: "changed", topic: "images" });
  expect(await events.next()).toEqual({ value: undefined, done: true });
});

test("a slow window hears the newest progress of a job once, and every batch of points", async () => {
  const hub = new EventHub();
  const heard = hub.subscribe();
  hub.publish({ type: "job", job: job(1) });
  hub.publish({ type: "changed", topic: "runs" });
  hub.publish({ type: "job", job: job(2) });
  hub.publish({ type: "points", runId: "run", points: [] });
  hub.publish({ type: "changed", topic: "runs" });
  hub.publish({ type: "points", runId: "run", points: [] });
  const queue = [];
  for (let index = 0; index < 5; index += 1) queue.push((await heard.next()).value);
  expect(queue.map((event) => event?.type)).toEqual(["hello", "job", "points", "changed", "points"]);
  expect(queue[1]).toMatchObject({ job: { progress: { done: 2 } } });
});

test("a stuck window loses points, never that a job ended", async () => {
  const hub = new EventHub();
  const heard = hub.subscribe();
  for (let index = 0; index < 5000; index += 1) hub.publish({ type: "points", runId: "run", points: [] });
  hub.publish({ type: "job", job: { ...job(10), state: "done" } });
  hub.publish({ type: "changed", topic: "runs" });
  const types: (string | undefined)[] = [];
  while (types.at(-1) !== "changed" && types.length < 2000) types.push((await heard.next()).value?.type);
  expect(types.slice(-2)).toEqual(["job", "changed"]);
  expect(types.length).toBeLessThan(1100);
});

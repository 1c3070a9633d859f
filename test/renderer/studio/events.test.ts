import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { Job, RunPoint, Studio, StudioEvent } from "../../../preload/contract/index.ts";
import { refusalOf } from "../../../renderer/studio/client.ts";
import { applyEvent, listenToStudio } from "../../../renderer/studio/events.ts";
import { keys, pointsOf } from "../../../renderer/studio/queries.ts";

const job = (id: string, done: number): Job => ({
  id,
  kind: "train",
  state: "running",
  subject: null,
  progress: { done, total: 10, unit: "steps", secondsLeft: null, note: "training" },
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  error: null,
  result: null,
});
const isOld = (client: QueryClient, key: readonly unknown[]) => client.getQueryState(key)?.isInvalidated;

test("a change of labels makes labels, library and project old, and nothing else", () => {
  const client = new QueryClient();
  for (const key of [keys.labels("i", ""), keys.facets, keys.current, keys.runs]) client.setQueryData(key, []);
  applyEvent(client, { type: "changed", topic: "labels" });
  expect(isOld(client, keys.labels("i", ""))).toBe(true);
  expect(isOld(client, keys.facets)).toBe(true);
  expect(isOld(client, keys.current)).toBe(true);
  expect(isOld(client, keys.runs)).toBe(false);
});

test("a job is added in front once and then replaced where it stands", () => {
  const client = new QueryClient();
  applyEvent(client, { type: "job", job: job("a", 1) });
  applyEvent(client, { type: "job", job: job("b", 1) });
  applyEvent(client, { type: "job", job: job("a", 5) });
  const jobs = client.getQueryData<Job[]>(keys.jobs);
  expect(jobs?.map(({ id, progress }) => `${id}${progress.done}`)).toEqual(["b1", "a5"]);
});

test("points of a run are added, and points of a repeated step replace the old ones", () => {
  const client = new QueryClient();
  const point = (step: number, value: number) => ({ step, epoch: 0, part: "train", metric: "loss", value }) as const;
  client.setQueryData(keys.points("r"), [point(1, 0.9), point(2, 0.8)]);
  applyEvent(client, { type: "points", runId: "r", points: [point(2, 0.7), point(3, 0.6)] });
  expect(client.getQueryData(keys.points("r"))).toEqual([point(1, 0.9), point(2, 0.7), point(3, 0.6)]);
});

test("points that were told while the first answer was on its way are kept, and those of other runs cost nothing", async () => {
  const client = new QueryClient();
  const point = (step: number, value: number) => ({ step, epoch: 0, part: "train", metric: "loss", value }) as const;
  let answer: (points: RunPoint[]) => void = () => {};
  const points = () => new Promise<RunPoint[]>((resolve) => (answer = resolve));
  const studio = { runs: { points } } as unknown as Studio;
  const asked = client.fetchQuery({ queryKey: keys.points("r"), queryFn: () => pointsOf(studio, client, "r") });
  applyEvent(client, { type: "points", runId: "r", points: [point(2, 0.8), point(3, 0.7)] });
  applyEvent(client, { type: "points", runId: "other", points: [point(1, 0.9)] });
  answer([point(1, 0.9), point(2, 0.8)]);
  expect(await asked).toEqual([point(1, 0.9), point(2, 0.8), point(3, 0.7)]);
  expect(client.getQueryData(keys.points("r"))).toEqual([point(1, 0.9), point(2, 0.8), point(3, 0.7)]);
  expect(client.getQueryData(keys.points("other"))).toBeUndefined();
});

test("a stream that breaks is opened again with back-off, said as lost, and everything is asked again", async () => {
  const client = new QueryClient();
  client.setQueryData(keys.runs, []);
  const stop = new AbortController();
  let opened = 0;
  const events = async (): Promise<AsyncGenerator<StudioEvent>> => {
    opened += 1;
    if (opened === 2 || opened === 3) throw new TypeError("Failed to fetch");
    return (async function* () {
      yield { type: "hello" } as const;
      if (opened === 4) stop.abort();
    })();
  };
  const states: string[] = [];
  const waits: number[] = [];
  await listenToStudio({
    studio: { app: { events } } as unknown as Studio,
    queryClient: client,
    signal: stop.signal,
    onConnection: (state) => states.push(state),
    wait: async (ms) => void waits.push(ms),
  });
  expect(states).toEqual(["open", "lost", "lost", "lost", "open"]);
  expect(waits).toEqual([500, 1000, 2000]);
  expect(isOld(client, keys.runs)).toBe(true);
});

test("what the browser throws when nobody answers is page/offline", () => {
  expect(refusalOf(new TypeError("Failed to fetch")).code).toBe("page/offline");
  expect(refusalOf(Object.assign(new Error("x"), { code: "project/locked" })).code).toBe("project/locked");
  expect(refusalOf("?").code).toBe("app/internal");
});

// Keeps the page's answers fresh: listens to the studio's events and tells TanStack Query what is old.
//
// Events announce, calls answer. When the stream breaks, it is opened again with back-off (0.5 s doubling to 8 s) and, since
// anything may have been missed, everything is asked again. `connection` says what the person should see.
import type { QueryClient } from "@tanstack/react-query";
import type { Job, RunPoint, Studio, StudioEvent } from "../../preload/contract/index.ts";
import type { ConnectionState } from "../state/connection.ts";
import { refusalOf } from "./client.ts";
import { mergeChange } from "./label-cache.ts";
import { withPoints } from "./points.ts";
import { keys, type Rekeying } from "./queries.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

export interface EventListenerOptions {
  studio: Studio;
  queryClient: QueryClient;
  signal: AbortSignal;
  onConnection(state: ConnectionState): void;
  onJob?(job: Job): void;
  /** Waits before the next try; a test passes its own clock. */
  wait?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Runs until the signal aborts; never throws. */
export async function listenToStudio(options: EventListenerOptions): Promise<void> {
  const { studio, queryClient, signal, onConnection, wait = pause } = options;
  let waitMs = FIRST_WAIT_MS;
  let broken = false;
  let refused = false;
  while (!signal.aborted) {
    refused = false;
    try {
      for await (const event of await studio.app.events(undefined, { signal })) {
        if (event.type === "hello") {
          waitMs = FIRST_WAIT_MS;
          onConnection("open");
          if (broken) await queryClient.invalidateQueries();
          broken = false;
        }
        applyEvent(queryClient, event);
        if (event.type === "job") options.onJob?.(event.job);
      }
    } catch (error) {
      // Whatever broke the stream, the answer is the same: say so and try again.
      refused = refusalOf(error).code === "app/unauthorised";
    }
    if (signal.aborted) return;
    broken = true;
    onConnection(refused ? "refused" : "lost");
    await wait(waitMs, signal);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

/** Applies one event to the cache. */
export function applyEvent(queryClient: QueryClient, event: StudioEvent): void {
  switch (event.type) {
    case "hello":
      return;
    case "job":
      queryClient.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs ?? [], event.job));
      return;
    case "points":
      // Kept while the first answer is on its way too (`pointsOf` joins them); nothing for a run that nobody looks at.
      if (queryClient.getQueryState(keys.points(event.runId))) {
        queryClient.setQueryData<RunPoint[]>(keys.points(event.runId), (points) =>
          withPoints(points ?? [], event.points),
        );
      }
      return;
    case "rekeying":
      queryClient.setQueryData<Rekeying>(keys.rekeying, event.done < event.total ? event : null);
      return;
    case "labels":
      mergeChange(queryClient, event.change);
      void queryClient.invalidateQueries({ queryKey: keys.history(event.change.layer) });
      void queryClient.invalidateQueries({ queryKey: keys.topic("images") });
      void queryClient.invalidateQueries({ queryKey: keys.topic("project") });
      return;
    case "changed":
      void queryClient.invalidateQueries({ queryKey: keys.topic(event.topic) });
      // Labels show in the library's badges and counts, and an import may bring classes; the project counts everything.
      if (event.topic === "labels") {
        void queryClient.invalidateQueries({ queryKey: keys.topic("images") });
        // Merged options are a step of undo.
        void queryClient.invalidateQueries({ queryKey: keys.histories });
      }
      if (event.topic === "images") {
        void queryClient.invalidateQueries({ queryKey: keys.topic("labels") });
        void queryClient.invalidateQueries({ queryKey: keys.stacks });
      }
      if (event.topic === "labels" || event.topic === "images") {
        void queryClient.invalidateQueries({ queryKey: keys.allLabels });
      }
      if (event.topic !== "jobs" && event.topic !== "project") {
        void queryClient.invalidateQueries({ queryKey: keys.topic("project") });
      }
      return;
  }
}

/** Newest first; a known job is replaced where it stands. */
function withJob(jobs: Job[], job: Job): Job[] {
  return jobs.some(({ id }) => id === job.id) ? jobs.map((old) => (old.id === job.id ? job : old)) : [job, ...jobs];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

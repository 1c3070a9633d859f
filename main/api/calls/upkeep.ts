import { resolve } from "node:path";
import { AppError, type CheckReport, type Job, type RestoreEvent } from "../../../preload/contract/index.ts";
import { Supervisor } from "../../jobs/supervisor.ts";
import { type Project, restoreBackup } from "../../project/index.ts";
import { open, unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";
import { projectTarget } from "../unlock-limit.ts";

export const upkeepCalls = {
  health: unlocked.upkeep.health.handler(({ context }) => context.jobs.call<"health">({ kind: "health" })),
  backup: unlocked.upkeep.backup.handler(({ input, context: { session, jobs } }) =>
    jobs.start({ kind: "backup", folder: resolve(input.folder ?? session.host.info.homeFolder) }, null),
  ),
  check: unlocked.upkeep.check.handler(({ input, context }) =>
    context.jobs.start({ kind: "check", mode: input.mode }, null),
  ),
  compact: unlocked.upkeep.compact.handler(({ context }) => context.jobs.start({ kind: "compact" }, null)),
  restore: open.upkeep.restore.handler(({ input, context: { session, caller }, signal }) =>
    restore(session, caller, { ...input, folder: input.folder ?? session.host.info.projectsFolder }, signal),
  ),
};

/** Copies in this process, which waits for the disk only, and checks in a child, which computes. */
async function* restore(
  session: Session,
  caller: string,
  input: { backup: string; folder: string; passphrase: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<RestoreEvent, void, void> {
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort(), { once: true });
  const began = performance.now();
  let latest: RestoreEvent | null = null;
  let wake = () => {};
  const tell = (event: RestoreEvent) => {
    latest = event;
    wake();
  };
  const restoring = restoreBackup({
    ...input,
    attempt: (unlock) => session.unlockLimit.attempt({ caller, target: projectTarget(input.backup) }, unlock),
    signal: stop.signal,
    onProgress(done, total) {
      const seconds = (performance.now() - began) / 1000;
      const secondsLeft = seconds > 1 ? (seconds / done) * (total - done) : null;
      tell({ type: "progress", progress: { done, total, unit: "bytes", secondsLeft, note: "copying" } });
    },
    check: (copy) =>
      checkInChild(session, copy, stop.signal, (job) => tell({ type: "progress", progress: job.progress })),
  }).then(async ({ project, check }): Promise<RestoreEvent> => {
    await session.adopt(project, "passphrase");
    return { type: "done", project: project.summary(), check };
  });
  let finished = false;
  const ended = restoring
    .then(
      () => {},
      () => {},
    )
    .then(() => {
      finished = true;
      wake();
    });
  try {
    while (!finished) {
      const { promise, resolve: next } = Promise.withResolvers<void>();
      wake = next;
      if (latest === null) await promise;
      if (latest !== null) {
        const event = latest;
        latest = null;
        yield event;
      }
    }
    yield await restoring;
  } finally {
    // Nobody listens any more: nothing may be left of it.
    stop.abort();
    await ended;
  }
}

async function checkInChild(
  session: Session,
  copy: Project,
  signal: AbortSignal,
  onJob: (job: Job) => void,
): Promise<CheckReport> {
  const { promise, resolve: settle } = Promise.withResolvers<Job>();
  const jobs = new Supervisor({
    project: copy,
    startChild: session.host.startChild,
    publish(event) {
      if (event.type !== "job") return;
      if (event.job.state === "running") onJob(event.job);
      else settle(event.job);
    },
  });
  try {
    const { id } = jobs.start({ kind: "check", mode: "full" }, null);
    const cancel = () => void jobs.cancel(id);
    signal.addEventListener("abort", cancel, { once: true });
    const job = await promise;
    signal.removeEventListener("abort", cancel);
    if (job.state === "done") return job.result as CheckReport;
    if (job.state === "cancelled") throw new AppError("app/aborted", "Restoring was stopped.");
    throw new AppError("project/corrupt", "The backup could not be checked, so nothing was made of it: try again.");
  } finally {
    await jobs.close();
  }
}

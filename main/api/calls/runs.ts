import { availableParallelism } from "node:os";
import { AppError, type Job, type Run } from "../../../preload/contract/index.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

export const runCalls = {
  recipes: unlocked.runs.recipes.handler(({ input, context }) =>
    context.jobs.call<"recipes">({ kind: "recipes", ...input }),
  ),
  preview: unlocked.runs.preview.handler(({ input, context }) =>
    context.jobs.call<"preview">({ kind: "preview", ...input }),
  ),
  devices: unlocked.runs.devices.handler(({ context }) => context.jobs.call<"devices">({ kind: "devices" })),
  start: unlocked.runs.start.handler(({ input, context: { session, project } }) => {
    const { architecture, startFrom } = input.recipe;
    const started = project.startingModels.list().find(({ id }) => id === startFrom)?.name;
    const begun = startFrom === null ? architecture : (started ?? project.models.get(startFrom).name);
    const name = input.name || `${begun} ${project.runs.list().length + 1}`;
    const { version } = session.host.info;
    return train(session, project.runs.create({ ...input, name, threads: availableParallelism(), version }));
  }),
  reproduce: unlocked.runs.reproduce.handler(({ input, context: { session, project } }) => {
    const { name, snapshotId, recipe, device, threads } = project.runs.get(input.id);
    const { version } = session.host.info;
    return train(session, project.runs.create({ snapshotId, recipe, device, threads, version, name: again(name) }));
  }),
  describe: unlocked.runs.describe.handler(({ input: { id, ...said }, context: { session, project } }) => {
    const run = project.runs.describe(id, said);
    session.publish({ type: "changed", topic: "runs" });
    return run;
  }),
  resume: unlocked.runs.resume.handler(({ input, context: { session, project } }) => {
    const run = project.runs.get(input.id);
    if (run.state !== "interrupted" && run.state !== "cancelled") {
      throw new AppError("training/not-resumable", `A run that is ${run.state} cannot be resumed.`);
    }
    return train(session, run);
  }),
  cancel: unlocked.runs.cancel.handler(({ input, context: { jobs, project } }) => {
    const run = project.runs.get(input.id);
    if (run.state === "running" && run.jobId !== null) jobs.cancel(run.jobId);
    return project.runs.get(input.id);
  }),
  list: unlocked.runs.list.handler(({ context }) => context.project.runs.list()),
  get: unlocked.runs.get.handler(({ input, context }) => context.project.runs.get(input.id)),
  points: unlocked.runs.points.handler(({ input, context }) => context.project.runs.points(input.id)),
};

/** "net 1" → "net 1 (2)", "net 1 (2)" → "net 1 (3)"; within what a name may have. */
function again(name: string): string {
  const [, base = name, count = "1"] = /^(.*) \((\d{1,6})\)$/.exec(name) ?? [];
  return `${base.slice(0, 100)} (${Number(count) + 1})`;
}

function train(session: Session, { id }: Run): { run: Run; job: Job } {
  const { project, jobs } = session;
  try {
    const job = jobs.start({ kind: "train", runId: id }, id);
    const run = project.runs.update(id, { state: "running", jobId: job.id, finishedAt: null, error: null });
    return { run, job };
  } catch (error) {
    project.runs.update(id, { state: "interrupted", finishedAt: new Date().toISOString() });
    throw error;
  } finally {
    session.publish({ type: "changed", topic: "runs" });
  }
}

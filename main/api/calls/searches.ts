import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { AppError, type Job, type Search } from "../../../preload/contract/index.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

export const searchCalls = {
  suggest: unlocked.searches.suggest.handler(({ input, context }) =>
    context.jobs.call<"search-suggest">({ kind: "search-suggest", ...input }),
  ),
  start: unlocked.searches.start.handler(async ({ input: { name, plan }, context: { session, project, jobs } }) => {
    project.snapshots.get(plan.snapshotId);
    const { earlier } = await jobs.call<"search-check">({ kind: "search-check", plan });
    return begin(session, project.searches.create({ name, plan, earlier }));
  }),
  resume: unlocked.searches.resume.handler(({ input, context: { session, project } }) => {
    const search = project.searches.get(input.id);
    if (search.state === "running") throw new AppError("search/running", "This search runs already.");
    const { trials, minutes } = search.plan;
    const extended = project.searches.extend(search.id, {
      trials: input.trials ?? trials,
      minutes: input.minutes === undefined ? minutes : input.minutes,
    });
    return begin(session, extended);
  }),
  cancel: unlocked.searches.cancel.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.searches.get(input.id);
    for (const job of jobs.list()) {
      if (job.kind === "search" && job.subject === id && job.state === "running") jobs.cancel(job.id);
    }
    return project.searches.get(id);
  }),
  list: unlocked.searches.list.handler(({ context }) => context.project.searches.list()),
  get: unlocked.searches.get.handler(({ input: { id }, context: { project } }) => ({
    search: project.searches.get(id),
    trials: project.searches.trials(id),
  })),
  importance: unlocked.searches.importance.handler(({ input, context: { project, jobs } }) => {
    const { id } = project.searches.get(input.id);
    return jobs.call<"search-importance">({ kind: "search-importance", searchId: id });
  }),
};

/** As many workers as the plan wants and the machine has processors for; each has its share of the threads. */
function begin(session: Session, { id, plan }: Search): { search: Search; job: Job } {
  const { project, jobs, host } = session;
  const workers = Math.min(plan.workers, availableParallelism());
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  project.searches.setState(id, { state: "running", error: null });
  const started: Job[] = [];
  try {
    for (let worker = 0; worker < workers; worker++) {
      const jobId = randomUUID();
      const task = { kind: "search", searchId: id, jobId, threads, version: host.info.version } as const;
      started.push(jobs.start(task, id, jobId));
    }
    return { search: project.searches.get(id), job: started[0]! };
  } catch (error) {
    if (started.length === 0) project.searches.setState(id, { state: "interrupted", error: null });
    throw error;
  } finally {
    session.publish({ type: "changed", topic: "runs" });
  }
}

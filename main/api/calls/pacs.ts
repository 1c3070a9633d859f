import { networkInterfaces } from "node:os";
import { AppError, type Job, type PacsNodeStatus } from "../../../preload/contract/index.ts";
import { searchArchive, tryArchive } from "../archive.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

function changed<T>(session: Session, answer: T): T {
  session.publish({ type: "changed", topic: "pacs" });
  return answer;
}

/** The last job that listened in this window; one that another process started cannot be stopped from here. */
function listener({ jobs }: Session): Job | null {
  return jobs.list().find(({ kind }) => kind === "pacs-listen") ?? null;
}

function statusOf(session: Session): PacsNodeStatus {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address),
  );
  return { ...session.project.pacs.node(), job: listener(session), addresses };
}

export const pacsCalls = {
  connections: {
    list: unlocked.pacs.connections.list.handler(({ context }) => context.project.pacs.list()),
    save: unlocked.pacs.connections.save.handler(({ input, context: { session, project } }) =>
      changed(session, project.pacs.save(input)),
    ),
    remove: unlocked.pacs.connections.remove.handler(({ input, context: { session, project } }) =>
      changed(session, project.pacs.remove(input.id)),
    ),
  },
  echo: unlocked.pacs.echo.handler(async ({ input, context: { project }, signal }) => {
    const address = project.pacs.address(input.id);
    project.pacs.record("network/echo", input.id);
    const began = performance.now();
    await tryArchive(address, signal);
    return { milliseconds: performance.now() - began };
  }),
  search: unlocked.pacs.search.handler(({ input, context: { project }, signal }) => {
    const { id, level, criteria, limit } = input;
    const address = project.pacs.address(id);
    const asked = Object.entries(criteria).flatMap(([field, value]) => (value ? [field] : []));
    project.pacs.record("network/search", id, { level, by: asked, limit });
    return searchArchive(address, input, signal);
  }),
  retrieve: unlocked.pacs.retrieve.handler(({ input, context: { session, project, jobs } }) => {
    const { id, wanted, deidentify } = input;
    project.pacs.address(id);
    project.pacs.record("network/retrieve", id, {
      studies: new Set(wanted.map(({ study }) => study)).size,
      series: wanted.filter(({ series }) => series !== undefined).length,
    });
    const listening = listener(session)?.state === "running";
    return jobs.start({ kind: "pacs-fetch", connectionId: id, wanted, listening, deidentify }, id);
  }),
  node: {
    status: unlocked.pacs.node.status.handler(({ context }) => statusOf(context.session)),
    start: unlocked.pacs.node.start.handler(({ input, context: { session, project, jobs } }) => {
      if (listener(session)?.state === "running") {
        throw new AppError("jobs/running", "The node listens already: switch it off before it is changed.");
      }
      project.pacs.setNode(input, true);
      jobs.start({ kind: "pacs-listen", settings: input }, null);
      return changed(session, statusOf(session));
    }),
    stop: unlocked.pacs.node.stop.handler(({ context: { session, project, jobs } }) => {
      const job = listener(session);
      if (job?.state === "running") jobs.cancel(job.id);
      project.pacs.setNode(project.pacs.node().settings, false);
      return changed(session, statusOf(session));
    }),
  },
};

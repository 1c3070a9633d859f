import { join, resolve } from "node:path";
import { fileName } from "../../project/index.ts";
import { unlocked } from "../procedures.ts";

export const auditCalls = {
  list: unlocked.audit.list.handler(({ input, context }) =>
    context.project.audit.find(input.filter, input.offset, input.limit),
  ),
  members: unlocked.audit.members.handler(({ context }) => context.project.audit.members()),
  state: unlocked.audit.state.handler(({ context }) => context.project.audit.state()),
  labels: unlocked.audit.labels.handler(({ input, context }) => context.project.audit.labels(input.sequence)),
  printHead: unlocked.audit.printHead.handler(async ({ context: { session, project } }) => {
    const head = await project.audit.printHead();
    session.publish({ type: "changed", topic: "project" });
    return head;
  }),
  checkHead: unlocked.audit.checkHead.handler(({ input, context }) => context.project.audit.checkHead(input.text)),
  export: unlocked.audit.export.handler(({ input, context: { session, project, jobs } }) => {
    const { format, filter, names, overwrite } = input;
    const folder = resolve(input.folder ?? session.host.info.homeFolder);
    const path = join(folder, `${input.name ?? `${fileName(project.name)} audit`}.${format}`);
    return jobs.start({ kind: "audit-export", format, filter, names, overwrite, path }, null);
  }),
};

import { createProject, openProject, recentProjects, recoverProject } from "../../project/index.ts";
import { open, unlocked } from "../procedures.ts";
import { projectTarget } from "../unlock-limit.ts";

export const projectCalls = {
  recent: open.projects.recent.handler(() => recentProjects.list()),
  forget: open.projects.forget.handler(({ input }) => recentProjects.forget(input.path)),
  create: open.projects.create.handler(async ({ input, context: { session } }) => {
    const { project, recoveryKey } = await createProject({
      ...input,
      folder: input.folder ?? session.host.info.projectsFolder,
    });
    await session.adopt(project);
    return { project: project.summary(), recoveryKey };
  }),
  open: open.projects.open.handler(async ({ input, context: { session, caller } }) => {
    const who = { caller, target: projectTarget(input.path) };
    const project = await session.unlockLimit.attempt(who, () => openProject(input));
    await session.adopt(project);
    return project.summary();
  }),
  recover: open.projects.recover.handler(async ({ input, context: { session, caller } }) => {
    const who = { caller, target: projectTarget(input.path) };
    const project = await session.unlockLimit.attempt(who, () => recoverProject(input));
    await session.adopt(project);
    return project.summary();
  }),
  members: unlocked.projects.members.handler(({ context }) => context.project.members()),
  addMember: unlocked.projects.addMember.handler(async ({ input, context: { session, project } }) => {
    const added = await project.addMember(input);
    session.publish({ type: "changed", topic: "project" });
    return added;
  }),
  changePassphrase: unlocked.projects.changePassphrase.handler(({ input, context: { session, project, caller } }) => {
    const who = { caller, target: projectTarget(project.path) };
    return session.unlockLimit.attempt(who, () => project.changePassphrase(input.current, input.next));
  }),
  lock: open.projects.lock.handler(({ context }) => context.session.lock()),
  current: open.projects.current.handler(({ context: { session } }) =>
    session.isOpen ? session.project.summary() : null,
  ),
  audit: unlocked.projects.audit.handler(({ input, context }) => context.project.audit.list(input.offset, input.limit)),
};

import { AppError } from "../../../preload/contract/index.ts";
import { createProject, openProject, recentProjects, recoverProject } from "../../project/index.ts";
import { open, unlocked } from "../procedures.ts";
import { projectTarget } from "../unlock-limit.ts";

function refuseKeyStore(): never {
  throw new AppError("app/unsupported-platform", "This studio has no key store of the system to keep a key in.");
}

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
  members: unlocked.projects.members.handler(({ context }) => context.project.members.list()),
  addMember: unlocked.projects.addMember.handler(async ({ input, context: { session, project } }) => {
    const added = await project.members.add(input);
    session.publish({ type: "changed", topic: "project" });
    return added;
  }),
  setRole: unlocked.projects.setRole.handler(({ input, context: { session, project } }) => {
    const changed = project.members.setRole(input);
    session.publish({ type: "changed", topic: "project" });
    return changed;
  }),
  removeMember: unlocked.projects.removeMember.handler(() => {
    throw new AppError("app/unsupported-platform", "Removing members is not in this version yet.");
  }),
  renewRecoveryKey: unlocked.projects.renewRecoveryKey.handler(() => {
    throw new AppError("app/unsupported-platform", "Renewing the recovery key is not in this version yet.");
  }),
  keyStore: open.projects.keyStore.handler(() => ({ available: false, remembered: false })),
  rememberOnThisMachine: unlocked.projects.rememberOnThisMachine.handler(() => refuseKeyStore()),
  forgetOnThisMachine: unlocked.projects.forgetOnThisMachine.handler(() => {}),
  openRemembered: open.projects.openRemembered.handler(() => refuseKeyStore()),
  changePassphrase: unlocked.projects.changePassphrase.handler(({ input, context: { session, project, caller } }) => {
    const who = { caller, target: projectTarget(project.path) };
    return session.unlockLimit.attempt(who, () => project.members.changePassphrase(input.current, input.next));
  }),
  lock: open.projects.lock.handler(({ context }) => context.session.lock()),
  current: open.projects.current.handler(({ context: { session } }) =>
    session.isOpen ? session.project.summary() : null,
  ),
  audit: unlocked.projects.audit.handler(({ input, context }) => context.project.audit.list(input.offset, input.limit)),
};

import { AppError } from "../../../preload/contract/index.ts";
import {
  createProject,
  noteUnlockFailure,
  openProject,
  type Project,
  recentProjects,
  recoverProject,
} from "../../project/index.ts";
import { type CallContext, open, unlocked } from "../procedures.ts";
import { forget, isRemembered, openByMachine, remember, rememberedPaths } from "../remembering.ts";
import { projectTarget } from "../unlock-limit.ts";

/** A wrong passphrase or recovery key is noted for the log, which is written when somebody has the right one. */
async function unlocking(
  { session, caller }: CallContext,
  path: string,
  unlock: () => Promise<Project>,
): Promise<Project> {
  const target = projectTarget(path);
  return session.unlockLimit.attempt({ caller, target }, async () => {
    try {
      return await unlock();
    } catch (error) {
      if (error instanceof AppError && error.code === "project/key-wrong") {
        noteUnlockFailure(target, session.host.info.host);
      }
      throw error;
    }
  });
}

export const projectCalls = {
  recent: open.projects.recent.handler(({ context: { session } }) => {
    const remembered = rememberedPaths(session.host);
    return recentProjects.list().map((project) => ({ ...project, remembered: remembered.has(project.path) }));
  }),
  forget: open.projects.forget.handler(({ input }) => recentProjects.forget(input.path)),
  create: open.projects.create.handler(async ({ input, context: { session } }) => {
    const { project, recoveryKey } = await createProject({
      ...input,
      folder: input.folder ?? session.host.info.projectsFolder,
    });
    await session.adopt(project, "creation");
    return { project: project.summary(), recoveryKey };
  }),
  open: open.projects.open.handler(async ({ input, context }) => {
    const project = await unlocking(context, input.path, () => openProject(input));
    await context.session.adopt(project, "passphrase");
    return project.summary();
  }),
  recover: open.projects.recover.handler(async ({ input, context }) => {
    const project = await unlocking(context, input.path, () => recoverProject(input));
    await context.session.adopt(project, "recovery-key");
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
  removeMember: unlocked.projects.removeMember.handler(async ({ input, context: { session }, signal }) => ({
    recoveryKey: await session.rekey((project, options) => project.removeMember(input.id, options), signal),
  })),
  renewRecoveryKey: unlocked.projects.renewRecoveryKey.handler(async ({ context: { session }, signal }) => ({
    recoveryKey: await session.rekey((project, options) => project.renewRecoveryKey(options), signal),
  })),
  keyStore: open.projects.keyStore.handler(({ context: { session } }) => ({
    available: Boolean(session.host.keyStore),
    remembered: session.isOpen && isRemembered(session.project),
  })),
  rememberOnThisMachine: unlocked.projects.rememberOnThisMachine.handler(
    async ({ input, context: { session, project, caller } }) => {
      const who = { caller, target: projectTarget(project.path) };
      await session.unlockLimit.attempt(who, () => remember(session.host, project, input.passphrase));
      session.publish({ type: "changed", topic: "project" });
    },
  ),
  forgetOnThisMachine: unlocked.projects.forgetOnThisMachine.handler(({ context: { session, project } }) => {
    forget(project);
    session.publish({ type: "changed", topic: "project" });
  }),
  openRemembered: open.projects.openRemembered.handler(async ({ input, context: { session } }) => {
    const project = await openByMachine(session.host, input.path);
    await session.adopt(project, "key-store");
    return project.summary();
  }),
  changePassphrase: unlocked.projects.changePassphrase.handler(({ input, context: { session, project, caller } }) => {
    const who = { caller, target: projectTarget(project.path) };
    return session.unlockLimit.attempt(who, () => project.members.changePassphrase(input.current, input.next));
  }),
  lock: open.projects.lock.handler(({ context }) => context.session.lock()),
  current: open.projects.current.handler(({ context: { session } }) =>
    session.isOpen ? session.project.summary() : null,
  ),
};

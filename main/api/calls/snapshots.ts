import { unlocked } from "../procedures.ts";

export const snapshotCalls = {
  list: unlocked.snapshots.list.handler(({ context }) => context.project.snapshots.list()),
  get: unlocked.snapshots.get.handler(({ input, context }) => context.project.snapshots.get(input.id)),
  create: unlocked.snapshots.create.handler(({ input, context }) => {
    const snapshot = context.project.snapshots.create(input);
    context.session.publish({ type: "changed", topic: "snapshots" });
    return snapshot;
  }),
};

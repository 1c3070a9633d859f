import { unlocked } from "../procedures.ts";

export const jobCalls = {
  list: unlocked.jobs.list.handler(({ context }) => context.jobs.list()),
  get: unlocked.jobs.get.handler(({ input, context }) => context.jobs.get(input.id)),
  cancel: unlocked.jobs.cancel.handler(({ input, context }) => context.jobs.cancel(input.id)),
};

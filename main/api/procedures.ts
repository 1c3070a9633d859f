// The two starting points of every call: one that always answers, and one that answers only while a project is open.

import { implement } from "@orpc/server";
import { contract } from "../../preload/contract/index.ts";
import type { Session } from "./session.ts";

export interface CallContext {
  session: Session;
  /** Who asks, as far as the door can tell callers apart; limits on unlocking count by it. */
  caller: string;
  /** What the answer's headers will say beside the call's own answer. */
  answer: { retryAfterSeconds?: number };
}

/** Calls that answer without a project. */
export const open = implement(contract).$context<CallContext>();

/** Calls about the open project: refuse with project/locked when there is none, and count as somebody being here. */
export const unlocked = open.use(({ context, next }) => {
  const { project, jobs } = context.session;
  context.session.touch();
  return next({ context: { project, jobs } });
});

// The two starting points of every call: one that always answers, and one that answers only while a project is open. Both look the
// call up in the table of roles (preload/contract/access.ts) before anything of its input is looked at.

import { implement } from "@orpc/server";
import { contract } from "../../preload/contract/index.ts";
import { assertMay, isDeed } from "./access.ts";
import type { Session } from "./session.ts";

export interface CallContext {
  session: Session;
  /** Who asks, as far as the door can tell callers apart; limits on unlocking count by it. */
  caller: string;
  /** What the answer's headers will say beside the call's own answer. */
  answer: { retryAfterSeconds?: number };
}

/** Calls that answer without a project. One that the table does not call open is refused like any other. */
export const open = implement(contract)
  .$context<CallContext>()
  .use(({ context, path, next }) => {
    const name = path.join(".");
    if (!isDeed(name)) throw new Error(`The call ${name} has no row in the table of roles.`);
    assertMay(context.session, name);
    return next();
  });

/** Calls about the open project: refuse with project/locked when there is none, and count as somebody being here. */
export const unlocked = open.use(({ context, next }) => {
  const { project, jobs } = context.session;
  context.session.touch();
  return next({ context: { project, jobs } });
});

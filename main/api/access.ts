// Refuses what the table of roles (preload/contract/access.ts) does not give to the member who asks.
//
// The role is asked of the project each time: another window or command may have changed it since the project was opened.

import { ACCESS, type Access, type Deed, may, rolesThatMay } from "../../preload/contract/access.ts";
import { AppError, type Role } from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { Session } from "./session.ts";

const NAMES: Record<Role, string> = {
  reader: "a reader",
  adjudicator: "an adjudicator",
  analyst: "an analyst",
  administrator: "an administrator",
};

export const isDeed = (name: string): name is Deed => Object.hasOwn(ACCESS, name);

/** Throws project/locked, project/not-allowed. */
export function assertMay(session: Session, deed: Deed): void {
  const access: Access = ACCESS[deed];
  if (access === "open") return;
  const role = roleOf(session);
  if (may(role, deed)) return;
  const needed = rolesThatMay(deed).map((one) => NAMES[one]);
  throw new AppError(
    "project/not-allowed",
    `This needs ${orList(needed)} of the project, and you are ${NAMES[role]}: ask an administrator.`,
  );
}

/** Throws project/locked; project/not-allowed for whoever is no member any more. */
function roleOf({ project }: Session): Role {
  const member = project.members.list().find(({ id }) => id === project.member.id);
  if (member === undefined || member.removedAt !== null) {
    throw new AppError("project/not-allowed", "You are not a member of this project any more: ask an administrator.");
  }
  return member.role;
}

/** Readers label in their own reads; the layer that everybody shares is for those who decide or prepare. Throws project/not-allowed. */
export function assertLayer(session: Session, layer: string): void {
  if (layer === SHARED_LAYER) assertMay(session, "labels.shared");
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

// A second reader in a project, over a connection of their own.

import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import type { Role } from "../../preload/contract/index.ts";
import { closing } from "./builder.ts";

/** The cheapest passphrase hashing that Argon2 allows. */
const CHEAP = { memoryKiB: 8, passes: 1, lanes: 1 };

/** The same project, opened as another member. */
export async function addMember(project: Project, name: string, role: Role = "reader"): Promise<Project> {
  const { id } = await project.members.add({ name, role, passphrase: `${name} says friend`, cost: CHEAP });
  return closing(openProjectWithKey({ path: project.path, key: project.key, memberId: id }));
}

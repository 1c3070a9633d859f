// A second reader in a project. Inviting members is a later issue, so the row is written directly.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { ProjectDatabase } from "../../main/project/database.ts";
import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import { closing } from "./builder.ts";

/** The same project, opened as another member over a connection of its own. */
export function addMember(project: Project, name: string): Project {
  const id = randomUUID();
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  database.run(
    "INSERT INTO members (id, name, role, created_at) VALUES (?, ?, 'reader', ?)",
    id,
    name,
    new Date().toISOString(),
  );
  database.close();
  return closing(openProjectWithKey({ path: project.path, key: project.key, memberId: id }));
}

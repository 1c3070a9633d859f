// A real studio for tests: real project on a temporary disk, real child processes, settings of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../main/api/host.ts";
import { createStudio, type RunningStudio } from "../../main/api/studio.ts";
import { nodeChildren } from "../../main/jobs/node-child.ts";
import type { Child, StartChild } from "../../main/jobs/protocol.ts";
import type { Job, ProjectSummary, Studio } from "../../preload/contract/index.ts";

export const PASSPHRASE = "correct horse battery staple";
export const ORIGIN = "http://127.0.0.1:7717";

export interface TestStudio {
  readonly studio: RunningStudio;
  readonly client: Studio;
  readonly folder: string;
  readonly project: ProjectSummary;
  /** children in the order they were started */
  readonly children: Child[];
  /** what the host was told about unexpected errors */
  readonly reports: string[];
  close(): Promise<void>;
}

export async function openStudio(more: Partial<Host> = {}): Promise<TestStudio> {
  const folder = mkdtempSync(join(tmpdir(), "loupe-api-"));
  process.env.LOUPE_CONFIG = join(folder, "config");
  const children: Child[] = [];
  const reports: string[] = [];
  const start: StartChild = nodeChildren();
  const host: Host = {
    info: {
      version: "0.0.0",
      host: "browser",
      platform: "test",
      projectsFolder: join(folder, "projects"),
      homeFolder: folder,
      canPickFolder: false,
    },
    startChild: () => {
      const child = start();
      children.push(child);
      return child;
    },
    idleLockMs: () => null,
    report: (code, where) => reports.push(`${code} ${where}`),
    ...more,
  };
  const studio = createStudio({ host });
  const { client } = studio;
  const { project } = await client.projects.create({ name: "Chest", member: "Ada", passphrase: PASSPHRASE });
  return {
    studio,
    client,
    folder,
    project,
    children,
    reports,
    async close() {
      await studio.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until a job has ended. */
export async function ended(client: Studio, { id }: Pick<Job, "id">): Promise<Job> {
  for await (const event of await client.app.events()) {
    if (event.type !== "hello" && !(event.type === "job" && event.job.id === id)) continue;
    const job = await client.jobs.get({ id });
    if (job.state !== "running") return job;
  }
  throw new Error("the events ended before the job did");
}

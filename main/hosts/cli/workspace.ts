// A command's working place: a studio in this process, the project opened in it, and jobs waited for until they end.

import { resolve } from "node:path";
import type { Command } from "commander";
import {
  AppError,
  type Job,
  type Model,
  type Run,
  type Snapshot,
  type Studio,
} from "../../../preload/contract/index.ts";
import type { RunningStudio } from "../../api/studio.ts";
import { type PassphraseOptions, readPassphrase } from "./passphrase.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export interface ProjectOptions extends PassphraseOptions {
  project?: string;
}

/** Options that every command on a project has. */
export function withProjectOptions(command: Command): Command {
  return withPassphraseOption(
    command.option("-p, --project <folder>", "the Name.loupe folder; default: LOUPE_PROJECT"),
  );
}

export function withPassphraseOption(command: Command): Command {
  return command.option("--passphrase-file <file>", "reads the passphrase from the first line of a file");
}

export interface Workspace {
  readonly client: Studio;
  readonly studio: RunningStudio;
  readonly terminal: Terminal;
  /** Starts a job, shows its progress, and gives its result; a job that does not end well throws its error. Ctrl-C cancels it. */
  finish(start: () => Promise<Job>): Promise<unknown>;
}

/** Opens a studio for the length of `work`, without a project. */
export async function inStudio<T>(terminal: Terminal, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  // Loaded when it is needed: --help and a mistake in the command answer without the whole house.
  const [{ createStudio }, { localHost }] = await Promise.all([
    import("../../api/studio.ts"),
    import("../local-host.ts"),
  ]);
  const studio = createStudio({ host: localHost("cli") });
  const { client } = studio;
  try {
    return await work({ client, studio, terminal, finish: (start) => finishJob(client, terminal, start) });
  } finally {
    await studio.close();
  }
}

/** Opens a studio and the project that the options name for the length of `work`. */
export async function inProject<T>(
  terminal: Terminal,
  options: ProjectOptions,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const path = options.project ?? process.env.LOUPE_PROJECT;
  if (!path) throw new UsageError("No project: name its folder with --project or LOUPE_PROJECT.");
  const passphrase = await readPassphrase(options);
  return inStudio(terminal, async (workspace) => {
    await workspace.client.projects.open({ path: resolve(path), passphrase });
    return work(workspace);
  });
}

async function finishJob(client: Studio, terminal: Terminal, start: () => Promise<Job>): Promise<unknown> {
  const events = await client.app.events();
  const { id, ...first } = await start();
  let interrupts = 0;
  const onInterrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) process.exit(1);
    terminal.note("Stopping … (Ctrl-C again ends at once)");
    client.jobs.cancel({ id }).catch(() => process.exit(1));
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  try {
    let job: Job = { id, ...first };
    for await (const event of events) {
      if (event.type === "job" && event.job.id === id) job = event.job;
      else if (event.type !== "hello") continue;
      if (job.state !== "running") break;
      terminal.progress(job.progress);
    }
    return resultOf(job);
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}

function resultOf(job: Job): unknown {
  if (job.state === "done") return job.result;
  const { code, message } = job.error ?? { code: "app/aborted", message: "The work was stopped." };
  throw new JobFailure(code, message);
}

/** A job's own error, passed on as it is. */
export class JobFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The item with this id, a unique beginning of an id, or the newest one for `latest`. Lists are newest first. */
export function pick<T extends { id: string }>(items: readonly T[], wanted: string, what: string): T {
  if (wanted === "latest") {
    const newest = items[0];
    if (newest === undefined) throw new AppError("app/not-found", `The project has no ${what} yet.`);
    return newest;
  }
  const found = items.filter(({ id }) => id === wanted || (wanted.length >= 4 && id.startsWith(wanted)));
  if (found.length !== 1) {
    throw new AppError(
      "app/not-found",
      `There is ${found.length === 0 ? "no" : "more than one"} ${what} with this id.`,
    );
  }
  return found[0]!;
}

/** `latest` passes over models that compression refused: whoever wants one names it. */
export const pickModel = async ({ client }: Workspace, id: string): Promise<Model> => {
  const models = newestFirst(await client.models.list());
  return pick(id === "latest" ? models.filter(({ accepted }) => accepted) : models, id, "model");
};
export const pickRun = async ({ client }: Workspace, id: string): Promise<Run> =>
  pick(newestFirst(await client.runs.list()), id, "run");
export const pickSnapshot = async ({ client }: Workspace, id: string): Promise<Snapshot> =>
  pick(newestFirst(await client.snapshots.list()), id, "snapshot");

function newestFirst<T extends { createdAt: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

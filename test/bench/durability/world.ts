// What the durability bench works on, and what the studio has answered of it so far.

import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { createProject } from "../../../main/project/project.ts";
import { type BackupReport, type Job, RPC_PATH, recipeSchema, type Studio } from "../../../preload/contract/index.ts";
import type { StudioProcess } from "../../support/studio.ts";
import { CHEAP, makeOldProject } from "./old-project.ts";

const IMAGES = 60;
/** The first images are labelled here, the others in the copy that is taken in. */
export const OURS = 40;
export const OLD_IMAGES = 400;
export const PASSPHRASE = "not a secret";

export const RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: 28,
  width: 4,
  epochs: 60,
  batchSize: 8,
  optimiser: "adam",
  learningRate: 1e-3,
  weightDecay: 0,
  schedule: "constant",
  balanced: true,
  augment: null,
  patience: null,
  seed: 1,
});

/** What the studio has answered so far, so what must be there whatever happens. */
interface Answered {
  /** image → class */
  readonly classes: Map<string, string | null>;
  /** ids of boxes */
  readonly boxes: Set<string>;
  /** images in the library */
  images: number;
  /** run → its points, as JSON */
  readonly runs: Map<string, Set<string>>;
  readonly models: Set<string>;
  /** a change that was asked for and may or may not have happened */
  asked: { imageId: string; classId: string | null } | null;
  /** folders of backups */
  readonly backups: BackupReport[];
  /** folders and files of exports */
  readonly exports: Set<string>;
  /** shown last; null where a newer one was made and a kill kept it from being shown */
  recoveryKey: string | null;
  isRekeying: boolean;
  /** what a copy says that is being taken in: each image has it already, or not yet */
  merging: ReadonlyMap<string, string>;
  /** how much of the work that comes to an end was answered in all */
  readonly done: { backups: number; compactions: number; merges: number; keys: number; exports: number };
}

export interface World {
  readonly folder: string;
  readonly path: string;
  readonly answered: Answered;
  readonly images: readonly string[];
  readonly classes: readonly string[];
  readonly snapshotId: string;
  readonly modelId: string;
  round: number;
}

export const inWorld = ({ folder }: World, name: string) => join(folder, name);

/** A client that has entered with the one-time link, as a browser does. */
export async function enter(studio: StudioProcess): Promise<Studio> {
  const { origin } = new URL(studio.link);
  const response = await fetch(studio.link, { redirect: "manual" });
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`the link was refused: ${response.status}`);
  return createORPCClient(new RPCLink({ url: `${origin}${RPC_PATH}`, headers: { cookie, origin } }));
}

export async function ended(client: Studio, id: string): Promise<Job> {
  for (;;) {
    const job = await client.jobs.get({ id });
    if (job.state !== "running") return job;
    await wait(30);
  }
}

/** Waits for a job that must end well. */
export async function done(client: Studio, started: Job): Promise<Job> {
  const job = await ended(client, started.id);
  if (job.state !== "done")
    throw new Error(`a ${job.kind} job is ${job.state}: ${job.error?.code ?? "no reason given"}`);
  return job;
}

/** The project, its copy, an old one, and a model to export. */
export async function prepare(folder: string, start: () => Promise<StudioProcess>): Promise<World> {
  for (const name of ["backups", "exports"]) mkdirSync(join(folder, name));
  const made = await createProject({
    folder,
    name: "Durability",
    member: "Bench",
    passphrase: PASSPHRASE,
    cost: CHEAP,
  });
  const { path } = made.project;
  made.project.close();
  await makeOldProject(join(folder, "Old.loupe"), PASSPHRASE, OLD_IMAGES);
  const studio = await start();
  const client = await enter(studio);
  await client.projects.open({ path, passphrase: PASSPHRASE });
  await done(client, await client.images.importSample({ images: IMAGES, seed: 1 }));
  const snapshot = await client.snapshots.create({ name: "first" });
  const { job, run } = await client.runs.start({ snapshotId: snapshot.id, recipe: { ...RECIPE, epochs: 1 } });
  await done(client, job);
  const { modelId } = await client.runs.get({ id: run.id });
  const images = (await client.images.list({ limit: 500 })).items.map(({ id }) => id);
  await client.projects.lock();
  cpSync(path, join(folder, "Copy.loupe"), { recursive: true });
  await studio.close();
  return {
    folder,
    path,
    images,
    classes: snapshot.classes.map(({ id }) => id),
    snapshotId: snapshot.id,
    modelId: modelId!,
    round: 0,
    answered: {
      classes: new Map(),
      boxes: new Set(),
      images: images.length,
      runs: new Map(),
      models: new Set([modelId!]),
      asked: null,
      backups: [],
      exports: new Set(),
      recoveryKey: made.recoveryKey,
      isRekeying: false,
      merging: new Map(),
      done: { backups: 0, compactions: 0, merges: 0, keys: 0, exports: 0 },
    },
  };
}

// A hundred kills: the studio as a user starts it, over HTTP as the page speaks to it, killed with SIGKILL at random moments while someone
// labels, imports, trains, backs up, compacts and takes in a copy; half of the time alone, half of the time with all its child processes.
//
// What counts is what the studio had answered: an answer says that the change is on disk. After each kill the project is opened
// directly and asked for everything that had been answered. `lost` counts answers that are not there, `corrupt` counts projects that
// do not open, fail SQLite's integrity check, or whose audit chain does not hold. At the end the last training is resumed and must finish.

import { once } from "node:events";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { openProject } from "../../main/project/project.ts";
import { type BackupReport, RPC_PATH, recipeSchema, type Studio } from "../../preload/contract/index.ts";
import { box } from "../project/shapes.ts";
import type { BenchResult } from "../support/bench.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";

export const title =
  "SIGKILL at random moments while labelling, importing, training, backing up, compacting and merging: nothing lost, nothing corrupt";

const KILLS = 100;
const IMAGES = 60;
const PASSPHRASE = "not a secret";
const WORK = ["label", "import", "train", "backup", "compact", "merge"] as const;
/** Longest time that each kind of work goes on before the kill; a training child needs a while to begin. */
const LONGEST_MS: Record<(typeof WORK)[number], number> = {
  label: 600,
  import: 1500,
  train: 3000,
  backup: 6000,
  compact: 4000,
  merge: 8000,
};

const RECIPE = recipeSchema.parse({
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
  /** folders of backups */
  readonly backups: Set<string>;
  /** how much of this work was answered in all, so that a figure of nothing lost says something */
  readonly done: { backups: number; compactions: number; merges: number };
  /** a change that was asked for and may or may not have happened */
  asked: { imageId: string; classId: string | null } | null;
}

/** A client that has entered with the one-time link, as a browser does. */
async function enter(studio: StudioProcess): Promise<Studio> {
  const { origin } = new URL(studio.link);
  const response = await fetch(studio.link, { redirect: "manual" });
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`the link was refused: ${response.status}`);
  return createORPCClient(new RPCLink({ url: `${origin}${RPC_PATH}`, headers: { cookie, origin } }));
}

async function ended(client: Studio, id: string): Promise<void> {
  while ((await client.jobs.get({ id })).state === "running") await wait(50);
}

/** Labels and draws until the studio does not answer any more. */
async function label(client: Studio, answered: Answered, images: readonly string[], classes: readonly string[]) {
  for (let turn = 0; ; turn++) {
    const imageId = images[Math.floor(Math.random() * images.length)]!;
    if (turn % 4 === 3) {
      const x = Math.floor(Math.random() * 20);
      const drawn = box(imageId, classes[0]!, { x, y: x, width: 10, height: 10 });
      await client.labels.apply({ edits: [{ do: "put", shape: drawn }] });
      answered.boxes.add(drawn.id);
    } else {
      const classId = classes[Math.floor(Math.random() * classes.length)] ?? null;
      answered.asked = { imageId, classId };
      const { classes: said } = await client.labels.apply({ edits: [{ do: "class", imageId, classId }] });
      answered.classes.set(imageId, said[0]!.classId);
      answered.asked = null;
    }
  }
}

async function importMore(client: Studio, answered: Answered, seed: number): Promise<never> {
  await client.images.importSample({ images: 200, seed });
  for (;;) {
    answered.images = Math.max(answered.images, (await client.images.facets()).total);
    await wait(20);
  }
}

/** Goes on with the training that was interrupted, or begins another, and looks at its curve. */
async function train(client: Studio, answered: Answered, snapshotId: string): Promise<never> {
  const left = (await client.runs.list()).find(({ state }) => state === "interrupted");
  const { run } = left
    ? await client.runs.resume({ id: left.id })
    : await client.runs.start({ snapshotId, recipe: RECIPE });
  const points = answered.runs.get(run.id) ?? new Set<string>();
  answered.runs.set(run.id, points);
  for (;;) {
    for (const { step, part, metric } of await client.runs.points({ id: run.id })) {
      points.add(`${step} ${part} ${metric}`);
    }
    const { modelId } = await client.runs.get({ id: run.id });
    if (modelId !== null) answered.models.add(modelId);
    await wait(20);
  }
}

/** Backs up again and again; what was answered must be there, and whole. */
async function backUp(client: Studio, answered: Answered, folder: string): Promise<never> {
  for (;;) {
    const { id } = await client.upkeep.backup({ folder });
    await ended(client, id);
    const { state, result } = await client.jobs.get({ id });
    if (state !== "done") throw new Error(`the backup is ${state}`);
    answered.backups.add((result as BackupReport).path);
    answered.done.backups++;
    await wait(1100); // their names have seconds
  }
}

async function compactOften(client: Studio, answered: Answered): Promise<never> {
  for (;;) {
    await ended(client, (await client.upkeep.compact()).id);
    answered.done.compactions++;
  }
}

/** A colleague draws in a copy of the folder, and the copy is taken in: what was answered as done is in ours. */
async function merge(client: Studio, answered: Answered, copy: string, classId: string): Promise<never> {
  for (;;) {
    const theirs = await openProject({ path: copy, passphrase: PASSPHRASE });
    const drawn = theirs.images
      .names()
      .slice(0, 20)
      .map(({ id }) => box(id, classId, { x: 1, y: 1, width: 3, height: 3 }));
    theirs.labels.apply(drawn.map((shape) => ({ do: "put", shape })));
    theirs.close();
    const { id } = await client.copies.take({ path: copy });
    await ended(client, id);
    const { state } = await client.jobs.get({ id });
    if (state !== "done") throw new Error(`the merge is ${state}`);
    for (const shape of drawn) answered.boxes.add(shape.id);
    answered.done.merges++;
  }
}

/** How many backups that have a name are not what they should be; looks at copies, because opening writes. */
async function brokenBackups(folder: string, answered: Answered): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const seen = names.filter((name) => !name.startsWith("."));
  let broken = [...answered.backups].filter((path) => !seen.includes(basename(path))).length;
  for (const name of seen) {
    const copy = await mkdtemp(join(tmpdir(), "loupe-durability-backup-"));
    try {
      await cp(join(folder, name), copy, { recursive: true });
      const project = await openProject({ path: copy, passphrase: PASSPHRASE });
      if (project.integrityCheck() !== "ok" || !project.audit.list(0, 1).intact) broken++;
      project.close();
    } finally {
      await rm(copy, { recursive: true, force: true });
      await rm(join(folder, name), { recursive: true });
    }
  }
  answered.backups.clear();
  return broken;
}

/** Opens the project without the studio and counts the answers that are not in it. Adopts what it finds for the next round. */
async function inspect(path: string, answered: Answered): Promise<{ lost: number; sound: boolean }> {
  const project = await openProject({ path, passphrase: PASSPHRASE });
  try {
    let lost = 0;
    for (const [imageId, classId] of answered.classes) {
      const found = project.labels.forImage(imageId).classId;
      const asked = answered.asked?.imageId === imageId ? answered.asked.classId : classId;
      if (found !== classId && found !== asked) lost++;
      answered.classes.set(imageId, found);
    }
    answered.asked = null;
    const all = project.images.names();
    const boxes = new Set(all.flatMap(({ id }) => project.labels.forImage(id).shapes.map((shape) => shape.id)));
    lost += [...answered.boxes].filter((id) => !boxes.has(id)).length;
    lost += Math.max(0, answered.images - all.length);
    answered.images = all.length;
    // An image is there with its pixels, its thumbnail and the label that came with it, or not at all.
    for (const { id } of all) {
      const whole = project.images.frame(id, 0).frame.bytes.length > 0 && project.images.thumbnail(id).length > 0;
      if (!whole) lost++;
    }
    for (const [id, points] of answered.runs) {
      const found = new Set(project.runs.points(id).map(({ step, part, metric }) => `${step} ${part} ${metric}`));
      lost += [...points].filter((point) => !found.has(point)).length;
    }
    for (const id of answered.models) if (project.models.onnx(id).length !== project.models.get(id).bytes) lost++;
    return { lost, sound: project.integrityCheck() === "ok" && project.audit.list(0, 1).intact };
  } finally {
    project.close();
  }
}

function kill(studio: StudioProcess, together: boolean): void {
  const { pid } = studio.child;
  if (pid === undefined) throw new Error("the studio has no process");
  process.kill(together ? -pid : pid, "SIGKILL");
}

export default async function durability(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-durability-"));
  try {
    return await measure(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measure(folder: string): Promise<BenchResult> {
  const start = () => startStudio({ folder, group: true });
  let studio = await start();
  let client = await enter(studio);
  const { project } = await client.projects.create({ name: "Durability", member: "Bench", passphrase: PASSPHRASE });
  await ended(client, (await client.images.importSample({ images: IMAGES, seed: 1 })).id);
  const snapshot = await client.snapshots.create({ name: "first" });
  const classes = snapshot.classes.map(({ id }) => id);
  const images = (await client.images.list({ limit: 500 })).items.map(({ id }) => id);
  const answered: Answered = {
    classes: new Map(),
    boxes: new Set(),
    images: images.length,
    runs: new Map(),
    models: new Set(),
    backups: new Set(),
    done: { backups: 0, compactions: 0, merges: 0 },
    asked: null,
  };
  const backups = join(folder, "backups");
  const copy = join(folder, "copy", "Durability.loupe");
  await client.projects.lock();
  await cp(project.path, copy, { recursive: true });
  await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
  const figures = {
    kills: 0,
    lost: 0,
    corrupt: 0,
    changes: 0,
    points: 0,
    trainings: 0,
    backups: 0,
    compactions: 0,
    merges: 0,
  };
  while (figures.kills < KILLS) {
    const work = WORK[figures.kills % WORK.length]!;
    const tasks = [label(client, answered, images, classes)];
    if (work === "import") tasks.push(importMore(client, answered, 100 + figures.kills));
    if (work === "train") tasks.push(train(client, answered, snapshot.id));
    if (work === "backup") tasks.push(backUp(client, answered, backups));
    if (work === "compact") tasks.push(compactOften(client, answered));
    if (work === "merge") tasks.push(merge(client, answered, copy, classes[0]!));
    // Each task goes on until its studio is gone; one that ends before the kill has met a refusal, which is a failure of the bench.
    let killed = false;
    const ends = tasks.map((task) =>
      task.catch((error: unknown) => {
        if (!killed) throw error;
      }),
    );
    const moment = wait(Math.random() * LONGEST_MS[work]);
    await Promise.race([moment, ...ends]);
    killed = true;
    const gone = once(studio.child, "exit");
    kill(studio, figures.kills % 2 === 0);
    await gone;
    await Promise.all(ends);
    figures.kills++;
    try {
      const { lost, sound } = await inspect(project.path, answered);
      figures.lost += lost;
      if (!sound) figures.corrupt++;
      figures.corrupt += await brokenBackups(backups, answered);
    } catch (error) {
      figures.corrupt++;
      console.error(`kill ${figures.kills}: ${String(error)}`);
    }
    if (figures.kills % 10 === 0)
      console.error(`${figures.kills} kills, lost ${figures.lost}, corrupt ${figures.corrupt}`);
    studio = await start();
    client = await enter(studio);
    await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
  }
  await finishTraining(client);
  figures.changes = (await client.audit.list({ limit: 1 })).total;
  figures.points = [...answered.runs.values()].reduce((sum, points) => sum + points.size, 0);
  Object.assign(figures, answered.done);
  figures.trainings = (await client.runs.list()).filter(({ state }) => state === "done").length;
  await studio.close();
  const required = {
    kills: String(KILLS),
    lost: "0",
    corrupt: "0",
    trainings: ">= 1",
    backups: ">= 1",
    merges: ">= 1",
  };
  const ok =
    figures.kills === KILLS &&
    figures.lost === 0 &&
    figures.corrupt === 0 &&
    figures.trainings >= 1 &&
    figures.backups >= 1 &&
    figures.merges >= 1;
  return { figures, required, ok };
}

/** A training that was killed as often as this must still end, with its model. */
async function finishTraining(client: Studio): Promise<void> {
  const left = (await client.runs.list()).find(({ state }) => state === "interrupted");
  if (left === undefined) return;
  const { job } = await client.runs.resume({ id: left.id });
  await ended(client, job.id);
  const { state, error } = await client.runs.get({ id: left.id });
  if (state !== "done") throw new Error(`the resumed training is ${state}: ${error?.code ?? "no reason given"}`);
}

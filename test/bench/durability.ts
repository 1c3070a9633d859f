// Five hundred kills: the studio as a user starts it, over HTTP as the page speaks to it, killed with SIGKILL at random moments while it labels,
// imports, trains, backs up, compacts, takes a copy in, changes its key, migrates or exports; half of the time alone, half of the time with all its
// child processes.
//
// What counts is what the studio had answered: an answer says that the change is on disk. After each kill the project is opened directly and
// asked for everything that had been answered. `lost` counts answers that are not there, `corrupt` counts projects that do not open, fail SQLite's
// integrity check, or whose audit chain does not hold, and backups and exports that look whole and are not. How much of each was answered is
// counted too, so that nothing lost says something. At the end the last training is resumed and must finish.

import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { extract } from "tar-stream";
import { createProject, openProject, type Project, recoverProject } from "../../main/project/project.ts";
import { type BackupReport, type Job, RPC_PATH, recipeSchema, type Studio } from "../../preload/contract/index.ts";
import { box } from "../project/shapes.ts";
import type { BenchResult } from "../support/bench.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";
import { CHEAP, makeOldProject } from "./durability/old-project.ts";

export const title = "SIGKILL at random moments in everything that writes: nothing lost, nothing corrupt";

const KILLS = 500;
const IMAGES = 60;
/** The first images are labelled here, the others in the copy that is taken in. */
const OURS = 40;
const OLD_IMAGES = 400;
const PASSPHRASE = "not a secret";

const WORK = ["label", "import", "train", "backup", "compact", "merge", "re-key", "migrate", "export"] as const;
type Work = (typeof WORK)[number];
/** Longest time that each kind of work goes on before the kill; a child process needs a while to begin. */
const LONGEST_MS: Record<Work, number> = {
  label: 500,
  import: 1500,
  train: 3000,
  backup: 2500,
  compact: 2000,
  merge: 2500,
  "re-key": 2000,
  migrate: 1000,
  export: 5000,
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

interface World {
  readonly folder: string;
  readonly path: string;
  readonly answered: Answered;
  readonly images: readonly string[];
  readonly classes: readonly string[];
  readonly snapshotId: string;
  readonly modelId: string;
  round: number;
}

const inWorld = ({ folder }: World, name: string) => join(folder, name);

/** A client that has entered with the one-time link, as a browser does. */
async function enter(studio: StudioProcess): Promise<Studio> {
  const { origin } = new URL(studio.link);
  const response = await fetch(studio.link, { redirect: "manual" });
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`the link was refused: ${response.status}`);
  return createORPCClient(new RPCLink({ url: `${origin}${RPC_PATH}`, headers: { cookie, origin } }));
}

async function ended(client: Studio, id: string): Promise<Job> {
  for (;;) {
    const job = await client.jobs.get({ id });
    if (job.state !== "running") return job;
    await wait(30);
  }
}

/** Waits for a job that must end well. */
async function done(client: Studio, started: Job): Promise<Job> {
  const job = await ended(client, started.id);
  if (job.state !== "done")
    throw new Error(`a ${job.kind} job is ${job.state}: ${job.error?.code ?? "no reason given"}`);
  return job;
}

/** Labels and draws until the studio does not answer any more. */
async function label(client: Studio, { answered, images, classes }: World): Promise<never> {
  for (let turn = 0; ; turn++) {
    const imageId = images[Math.floor(Math.random() * OURS)]!;
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

async function importMore(client: Studio, { answered, round }: World): Promise<never> {
  for (let turn = 0; ; turn++) {
    const job = await client.images.importSample({ images: 100, seed: 1000 * round + turn });
    while ((await client.jobs.get({ id: job.id })).state === "running") {
      answered.images = Math.max(answered.images, (await client.images.facets()).total);
      await wait(20);
    }
  }
}

/** Goes on with the training that was interrupted, or begins another, and looks at its curve. */
async function train(client: Studio, { answered, snapshotId }: World): Promise<never> {
  for (;;) {
    const left = (await client.runs.list()).find(({ state }) => state === "interrupted");
    const { run } = left
      ? await client.runs.resume({ id: left.id })
      : await client.runs.start({ snapshotId, recipe: RECIPE });
    const points = answered.runs.get(run.id) ?? new Set<string>();
    answered.runs.set(run.id, points);
    for (let state = "running"; state === "running"; ) {
      for (const { step, part, metric } of await client.runs.points({ id: run.id })) {
        points.add(`${step} ${part} ${metric}`);
      }
      const now = await client.runs.get({ id: run.id });
      state = now.state;
      if (now.modelId !== null) answered.models.add(now.modelId);
      await wait(20);
    }
  }
}

async function backUp(client: Studio, world: World): Promise<never> {
  for (;;) {
    const job = await done(client, await client.upkeep.backup({ folder: inWorld(world, "backups") }));
    world.answered.backups.push(job.result as unknown as BackupReport);
    world.answered.done.backups++;
    await wait(1100); // their names have seconds
  }
}

async function compact(client: Studio, { answered }: World): Promise<never> {
  for (;;) {
    await done(client, await client.upkeep.compact());
    answered.done.compactions++;
  }
}

/** The copy goes on by itself, on images that nobody labels here, until the studio takes it in. */
async function labelCopy(world: World): Promise<Map<string, string>> {
  const copy = await openProject({ path: inWorld(world, "Copy.loupe"), passphrase: PASSPHRASE });
  try {
    const said = new Map<string, string>();
    for (const imageId of world.images.slice(OURS)) {
      const classId = world.classes[Math.floor(Math.random() * world.classes.length)]!;
      if (copy.labels.forImage(imageId).classId !== classId) copy.labels.apply([{ do: "class", imageId, classId }]);
      copy.labels.apply([{ do: "put", shape: box(imageId, classId, { x: 1, y: 1, width: 5, height: 5 }) }]);
      said.set(imageId, classId);
    }
    return said;
  } finally {
    copy.close();
  }
}

async function takeIn(client: Studio, world: World, said: Map<string, string>): Promise<never> {
  world.answered.merging = said;
  for (;;) {
    await done(client, await client.copies.take({ path: inWorld(world, "Copy.loupe"), passphrase: PASSPHRASE }));
    for (const [imageId, classId] of said) world.answered.classes.set(imageId, classId);
    world.answered.done.merges++;
  }
}

async function changeKey(client: Studio, { answered }: World): Promise<never> {
  for (;;) {
    answered.isRekeying = true;
    const { recoveryKey } = await client.projects.renewRecoveryKey();
    answered.recoveryKey = recoveryKey;
    answered.isRekeying = false;
    answered.done.keys++;
  }
}

/** Opens a project that an older studio left, then waits for the end. */
async function migrate(client: Studio, path: string): Promise<never> {
  await client.projects.open({ path, passphrase: PASSPHRASE });
  for (;;) {
    await client.projects.current();
    await wait(20);
  }
}

async function exportAll(client: Studio, world: World): Promise<never> {
  const folder = inWorld(world, "exports");
  for (let turn = 0; ; turn++) {
    const labels = join(folder, `labels-${turn}`);
    await done(client, await client.labelFiles.export({ format: "coco", folder: labels }));
    world.answered.exports.add(labels);
    world.answered.done.exports++;
    const saved = await client.models.save({ modelId: world.modelId, format: "onnx", folder, name: `model-${turn}` });
    world.answered.exports.add(saved.path);
    world.answered.done.exports++;
    await done(client, await client.models.export({ modelId: world.modelId, folder, name: `image-${turn}` }));
    world.answered.exports.add(join(folder, `image-${turn}.oci.tar`));
    world.answered.done.exports++;
  }
}

/**
 * With the recovery key that was shown last. Where a newer one was on its way, the project may have it already, and nobody saw it: then with the
 * passphrase, and by no recovery key until the next is shown.
 */
async function openByWhatWasSaid({ answered, path }: World): Promise<Project> {
  const { recoveryKey, isRekeying } = answered;
  answered.isRekeying = false;
  if (recoveryKey !== null) {
    try {
      return await recoverProject({ path, recoveryKey, passphrase: PASSPHRASE, cost: CHEAP });
    } catch (error) {
      if (!isRekeying) throw error;
      answered.recoveryKey = null;
    }
  }
  return openProject({ path, passphrase: PASSPHRASE });
}

/** Opens the project without the studio and counts the answers that are not in it. Adopts what it finds for the next round. */
async function inspect(world: World): Promise<{ lost: number; sound: boolean }> {
  const { answered } = world;
  const project = await openByWhatWasSaid(world);
  try {
    let lost = 0;
    for (const [imageId, classId] of answered.classes) {
      const found = project.labels.forImage(imageId).classId;
      const asked = answered.asked?.imageId === imageId ? answered.asked.classId : classId;
      if (found !== classId && found !== asked && found !== answered.merging.get(imageId)) lost++;
      answered.classes.set(imageId, found);
    }
    answered.asked = null;
    answered.merging = new Map();
    const all = project.images.names();
    const boxes = new Set(world.images.flatMap((id) => project.labels.forImage(id).shapes.map((shape) => shape.id)));
    lost += [...answered.boxes].filter((id) => !boxes.has(id)).length;
    lost += Math.max(0, answered.images - all.length);
    answered.images = all.length;
    lost += halves(project, all);
    for (const [id, points] of answered.runs) {
      const found = new Set(project.runs.points(id).map(({ step, part, metric }) => `${step} ${part} ${metric}`));
      lost += [...points].filter((point) => !found.has(point)).length;
    }
    for (const id of answered.models) if (project.models.onnx(id).length !== project.models.get(id).bytes) lost++;
    return { lost, sound: isSound(project) };
  } finally {
    project.close();
  }
}

const isSound = (project: Project): boolean => project.integrityCheck() === "ok" && project.audit.list(0, 1).intact;

/** An image is there with its pixels, its thumbnail and the label that came with it, or not at all. */
function halves(project: Project, images: readonly { id: string }[]): number {
  return images.filter(
    ({ id }) => !(project.images.frame(id, 0).frame.bytes.length > 0 && project.images.thumbnail(id).length > 0),
  ).length;
}

/** Every backup that shows itself opens and holds; every one that was answered is there. They are removed. */
async function inspectBackups(world: World): Promise<{ lost: number; sound: boolean }> {
  const folder = inWorld(world, "backups");
  const reports = world.answered.backups.splice(0);
  const lost = reports.filter(({ path }) => !existsSync(path)).length;
  let sound = true;
  for (const name of readdirSync(folder).filter((each) => !each.startsWith("."))) {
    const backup = await openProject({ path: join(folder, name), passphrase: PASSPHRASE });
    sound &&= isSound(backup);
    backup.close();
  }
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return { lost, sound };
}

/** Every export that shows itself is whole; every one that was answered is there. They are removed. */
async function inspectExports(world: World): Promise<{ lost: number; sound: boolean }> {
  const folder = inWorld(world, "exports");
  const lost = [...world.answered.exports].filter((path) => !existsSync(path)).length;
  world.answered.exports.clear();
  let sound = true;
  for (const name of readdirSync(folder).filter((each) => !each.startsWith(".") && !each.endsWith(".part"))) {
    const path = join(folder, name);
    try {
      if (name.endsWith(".oci.tar")) await readArchive(path);
      else if (!name.endsWith(".onnx"))
        for (const file of readdirSync(path)) JSON.parse(readFileSync(join(path, file), "utf8"));
    } catch {
      sound = false;
    }
  }
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return { lost, sound };
}

/** Throws where the archive is cut off or lacks what an OCI image begins with. */
async function readArchive(path: string): Promise<void> {
  const names = new Set<string>();
  const reader = extract();
  reader.end(readFileSync(path));
  for await (const entry of reader) {
    names.add(entry.header.name);
    entry.resume();
  }
  if (!names.has("index.json") || !names.has("oci-layout")) throw new Error("no image");
}

async function inspectOld(path: string): Promise<{ lost: number; sound: boolean }> {
  const project = await openProject({ path, passphrase: PASSPHRASE });
  try {
    const all = project.images.names();
    const labels = all.map(({ id }) => project.labels.forImage(id));
    const whole = labels.filter(({ classId, shapes }) => classId !== null && shapes.length === 1).length;
    return { lost: OLD_IMAGES - whole + halves(project, all), sound: isSound(project) };
  } finally {
    project.close();
    rmSync(path, { recursive: true });
  }
}

function kill(studio: StudioProcess, together: boolean): void {
  const { pid } = studio.child;
  if (pid === undefined) throw new Error("the studio has no process");
  process.kill(together ? -pid : pid, "SIGKILL");
}

/** Two projects at the same time, each with half of the kills. */
const LANES = 2;

export default async function durability([kills]: readonly string[]): Promise<BenchResult> {
  const wanted = Number(kills ?? KILLS);
  const folder = await mkdtemp(join(tmpdir(), "loupe-durability-"));
  try {
    const each = await Promise.all(
      Array.from({ length: LANES }, (_, lane) => {
        const share = Math.floor((wanted + lane) / LANES);
        mkdirSync(join(folder, `${lane}`));
        return measure(join(folder, `${lane}`), share);
      }),
    );
    const figures = each.reduce((sum, lane) =>
      Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + lane[name]!])),
    );
    const answered = ["trainings", "backups", "compactions", "merges", "keys", "exports"];
    const ok =
      figures.kills === wanted &&
      figures.lost === 0 &&
      figures.corrupt === 0 &&
      answered.every((name) => figures[name]! > 0);
    const required = Object.fromEntries(answered.map((name) => [name, ">= 1"]));
    return { figures, required: { kills: String(wanted), lost: "0", corrupt: "0", ...required }, ok };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is worked on in a round of a kind, until the studio is gone. Labelling goes on beside all that does not need the project for itself. */
async function begin(work: Work, client: Studio, world: World): Promise<Promise<never>[]> {
  const { path } = world;
  if (work === "migrate") {
    const old = inWorld(world, "Old-now.loupe");
    cpSync(inWorld(world, "Old.loupe"), old, { recursive: true });
    return [migrate(client, old)];
  }
  const said = work === "merge" ? await labelCopy(world) : new Map<string, string>();
  await client.projects.open({ path, passphrase: PASSPHRASE });
  switch (work) {
    case "label":
      return [label(client, world)];
    case "import":
      return [label(client, world), importMore(client, world)];
    case "train":
      return [label(client, world), train(client, world)];
    case "backup":
      return [label(client, world), backUp(client, world)];
    case "compact":
      return [label(client, world), compact(client, world)];
    case "merge":
      return [label(client, world), takeIn(client, world, said)];
    case "re-key":
      return [changeKey(client, world)];
    case "export":
      return [label(client, world), exportAll(client, world)];
  }
}

/** The project, its copy, an old one, and a model to export. */
async function prepare(folder: string, start: () => Promise<StudioProcess>): Promise<World> {
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

async function measure(folder: string, kills: number): Promise<Record<string, number>> {
  const settings = join(folder, "studio");
  const start = () => startStudio({ folder: settings, group: true });
  const world = await prepare(folder, start);
  const figures = { kills: 0, lost: 0, corrupt: 0, changes: 0, points: 0, trainings: 0 };
  let studio = await start();
  let client = await enter(studio);
  while (figures.kills < kills) {
    const work = WORK[figures.kills % WORK.length]!;
    world.round = figures.kills;
    const tasks = await begin(work, client, world);
    // Each task goes on until its studio is gone; one that ends before the kill has met a refusal, which is a failure of the bench.
    let killed = false;
    const ends = tasks.map((task) =>
      task.catch((error: unknown) => {
        if (!killed) throw error;
      }),
    );
    await Promise.race([wait(Math.random() * LONGEST_MS[work]), ...ends]);
    killed = true;
    const gone = once(studio.child, "exit");
    kill(studio, figures.kills % 16 < 8);
    await gone;
    await Promise.all(ends);
    figures.kills++;
    // The next studio starts while the project is looked at.
    const next = start();
    try {
      const found = [await inspect(world)];
      if (work === "backup") found.push(await inspectBackups(world));
      if (work === "export") found.push(await inspectExports(world));
      if (work === "migrate") found.push(await inspectOld(inWorld(world, "Old-now.loupe")));
      for (const { lost, sound } of found) {
        figures.lost += lost;
        if (!sound) figures.corrupt++;
        if (lost > 0 || !sound)
          console.error(`kill ${figures.kills}, ${work}: lost ${lost}, ${sound ? "" : "not "}sound`);
      }
    } catch (error) {
      figures.corrupt++;
      console.error(`kill ${figures.kills}, ${work}: ${String(error)}`);
    }
    if (figures.kills % 50 === 0)
      console.error(`${figures.kills} kills, lost ${figures.lost}, corrupt ${figures.corrupt}`);
    studio = await next;
    client = await enter(studio);
  }
  await client.projects.open({ path: world.path, passphrase: PASSPHRASE });
  await finishTraining(client);
  figures.changes = (await client.audit.list({ limit: 1 })).total;
  figures.points = [...world.answered.runs.values()].reduce((sum, points) => sum + points.size, 0);
  figures.trainings = (await client.runs.list()).filter(({ state }) => state === "done").length;
  await studio.close();
  return { ...figures, ...world.answered.done };
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

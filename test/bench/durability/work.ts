// What the studio is doing when it is killed: each kind of work goes on until the studio does not answer any more.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openProject } from "../../../main/project/project.ts";
import type { BackupReport, Studio } from "../../../preload/contract/index.ts";
import { box } from "../../project/shapes.ts";
import { done, ended, inWorld, OURS, PASSPHRASE, RECIPE, type World } from "./world.ts";

export const WORK = ["label", "import", "train", "backup", "compact", "merge", "re-key", "migrate", "export"] as const;
export type Work = (typeof WORK)[number];
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

/** What is worked on in a round of a kind, until the studio is gone. Labelling goes on beside all that does not need the project for itself. */
export async function begin(work: Work, client: Studio, world: World): Promise<Promise<never>[]> {
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

/** A training that was killed as often as this must still end, with its model. */
export async function finishTraining(client: Studio): Promise<void> {
  const left = (await client.runs.list()).find(({ state }) => state === "interrupted");
  if (left === undefined) return;
  const { job } = await client.runs.resume({ id: left.id });
  await ended(client, job.id);
  const { state, error } = await client.runs.get({ id: left.id });
  if (state !== "done") throw new Error(`the resumed training is ${state}: ${error?.code ?? "no reason given"}`);
}

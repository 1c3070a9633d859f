// After a kill: the project is opened without the studio and asked for everything that had been answered.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar-stream";
import { openProject, type Project, recoverProject } from "../../../main/project/project.ts";
import { CHEAP } from "./old-project.ts";
import { inWorld, OLD_IMAGES, PASSPHRASE, type World } from "./world.ts";

/** Answers that are not there, and whether everything that shows itself is whole. */
interface Found {
  readonly lost: number;
  readonly sound: boolean;
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
export async function inspect(world: World): Promise<Found> {
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
export async function inspectBackups(world: World): Promise<Found> {
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
export async function inspectExports(world: World): Promise<Found> {
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

export async function inspectOld(path: string): Promise<Found> {
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

// One process of `bench encryption`: does the product's own work on a project and answers what it cost.
//
// Write: the import of a folder as a job does it, then labels one by one as a reader gives them. Read, each from a project that was just
// opened, so that SQLite holds nothing yet: the bytes of every frame of a snapshot; every frame as pixels; and the frames made ready for
// training, which is what a snapshot is read for. The files are in the system's page cache: what is compared is work, not the disk.

import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decodeFrame } from "../../../main/imaging/frame.ts";
import type { FrameEncoding } from "../../../main/imaging/types.ts";
import type { TaskContext } from "../../../main/jobs/tasks/context.ts";
import { importPath } from "../../../main/jobs/tasks/import.ts";
import { createProject, openProject, type Project } from "../../../main/project/project.ts";
import { prepareImages } from "../../../main/training/dataset.ts";
import type { InputSpec } from "../../../preload/contract/index.ts";
import type { Cost, Costs, Order } from "./round.ts";

const PASSPHRASE = "not a secret";
const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 };
const LABELS = 400;
const INPUT: InputSpec = { size: 64, low: -1000, high: 1000 };

async function costOf(work: () => unknown): Promise<Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { processorMs: (user + system) / 1000, wallMs: performance.now() - began };
}

async function write({ images, folder }: Order): Promise<Costs> {
  rmSync(pathIn(folder), { recursive: true, force: true });
  const made = await createProject({ folder, name: "Bench", member: "Bench", passphrase: PASSPHRASE, cost: CHEAP });
  const { project } = made;
  const nobody = () => {};
  const context: TaskContext = {
    project,
    signal: new AbortController().signal,
    progress: nobody,
    points: nobody,
    changed: nobody,
  };
  const importing = await costOf(() =>
    importPath(
      { kind: "import", path: images, labels: "folders", deidentify: { profile: "none", options: [] } },
      context,
    ),
  );
  const { items } = project.images.list({}, "imported", 0, 500);
  const classes = project.labels.classes();
  const labelling = await costOf(() => {
    for (let turn = 0; turn < LABELS; turn++) {
      const { id } = items[(turn * 7) % items.length]!;
      project.labels.apply([{ do: "class", imageId: id, classId: classes[turn % classes.length]!.id }]);
    }
  });
  project.snapshots.create({ name: "all", seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: false });
  project.close();
  return { import: importing, label: labelling };
}

async function read({ folder }: Order): Promise<Costs> {
  warm(join(pathIn(folder), "project.db"));
  const bytes = await opened(folder, (project, images) => {
    for (const id of images) project.images.frame(id, 0);
  });
  const frames = await opened(folder, (project, images) => {
    for (const id of images) {
      const { frame, pixels, encoding } = project.images.frame(id, 0);
      decodeFrame(frame, pixels, encoding as FrameEncoding);
    }
  });
  const prepare = await opened(folder, (project) => {
    const items = project.snapshots.items(project.snapshots.list()[0]!.id);
    return prepareImages(project, items, INPUT, { signal: new AbortController().signal });
  });
  return { bytes, frames, prepare };
}

async function opened(folder: string, work: (project: Project, images: string[]) => unknown): Promise<Cost> {
  const project = await openProject({ path: pathIn(folder), passphrase: PASSPHRASE });
  try {
    const items = project.snapshots.items(project.snapshots.list()[0]!.id).map(({ imageId }) => imageId);
    return await costOf(() => work(project, items));
  } finally {
    project.close();
  }
}

const pathIn = (folder: string) => join(folder, "Bench.loupe");

/** Reads a file once, so that the system has it in memory. */
function warm(file: string): void {
  const piece = Buffer.alloc(1 << 20);
  const descriptor = openSync(file, "r");
  while (readSync(descriptor, piece) > 0);
  closeSync(descriptor);
}

process.on("message", (order: Order) => {
  (order.work === "write" ? write(order) : read(order)).then(
    (costs) => process.send?.({ costs }),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

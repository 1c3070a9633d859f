// Images from files of this machine, or from one file whose bytes were sent.
//
// One file after the other: a file that cannot be read is listed with the reason and the rest goes on; only a project that
// cannot be written stops the work. What is in when it stops, stays in, and importing again adds only the rest.
//
// With de-identification on, the names of files are used for what folders say (class, part) and then forgotten: the report of a job is kept
// in the project, so it numbers the files it refuses. The project's secret is wiped from this process's memory when the import ends.

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  AppError,
  type Deidentify,
  type ImportReport,
  type Part,
  type RefusedFile,
} from "../../../preload/contract/index.ts";
import type { DeidentifyOnRead } from "../../imaging/deidentify/at-import.ts";
import { keyedMapping } from "../../imaging/deidentify/mapping.ts";
import { readImages } from "../../imaging/read.ts";
import type { ImportedImage } from "../../imaging/types.ts";
import type { LabelSource, TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { type ImportedLabels, Importer } from "./importer.ts";
import { Pace } from "./pace.ts";

/** Of one file. Node reads at most 2 GiB at once, and decoding needs room beside it. */
const LARGEST_FILE = 2 ** 30;
/** Images of one archive that are written in one transaction; between two the work can be stopped. */
const BATCH = 64;
/** Windows are told that there are more images no more often than this. */
const ANNOUNCE_EVERY_MS = 1000;

const PART_FOLDERS: Record<string, Part> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

export async function importPath(task: TaskOf<"import">, context: TaskContext): Promise<ImportReport> {
  const root = resolve(task.path);
  const isFolder = (await stat(root).catch(notThere)).isDirectory();
  const importer = new Importer(context.project);
  const anonymous = task.deidentify.profile !== "none";
  const nameOf = (path: string): string => (isFolder ? relative(root, path).split(sep).join("/") : basename(path));
  const refuseFolder = (path: string): void => {
    const message = "This folder may not be read, so nothing in it was imported.";
    const file = anonymous ? "folder" : `${nameOf(path) || basename(path)}/`;
    importer.report.refused.push({ file, code: "imaging/unreadable", message });
  };
  const files = isFolder ? await listFiles(root, context.signal, refuseFolder) : [root];
  const pace = new Pace();
  let announcedAt = performance.now();
  await withMapping(task.deidentify, context, async (deidentify) => {
    for (const [index, path] of files.entries()) {
      throwIfStopped(context.signal);
      context.progress(pace.at(index, files.length, "files", "importing"));
      const source = {
        name: nameOf(path),
        shown: anonymous ? `file ${index + 1}` : nameOf(path),
        read: () => readWhole(path),
        folder: basename(dirname(path)),
        amongOthers: isFolder,
      };
      await importOne(importer, source, task.labels, deidentify, context);
      if (performance.now() - announcedAt > ANNOUNCE_EVERY_MS) {
        announcedAt = performance.now();
        context.changed("images");
      }
    }
  });
  context.progress(pace.at(files.length, files.length, "files", "importing"));
  return importer.report;
}

export async function importFile(task: TaskOf<"import-file">, context: TaskContext): Promise<ImportReport> {
  const importer = new Importer(context.project);
  const name = task.name.split("\\").join("/");
  const folders = name.split("/").slice(0, -1);
  const file = { name, shown: name, read: async () => task.bytes, folder: folders.at(-1) ?? "", amongOthers: false };
  await withMapping(task.deidentify, context, (deidentify) =>
    importOne(importer, file, task.labels, deidentify, context),
  );
  return importer.report;
}

/** Does the work with what the project's secret maps to; null where files come in as they are. */
export async function withMapping(
  { profile, options }: Deidentify,
  { project }: TaskContext,
  work: (deidentify: DeidentifyOnRead | null) => Promise<void>,
): Promise<void> {
  if (profile === "none") return work(null);
  const secret = project.deidentification.secret();
  try {
    await work({ options, mapping: keyedMapping(secret) });
  } finally {
    secret.fill(0);
  }
}

/** A file to import: its path, its bytes when they are needed, the folder that may be its class. */
interface Source {
  name: string;
  /** what the report calls it */
  shown: string;
  read(): Promise<Uint8Array>;
  folder: string;
  /** whether the files around it are imported too */
  amongOthers: boolean;
}

async function importOne(
  importer: Importer,
  source: Source,
  from: LabelSource,
  deidentify: DeidentifyOnRead | null,
  context: TaskContext,
): Promise<void> {
  const { name, shown } = source;
  let images: ImportedImage[];
  const refuse = (file: string, reason: unknown): void => {
    // A file within an archive is told by the archive alone where its name may not be kept.
    const listed = refusal(shown === name ? file : shown, reason);
    // A disc's table of contents is nothing to import and nothing to worry about where the disc itself is imported.
    const contents = listed.code === "imaging/directory" && (source.amongOthers || file !== name);
    if (!contents) importer.report.refused.push(listed);
  };
  try {
    images = readImages({ name, bytes: await source.read() }, { onRefused: refuse, deidentify });
  } catch (error) {
    refuse(name, error);
    return;
  }
  const part = partOf(name);
  const labelled = images.map((image) => {
    // What a file itself says of each image is nearer to it than the folder that it lies in.
    const className =
      image.suggestedClass ?? (from === "folders" && source.folder.trim() !== "" ? source.folder : null);
    const labels: ImportedLabels = { className };
    return { image: part === null || image.suggestedPart ? image : { ...image, suggestedPart: part }, labels };
  });
  for (let start = 0; start < labelled.length; start += BATCH) {
    if (start > 0) {
      await setImmediate();
      throwIfStopped(context.signal);
    }
    try {
      importer.addAll(labelled.slice(start, start + BATCH));
    } catch (error) {
      // The project refuses an image that it cannot keep; any other error is the project's own and ends the import.
      if (!(error instanceof AppError && error.code.startsWith("imaging/"))) throw error;
      importer.report.refused.push(refusal(shown, error));
      return;
    }
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) {
      throw new AppError("imaging/too-large", `A file may have 1 GiB at most; this one has ${size} bytes.`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("imaging/unreadable", "This file may not be read or is gone.", { cause: error });
  }
}

function refusal(file: string, error: unknown): RefusedFile {
  if (error instanceof AppError) return { file, code: error.code, message: error.message };
  throw error;
}

/** Every file below a folder in natural order; hidden ones and links to folders are left out. */
async function listFiles(root: string, signal: AbortSignal, refuse: (folder: string) => void): Promise<string[]> {
  const files: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    throwIfStopped(signal);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
    if (entries === null) {
      refuse(folder);
      continue;
    }
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        // A project inside an imported folder is not a set of images.
        if (!entry.name.endsWith(".loupe")) folders.push(path);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) files.push(path);
    }
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  return files.sort(compare);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/** The part of a set that a path says it belongs to, as in `train/NORMAL/1.png`; the deepest such folder counts. */
function partOf(name: string): Part | null {
  const folders = name.toLowerCase().split("/").slice(0, -1).reverse();
  for (const folder of folders) {
    if (Object.hasOwn(PART_FOLDERS, folder)) return PART_FOLDERS[folder]!;
  }
  return null;
}

function notThere(error: unknown): never {
  throw new AppError("app/not-found", "This file or folder does not exist or may not be read.", { cause: error });
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError("app/aborted", "The import was stopped; what was read so far is in.");
}

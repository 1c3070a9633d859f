// Files that the person dropped or chose, sent one call each, a few at a time.
import type { Deidentify, ImportReport, Studio } from "../../../preload/contract/index.ts";
import { refusalOf } from "../../studio/client.ts";

/** A file with the path under which it was dropped; the last folder of it may name a class. */
export interface NamedFile {
  name: string;
  file: File;
}

export type LabelsFrom = "none" | "folders";

const CONCURRENCY = 4;

const EMPTY_REPORT: ImportReport = {
  imported: 0,
  duplicates: 0,
  labelled: 0,
  deidentified: 0,
  actions: {},
  refused: [],
};

function addCounts(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

const addReports = (a: ImportReport, b: ImportReport): ImportReport => ({
  imported: a.imported + b.imported,
  duplicates: a.duplicates + b.duplicates,
  labelled: a.labelled + b.labelled,
  deidentified: a.deidentified + b.deidentified,
  actions: addCounts(a.actions, b.actions),
  refused: [...a.refused, ...b.refused],
});

/**
 * Imports files and adds up their reports; a file that the studio refuses is listed and the others go on. Stops when the signal
 * aborts, with the report of what was done. A studio that does not answer ends it: throws that error.
 */
export async function uploadFiles(
  studio: Studio,
  files: readonly NamedFile[],
  options: { labels: LabelsFrom; deidentify: Deidentify; signal: AbortSignal; onProgress(done: number): void },
): Promise<ImportReport> {
  let report = EMPTY_REPORT;
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < files.length && !options.signal.aborted) {
      const { name, file } = files[next++];
      // In two steps: several are on their way, and each must add to the sum as it is then.
      const one = await uploadOne(studio, name, file, options);
      report = addReports(report, one);
      options.onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, files.length) }, work));
  return report;
}

async function uploadOne(
  studio: Studio,
  name: string,
  bytes: File,
  options: { labels: LabelsFrom; deidentify: Deidentify; signal: AbortSignal },
): Promise<ImportReport> {
  const { labels, deidentify } = options;
  try {
    return await studio.images.importFile({ name, bytes, labels, deidentify });
  } catch (error) {
    const { code, message, retryAfterSeconds } = refusalOf(error);
    if (code === "app/busy" && !options.signal.aborted) {
      // Other windows are sending too; this file is no worse than theirs.
      await new Promise((resolve) => setTimeout(resolve, 1000 * (retryAfterSeconds ?? 1)));
      return uploadOne(studio, name, bytes, options);
    }
    if (code === "page/offline" || code === "app/unauthorised" || code.startsWith("project/")) throw error;
    return { ...EMPTY_REPORT, refused: [{ file: name, code, message }] };
  }
}

/** Files of an input field; with a folder chosen, their relative paths. Hidden files are left out. */
export function filesOfInput(list: FileList | null): NamedFile[] {
  return [...(list ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file })).filter(isVisible);
}

/** Files of a drop, folders walked through. Must be called while the drop event is handled. */
export async function filesOfDrop(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(filesOfEntry))).flat().filter(isVisible);
}

async function filesOfEntry(entry: FileSystemEntry): Promise<NamedFile[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ name: entry.fullPath.replace(/^\//, ""), file }];
  }
  if (!isDirectory(entry)) return [];
  const reader = entry.createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives at most 100 entries at a time.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    children.push(...batch);
  }
  return (await Promise.all(children.map(filesOfEntry))).flat();
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isVisible = ({ name }: NamedFile): boolean => !name.split("/").at(-1)!.startsWith(".");

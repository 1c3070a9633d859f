// A folder that somebody asked for outside of the project, with many files in it: there complete or not at all.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { named, type WriteOptions } from "./whole-files.ts";

export interface FolderFile {
  /** Below the folder, with "/" between names. */
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/**
 * Writes the files into a draft beside the folder's place and gives it its name at the end. Where the folder is there already, `overwrite` moves file by file into it and
 * leaves what is not ours alone. Answers how many files and bytes. Errors: shipping/target-exists, project/disk-full, project/read-only, app/not-found, app/aborted.
 */
export async function writeFolder(
  folder: string,
  files: Iterable<FolderFile> | AsyncIterable<FolderFile>,
  { overwrite, signal }: WriteOptions,
): Promise<{ files: number; bytes: number }> {
  const refuse = (): void => {
    if (existsSync(folder) && !overwrite) {
      throw new AppError("shipping/target-exists", `${basename(folder)} is already there.`);
    }
  };
  refuse();
  const draft = `${folder}.${randomBytes(6).toString("hex")}.part`;
  const paths: string[] = [];
  let bytes = 0;
  try {
    await mkdir(draft, { recursive: true });
    for await (const file of files) {
      signal?.throwIfAborted();
      const content = typeof file.bytes === "string" ? Buffer.from(file.bytes) : file.bytes;
      await mkdir(dirname(join(draft, file.path)), { recursive: true });
      await writeFile(join(draft, file.path), content, { flag: "wx" });
      paths.push(file.path);
      bytes += content.length;
    }
    signal?.throwIfAborted();
    refuse();
    if (existsSync(folder)) {
      for (const path of paths) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await rename(join(draft, path), join(folder, path));
      }
      await rm(draft, { recursive: true, force: true });
    } else await rename(draft, folder);
    return { files: paths.length, bytes };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw named(error, signal);
  }
}

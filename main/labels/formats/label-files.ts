// The files that an import reads: one file, or every file below a folder, each opened when it is asked for and never above a bound.
//
// Names are relative paths with "/"; links are not followed, so nothing outside the folder is read, whatever names it holds.

import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AppError } from "../../../preload/contract/errors.ts";
import { invalid } from "./format.ts";

export interface LabelFile {
  /** relative path with "/" */
  readonly path: string;
  readonly size: number;
  /** Throws labels/file-invalid for a file above the bound or that is gone. */
  bytes(): Uint8Array;
  /** As UTF-8, without a byte order mark. Throws labels/file-invalid for what is none. */
  text(): string;
}

export type LabelFiles = readonly LabelFile[];

/** Of one file: annotations of COCO's training set have 450 MB. */
const LARGEST_FILE = 512 * 2 ** 20;
/** V8's longest string is a little longer. */
const LONGEST_TEXT = 500 * 2 ** 20;
const MOST_FILES = 1_000_000;

/** Every file of a path in natural order. Throws app/not-found, labels/file-invalid. */
export function openLabelFiles(path: string): LabelFiles {
  const root = resolve(path);
  const about = lstatSync(root, { throwIfNoEntry: false });
  if (about === undefined)
    throw new AppError("app/not-found", "This file or folder does not exist or may not be read.");
  if (!about.isDirectory()) return [labelFile(basename(root), root, about.size)];
  const files: LabelFile[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const relative = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(relative);
      else if (entry.isFile()) {
        const whole = join(root, relative);
        files.push(labelFile(relative, whole, lstatSync(whole).size));
        if (files.length > MOST_FILES)
          throw invalid(basename(root), `Expected at most ${MOST_FILES} files in a folder.`);
      }
    }
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  return files.sort((a, b) => compare(a.path, b.path));
}

function labelFile(path: string, whole: string, size: number): LabelFile {
  const bytes = (most: number): Uint8Array => {
    if (size > most) throw invalid(path, `A file of labels may have ${most} bytes at most; this one has ${size}.`);
    try {
      return readFileSync(whole);
    } catch (cause) {
      throw invalid(path, "The file may not be read or is gone.", cause);
    }
  };
  return { path, size, bytes: () => bytes(LARGEST_FILE), text: () => textOf(path, bytes(LONGEST_TEXT)) };
}

/** Throws labels/file-invalid. */
export function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(path, "Expected text in UTF-8.", cause);
  }
}

/** Files in memory, for callers that have them already. */
export function memoryFile(path: string, content: Uint8Array | string): LabelFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, size: bytes.length, bytes: () => bytes, text: () => textOf(path, bytes) };
}

export const hasExtension = (path: string, ...extensions: readonly string[]): boolean =>
  extensions.some((extension) => path.toLowerCase().endsWith(extension));

/** The path without one of the endings, or null where it has none of them. */
export function withoutExtension(path: string, ...extensions: readonly string[]): string | null {
  const found = extensions.find((extension) => path.toLowerCase().endsWith(extension));
  return found === undefined ? null : path.slice(0, -found.length);
}

// The shared libraries that a set of programs needs, found as the dynamic loader would find them (ld.so(8)), without running it.
//
// Asking the loader (`ldd`) means executing the file it is asked about, and only works for the machine's own architecture; following
// DT_NEEDED does neither. Not looked at: LD_LIBRARY_PATH and ld.so.cache, which say nothing the directories do not.

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { type Architecture, readElf } from "./elf.ts";

/** A library under the name that programs ask for, and the file that the machine has for it (links followed). */
export interface Library {
  readonly name: string;
  readonly path: string;
}

const TRIPLETS: Record<Architecture, string> = { amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/**
 * Everything that `programs` need beside each other, the loader included, sorted by name. A library that lies in a folder named by the
 * program itself ($ORIGIN) is found and followed, but not returned: it travels with the program.
 * `root` is put before the machine's own folders (a mounted system, a test).
 * Errors: shipping/base-missing names the first library that is nowhere, or a program made for another platform.
 */
export async function librariesOf(
  programs: readonly string[],
  architecture: Architecture,
  root = "/",
): Promise<Library[]> {
  const folders = systemFolders(architecture, root);
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const queue = [...programs];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const elf = await readElf(path);
    if (elf?.architecture !== architecture) {
      throw new AppError(
        "shipping/base-missing",
        `${basename(path)} is not a program or library for linux/${architecture}.`,
      );
    }
    const wanted = elf.interpreter === null ? elf.needed : [...elf.needed, basename(elf.interpreter)];
    const own = elf.searchPath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/, dirname(path)));
    for (const name of wanted) {
      if (found.has(name)) continue;
      const beside = await firstLibrary(own, name, architecture);
      const library = beside ?? (await firstLibrary(folders, name, architecture));
      if (library === null) {
        throw new AppError(
          "shipping/base-missing",
          `The library ${name}, which ${basename(path)} needs, is not on this computer. Install it, or put a prepared base layer for linux/${architecture} into resources/base.`,
        );
      }
      if (beside === null) found.set(name, library);
      queue.push(library);
    }
  }
  return [...found].map(([name, path]) => ({ name, path })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Skips a file of that name that is made for another architecture, as the loader does. */
async function firstLibrary(
  folders: readonly string[],
  name: string,
  architecture: Architecture,
): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    if ((await readElf(path))?.architecture === architecture) return realpathSync(path);
  }
  return null;
}

function systemFolders(architecture: Architecture, root: string): string[] {
  const triplet = TRIPLETS[architecture];
  const usual = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
  return [...configuredFolders(join(root, "etc/ld.so.conf"), root), ...usual].map((folder) => join(root, folder));
}

/** ld.so.conf: a folder a line, `include` with a pattern in the last part, # comments. */
function configuredFolders(path: string, root: string, depth = 0): string[] {
  if (depth > 8 || !statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .flatMap((line) => {
      const include = /^include\s+(\S+)$/.exec(line)?.[1];
      if (include === undefined) return line.startsWith("/") ? [line] : [];
      const folder = include.startsWith("/") ? join(root, dirname(include)) : join(dirname(path), dirname(include));
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
      const suffix = basename(include).replace(/^\*/, "");
      return readdirSync(folder)
        .filter((file) => file.endsWith(suffix))
        .sort()
        .flatMap((file) => configuredFolders(join(folder, file), root, depth + 1));
    });
}

// Projects opened on this machine: names and paths in one small JSON file of the user's configuration folder, nothing else.
//
// A file that cannot be read counts as empty, and one that cannot be written is let be: the list is a convenience, and must never
// keep anybody from opening a project.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { RecentProject } from "../../preload/contract/index.ts";

const REMEMBERED = 20;
const fileSchema = z.array(z.object({ name: z.string(), path: z.string(), openedAt: z.iso.datetime() }));
type Entry = z.infer<typeof fileSchema>[number];

/** The user's configuration folder on this system; LOUPE_CONFIG puts it elsewhere. */
export function configFolder(): string {
  const { LOUPE_CONFIG, APPDATA, XDG_CONFIG_HOME } = process.env;
  if (LOUPE_CONFIG) return resolve(LOUPE_CONFIG);
  if (process.platform === "win32") return join(APPDATA ?? join(homedir(), "AppData", "Roaming"), "Loupe");
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "Loupe");
  return join(XDG_CONFIG_HOME || join(homedir(), ".config"), "loupe");
}

const listFile = () => join(configFolder(), "recent-projects.json");

function read(): Entry[] {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(listFile(), "utf8")));
  } catch {
    return [];
  }
}

function write(entries: readonly Entry[]): void {
  const draft = `${listFile()}.${process.pid}.new`;
  try {
    mkdirSync(configFolder(), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(entries, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, listFile());
  } catch {
    // See the top of the file.
  }
}

export const recentProjects = {
  /** Newest first. */
  list(): RecentProject[] {
    return read().map((entry) => ({ ...entry, exists: existsSync(join(entry.path, "project.db")), remembered: false }));
  },
  /** Puts a project first. */
  remember({ name, path }: { name: string; path: string }): void {
    const others = read().filter((entry) => entry.path !== path);
    write([{ name, path, openedAt: new Date().toISOString() }, ...others].slice(0, REMEMBERED));
  },
  /** Takes it off the list; its files stay. */
  forget(path: string): void {
    write(read().filter((entry) => entry.path !== path));
  },
};

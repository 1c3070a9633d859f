// What lies in a project's folder and how such folders are named, finished ones and those that are being made.

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export const DATABASE_FILE = "project.db";
export const KEYS_FILE = "keys.json";
const EXTENSION = ".loupe";

/** A project's name as a folder name that every system takes; the true name is inside. */
export function folderName(name: string): string {
  let safe = name
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
    .replace(/[<>:"/\\|?*\u0000-\u001f\u007f]/g, "_")
    .replace(/^\.+/, "_")
    .replace(/[. ]+$/, "");
  // Windows keeps these names for devices, with any extension.
  if (/^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i.test(safe)) safe += "_";
  while (Buffer.byteLength(safe) > 200) safe = [...safe].slice(0, -1).join("");
  return `${safe || "_"}${EXTENSION}`;
}

/** Removes what a process left that died while it was creating a project. Nobody ever saw the keys of these. */
export function sweepDrafts(folder: string): void {
  for (const entry of readdirSync(folder)) {
    const pid = /^\.loupe-draft-(\d+)-/.exec(entry)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

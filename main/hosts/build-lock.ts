// Two starts at once build one after the other, and the second finds it done.
//
// The lock is a file with the builder's process number. One that was left behind is taken over: nobody should wait for ever without a word.

import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

/** No build takes this long, on any machine that could use what it builds. */
const LONGEST_BUILD_MS = 10 * 60_000;

/** Runs `work` while no other process does. `lockFile` is made, with its folder, and removed at the end. */
export async function alone(lockFile: string, work: () => Promise<void>): Promise<void> {
  await mkdir(dirname(lockFile), { recursive: true });
  for (;;) {
    try {
      await writeFile(lockFile, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      if (await isLeftBehind(lockFile)) await rm(lockFile, { force: true });
      else await setTimeout(100);
    }
  }
  try {
    await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

/** A process that died, or that had the number of one that is alive now, or that had no room to write its number. */
async function isLeftBehind(lockFile: string): Promise<boolean> {
  const made = (await stat(lockFile).catch(() => null))?.mtimeMs;
  if (made === undefined) return false;
  const holder = Number(await readFile(lockFile, "utf8").catch(() => ""));
  return (holder > 0 && !isAlive(holder)) || Date.now() - made > LONGEST_BUILD_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

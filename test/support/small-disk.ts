// A disk of a few megabytes that a test may fill or make read-only: a file system of its own in memory.

import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free, or not one. */
  fill(leaving?: number): void;
  /** Takes away what `fill` wrote. */
  free(): void;
  /** false: nothing on it can be changed. */
  writable(is: boolean): void;
  remove(): void;
}

const BALLAST = "ballast";
const mount = (...args: string[]) => spawnSync("/bin/mount", args).status === 0;

/** null where this user may not mount anything, or this system has no such file system. */
export function smallDisk(megabytes: number): SmallDisk | null {
  if (process.platform !== "linux") return null;
  const path = mkdtempSync(join(tmpdir(), "loupe-disk-"));
  if (!mount("-t", "tmpfs", "-o", `size=${megabytes}m`, "none", path)) {
    rmdirSync(path);
    return null;
  }
  return {
    path,
    fill(leaving = 0) {
      const file = openSync(join(path, BALLAST), "a");
      try {
        for (let size = 1 << 20; size > 0; size >>= 1) while (wrote(file, size));
        ftruncateSync(file, Math.max(0, fstatSync(file).size - leaving));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(join(path, BALLAST), { force: true }),
    writable(is) {
      if (!mount("-o", `remount,${is ? "rw" : "ro"}`, path)) throw new Error("the test's disk cannot be mounted anew");
    },
    remove() {
      spawnSync("/bin/umount", ["-l", path]);
      rmdirSync(path);
    },
  };
}

/** False where there is no room for so many bytes. */
function wrote(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

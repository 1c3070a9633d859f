// Attempts to unlock that failed, kept beside the project until somebody unlocks it: then they become part of the log.
//
// The log itself cannot be written without the key, so the attempts are lines of a plain file: when, and by which door; nothing of what was typed.
// Whoever can write the folder can take the file away, and whoever guesses on a copy leaves nothing here. It tells of a colleague at this machine, not
// of a thief.

import { appendFileSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const FILE = "unlock-failures";
/** Beyond this more lines say nothing new. */
const MOST_BYTES = 64 * 1024;
const LINE = /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z) ([a-z]+)$/;

export interface UnlockFailures {
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly hosts: readonly string[];
}

/** `path`: the project's folder. A folder that cannot be written stays as it is: the refusal is told either way. */
export function noteUnlockFailure(path: string, host: string): void {
  const file = join(path, FILE);
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) return;
    appendFileSync(file, `${new Date().toISOString()} ${host}\n`, { mode: 0o600 });
  } catch {
    // Read-only, full, or no folder at all.
  }
}

/** null where there were none. Lines that are none of ours are left out. */
export function unlockFailures(path: string): UnlockFailures | null {
  let text: string;
  try {
    text = readFileSync(join(path, FILE), "utf8");
  } catch {
    return null;
  }
  const lines = text.split("\n").flatMap((line) => {
    const found = LINE.exec(line);
    return found ? [{ at: found[1]!, host: found[2]! }] : [];
  });
  if (lines.length === 0) return null;
  const times = lines.map(({ at }) => at).sort();
  return {
    count: lines.length,
    first: times[0]!,
    last: times.at(-1)!,
    hosts: [...new Set(lines.map(({ host }) => host))].sort(),
  };
}

export function forgetUnlockFailures(path: string): void {
  rmSync(join(path, FILE), { force: true });
}

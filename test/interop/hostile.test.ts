// 20,000 damaged files in processes of their own: none crashes, none takes longer than 5 s, none takes memory without bound.
//
// In test/interop for its length alone: it runs with the suites that take minutes. test/imaging/hostile.test.ts damages some hundred files in every run.

import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FILES = Number(process.env.LOUPE_HOSTILE_FILES ?? 20_000);
const CHILDREN = 2;
/** Of processor time, for other work on the machine is no fault of the file; and of the clock, for one that waits and does nothing. */
const SOON_MS = 5_000;
const LATE_MS = 60_000;
/** Of one process: Node and its codecs take some 200 MB, an image 64 MB as it is decoded, with copies on its way and what waits to be collected. */
const MOST_MEMORY = 600 << 20;
const CHILD = fileURLToPath(new URL("../imaging/hostile-child.ts", import.meta.url));

interface Told {
  index: number;
  crash?: string;
  read?: number;
  refused?: Record<string, number>;
}

interface Outcome {
  crashes: string[];
  late: string[];
  read: number;
  refused: Record<string, number>;
  /** most resident memory of the process, in bytes; where the system tells */
  memory: number;
  slowest: number;
}

/** Most memory that a process ever had (Linux). */
function peakOf(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Milliseconds of processor time that a process has taken (Linux counts in hundredths of a second); elsewhere the clock. */
function cpuOf(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}

/** Files first, first + CHILDREN, ...; a process that dies or hangs is replaced behind the file it was at. */
async function work(first: number): Promise<Outcome> {
  const outcome: Outcome = { crashes: [], late: [], read: 0, refused: {}, memory: 0, slowest: 0 };
  let from = first;
  while (from < FILES) {
    let at = from;
    let done = false;
    await new Promise<void>((resolve) => {
      const child = fork(CHILD, [String(from), String(FILES), String(CHILDREN)], { stdio: "ignore" });
      let since = performance.now();
      let cpuSince = 0;
      let begun = false;
      let stopped = false;
      const watch = setInterval(() => {
        outcome.memory = Math.max(outcome.memory, peakOf(child));
        const waited = performance.now() - since;
        if (!begun || waited < SOON_MS || (waited < LATE_MS && cpuOf(child) - cpuSince < SOON_MS)) return;
        stopped = true;
        outcome.late.push(`file ${at}`);
        child.kill("SIGKILL");
      }, 100);
      child.on("message", (told: Told) => {
        const now = performance.now();
        if (begun) outcome.slowest = Math.max(outcome.slowest, now - since);
        since = now;
        cpuSince = cpuOf(child);
        begun = true;
        if (told.crash) outcome.crashes.push(`file ${told.index}: ${told.crash}`);
        if (told.index >= 0) at = told.index;
        else {
          done = true;
          outcome.read += told.read ?? 0;
          for (const [code, n] of Object.entries(told.refused ?? {}))
            outcome.refused[code] = (outcome.refused[code] ?? 0) + n;
        }
      });
      child.on("exit", (code, signal) => {
        clearInterval(watch);
        // Killed by somebody else, the system for one, is a crash.
        if (!done && !stopped) outcome.crashes.push(`file ${at}: the process ended with ${code ?? signal}`);
        resolve();
      });
    });
    from = done ? FILES : at + CHILDREN;
  }
  return outcome;
}

test(`${FILES} damaged files are read or refused, soon and in little memory`, { timeout: 1_800_000 }, async () => {
  const outcomes = await Promise.all(Array.from({ length: CHILDREN }, (_, first) => work(first)));
  console.log(JSON.stringify(outcomes));
  expect(outcomes.flatMap(({ crashes }) => crashes)).toEqual([]);
  expect(outcomes.flatMap(({ late }) => late)).toEqual([]);
  for (const { memory, read, refused } of outcomes) {
    expect(memory).toBeLessThan(MOST_MEMORY);
    // Both happen often: damage that nothing notices, and damage that is named.
    expect(read).toBeGreaterThan(FILES / CHILDREN / 20);
    expect(Object.keys(refused).length).toBeGreaterThan(5);
  }
});

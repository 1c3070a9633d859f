// 20,000 damaged files in processes of their own: none crashes, none takes longer than 5 s, none takes memory without bound.
//
// In test/interop for its length alone: it runs with the suites that take minutes. test/imaging/hostile.test.ts damages some hundred files in every run.

import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FILES = Number(process.env.LOUPE_HOSTILE_FILES ?? 20_000);
const CHILDREN = 2;
const SOON_MS = 5_000;
/** Of one process: Node and its codecs take some 200 MB, an image 64 MB as it is decoded, with copies on its way and what waits to be collected. */
const MOST_MEMORY = 900 << 20;
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
      let begun = false;
      const watch = setInterval(() => {
        outcome.memory = Math.max(outcome.memory, peakOf(child));
        if (!begun || performance.now() - since < SOON_MS) return;
        outcome.late.push(`file ${at}`);
        child.kill("SIGKILL");
      }, 100);
      child.on("message", (told: Told) => {
        const now = performance.now();
        if (begun) outcome.slowest = Math.max(outcome.slowest, now - since);
        since = now;
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
        if (!done && signal !== "SIGKILL") outcome.crashes.push(`file ${at}: the process ended with ${code ?? signal}`);
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

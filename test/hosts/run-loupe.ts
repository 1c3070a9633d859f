// Runs `loupe …` as a user would: a process of its own, settings and home in a folder of the test's own.

import { type ChildProcess, spawn } from "node:child_process";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  folder: string;
  env?: Record<string, string>;
  /** called with the process and each piece of stderr */
  onStderr?(child: ChildProcess, text: string): void;
  /** default: the command line's TypeScript entry on this Node */
  command?: readonly [string, ...string[]];
}

export function runLoupe(
  args: readonly string[],
  { folder, env = {}, onStderr, command }: RunOptions,
): Promise<Finished> {
  const [program, ...first] = command ?? [process.execPath, "main/hosts/cli/main.ts"];
  const { LOUPE_PROJECT: _, LOUPE_PASSPHRASE: __, ...outer } = process.env;
  const child = spawn(program, [...first, ...args], {
    env: { ...outer, HOME: folder, USERPROFILE: folder, LOUPE_CONFIG: `${folder}/config`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    onStderr?.(child, chunk.toString());
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

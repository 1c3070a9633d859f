// Starts the studio's browser host as a user would (`npm start`), with its settings in a folder of the test's own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface StudioProcess {
  /** One-time link that the host printed. */
  readonly link: string;
  /** Everything the test may litter: settings, projects, exports. Removed by close(). */
  readonly folder: string;
  readonly child: ChildProcess;
  /** What it wrote to stdout and stderr so far. */
  output(): string;
  close(): Promise<void>;
}

/**
 * Starts a host on a free port and resolves when it has printed its link. `folder`: to start again where another one stopped. `group`: in a
 * process group of its own, so that it can be killed together with its children. `through`: a command that starts it, such as strace.
 */
export async function startStudio(
  options: { folder?: string; timeoutMs?: number; group?: boolean; through?: readonly string[] } = {},
): Promise<StudioProcess> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "loupe-test-"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary, { recursive: true });
  const [command, ...args] = [
    ...(options.through ?? []),
    ...[process.execPath, "main/hosts/start.ts", "--host", "browser", "--no-open", "--port", "0"],
  ];
  const child = spawn(command!, args, {
    env: {
      ...process.env,
      ...{ LOUPE_CONFIG: join(folder, "config"), HOME: folder, USERPROFILE: folder },
      ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    },
    stdio: ["pipe", "pipe", "pipe"],
    detached: options.group ?? false,
  });
  let text = "";
  const link = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the studio printed no link in time:\n${text}`)),
      options.timeoutMs ?? 180_000,
    );
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /https?:\/\/(?:127\.0\.0\.1|localhost)[^\s]*/.exec(text);
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the studio stopped with ${code} before it printed a link:\n${text}`));
    });
  });
  return {
    link,
    folder,
    child,
    output: () => text,
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

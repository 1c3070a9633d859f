// Starts the built desktop program: in the real Electron where its binary is installed, in the stand-in (stand-in/) where there is a
// Chromium. Tests see the same either way: the page through Playwright, and the main process through `evaluate`.
//
// Not run in the real Electron yet: its binary cannot be fetched on the build machines.

import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { _electron, type Browser, chromium, type ElectronApplication, type Page } from "playwright-core";
import { buildParts } from "../../main/hosts/build.ts";
import { electronProgram } from "../../main/hosts/electron-program.ts";
import { browserProgram } from "../support/browser.ts";

type Electron = typeof import("electron");
/** What the stand-in adds to Electron. */
type StandIn = typeof import("./stand-in/electron.ts").standIn;
type StandInWindow = typeof import("./stand-in/electron.ts").BrowserWindow;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SLOWEST_START_MS = 60_000;

export interface Desktop {
  /** settings, projects and what the test litters */
  readonly folder: string;
  /** the one window's page; after a crash, the page that was loaded again */
  page(): Promise<Page>;
  /** Calls `look` in the main process with the module `electron`. It is sent as text: it sees nothing of the test but `arg`. */
  evaluate<T, A = undefined>(look: (electron: Electron, arg: A) => T | Promise<T>, arg?: A): Promise<T>;
  /** The same with what only the stand-in knows: what the system was asked to show. */
  look<T>(look: (electron: { standIn: StandIn }) => T): Promise<T>;
  /** Before files are dropped: see stand-in/worlds.ts. Nothing in the real Electron, which knows. */
  tellPaths(paths: readonly string[]): Promise<void>;
  /** resolves with the exit code */
  readonly exited: Promise<number | null>;
  readonly pid: number;
  close(): Promise<void>;
}

export interface StartOptions {
  /** to start again where another one ended */
  folder?: string;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

const realElectron = electronProgram(ROOT);
/** True where tests may ask what the system was told to show. */
export const isStandIn = realElectron === null;
/** Why nothing can be started here, or null. */
export const cannotStart =
  realElectron === null && (await browserProgram()) === null ? "neither Electron nor a Chromium is installed" : null;

export async function startDesktop(options: StartOptions = {}): Promise<Desktop> {
  await buildParts(["page", "desktop"], () => {});
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "loupe-desktop-"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary, { recursive: true });
  const env = {
    ...process.env,
    ...{ LOUPE_CONFIG: join(folder, "config"), HOME: folder, USERPROFILE: folder, LOUPE_TEST_TMP: temporary },
    ...options.env,
  };
  const args = [...(options.args ?? [])];
  return realElectron === null ? startStandIn(folder, args, env) : startReal(realElectron, folder, args, env);
}

async function startReal(program: string, folder: string, args: string[], env: NodeJS.ProcessEnv): Promise<Desktop> {
  const texts = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const app: ElectronApplication = await _electron.launch({
    executablePath: program,
    args: [ROOT, ...args],
    env: Object.fromEntries(texts),
    timeout: SLOWEST_START_MS,
  });
  const exited = new Promise<number | null>((gone) => app.process().once("exit", (code) => gone(code)));
  return {
    folder,
    pid: app.process().pid!,
    exited,
    page: () => app.firstWindow(),
    evaluate: (look, arg) => app.evaluate(look as never, arg) as never,
    tellPaths: async () => {},
    look: () => Promise.reject(new Error("Only the stand-in can be asked this: use test.runIf(isStandIn).")),
    async close() {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startStandIn(folder: string, args: string[], env: NodeJS.ProcessEnv): Promise<Desktop> {
  const child: ChildProcess = fork(join(ROOT, "dist/main/electron.js"), args, {
    cwd: ROOT,
    env,
    execArgv: ["--import", resolve(ROOT, "test/electron/stand-in/register.ts")],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr!.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let next = 0;
  const exited = new Promise<number | null>((gone) =>
    child.once("exit", (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`The program ended (${code}).\n${said}`));
      gone(code);
    }),
  );
  child.on("message", ({ id, value, error }: { id: number; value: never; error?: string }) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(error));
  });
  const ask = <T>(look: unknown, arg?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      child.send({ id, text: String(look), arg });
    });
  const browsers: Browser[] = [];
  const page = async (): Promise<Page> => {
    const until = Date.now() + SLOWEST_START_MS;
    for (;;) {
      const endpoint = await ask<string | null>(({ standIn }: { standIn: StandIn }) => standIn.endpoint());
      if (endpoint !== null) {
        const browser = await chromium.connectOverCDP(endpoint);
        const found = browser
          .contexts()
          .flatMap((context) => context.pages())
          .find((candidate) => candidate.url().startsWith("https://studio."));
        if (found) {
          browsers.push(browser);
          return found;
        }
        await browser.close();
      }
      if (Date.now() > until) throw new Error(`The window's page did not come in time.\n${said}`);
      await new Promise((wait) => setTimeout(wait, 100));
    }
  };
  return {
    folder,
    pid: child.pid!,
    exited,
    page,
    evaluate: (look, arg) => ask(look, arg),
    look: (look) => ask(look),
    tellPaths: (paths) =>
      ask(
        async ({ BrowserWindow }: { BrowserWindow: StandInWindow }, byName: Record<string, string>) =>
          BrowserWindow.getAllWindows()[0]!.webContents.tellPaths(byName),
        Object.fromEntries(paths.map((path) => [basename(path), path])),
      ),
    async close() {
      for (const browser of browsers) await browser.close().catch(() => {});
      if (child.exitCode === null && child.signalCode === null) {
        await ask(({ app }: Electron) => void setImmediate(() => app.quit())).catch(() => {});
        const stuck = setTimeout(() => child.kill("SIGKILL"), 10_000);
        await exited;
        clearTimeout(stuck);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

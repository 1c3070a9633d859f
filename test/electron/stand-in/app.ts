// `app` and `utilityProcess`: the life of the program, one instance of it, its child processes.

import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Chromium } from "./chromium.ts";
import { shown } from "./system.ts";

/** The folder that holds package.json, as Electron finds it from its first argument. */
const appPath = resolve(dirname(process.argv[1]!), "../..");
const children: { child: ChildProcess; name: string }[] = [];

class App extends EventEmitter {
  readonly isPackaged = false;
  sandboxed = false;
  chromium: Chromium | null = null;
  readonly #paths = new Map([
    ["home", homedir()],
    ["temp", tmpdir()],
  ]);
  #ready: Promise<void> | null = null;
  #isReady = false;
  #quitting = false;

  getAppPath = (): string => appPath;
  getVersion = (): string =>
    (JSON.parse(readFileSync(join(appPath, "package.json"), "utf8")) as { version: string }).version;
  getPreferredSystemLanguages = (): string[] => [process.env.LOUPE_STAND_IN_LANGUAGE ?? "en-GB"];
  isReady = (): boolean => this.#isReady;
  whenReady = (): Promise<void> => {
    this.#ready ??= Chromium.start(this.getPath("userData")).then((chromium) => {
      this.chromium = chromium;
      this.#isReady = true;
    });
    return this.#ready;
  };
  enableSandbox = (): void => {
    this.sandboxed = true;
  };
  setAppUserModelId = (): void => {};
  clearRecentDocuments = (): void => {
    shown.recent = [];
  };
  addRecentDocument = (path: string): void => {
    shown.recent.unshift(path);
  };
  setPath = (name: string, path: string): void => void this.#paths.set(name, path);
  getPath = (name: string): string => this.#paths.get(name) ?? join(tmpdir(), `loupe-stand-in-${process.pid}`);

  /** A lock file with our process id; a second instance leaves its arguments beside it and the first one reads them. */
  requestSingleInstanceLock = (): boolean => {
    const folder = this.getPath("userData");
    mkdirSync(folder, { recursive: true });
    const lock = join(folder, "instance");
    const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
    if (owner !== 0 && isAlive(owner)) {
      const message = { argv: process.argv, folder: process.cwd() };
      writeFileSync(join(folder, `second-${process.pid}`), JSON.stringify(message));
      return false;
    }
    writeFileSync(lock, String(process.pid));
    watch(folder, () => {
      for (const name of readdirSync(folder).filter((file) => file.startsWith("second-"))) {
        const text = readFileSync(join(folder, name), "utf8");
        if (text === "") continue; // half written: the next event brings it
        rmSync(join(folder, name));
        const { argv, folder: workingFolder } = JSON.parse(text) as { argv: string[]; folder: string };
        // Node has its own program first and ours second, as Electron has in development.
        this.emit("second-instance", {}, argv, workingFolder, null);
      }
    }).unref();
    return true;
  };

  getAppMetrics = (): { pid: number; type: string; name: string }[] =>
    children
      .filter(({ child }) => child.exitCode === null && child.signalCode === null)
      .map(({ child, name }) => ({ pid: child.pid!, type: "Utility", name }));

  quit = (): void => {
    if (this.#quitting) return;
    let prevented = false;
    const event = {
      preventDefault() {
        prevented = true;
      },
    };
    this.emit("before-quit", event);
    if (!prevented) this.emit("will-quit", event);
    if (prevented) return;
    this.#quitting = true;
    this.emit("quit", {}, 0);
    this.exit(0);
  };
  exit = (code: number): void => {
    for (const { child } of children) child.kill("SIGKILL");
    void Promise.resolve(this.chromium?.close()).finally(() => process.exit(code));
  };
}
export const app = new App();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Node processes that find their parent where Electron's find it: `process.parentPort`. */
export const utilityProcess = {
  fork(script: string, args: string[], { env, serviceName }: { env: NodeJS.ProcessEnv; serviceName?: string }) {
    const child = fork(script, args, {
      env,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
      execArgv: ["--import", fileURLToPath(new URL("./parent-port.ts", import.meta.url))],
    });
    children.push({ child, name: serviceName ?? "" });
    child.on("exit", () =>
      app.emit("child-process-gone", {}, { type: "Utility", reason: "crashed", name: serviceName }),
    );
    return Object.assign(child, { postMessage: (message: object) => child.connected && child.send(message) });
  },
};

// A stand-in for the `electron` module that drives a real Chromium, for machines where Electron's binary cannot be installed.
//
// What is real: the page, its fetches and streams, the policy headers, the preload script's code, the child processes, every
// callback that the host registered. What is not: Electron's own enforcement (isolation of worlds, the sandbox, the private
// scheme itself, which is mapped to http://studio.localhost on a loopback port). So this shows that the host asks for the right
// guards and that its handlers decide rightly; that Electron obeys is Electron's own promise.

import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { Browser, BrowserContext, Page, Request as PageRequest } from "playwright-core";

type Handler = (request: Request) => Promise<Response>;
type Decide<T> = (decision: T) => void;
interface Preventable {
  url: string;
  preventDefault(): void;
}

/** What the test sees and sets. */
export const world = {
  appPath: "",
  browser: null as Browser | null,
  page: null as Page | null,
  context: null as BrowserContext | null,
  server: null as Server | null,
  scheme: "",
  privileges: {} as Record<string, boolean>,
  windowOptions: {} as { webPreferences?: Record<string, unknown> },
  dialogAnswer: [] as string[],
  /** which guard refused which address */
  denied: [] as string[],
  children: [] as ChildProcess[],
  opened: Promise.withResolvers<Page>(),
};

let handler: Handler | null = null;
let beforeRequest: ((details: { url: string }, decide: Decide<{ cancel: boolean }>) => void) | null = null;
let permissionCheck: (() => boolean) | null = null;
const invokable = new Map<string, (event: unknown) => Promise<unknown>>();

const ours = () => `${world.scheme}://studio`;
const theirs = () => `http://studio.localhost:${(world.server!.address() as AddressInfo).port}`;
/** Addresses as the host knows them, and as Chromium does. */
const toHost = (url: string) => url.replace(theirs(), ours());
const toChromium = (url: string) => url.replace(ours(), theirs());

class App extends EventEmitter {
  readonly isPackaged = false;
  getAppPath = () => world.appPath;
  isReady = () => true;
  whenReady = () => Promise.resolve();
  enableSandbox = () => {};
  requestSingleInstanceLock = () => true;
  quit = () => {
    this.emit("will-quit", { preventDefault() {} });
  };
}
export const app = new App();

export const protocol = {
  registerSchemesAsPrivileged([{ scheme, privileges }]: { scheme: string; privileges: Record<string, boolean> }[]) {
    world.scheme = scheme;
    world.privileges = privileges;
  },
};

export const session = {
  defaultSession: {
    protocol: {
      handle(_scheme: string, answer: Handler) {
        handler = answer;
      },
    },
    setSpellCheckerEnabled() {},
    setPermissionRequestHandler() {},
    setPermissionCheckHandler(check: () => boolean) {
      permissionCheck = check;
    },
    webRequest: {
      onBeforeRequest(listener: typeof beforeRequest) {
        beforeRequest = listener;
      },
    },
  },
};
export const permitted = (): boolean => permissionCheck?.() ?? true;

export const Menu = { setApplicationMenu() {}, buildFromTemplate: () => ({}) };
export const dialog = { showOpenDialog: async () => ({ filePaths: world.dialogAnswer }) };
export const ipcMain = {
  handle(channel: string, answer: (event: unknown) => Promise<unknown>) {
    invokable.set(channel, answer);
  },
};
export const utilityProcess = {
  fork(script: string, args: string[], { env }: { env: NodeJS.ProcessEnv }) {
    const child = fork(script, args, { env, stdio: ["ignore", "ignore", "ignore", "ipc"], serialization: "advanced" });
    world.children.push(child);
    return Object.assign(child, { postMessage: (message: object) => child.connected && child.send(message) });
  },
};

class Contents extends EventEmitter {
  windowOpen: ((details: { url: string }) => { action: string }) | null = null;
  setWindowOpenHandler(decide: (details: { url: string }) => { action: string }) {
    this.windowOpen = decide;
  }
}

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [];
  readonly #contents = new Contents();
  constructor(options: typeof world.windowOptions) {
    super();
    world.windowOptions = options;
    app.emit("web-contents-created", {}, this.#contents);
  }
  show() {}
  async loadURL(url: string) {
    world.server = createServer(serve).listen(0, "127.0.0.1");
    await new Promise((listening) => world.server!.once("listening", listening));
    const context = await world.browser!.newContext();
    world.context = context;
    await context.exposeBinding("standInInvoke", ({ frame }, channel: string) =>
      invokable.get(channel)!({ senderFrame: { url: toHost(frame.url()) } }),
    );
    await context.addInitScript(preloadScript(String(world.windowOptions.webPreferences?.preload)));
    await context.route("**/*", async (route) => {
      const target = toHost(route.request().url());
      const isPopup = route.request().isNavigationRequest() && isElsewhere(route.request());
      const guards: string[] = [];
      if (isPopup) {
        if (this.#contents.windowOpen?.({ url: target }).action === "deny") guards.push("window-open");
      } else if (route.request().isNavigationRequest()) {
        const event: Preventable = { url: target, preventDefault: () => guards.push("will-navigate") };
        this.#contents.emit("will-navigate", event);
      }
      beforeRequest!({ url: target }, ({ cancel }) => cancel && guards.push("request"));
      if (guards.length === 0) return route.continue();
      world.denied.push(...guards.map((guard) => `${guard} ${target}`));
      await route.abort("aborted");
    });
    world.page = await context.newPage();
    await world.page.goto(toChromium(url));
    world.opened.resolve(world.page);
    this.emit("ready-to-show");
  }
}

/** True for a navigation of another window; a window that is just being opened has no frame yet. */
function isElsewhere(request: PageRequest): boolean {
  try {
    return request.frame() !== world.page?.mainFrame();
  } catch {
    return world.page !== null;
  }
}

/** Hands a request to the private scheme's handler, and its answer back piece by piece. */
function serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const { method = "GET", url = "/" } = incoming;
  const body = method === "GET" ? null : (Readable.toWeb(incoming) as ReadableStream);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  const request = new Request(`${ours()}${url}`, {
    method,
    headers,
    body,
    signal: gone.signal,
    duplex: "half",
  } as RequestInit);
  handler!(request)
    .then(async (response) => {
      outgoing.writeHead(response.status, [...response.headers].flat());
      outgoing.flushHeaders();
      for await (const piece of response.body ?? []) outgoing.write(piece);
      outgoing.end();
    })
    .catch(() => outgoing.destroy());
}

/** The preload script with the three parts of `electron` that it may use, before any script of the page. */
function preloadScript(file: string): string {
  return `{
    const electron = {
      contextBridge: { exposeInMainWorld: (name, api) => Object.defineProperty(window, name, { value: Object.freeze({ ...api }) }) },
      ipcRenderer: { invoke: (channel) => window.standInInvoke(channel) },
      webUtils: { getPathForFile: (file) => "/dropped/" + file.name },
    };
    const require = (name) => { if (name === "electron") return electron; throw new Error("a sandboxed preload has no " + name); };
    (function (require, module, exports) { ${readFileSync(file, "utf8")} })(require, { exports: {} }, {});
  }`;
}

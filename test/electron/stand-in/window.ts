// `BrowserWindow` and its `webContents`: a page of the real Chromium.
//
// loupe://studio is https://studio.loupe.invalid there, a secure origin that exists nowhere: every request of the page is paused and goes
// first to the host's guards, then to the host's handler. So that their answers stream, calls go to it by a loopback port (session.ts);
// the page does not see that. Navigation, windows, permissions, crashes and messages of the preload script are real events of that page.

import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { app } from "./app.ts";
import type { PageSession } from "./chromium.ts";
import { type Handler, OtherSession, registered, serveScheme, session } from "./session.ts";
import { nativeTheme, shown } from "./system.ts";
import { pageWorld, preloadWorld } from "./worlds.ts";

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface WindowOptions extends Partial<Rectangle> {
  show?: boolean;
  backgroundColor?: string;
  webPreferences: Record<string, unknown> & { preload?: string };
}
interface Paused {
  requestId: string;
  request: { url: string; method: string; headers: Record<string, string> };
  resourceType: string;
  frameId: string;
}

const WORLD = "preload";
const ORIGIN_THERE = "https://studio.loupe.invalid";
const originHere = (): string => `${registered.schemes[0]!.scheme}://studio`;
const toHost = (url: string): string => url.replace(ORIGIN_THERE, originHere());
const toChromium = (url: string): string => url.replace(originHere(), ORIGIN_THERE);

class WebContents extends EventEmitter {
  readonly window: BrowserWindow;
  #session: PageSession | null = null;
  #windowOpen: (details: { url: string }) => { action: string } = () => ({ action: "allow" });
  #port = 0;
  #mainFrame = "";
  #preloadContext: number | null = null;
  /** the host itself goes somewhere: no navigation of the page */
  #own = false;
  #url = "";

  constructor(window: BrowserWindow) {
    super();
    this.window = window;
  }

  get mainFrame(): { url: string; parent: null } {
    return { url: this.#url, parent: null };
  }
  getURL = (): string => this.#url;
  isDestroyed = (): boolean => this.#session === null;

  setWindowOpenHandler(decide: (details: { url: string }) => { action: string }): void {
    this.#windowOpen = decide;
  }

  send(channel: string, ...args: unknown[]): void {
    void this.#inPreload(`standIn.deliver(${JSON.stringify(channel)}, ${JSON.stringify(args)})`);
  }

  reload(): void {
    this.#own = true;
    void this.#session!.send("Page.reload").catch(() => {});
  }

  forcefullyCrashRenderer(): void {
    void this.#session!.send("Page.crash").catch(() => {}); // nobody is left to answer
  }

  async executeJavaScript(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.#session!.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value;
  }

  /** Where files lie that are about to be dropped, by their names: the preload script's world cannot ask Chromium at once. */
  async tellPaths(paths: Record<string, string>): Promise<void> {
    await this.#inPreload(`standIn.paths = ${JSON.stringify(paths)}`);
  }

  async load(url: string): Promise<void> {
    const page = await app.chromium!.newPage();
    this.#session = page;
    this.#port = await serveScheme(originHere());
    page.on("Fetch.requestPaused", (paused: Paused) => void this.#decide(paused).catch(() => {}));
    page.on("Page.windowOpen", ({ url: wanted }: { url: string }) => {
      if (this.#windowOpen({ url: toHost(wanted) }).action === "deny") shown.denied.push(`window-open ${wanted}`);
    });
    page.on("Page.frameNavigated", ({ frame }: { frame: { id: string; url: string; parentId?: string } }) => {
      if (frame.parentId !== undefined) return;
      this.#url = toHost(frame.url);
      this.#mainFrame = frame.id;
      this.#own = false;
    });
    page.on("Page.loadEventFired", () => {
      this.emit("did-finish-load");
      this.window.pageIsReady();
    });
    page.on(
      "Runtime.executionContextCreated",
      ({ context }: { context: { id: number; name: string; auxData: { frameId: string } } }) => {
        if (context.name === WORLD && context.auxData.frameId === this.#mainFrame) this.#preloadContext = context.id;
      },
    );
    page.on(
      "Runtime.bindingCalled",
      ({ payload, executionContextId }: { payload: string; executionContextId: number }) =>
        void this.#answerPreload(payload, executionContextId),
    );
    page.on("Inspector.targetCrashed", () => {
      this.#preloadContext = null;
      this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 139 });
    });
    const { frameTree } = (await page.send("Page.getFrameTree")) as { frameTree: { frame: { id: string } } };
    this.#mainFrame = frameTree.frame.id;
    await Promise.all([
      page.send("Page.enable"),
      page.send("Runtime.enable"),
      page.send("Inspector.enable"),
      page.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] }),
      this.#setPermissions(),
      this.#addPreload(),
    ]);
    await this.fit();
    await this.dress();
    nativeTheme.on("updated", () => void this.dress());
    this.#own = true;
    await page.send("Page.navigate", { url: toChromium(url) });
  }

  /** A page of a session of its own: its handlers answer and its guard decides; no preload script, and the page sees an origin that exists nowhere. */
  async loadAlone(url: string, { handlers, beforeRequest }: OtherSession): Promise<void> {
    const page = await app.chromium!.newPage();
    this.#session = page;
    const there = url.replace(/^\w+:\/\/(\w+)/, "https://$1.loupe.invalid");
    page.on("Fetch.requestPaused", ({ requestId, request, resourceType }: Paused) => {
      const wanted = request.url === there ? url : request.url;
      let cancelled = false;
      beforeRequest?.({ url: wanted, resourceType }, ({ cancel }) => {
        cancelled = cancel ?? false;
      });
      const handler = handlers.get(wanted.slice(0, wanted.indexOf(":")));
      if (cancelled || handler === undefined) {
        shown.denied.push(`request ${wanted}`);
        void page.send("Fetch.failRequest", { requestId, errorReason: "BlockedByClient" });
      } else {
        void this.#fulfil(requestId, request, wanted, handler);
      }
    });
    await Promise.all([page.send("Page.enable"), page.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] })]);
    if (this.window.options.webPreferences.javascript === false) {
      await page.send("Emulation.setScriptExecutionDisabled", { value: true });
    }
    const loaded = new Promise((done) => page.once("Page.loadEventFired", done));
    await page.send("Page.navigate", { url: there });
    await loaded;
  }

  async printToPDF(options: { preferCSSPageSize: boolean; printBackground: boolean }): Promise<Buffer> {
    const { data } = (await this.#session!.send("Page.printToPDF", options)) as { data: string };
    return Buffer.from(data, "base64");
  }

  async fit(): Promise<void> {
    const { width, height } = this.window.getBounds();
    await this.#session?.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  async dress(): Promise<void> {
    const value = { system: "", light: "light", dark: "dark" }[nativeTheme.themeSource];
    await this.#session?.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  async close(): Promise<void> {
    const { targetId } = this.#session!;
    this.#session = null;
    await app.chromium!.send("Target.closeTarget", { targetId });
  }

  /** What the permission handlers say is what the page gets. */
  async #setPermissions(): Promise<void> {
    for (const name of [
      "geolocation",
      "notifications",
      "camera",
      "microphone",
      "midi",
      "clipboard-read",
      "display-capture",
    ]) {
      const granted = registered.permissionCheck?.(this, name) ?? true;
      await app.chromium!.send("Browser.setPermission", {
        permission: { name },
        setting: granted ? "granted" : "denied",
        origin: ORIGIN_THERE,
      });
    }
  }

  async #addPreload(): Promise<void> {
    const { preload } = this.window.options.webPreferences;
    const name = randomUUID();
    const page = this.#session!;
    const run = `function (require, module, exports) {\n${readFileSync(preload!, "utf8")}\n}`;
    await page.send("Runtime.addBinding", { name: "standInIpc", executionContextName: WORLD });
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: `(${pageWorld})(${JSON.stringify(name)})` });
    await page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `(${preloadWorld})(${JSON.stringify(name)}, ${run})`,
      worldName: WORLD,
    });
  }

  async #decide({ requestId, request, resourceType, frameId }: Paused): Promise<void> {
    const page = this.#session!;
    const url = toHost(request.url);
    const refuse = (guard: string, reason: "Aborted" | "BlockedByClient") => {
      shown.denied.push(`${guard} ${url}`);
      return page.send("Fetch.failRequest", { requestId, errorReason: reason });
    };
    if (resourceType === "Document" && !(this.#own && frameId === this.#mainFrame)) {
      let prevented = false;
      const isMainFrame = frameId === this.#mainFrame;
      const event = { url, isMainFrame, preventDefault: () => void (prevented = true) };
      this.emit("will-frame-navigate", event);
      if (isMainFrame) this.emit("will-navigate", event);
      if (prevented) return void (await refuse("will-navigate", "Aborted"));
    }
    let cancelled = false;
    registered.beforeRequest?.({ url, resourceType }, ({ cancel }) => {
      cancelled = cancel ?? false;
    });
    if (cancelled) return void (await refuse("request", "BlockedByClient"));
    if (!url.startsWith(`${originHere()}/`)) return void (await page.send("Fetch.continueRequest", { requestId }));
    const scheme = url.slice(0, url.indexOf(":"));
    const handler = registered.handlers.get(scheme)!;
    if (request.method === "GET") return void (await this.#fulfil(requestId, request, url, handler));
    // Calls stream: they go to the loopback port. Not the page itself: its policy's 'self' would be that port.
    const path = url.slice(originHere().length);
    await page.send("Fetch.continueRequest", { requestId, url: `http://127.0.0.1:${this.#port}${path}` });
  }

  /** Answers a plain request in one piece. */
  async #fulfil(requestId: string, { headers }: Paused["request"], url: string, handler: Handler): Promise<void> {
    const response = await handler(new Request(url, { headers }));
    await this.#session!.send("Fetch.fulfillRequest", {
      requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString("base64"),
    });
  }

  async #answerPreload(payload: string, contextId: number): Promise<void> {
    const { id, channel, args } = JSON.parse(payload) as { id: number; channel: string; args: unknown[] };
    const settle = (rest: string) =>
      this.#session
        ?.send("Runtime.evaluate", { expression: `standIn.settle(${id}, ${rest})`, contextId })
        .catch(() => {});
    try {
      const handler = registered.ipc.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      const value = await handler({ sender: this, senderFrame: this.mainFrame }, ...args);
      await settle(JSON.stringify(value) ?? "undefined");
    } catch (error) {
      await settle(`undefined, ${JSON.stringify(error instanceof Error ? error.message : String(error))}`);
    }
  }

  async #inPreload(expression: string): Promise<void> {
    if (this.#preloadContext === null) return;
    await this.#session?.send("Runtime.evaluate", { expression, contextId: this.#preloadContext }).catch(() => {});
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly #all: BrowserWindow[] = [];
  static getAllWindows = (): BrowserWindow[] => [...BrowserWindow.#all];
  static fromWebContents = (contents: WebContents): BrowserWindow => contents.window;
  readonly options: WindowOptions;
  readonly webContents: WebContents;
  #bounds: Rectangle;
  #maximised = false;
  #minimised = false;
  #focused = true;
  #visible: boolean;

  constructor(options: WindowOptions) {
    super();
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show ?? true;
    this.webContents = new WebContents(this);
    BrowserWindow.#all.push(this);
    app.emit("web-contents-created", {}, this.webContents);
  }

  destroy = (): void => {
    BrowserWindow.#all.splice(BrowserWindow.#all.indexOf(this), 1);
    void this.webContents.close().catch(() => {});
  };
  loadURL = (url: string): Promise<void> => {
    const own = this.options.webPreferences.session;
    return own instanceof OtherSession ? this.webContents.loadAlone(url, own) : this.webContents.load(url);
  };
  pageIsReady = (): void => void this.emit("ready-to-show");
  show = (): void => {
    this.#visible = true;
    this.focus();
  };
  focus = (): void => {
    this.#focused = true;
    this.emit("focus");
  };
  blur = (): void => {
    this.#focused = false;
    this.emit("blur");
  };
  isFocused = (): boolean => this.#focused && this.#visible;
  isVisible = (): boolean => this.#visible;
  isDestroyed = (): boolean => !BrowserWindow.#all.includes(this);
  isFullScreen = (): boolean => false;
  isMinimized = (): boolean => this.#minimised;
  minimize = (): void => {
    this.#minimised = true;
    this.blur();
  };
  restore = (): void => {
    this.#minimised = false;
  };
  isMaximized = (): boolean => this.#maximised;
  maximize = (): void => {
    this.#maximised = true;
    this.emit("maximize");
  };
  unmaximize = (): void => {
    this.#maximised = false;
    this.emit("unmaximize");
  };
  getBounds = (): Rectangle => ({ ...this.#bounds });
  getNormalBounds = (): Rectangle => ({ ...this.#bounds });
  setBounds = (bounds: Partial<Rectangle>): void => {
    this.#bounds = { ...this.#bounds, ...bounds };
    void this.webContents.fit();
    this.emit("resized");
  };
  setBackgroundColor = (): void => {};
  setProgressBar = (progress: number): void => {
    shown.progress = progress;
  };
  close = (): void => {
    this.emit("close", { preventDefault() {} });
    BrowserWindow.#all.splice(BrowserWindow.#all.indexOf(this), 1);
    void this.webContents.close().catch(() => {});
    this.emit("closed");
    if (BrowserWindow.#all.length === 0) app.emit("window-all-closed");
  };
}

/** A download of the page, as `session` announces it: true when the host lets it begin. */
export function mayDownload(url: string): boolean {
  let allowed = true;
  const event = {
    preventDefault() {
      allowed = false;
    },
  };
  session.defaultSession.emit("will-download", event, { getURL: () => toHost(url) });
  return allowed;
}

// A Chromium of the stand-in's own, spoken to over the DevTools protocol: one socket, one session for each page.

import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { browserProgram } from "../../support/browser.ts";

type Params = Record<string, unknown>;
interface Answer {
  resolve(result: Params): void;
  reject(error: Error): void;
}

const LONGEST_CLOSE_MS = 5000;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-swiftshader",
  "--hide-scrollbars",
  // The private scheme is answered by a loopback port (see window.ts).
  "--disable-features=LocalNetworkAccessChecks",
  "--block-new-web-contents",
  "--remote-debugging-port=0",
];

/** One page: its commands, and its events by name. */
export class PageSession extends EventEmitter {
  readonly targetId: string;
  readonly #chromium: Chromium;
  readonly #id: string;

  constructor(chromium: Chromium, targetId: string, id: string) {
    super();
    this.#chromium = chromium;
    this.targetId = targetId;
    this.#id = id;
  }

  send(method: string, params: Params = {}): Promise<Params> {
    return this.#chromium.send(method, params, this.#id);
  }
}

export class Chromium {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, Answer>();
  readonly #sessions = new Map<string, PageSession>();
  #next = 1;

  private constructor(child: ChildProcess, endpoint: string, socket: WebSocket) {
    this.#child = child;
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#read(JSON.parse(String(data))));
  }

  static async start(folder: string): Promise<Chromium> {
    const program = await browserProgram();
    if (program === null) throw new Error("There is no Chromium here that can be started by its path.");
    mkdirSync(folder, { recursive: true });
    const child = spawn(program.path, [...FLAGS, `--user-data-dir=${join(folder, "profile")}`, "about:blank"], {
      env: program.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const endpoint = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr!.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        const found = /DevTools listening on (ws:\S+)/.exec(said);
        if (found) resolve(found[1]!);
      });
      child.once("exit", () => reject(new Error(`Chromium ended before it listened:\n${said}`)));
    });
    const socket = new WebSocket(endpoint);
    await new Promise((open, failed) => {
      socket.addEventListener("open", open, { once: true });
      socket.addEventListener("error", failed, { once: true });
    });
    return new Chromium(child, endpoint, socket);
  }

  send(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  async newPage(): Promise<PageSession> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const session = new PageSession(this, String(targetId), String(sessionId));
    this.#sessions.set(String(sessionId), session);
    return session;
  }

  /** Lets it write what it keeps (the page's preferences), at most for a while. */
  async close(): Promise<void> {
    const gone = new Promise((ended) => this.#child.once("exit", ended));
    this.send("Browser.close").catch(() => {});
    const stuck = setTimeout(() => this.#child.kill("SIGKILL"), LONGEST_CLOSE_MS);
    await gone;
    clearTimeout(stuck);
  }

  #read(message: {
    id?: number;
    result?: Params;
    error?: { message: string };
    method?: string;
    params?: Params;
    sessionId?: string;
  }): void {
    if (message.id !== undefined) {
      const answer = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      if (message.error) answer?.reject(new Error(message.error.message));
      else answer?.resolve(message.result ?? {});
    } else if (message.method && message.sessionId) {
      this.#sessions.get(message.sessionId)?.emit(message.method, message.params ?? {});
    }
  }
}

// The browser door: the studio on loopback HTTP, for whoever holds the link that was printed.
//
// A link works once: it is exchanged for a cookie that scripts cannot read and other sites cannot send. After that the page can
// be reloaded as often as one likes, until the studio ends. What can go wrong and who stops it:
// - another site's page posts to us (CSRF): SameSite=Strict cookie, and Origin must be ours;
// - another site's name is pointed at 127.0.0.1 (DNS rebinding): Host must be a loopback name with our port;
// - another user of the machine connects: no cookie, no answer;
// - a page asks for files outside the page: only listed files exist (page.ts).
// Non-goals: no TLS and no listening beyond loopback; from another machine one uses an SSH tunnel to the same port number.

import { randomBytes, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { AppError, ERROR_STATUS, PIXELS_PATH, RPC_PATH, THUMBNAILS_PATH } from "../../preload/contract/index.ts";
import type { RunningStudio } from "../api/studio.ts";
import { guardHeaders, PageFiles } from "./page.ts";

const ENTER_PATH = "/enter/";
const LOOPBACK = "127.0.0.1";
/** Of one request: a dropped multi-frame file fits, memory still holds it. */
const LARGEST_BODY = 1024 ** 3;

/** Decides who may ask, then hands on to the studio or the page. Knows no sockets, so tests ask it directly. */
export class BrowserDoor {
  readonly #studio: RunningStudio;
  readonly #page: PageFiles;
  readonly #port: number;
  readonly #cookieName: string;
  readonly #session = randomBytes(32).toString("base64url");
  #token: string | null = null;

  constructor(options: { studio: RunningStudio; pageFolder: string; port: number }) {
    this.#studio = options.studio;
    this.#page = new PageFiles(options.pageFolder);
    this.#port = options.port;
    // Cookies do not know ports: two studios on one machine keep theirs apart by name.
    this.#cookieName = `loupe-${options.port}`;
  }

  get origin(): string {
    return `http://${LOOPBACK}:${this.#port}`;
  }

  /** A link that lets one browser in, once. The link before it stops working. */
  newLink(): string {
    this.#token = randomBytes(24).toString("base64url");
    return `${this.origin}${ENTER_PATH}${this.#token}`;
  }

  async handle(request: Request): Promise<Response> {
    try {
      return this.#guarded(await this.#answer(request));
    } catch (error) {
      const { code, message } =
        error instanceof AppError ? error : { code: "app/internal" as const, message: "Failed." };
      return this.#guarded(Response.json({ error: { code, message } }, { status: ERROR_STATUS[code] }));
    }
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, host } = new URL(request.url);
    if (!this.#isOurHost(host)) return refusal(403, "This address is not the studio's.");
    if (!this.#isOurPage(request, host)) return refusal(403, "Another site may not ask the studio.");
    if (pathname.startsWith(ENTER_PATH)) return this.#enter(request, pathname.slice(ENTER_PATH.length));
    if (!this.#hasSession(request)) {
      return refusal(401, "Open the studio with the link that it printed. Press Enter in its terminal for a new one.");
    }
    if (Number(request.headers.get("content-length") ?? 0) > LARGEST_BODY) {
      throw new AppError(
        "imaging/too-large",
        "One dropped file may have 1 GiB at most: import it by its path instead.",
      );
    }
    if ([`${RPC_PATH}/`, PIXELS_PATH, THUMBNAILS_PATH].some((prefix) => pathname.startsWith(prefix))) {
      return this.#studio.handle(request);
    }
    const file = request.method === "GET" ? await this.#page.answer(pathname) : null;
    return file ?? refusal(404, "There is nothing at this address.");
  }

  #enter(request: Request, token: string): Response {
    if (request.method !== "GET" || this.#token === null || !sameText(token, this.#token)) {
      return refusal(
        401,
        "This link was used already or is not ours. Press Enter in the studio's terminal for a new one.",
      );
    }
    this.#token = null;
    const cookie = `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
    return new Response(null, {
      status: 303,
      headers: { location: "/", "set-cookie": cookie, "cache-control": "no-store" },
    });
  }

  #isOurHost(host: string): boolean {
    return [LOOPBACK, "localhost", "[::1]"].some((name) => host === `${name}:${this.#port}`);
  }

  /** True when the request comes from our page, or is a person opening an address. */
  #isOurPage(request: Request, host: string): boolean {
    const origin = request.headers.get("origin");
    if (origin !== null) return origin === `http://${host}`;
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const site = request.headers.get("sec-fetch-site");
    if (site === null || site === "same-origin" || site === "none") return true;
    return request.headers.get("sec-fetch-mode") === "navigate" && request.headers.get("sec-fetch-dest") === "document";
  }

  #hasSession(request: Request): boolean {
    const cookies = (request.headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
    return cookies.some((cookie) => sameText(cookie, `${this.#cookieName}=${this.#session}`));
  }

  #guarded(response: Response): Response {
    if (!response.headers.has("content-security-policy")) guardHeaders(response.headers);
    if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
    return response;
  }
}

function refusal(status: 401 | 403 | 404, sentence: string): Response {
  return new Response(`${sentence}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export interface BrowserHost {
  readonly door: BrowserDoor;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves on loopback. `port` 0: any free one; a port that is taken is refused with app/invalid-input.
 */
export async function serveBrowser(options: {
  studio: RunningStudio;
  pageFolder: string;
  port: number;
}): Promise<BrowserHost> {
  let door: BrowserDoor | null = null;
  const server = createAdaptorServer({
    fetch: (request) => door!.handle(request),
    overrideGlobalObjects: false,
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      failed(
        error.code === "EADDRINUSE" || error.code === "EACCES"
          ? new AppError(
              "app/invalid-input",
              `Port ${options.port} is taken or not allowed: choose another with --port.`,
            )
          : error,
      ),
    );
    server.listen(options.port, LOOPBACK, listening);
  });
  const { port } = server.address() as AddressInfo;
  door = new BrowserDoor({ studio: options.studio, pageFolder: options.pageFolder, port });
  return {
    door,
    port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

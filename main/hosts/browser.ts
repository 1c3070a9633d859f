// The browser door: the studio over HTTP, for whoever holds the link that was printed or, beyond loopback, the password.
//
// A link works once and for ten minutes: it is exchanged for a cookie that scripts cannot read and other sites cannot send. After
// that the page can be reloaded as often as one likes, until the session ends (sessions.ts). What can go wrong and who stops it:
// - another site's page posts to us (CSRF): SameSite=Strict cookie, Origin must be ours, and nothing is changed by GET;
// - another site embeds what is here: Sec-Fetch-Site must not be foreign, and nothing may be framed;
// - another site's name is pointed at this machine (DNS rebinding): Host must be a name that the studio was told (reach.ts);
// - somebody else connects: no cookie, no answer; guessing the password has to wait (main/api/unlock-limit.ts);
// - a page asks for files outside the page: only listed files exist (page.ts);
// - somebody sends too much, too slowly, or something that is no HTTP: request-bodies.ts, listen.ts.

import { AppError, ERROR_STATUS, PIXELS_PATH, RPC_PATH, THUMBNAILS_PATH } from "../../preload/contract/index.ts";
import type { RunningStudio } from "../api/studio.ts";
import { UnlockLimit } from "../api/unlock-limit.ts";
import { guardHeaders, PageFiles } from "./page.ts";
import { LOOPBACK, type Reach } from "./reach.ts";
import { RequestBodies } from "./request-bodies.ts";
import { type BrowserSession, Sessions } from "./sessions.ts";
import { readPassword, SIGN_IN_PATH, type SignInState, signInPage } from "./sign-in.ts";

const ENTER_PATH = "/enter/";
const SIGN_OUT_PATH = "/sign-out";
const DEFAULT_PORTS = { http: 80, https: 443 };
/** Browsers keep to TLS here for as long as the longest session lives; not longer, a self-signed machine may go back. */
const STRICT_TRANSPORT = "max-age=604800";

export interface DoorOptions {
  studio: RunningStudio;
  pageFolder: string;
  port: number;
  /** default: loopback */
  reach?: Reach;
  /** milliseconds; default: a clock that counts sleep and never goes back */
  now?: () => number;
}

/** Decides who may ask, then hands on to the studio or the page. Knows no sockets, so tests ask it directly. */
export class BrowserDoor {
  readonly #studio: RunningStudio;
  readonly #page: PageFiles;
  readonly #port: number;
  readonly #reach: Reach;
  readonly #scheme: "http" | "https";
  readonly #hosts: ReadonlySet<string>;
  readonly #cookieName: string;
  readonly #sessions: Sessions;
  readonly #signInLimit: UnlockLimit;
  readonly #bodies = new RequestBodies();

  constructor({ studio, pageFolder, port, reach = LOOPBACK, now }: DoorOptions) {
    this.#studio = studio;
    this.#page = new PageFiles(pageFolder);
    this.#port = port;
    this.#reach = reach;
    this.#scheme = reach.guarded ? "https" : "http";
    const isDefaultPort = port === DEFAULT_PORTS[this.#scheme];
    this.#hosts = new Set(reach.hosts.flatMap((name) => [`${name}:${port}`, ...(isDefaultPort ? [name] : [])]));
    // Cookies do not know ports: two studios on one machine keep theirs apart by name. `__Host-`: only TLS, only this host, all of it.
    this.#cookieName = `${reach.guarded ? "__Host-" : ""}loupe-${port}`;
    this.#sessions = new Sessions(now);
    this.#signInLimit = new UnlockLimit(now);
  }

  get origin(): string {
    return this.origins[0]!;
  }

  /** Where a browser finds the page, by every name. */
  get origins(): string[] {
    return this.#reach.hosts.map((host) => `${this.#scheme}://${host}:${this.#port}`);
  }

  /** A link that lets one browser in, once, within ten minutes. The link before it stops working. */
  newLink(): string {
    return `${this.origin}${ENTER_PATH}${this.#sessions.newLinkToken()}`;
  }

  /** Somebody at the machine says that whoever waits after wrong passwords may try again. */
  forgetWaits(): void {
    this.#signInLimit.forget();
  }

  /** Ends every session and what is still being sent to it. */
  close(): void {
    this.#sessions.endAll();
  }

  /** @param address who is at the other end of the connection */
  async handle(request: Request, address = ""): Promise<Response> {
    try {
      return this.#guarded(await this.#answer(request, address));
    } catch (error) {
      return this.#guarded(failure(error));
    }
  }

  async #answer(request: Request, address: string): Promise<Response> {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD" && method !== "POST") {
      return refusal(405, "The studio knows GET, HEAD and POST.", { allow: "GET, HEAD, POST" });
    }
    // As it was sent, before anything makes an address of it: not every name is one.
    const host = request.headers.get("host")?.toLowerCase() ?? new URL(request.url).host;
    if (!this.#hosts.has(host)) return refusal(403, "This address is not the studio's.");
    const { pathname } = new URL(request.url);
    if (!this.#isOurPage(request, host, pathname)) return refusal(403, "Another site may not ask the studio.");
    if (pathname.startsWith(ENTER_PATH)) return this.#enter(request, pathname.slice(ENTER_PATH.length));
    const secret = this.#cookie(request);
    const session = secret === null ? null : this.#sessions.find(secret);
    if (pathname === SIGN_IN_PATH) return this.#signIn(request, session, address);
    if (pathname === SIGN_OUT_PATH && method === "POST") {
      if (secret !== null) this.#sessions.end(secret);
      return seeOther(SIGN_IN_PATH, this.#setCookie("", "; Max-Age=0"));
    }
    if (session === null) {
      return pathname === "/" && method === "GET"
        ? this.#signInPage(request)
        : refusal(401, "This browser is not let in, or not any more: open the studio's address to sign in again.");
    }
    if (pathname.startsWith(`${RPC_PATH}/`)) {
      if (method !== "POST") return refusal(405, "Calls are made with POST.", { allow: "POST" });
      const response = await this.#bodies.receive(request, (counted) => this.#studio.handle(counted, session.name));
      return cutOff(response, session.ended);
    }
    if (method === "POST") return refusal(405, "There is nothing to post here.", { allow: "GET, HEAD" });
    if ([PIXELS_PATH, THUMBNAILS_PATH].some((prefix) => pathname.startsWith(prefix))) {
      return this.#studio.handle(request, session.name);
    }
    const file = method === "GET" ? await this.#page.answer(pathname) : null;
    return file ?? refusal(404, "There is nothing at this address.");
  }

  #enter(request: Request, token: string): Response {
    if (this.#reach.guarded !== null || request.method !== "GET" || !this.#sessions.redeem(token)) {
      return this.#signInPage(request, { used: true });
    }
    return seeOther("/", this.#setCookie(this.#sessions.start()));
  }

  async #signIn(request: Request, session: BrowserSession | null, address: string): Promise<Response> {
    if (request.method === "GET" && session !== null) return seeOther("/");
    if (this.#reach.guarded === null || request.method !== "POST") return this.#signInPage(request);
    const { password } = this.#reach.guarded;
    const given = await readPassword(request);
    if (given === null) throw new AppError("app/invalid-input", "Signing in takes a form with a password.");
    const who = { caller: networkOf(address), target: SIGN_IN_PATH };
    try {
      await this.#signInLimit.attempt(who, () => password.check(given));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return this.#signInPage(request, {
        wrong: error.code === "project/key-wrong",
        wait: error.retryAfterSeconds ?? null,
      });
    }
    const before = this.#cookie(request);
    if (before !== null) this.#sessions.end(before);
    return seeOther("/", this.#setCookie(this.#sessions.start()));
  }

  #signInPage(request: Request, facts: { used?: boolean; wrong?: boolean; wait?: number | null } = {}): Response {
    const state: SignInState =
      this.#reach.guarded === null
        ? { ask: "link", used: facts.used ?? false }
        : { ask: "password", wrong: facts.wrong ?? false, wait: facts.wait ?? null };
    return signInPage(request, state);
  }

  /**
   * True when the request comes from our page, or is a person opening an address. A link on another site may lead to the page itself,
   * never to anything behind it.
   */
  #isOurPage(request: Request, host: string, pathname: string): boolean {
    const origin = request.headers.get("origin");
    if (origin !== null) return origin === `${this.#scheme}://${host}`;
    if (request.method === "POST") return false;
    const site = request.headers.get("sec-fetch-site");
    if (site === null || site === "same-origin" || site === "none") return true;
    const isPage = pathname === "/" || pathname === SIGN_IN_PATH || pathname.startsWith(ENTER_PATH);
    const [mode, destination] = [request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")];
    return isPage && mode === "navigate" && destination === "document";
  }

  /** The secret in our cookie; null where there is none, or more than one and so none to trust. */
  #cookie(request: Request): string | null {
    const cookies = (request.headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
    const ours = cookies.filter((cookie) => cookie.startsWith(`${this.#cookieName}=`));
    return ours.length === 1 ? ours[0]!.slice(this.#cookieName.length + 1) : null;
  }

  #setCookie(secret: string, more = ""): string {
    const secure = this.#reach.guarded ? "; Secure" : "";
    return `${this.#cookieName}=${secret}; HttpOnly; SameSite=Strict; Path=/${secure}${more}`;
  }

  #guarded(response: Response): Response {
    if (!response.headers.has("content-security-policy")) guardHeaders(response.headers);
    if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
    if (this.#reach.guarded) response.headers.set("strict-transport-security", STRICT_TRANSPORT);
    return response;
  }
}

function refusal(status: 401 | 403 | 404 | 405, sentence: string, more: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...more } });
}

function failure(error: unknown): Response {
  const known = error instanceof AppError ? error : new AppError("app/internal", "Something unexpected went wrong.");
  const { code, message, retryAfterSeconds } = known;
  const status = ERROR_STATUS[code];
  const data = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  // The shape of the contract's own refusals, so that the page can read it.
  const response = Response.json({ json: { defined: false, code, status, message, data } }, { status });
  if (retryAfterSeconds !== undefined) response.headers.set("retry-after", String(retryAfterSeconds));
  return response;
}

/** A stream of events ends with the session that it was opened in. */
function cutOff(response: Response, ended: AbortSignal): Response {
  if (response.body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const reader = response.body.getReader();
  const cut = (): void => void reader.cancel().catch(() => {});
  ended.addEventListener("abort", cut);
  if (ended.aborted) cut();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      ended.removeEventListener("abort", cut);
      controller.close();
    },
    cancel(reason) {
      ended.removeEventListener("abort", cut);
      return reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

function seeOther(location: string, cookie?: string): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  if (cookie !== undefined) headers.set("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

/** An IPv4 address, or the /64 network that one household or machine has of IPv6: one caller in the count of wrong passwords. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("%")[0]!.toLowerCase().split("::");
  const words = (text: string) => (text === "" ? [] : text.split(":"));
  const missing = 8 - words(head).length - words(tail).length;
  return [...words(head), ...Array<string>(Math.max(0, missing)).fill("0"), ...words(tail)].slice(0, 4).join(":");
}

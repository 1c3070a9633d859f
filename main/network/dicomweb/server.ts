// A DICOMweb server as somebody entered it, and one GET to it: with credentials, over TLS where the address says https, within limits.
//
// Credentials and queries go to the origin that was entered and to no other: a redirect elsewhere is refused. Every request has its own
// connection, no cookies and no cache. The server's words are never shown: an error page may name a patient.

import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { AppError } from "../../../preload/contract/errors.ts";
import { checkSignal, DEFAULT_LIMITS, type Limits, stopped } from "../limits.ts";
import { unreachable } from "../words.ts";

export interface DicomWebServer {
  /** root of the service: https://archive.example/dicom-web */
  readonly url: string;
  readonly auth?: { readonly user: string; readonly password: string } | { readonly token: string };
  /** certificates of the authority that signed the server's, as PEM; default: those that Node knows */
  readonly ca?: string;
  readonly limits?: Partial<Limits>;
}

export interface WebAnswer {
  /** 200 to 299 */
  readonly status: number;
  readonly contentType: string;
  /** Errors: network/timeout, network/closed, app/aborted. Leaving it early closes the connection. */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function rootOf({ url }: DicomWebServer): URL {
  // Userinfo would end up in sentences and lists; it has its own field.
  const root = URL.canParse(url) ? new URL(url) : null;
  const fits = root && ["http:", "https:"].includes(root.protocol) && !root.username && !root.password;
  if (!root || !fits || root.search || root.hash) {
    throw new AppError(
      "app/invalid-input",
      "The address of a DICOMweb server begins with https:// or http:// and has neither a user name nor a query in it.",
    );
  }
  return root;
}

export function limitsOf(server: DicomWebServer): Limits {
  return { ...DEFAULT_LIMITS, ...server.limits };
}

/** The server as the subject of a sentence. */
export function whereOf(server: DicomWebServer): string {
  return `The DICOMweb server ${rootOf(server).origin}`;
}

function authorisation({ auth }: DicomWebServer): Record<string, string> {
  if (!auth) return {};
  const value =
    "token" in auth
      ? `Bearer ${auth.token}`
      : `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}`;
  // Control characters would end the header line.
  if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new AppError(
      "app/invalid-input",
      "A token for a DICOMweb server has no line breaks and only signs of ASCII.",
    );
  }
  return { authorization: value };
}

/**
 * GETs `path`, which begins with a slash and is encoded already, below the server's root.
 * Errors: app/invalid-input, app/aborted, network/unreachable, timeout, closed, protocol, redirected, unauthorised, not-found, no-service, failed.
 */
export async function getFrom(
  server: DicomWebServer,
  path: string,
  accept: string,
  signal?: AbortSignal,
): Promise<WebAnswer> {
  const root = rootOf(server);
  const headers = { accept, "accept-encoding": "identity", ...authorisation(server) };
  let url = new URL(root.pathname.replace(/\/+$/, "") + path, root);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await once(server, url, headers, signal);
    const status = answer.statusCode ?? 0;
    if (REDIRECTS.has(status)) {
      answer.destroy();
      url = redirected(server, url, answer.headers.location ?? "");
      continue;
    }
    if (status < 200 || status > 299) {
      answer.destroy();
      throw refused(whereOf(server), status);
    }
    const encoding = answer.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      answer.destroy();
      throw new AppError("network/protocol", `${whereOf(server)} packs its answers though it was asked not to.`);
    }
    return { status, contentType: answer.headers["content-type"] ?? "", body: bodyOf(server, answer, signal) };
  }
  throw new AppError("network/redirected", `${whereOf(server)} sends us on more than ${MAX_REDIRECTS} times.`);
}

function redirected(server: DicomWebServer, from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (to?.origin === from.origin) return to;
  const origin = to ? to.origin : "an address that is none";
  throw new AppError(
    "network/redirected",
    `${whereOf(server)} sends us on to ${origin}. Nothing was sent there; if that is the right server, enter its address.`,
  );
}

function once(
  server: DicomWebServer,
  url: URL,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  checkSignal(signal);
  const { idleMs, connectMs } = limitsOf(server);
  const where = whereOf(server);
  const tls = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const request = tls
      ? tlsRequest(url, { headers, signal, agent: false, ca: server.ca })
      : plainRequest(url, { headers, signal, agent: false });
    let late = unreachable(where, "ETIMEDOUT");
    let timer = setTimeout(() => request.destroy(late), connectMs);
    request.once("socket", (socket) => {
      socket.once(tls ? "secureConnect" : "connect", () => {
        clearTimeout(timer);
        late = timedOut(where, idleMs);
        timer = setTimeout(() => request.destroy(late), idleMs);
      });
    });
    request.once("response", (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    // Stays for errors after the answer: those are told by its body.
    request.on("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(cause instanceof AppError ? cause : signal?.aborted ? stopped() : brokenRequest(where, cause));
    });
    request.end();
  });
}

function brokenRequest(where: string, cause: NodeJS.ErrnoException): AppError {
  const code = cause.code ?? "";
  if (code.startsWith("HPE_") || code === "EPROTO" || code.startsWith("ERR_SSL")) {
    const what = "speaks no HTTP that we understand. Check the address, and whether it is https or http";
    return new AppError("network/protocol", `${where} ${what}.`, { cause });
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    const what = `shows a certificate that is not trusted here (${code}). Give the certificate of its authority with the address`;
    return new AppError("network/unreachable", `${where} ${what}.`, { cause });
  }
  if (code === "ECONNRESET") {
    return new AppError("network/closed", `${where} closed the connection instead of an answer. Try again.`, { cause });
  }
  return unreachable(where, code, cause);
}

const timedOut = (where: string, waitMs: number): AppError =>
  new AppError(
    "network/timeout",
    `${where} said nothing for ${Math.round(waitMs / 100) / 10} s. Try again, or ask whoever runs it.`,
  );

function refused(where: string, status: number): AppError {
  if (status === 401 || status === 403) {
    const what = "does not let us in with these credentials. Check user and password, or the token";
    return new AppError("network/unauthorised", `${where} ${what} (HTTP status ${status}).`);
  }
  if (status === 404 || status === 410) {
    const what = "has nothing at that place: the objects are gone, or the address of the service is another";
    return new AppError("network/not-found", `${where} ${what} (HTTP status ${status}).`);
  }
  if (status === 406 || status === 415) {
    const what = "does not give out what we asked for in the form we asked for";
    return new AppError("network/no-service", `${where} ${what} (HTTP status ${status}).`);
  }
  const how = status === 429 || status === 503 ? "has too much to do; try again later" : "answered with an error";
  return new AppError("network/failed", `${where} ${how} (HTTP status ${status}).`);
}

async function* bodyOf(
  server: DicomWebServer,
  answer: IncomingMessage,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const { idleMs } = limitsOf(server);
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const timer = setTimeout(() => answer.destroy(timedOut(whereOf(server), idleMs)), idleMs);
      const { done, value } = await pieces.next().finally(() => clearTimeout(timer));
      if (done) {
        // What was received before the signal and not read yet is dropped without an error.
        if (signal?.aborted || !answer.complete) throw new Error("The answer ends before its declared end.");
        break;
      }
      // No time runs while the receiver has the piece: a slow disk is no fault of the server.
      yield value;
    }
  } catch (cause) {
    if (signal?.aborted) throw stopped();
    if (cause instanceof AppError) throw cause;
    const what = "closed the connection in the middle of its answer. What had arrived before is kept; try again";
    throw new AppError("network/closed", `${whereOf(server)} ${what}.`, { cause });
  } finally {
    answer.destroy();
  }
}

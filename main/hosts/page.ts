// The page's own files, with the headers that keep it on its own.
//
// Only files that a walk over the built page found are served, so there is no path to climb out of. index.html gets a fresh nonce
// per answer; every answer carries the policy, because workers take theirs from their own response.

import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** `wasm-unsafe-eval`: image codecs. `blob:` images: tool cursors. style attributes: the text of a measured region. */
function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "font-src 'self'",
    "img-src 'self' blob:",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}

/** Headers of everything a door answers: the policy, no sniffing, no referrer, nothing shared with other origins. */
export function guardHeaders(headers: Headers, nonce = randomBytes(16).toString("base64")): Headers {
  headers.set("content-security-policy", contentPolicy(nonce));
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set(
    "permissions-policy",
    "camera=(), microphone=(), geolocation=(), display-capture=(), hid=(), midi=(), payment=(), serial=(), usb=()",
  );
  return headers;
}

export class PageFiles {
  readonly #folder: string;
  #files = new Map<string, string>();

  /** @param folder the built page, `dist/renderer` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file at this path of the page, or null when the page has none. */
  async answer(pathname: string): Promise<Response | null> {
    const name = pathname === "/" ? "/index.html" : pathname;
    if (!this.#files.has(name)) this.#files = await listFiles(this.#folder);
    const file = this.#files.get(name);
    if (file === undefined) return null;
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    if (name !== "/index.html") {
      // Built files carry a hash of their content in their name; what does not may be another file tomorrow.
      const isHashed = /^\/assets\/.*-[\w-]{8}\.\w+$/.test(name);
      const cache = isHashed ? "private, max-age=31536000, immutable" : "no-store";
      const headers = new Headers({ "content-type": type, "cache-control": cache });
      return new Response(await readFile(file), { headers: guardHeaders(headers) });
    }
    const nonce = randomBytes(16).toString("base64");
    const html = (await readFile(file, "utf8")).replaceAll("__NONCE__", nonce);
    return new Response(html, {
      headers: guardHeaders(new Headers({ "content-type": type, "cache-control": "no-store" }), nonce),
    });
  }
}

async function listFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join("/")}`, path);
  }
  return files;
}

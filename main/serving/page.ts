// The page at /: files beside this module, read once, with the model's name and classes put in.
//
// It loads nothing from anywhere else, and the policy says so to the browser: no inline script or style, no other host.

import { readFileSync } from "node:fs";
import type { ServedModel } from "../../preload/contract/serving.ts";

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `data:` is for the preview that /predict answers with, and the icon. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FILES = [
  { path: "/", name: "index.html", type: "text/html; charset=utf-8" },
  { path: "/page.css", name: "page.css", type: "text/css; charset=utf-8" },
  { path: "/page.js", name: "page.js", type: "text/javascript; charset=utf-8" },
];

export function readPage(model: ServedModel): PageFile[] {
  return FILES.map(({ path, name, type }) => {
    const body = readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8");
    return {
      path,
      type,
      body: path === "/" ? filled(body, { model: model.name, version: model.version }) : body,
      headers: {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
      },
    };
  });
}

function filled(html: string, values: Record<string, string>): string {
  return html.replace(/\{\{(\w+)\}\}/g, (_, key: string) => escaped(values[key] ?? ""));
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

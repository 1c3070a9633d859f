// A built page for tests of the doors: small, with a nonce to replace and a file beside the folder that must never be served.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function pageFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "loupe-page-"));
  const page = join(root, "renderer");
  mkdirSync(join(page, "assets"), { recursive: true });
  writeFileSync(join(page, "index.html"), '<meta property="csp-nonce" nonce="__NONCE__"><h1>Loupe</h1>');
  writeFileSync(join(page, "assets/index-1a2b3c4d.js"), "export {};");
  writeFileSync(join(root, "secret.txt"), "not for the page");
  return page;
}

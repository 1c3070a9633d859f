// A real Chromium for tests, from npm alone where that exists.
//
// Order: the browser named by LOUPE_TEST_BROWSER; on Linux x64 the one inside @sparticuz/chromium; an installed Chrome or Edge.
// Its own launch flags switch web security off, so they are not used: what the tests see is what a user's browser enforces.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

const require = createRequire(import.meta.url);
const SYSTEM_LIBRARIES = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

/** Unpacks the packaged browser once per version; two processes that start together do not see each other's half. */
async function packagedBrowser(): Promise<LaunchOptions> {
  const packageRoot = dirname(dirname(require.resolve("@sparticuz/chromium")));
  const { version } = require(join(packageRoot, "package.json")) as { version: string };
  const home = join(tmpdir(), `loupe-test-chromium-${version}`);
  if (!existsSync(home)) {
    const partial = `${home}.${process.pid}`;
    mkdirSync(partial, { recursive: true });
    const before = process.env.TMPDIR;
    process.env.TMPDIR = partial;
    try {
      const { inflate } = await import("@sparticuz/chromium");
      const parts = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
      await Promise.all(parts.map((name) => inflate(join(packageRoot, "bin", name))));
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    try {
      renameSync(partial, home);
    } catch {
      rmSync(partial, { recursive: true, force: true }); // another process was first
    }
  }
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  if (!SYSTEM_LIBRARIES.some((folder) => existsSync(join(folder, "libnss3.so")))) {
    env.LD_LIBRARY_PATH = [join(home, "al2023", "lib"), env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  }
  return { executablePath: join(home, "chromium"), env };
}

async function candidates(): Promise<LaunchOptions[]> {
  if (process.env.LOUPE_TEST_BROWSER) return [{ executablePath: process.env.LOUPE_TEST_BROWSER }];
  const installed: LaunchOptions[] = [{ channel: "chrome" }, { channel: "msedge" }, { channel: "chromium" }];
  if (process.platform === "linux" && process.arch === "x64") return [await packagedBrowser(), ...installed];
  return installed;
}

/** Where a Chromium program lies, with the environment it needs; null where only a channel of Playwright's is known. */
export async function browserProgram(): Promise<{ path: string; env: NodeJS.ProcessEnv } | null> {
  for (const { executablePath, env } of await candidates()) {
    if (executablePath) return { path: executablePath, env: { ...process.env, ...env } };
  }
  return null;
}

/**
 * A browser, or the sentence that says why there is none here. `replace`: the program to start in the browser's place, which starts the
 * browser; installed ones, whose path we do not know, are then left out.
 */
export async function launchBrowser(
  options: LaunchOptions = {},
  { replace }: { replace?: (executable: string) => string } = {},
): Promise<Browser | string> {
  const reasons: string[] = [];
  for (const candidate of await candidates()) {
    try {
      if (replace) {
        if (candidate.executablePath === undefined) continue;
        candidate.executablePath = replace(candidate.executablePath);
      }
      return await chromium.launch({ chromiumSandbox: false, ...candidate, ...options });
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  return `no browser could be started: ${reasons.join("; ")}`;
}

// A page as a PDF, printed by a Chromium, Chrome or Edge that is installed on this machine: for the doors that are no browser themselves.
//
// The page goes into a folder of its own that only this account can read and that is removed afterwards; the browser gets a profile of its own in it, no address to
// ask, and ends with the print. LOUPE_BROWSER names the program where it is not found by itself.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../../preload/contract/errors.ts";

/** A browser that has not printed by then hangs: a report takes seconds. */
const LONGEST_MS = 60_000;

const LINUX = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const MAC = ["Google Chrome", "Chromium", "Microsoft Edge"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);
const WINDOWS = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
  "Chromium\\Application\\chrome.exe",
];

/** null where there is none. */
function installedBrowser(): string | null {
  const named = process.env.LOUPE_BROWSER;
  if (named) return existsSync(named) ? named : null;
  const candidates =
    process.platform === "win32"
      ? [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
          .filter((folder) => folder !== undefined)
          .flatMap((folder) => WINDOWS.map((path) => join(folder, path)))
      : process.platform === "darwin"
        ? MAC
        : (process.env.PATH ?? "").split(delimiter).flatMap((folder) => LINUX.map((name) => join(folder, name)));
  return candidates.find(existsSync) ?? null;
}

const FLAGS = [
  "--headless",
  "--disable-gpu",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing in the page asks for an address; nothing of the browser's own may either.
  "--host-resolver-rules=MAP * ~NOTFOUND",
  "--no-pdf-header-footer",
];

/** Errors: report/no-printer where no browser is found, or the one found does not print; app/aborted. */
export async function printWithBrowser(html: string, signal: AbortSignal): Promise<Uint8Array> {
  const program = installedBrowser();
  if (program === null) {
    throw new AppError(
      "report/no-printer",
      "There is no Chromium, Chrome or Edge on this machine that could print a PDF.",
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "loupe-print-"));
  try {
    const page = join(folder, "report.html");
    const pdf = join(folder, "report.pdf");
    await writeFile(page, html, { mode: 0o600 });
    // A Chromium does not start its sandbox for root, which servers and containers are run by.
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const args = [...FLAGS, ...sandbox, `--user-data-dir=${join(folder, "profile")}`, `--print-to-pdf=${pdf}`];
    await finished(program, [...args, pathToFileURL(page).href], signal);
    return await readFile(pdf).catch((cause: unknown) => {
      throw new AppError("report/no-printer", "The browser on this machine ended without printing a PDF.", { cause });
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function finished(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "ignore",
      signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
      killSignal: "SIGKILL",
    });
    child.once("exit", () => resolve());
    child.once("error", (cause) =>
      reject(
        signal.aborted
          ? new AppError("app/aborted", "The printing was stopped.", { cause })
          : new AppError("report/no-printer", "The browser on this machine did not print a PDF.", { cause }),
      ),
    );
  });
}

// A page as a PDF, printed by Electron itself in a window that nobody sees.
//
// The window has a session of its own, in memory, without scripts, and may load the one file that it is there for.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { app, BrowserWindow, session } from "electron";
import { AppError } from "../../preload/contract/errors.ts";

/** Errors: report/no-printer, app/aborted. */
export async function printInWindow(html: string, signal: AbortSignal): Promise<Uint8Array> {
  const folder = await mkdtemp(join(app.getPath("temp"), "loupe-print-"));
  const path = join(folder, "report.html");
  await writeFile(path, html, { mode: 0o600 });
  const pages = session.fromPartition(`print-${randomUUID()}`);
  const address = pathToFileURL(path).href;
  pages.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: url !== address }));
  pages.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      session: pages,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
    },
  });
  try {
    await window.loadFile(path);
    signal.throwIfAborted();
    return await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: true });
  } catch (cause) {
    if (signal.aborted) throw new AppError("app/aborted", "The printing was stopped.", { cause });
    throw new AppError("report/no-printer", "The desktop window could not print the page as a PDF.", { cause });
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

// A page as a PDF, printed by Electron itself in a window that nobody sees.
//
// The window has a session of its own, in memory, without scripts, in which the private scheme answers with that page and nothing else is loaded: no
// file is written for it, and file:// stays unused.
import { randomUUID } from "node:crypto";
import { BrowserWindow, session } from "electron";
import { AppError } from "../../preload/contract/errors.ts";
import { SCHEME } from "./electron-scheme.ts";

const ADDRESS = `${SCHEME}://print/`;

/** Errors: report/no-printer, app/aborted. */
export async function printInWindow(html: string, signal: AbortSignal): Promise<Uint8Array> {
  const pages = session.fromPartition(`print-${randomUUID()}`);
  pages.protocol.handle(SCHEME, () => new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }));
  pages.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: url !== ADDRESS }));
  pages.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      session: pages,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      disableBlinkFeatures: "Auxclick",
    },
  });
  try {
    await window.loadURL(ADDRESS);
    signal.throwIfAborted();
    return await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: true });
  } catch (cause) {
    if (signal.aborted) throw new AppError("app/aborted", "The printing was stopped.", { cause });
    throw new AppError("report/no-printer", "The desktop window could not print the page as a PDF.", { cause });
  } finally {
    window.destroy();
  }
}

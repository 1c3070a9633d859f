// The desktop door: one window, one private scheme, and guards around both.
//
// The page comes from loupe://studio and can talk to nothing else: every request to another address is cancelled, navigation
// elsewhere and new windows are refused, permissions are denied, pages have no Node and run sandboxed. The same handler answers as
// behind the browser door; what a page may ask of the system beyond it is in preload/index.ts.
// Small enough to read in one breath; keep it so.

import { basename, join } from "node:path";
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, session } from "electron";
import { PICK_FILE, PICK_FOLDER } from "../../preload/channels.ts";
import { PIXELS_PATH, RPC_PATH, THUMBNAILS_PATH } from "../../preload/contract/index.ts";
import { createStudio } from "../api/studio.ts";
import { recentProjects } from "../project/index.ts";
import { electronChildren } from "./electron-children.ts";
import { appInfo, IDLE_LOCK_MS } from "./local-host.ts";
import { guardHeaders, PageFiles } from "./page.ts";

const SCHEME = "loupe";
const ORIGIN = `${SCHEME}://studio`;
const HOME_PAGE = `${ORIGIN}/`;

const built = join(app.getAppPath(), "dist");
const page = new PageFiles(join(built, "renderer"));
const studio = createStudio({
  host: {
    info: appInfo("electron", true),
    startChild: electronChildren(join(built, "main", "worker.js")),
    idleLockMs: IDLE_LOCK_MS,
    report: (code, where) => console.error(`loupe: ${code} in ${where}`),
  },
});

const isOurs = (url: string): boolean => url === ORIGIN || url.startsWith(HOME_PAGE);

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!isOurs(request.url)) return new Response(null, { status: 403, headers: guardHeaders(new Headers()) });
  if ([`${RPC_PATH}/`, PIXELS_PATH, THUMBNAILS_PATH].some((prefix) => pathname.startsWith(prefix))) {
    const response = await studio.handle(request);
    guardHeaders(response.headers);
    return response;
  }
  return (await page.answer(pathname)) ?? new Response(null, { status: 404, headers: guardHeaders(new Headers()) });
}

function guard(): void {
  const { defaultSession } = session;
  defaultSession.protocol.handle(SCHEME, answer);
  defaultSession.setSpellCheckerEnabled(false); // it would download dictionaries
  defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !(isOurs(url) || url.startsWith(`blob:${ORIGIN}`) || url.startsWith("devtools:")) });
  });
}

function openWindow(): void {
  const window = new BrowserWindow({
    show: false,
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    webPreferences: {
      preload: join(built, "preload", "index.cjs"),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  window.once("ready-to-show", () => window.show());
  void window.loadURL(HOME_PAGE);
}

/** The path of the one thing that was chosen, or null. Only our own page may ask. */
function answerPicker(channel: string, kind: "openDirectory" | "openFile"): void {
  ipcMain.handle(channel, async (event) => {
    if (!event.senderFrame || !isOurs(event.senderFrame.url)) throw new Error("not our page");
    const { filePaths } = await dialog.showOpenDialog({ properties: [kind] });
    return filePaths[0] ?? null;
  });
}

/** A project that was opened from the system's file manager: it is offered first, its passphrase is asked for in the window. */
function offerProject(path: string): void {
  if (path.endsWith(".loupe")) recentProjects.remember({ name: basename(path, ".loupe"), path });
}

function showWindow(): void {
  if (!app.isReady()) return;
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) openWindow();
  else if (window.isMinimized()) window.restore();
  else window.focus();
}

app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
]);
app.on("web-contents-created", (_event, contents) => {
  contents.on("will-navigate", (event) => {
    if (!isOurs(event.url)) event.preventDefault();
  });
  contents.on("will-redirect", (event) => {
    if (!isOurs(event.url)) event.preventDefault();
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
});

if (app.requestSingleInstanceLock()) {
  app.on("second-instance", (_event, argv) => {
    for (const path of argv) offerProject(path);
    showWindow();
  });
  app.on("open-file", (event, path) => {
    event.preventDefault();
    offerProject(path);
  });
  app.on("activate", showWindow);
  app.on("window-all-closed", () => app.quit());
  let closed = false;
  app.on("will-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    void studio.close().finally(() => {
      closed = true;
      app.quit();
    });
  });
  // Not awaited here: Electron is ready only after this module has been evaluated.
  void app.whenReady().then(() => {
    const menu = [{ role: "appMenu" }, { role: "editMenu" }, { role: "windowMenu" }] as const;
    Menu.setApplicationMenu(Menu.buildFromTemplate([...menu]));
    guard();
    answerPicker(PICK_FOLDER, "openDirectory");
    answerPicker(PICK_FILE, "openFile");
    openWindow();
  });
} else {
  app.quit();
}

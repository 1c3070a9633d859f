// The one window: where it stands, what it does when its page dies, and the way to it.
//
// A page that crashes takes nothing with it: the project, its changes and its jobs live in the main process and its children. So the
// answer is to load the page again, and to ask first, because a page that dies at once would otherwise do so for ever.

import { app, BrowserWindow, dialog, nativeTheme, screen } from "electron";
import type { Appearance } from "../../preload/contract/bridge.ts";
import { type DeskFile, placeWindow, SMALLEST_WINDOW } from "./electron-desk.ts";
import { HOME_PAGE } from "./electron-scheme.ts";
import { textsIn } from "./electron-texts.ts";

/** What the window shows before the page does: the page's own backgrounds. */
const BACKGROUND = { light: "#ffffff", dark: "#242424" };

export class StudioWindow {
  readonly #file: DeskFile;
  readonly #preload: string;
  #window: BrowserWindow | null = null;

  constructor(file: DeskFile, preload: string) {
    this.#file = file;
    this.#preload = preload;
  }

  get isFocused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Opens it, or brings it to the front. */
  show(): void {
    if (this.#window === null) this.#open();
    else {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
    }
  }

  /** A text to the page, where the preload script hands it on. */
  send(channel: string, text: string): void {
    this.#window?.webContents.send(channel, text);
  }

  /** In the dock or the taskbar. `done`: 0 to 1, null: nobody knows how much there is; undefined: nothing runs. */
  showProgress(done: number | null | undefined): void {
    if (done === undefined) this.#window?.setProgressBar(-1);
    else if (done === null) this.#window?.setProgressBar(2, { mode: "indeterminate" });
    else this.#window?.setProgressBar(done);
  }

  /** The system's own parts (title bar, menus, dialogs) follow the page. */
  dress({ colours }: Appearance): void {
    nativeTheme.themeSource = colours === "auto" ? "system" : colours;
    this.#window?.setBackgroundColor(background());
  }

  #open(): void {
    const { bounds, maximised } = this.#file.desk;
    const primary = screen.getPrimaryDisplay();
    const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
    const window = new BrowserWindow({
      ...placeWindow(
        bounds,
        [primary, ...others].map(({ workArea }) => workArea),
      ),
      minWidth: SMALLEST_WINDOW.width,
      minHeight: SMALLEST_WINDOW.height,
      show: false,
      title: "Loupe",
      backgroundColor: background(),
      webPreferences: {
        preload: this.#preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        safeDialogs: true,
        spellcheck: false,
        disableBlinkFeatures: "Auxclick", // a middle click opens no second window
        devTools: !app.isPackaged,
      },
    });
    this.#window = window;
    if (maximised) window.maximize();
    const remember = () => {
      if (window.isMinimized() || window.isFullScreen()) return;
      this.#file.keep({ bounds: window.getNormalBounds(), maximised: window.isMaximized() });
    };
    for (const event of ["resized", "moved", "maximize", "unmaximize", "close"] as const) {
      window.on(event as "close", remember);
    }
    window.once("closed", () => {
      this.#window = null;
    });
    window.once("ready-to-show", () => window.show());
    window.webContents.on("render-process-gone", (_event, { reason }) => {
      if (reason !== "clean-exit") void this.#offerReload(window, "gone");
    });
    window.on("unresponsive", () => void this.#offerReload(window, "hangs"));
    void window.loadURL(HOME_PAGE);
  }

  async #offerReload(window: BrowserWindow, what: "gone" | "hangs"): Promise<void> {
    const texts = textsIn(this.#file.desk.appearance.language).crash;
    const { response } = await dialog.showMessageBox(window, {
      type: "warning",
      message: texts[what],
      detail: texts.kept,
      buttons: [texts.reload, what === "gone" ? texts.quit : texts.wait],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    });
    if (window.isDestroyed()) return;
    if (response === 0) window.webContents.reload();
    else if (what === "gone") app.quit();
  }
}

const background = (): string => (nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light);

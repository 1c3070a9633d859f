// Projects that the system asks for: from the file manager, the menu, the list of recent ones, a second start of the program.
//
// A path is only ever offered to the page, which asks for the passphrase; nothing is opened, and nothing is written.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { app, dialog } from "electron";
import { OFFER } from "../../preload/channels.ts";
import type { RecentProject } from "../../preload/contract/index.ts";
import { recentProjects } from "../project/index.ts";
import type { StudioWindow } from "./electron-window.ts";

const RECENT_SHOWN = 10;

export class OfferedProjects {
  readonly #window: StudioWindow;
  #waiting: string | null = null;
  #pageListens = false;

  constructor(window: StudioWindow) {
    this.#window = window;
  }

  /** Offers the last project among these arguments of the program; nothing when there is none. */
  offerFrom(argv: readonly string[], workingFolder: string): void {
    const path = argv
      .filter((argument) => !argument.startsWith("-"))
      .map((argument) => projectAt(resolve(workingFolder, argument)))
      .findLast((found) => found !== null);
    if (path) this.offer(path);
  }

  offer(path: string): void {
    this.#waiting = path;
    this.#hand();
  }

  /** The page has started and listens. */
  pageListens(): void {
    this.#pageListens = true;
    this.#hand();
  }

  /** The system's folder dialog; what is chosen is offered, and the page says so if it is no project. */
  async choose(): Promise<void> {
    const { filePaths } = await dialog.showOpenDialog({ properties: ["openDirectory"] });
    if (filePaths[0]) this.offer(filePaths[0]);
  }

  #hand(): void {
    if (!this.#pageListens || this.#waiting === null) return;
    this.#window.send(OFFER, this.#waiting);
    this.#waiting = null;
  }
}

/** The project folder at a path, or around it: a file manager may hand over project.db. */
function projectAt(path: string): string | null {
  for (const folder of [path, dirname(path)]) {
    if (folder.endsWith(".loupe") && existsSync(join(folder, "project.db"))) return folder;
  }
  return null;
}

/** Those that are there, newest first. */
export function listRecent(): RecentProject[] {
  return recentProjects
    .list()
    .filter(({ exists }) => exists)
    .slice(0, RECENT_SHOWN);
}

/** Makes the system's own list (dock, start menu) the same. */
export function tellSystemOfRecent(): void {
  app.clearRecentDocuments();
  for (const { path } of listRecent().reverse()) app.addRecentDocument(path);
}

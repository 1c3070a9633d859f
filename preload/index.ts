// The bridge: the few native things that a page in the desktop window may ask for, as named functions and nothing else.
//
// Runs sandboxed, before the page, in a world of its own. Everything that concerns the studio goes through the contract, not
// through here.

import { contextBridge, ipcRenderer, webUtils } from "electron";
import { PICK_FILE, PICK_FOLDER } from "./channels.ts";
import type { Bridge } from "./contract/bridge.ts";

const bridge: Bridge = {
  pickFolder: () => ipcRenderer.invoke(PICK_FOLDER) as Promise<string | null>,
  pickFile: () => ipcRenderer.invoke(PICK_FILE) as Promise<string | null>,
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld("loupe", bridge);

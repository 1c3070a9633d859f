// The bridge: the few native things that a page in the desktop window may ask for, as named functions and nothing else.
//
// Runs sandboxed, before the page, in a world of its own. Everything that concerns the studio goes through the contract, not
// through here. A listener gets the text of a message, never Electron's event, which would hand the page a sender.

import { contextBridge, ipcRenderer, webUtils } from "electron";
import { COMMAND, OFFER, PICK_FILE, PICK_FOLDER, SET_MENUS, SHOW } from "./channels.ts";
import type { Bridge } from "./contract/bridge.ts";

const listen = (channel: string, listener: (text: string) => void): void => {
  ipcRenderer.removeAllListeners(channel);
  ipcRenderer.on(channel, (_event, text: unknown) => listener(String(text)));
};

const bridge: Bridge = {
  pickFolder: () => ipcRenderer.invoke(PICK_FOLDER) as Promise<string | null>,
  pickFile: () => ipcRenderer.invoke(PICK_FILE) as Promise<string | null>,
  pathOf: (file) => webUtils.getPathForFile(file),
  show: (appearance) => ipcRenderer.invoke(SHOW, appearance) as Promise<void>,
  setMenus: (menus) => ipcRenderer.invoke(SET_MENUS, menus) as Promise<void>,
  onCommand: (listener) => listen(COMMAND, listener),
  onOffer: (listener) => listen(OFFER, listener),
};

contextBridge.exposeInMainWorld("loupe", bridge);

// The module that `electron` is in a process that was started with register.ts: what our main process imports, no more.

import { app, utilityProcess } from "./app.ts";
import { ipcMain, protocol, registered, session } from "./session.ts";
import {
  dialog,
  Menu,
  Notification,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  safeStorage,
  screen,
  shell,
  shown,
} from "./system.ts";
import { BrowserWindow, mayDownload } from "./window.ts";

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  utilityProcess,
};

/** For tests alone: what the stand-in saw. Electron has no such thing. */
export const standIn = { shown, registered, mayDownload, endpoint: () => app.chromium?.endpoint ?? null };

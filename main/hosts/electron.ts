// The desktop door: one window, one private scheme, and guards around both.
//
// The page comes from loupe://studio and can talk to nothing else; pages have no Node and run sandboxed. The same handler answers as
// behind the browser door; what a page may ask of the system beyond it is in preload/index.ts. This file starts things and connects
// them; each thing is beside it: scheme, guards, bridge, window, menu, projects, jobs, lock, children. Small enough to read in one
// breath; keep it so.

import { join } from "node:path";
import { app } from "electron";
import { COMMAND } from "../../preload/channels.ts";
import type { Menus } from "../../preload/contract/bridge.ts";
import { createStudio } from "../api/studio.ts";
import { configFolder } from "../project/index.ts";
import { answerBridge } from "./electron-bridge.ts";
import { electronChildren } from "./electron-children.ts";
import { DeskFile } from "./electron-desk.ts";
import { guardContents, guardSession } from "./electron-guards.ts";
import { JobsInSight } from "./electron-jobs.ts";
import { systemKeyStore } from "./electron-keystore.ts";
import { lockWithSystem } from "./electron-lock.ts";
import { setMenu } from "./electron-menu.ts";
import { printInWindow } from "./electron-print.ts";
import { listRecent, OfferedProjects, tellSystemOfRecent } from "./electron-projects.ts";
import { registerScheme, schemeAnswers } from "./electron-scheme.ts";
import { textsIn } from "./electron-texts.ts";
import { StudioWindow } from "./electron-window.ts";
import { appInfo, idleLockMs } from "./local-host.ts";
import { PageFiles } from "./page.ts";

const built = join(app.getAppPath(), "dist");
const ownFolder = join(configFolder(), "desktop");
const report = (code: string, where: string) => console.error(`loupe: ${code} in ${where}`);

app.enableSandbox();
app.setPath("userData", ownFolder);
app.setAppUserModelId("org.loupe.studio");
registerScheme();
guardContents(app);

const file = new DeskFile(ownFolder, () => app.getPreferredSystemLanguages());
const window = new StudioWindow(file, join(built, "preload", "index.cjs"));
const projects = new OfferedProjects(window);
const texts = () => textsIn(file.desk.appearance.language);
const jobs = new JobsInSight({ window, texts });
const studio = createStudio({
  host: {
    info: appInfo("electron", true),
    startChild: electronChildren(join(built, "main", "worker.js")),
    idleLockMs,
    printPdf: printInWindow,
    // Electron knows its key store only when it is ready.
    get keyStore() {
      return app.isReady() ? systemKeyStore() : null;
    },
    report,
  },
});

let pageMenus: Menus = [];
function refreshMenu(): void {
  setMenu(
    { texts: texts().menu, pageMenus, recent: listRecent(), platform: process.platform, devTools: !app.isPackaged },
    {
      command: (key) => window.send(COMMAND, key),
      openProject: () => void projects.choose(),
      offer: (path) => projects.offer(path),
    },
  );
}

/** Until the studio closes. */
async function followStudio(): Promise<void> {
  for await (const event of await studio.client.app.events()) {
    if (event.type === "job") jobs.see(event.job);
    if (event.type === "changed" && event.topic === "project") {
      tellSystemOfRecent();
      refreshMenu();
    }
  }
}

function start(): void {
  guardSession(schemeAnswers(studio, new PageFiles(join(built, "renderer"))));
  answerBridge({
    show(appearance) {
      file.keep({ appearance });
      window.dress(appearance);
      refreshMenu();
      projects.pageListens();
    },
    setMenus(menus) {
      pageMenus = menus;
      refreshMenu();
    },
  });
  lockWithSystem(studio, jobs, report);
  void followStudio().catch(() => report("app/internal", "following the studio"));
  projects.offerFrom(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd());
  window.dress(file.desk.appearance);
  refreshMenu();
  window.show();
}

function closeStudioFirst(): void {
  let closed = false;
  app.on("will-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    void studio.close().finally(() => {
      closed = true;
      app.quit();
    });
  });
}

if (app.requestSingleInstanceLock()) {
  app.on("second-instance", (_event, argv, workingFolder) => {
    projects.offerFrom(argv.slice(1), workingFolder);
    window.show();
  });
  app.on("open-file", (event, path) => {
    event.preventDefault();
    projects.offerFrom([path], "/");
  });
  app.on("activate", () => app.isReady() && window.show());
  app.on("window-all-closed", () => app.quit());
  closeStudioFirst();
  // Not awaited here: Electron is ready only after this module has been evaluated.
  void app.whenReady().then(start);
} else {
  app.quit();
}

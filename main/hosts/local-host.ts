// The Host of a studio that runs as plain Node on this machine: browser host, command line, tests.

import { homedir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { AppInfo } from "../../preload/contract/index.ts";
import type { Host } from "../api/host.ts";
import { nodeChildren } from "../jobs/node-child.ts";
import { machineSettings } from "../project/index.ts";
import { printWithBrowser } from "./browser-print.ts";

/** A screen that nobody touches for this long should not show patients; how long is a setting of the machine. */
export const idleLockMs = (): number => machineSettings.get().idleLockMinutes * 60_000;

export function appInfo(host: AppInfo["host"], canPickFolder: boolean): AppInfo {
  return {
    version: packageJson.version,
    host,
    platform: `${process.platform}/${process.arch}`,
    projectsFolder: join(homedir(), "Loupe"),
    homeFolder: homedir(),
    canPickFolder,
  };
}

export function localHost(kind: "browser" | "cli"): Host {
  return {
    info: appInfo(kind, false),
    startChild: nodeChildren(),
    printPdf: printWithBrowser,
    idleLockMs: kind === "browser" ? idleLockMs : () => null,
    report: (code, where) => console.error(`loupe: ${code} in ${where}`),
  };
}

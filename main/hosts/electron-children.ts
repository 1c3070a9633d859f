// Children as Electron's utility processes, which run on Electron's own Node.

import { utilityProcess } from "electron";
import { childEnvironment } from "../jobs/child-environment.ts";
import type { ChildMessage, StartChild } from "../jobs/protocol.ts";

/** @param script the bundled worker */
export function electronChildren(script: string): StartChild {
  return () => {
    const child = utilityProcess.fork(script, [], {
      serviceName: "Loupe work",
      stdio: "ignore",
      env: childEnvironment(),
    });
    return {
      send: (message) => child.postMessage(message),
      onMessage: (listener) => child.on("message", (message: ChildMessage) => listener(message)),
      onExit: (listener) => child.once("exit", () => listener()),
      kill: () => child.kill(),
    };
  };
}

// Children as plain Node processes: used by the browser host, the command line and the tests.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "./child-environment.ts";
import type { Child, ChildMessage, StartChild } from "./protocol.ts";

/** @param script the worker; default: the source beside this file, which Node 24 runs as it is. */
export function nodeChildren(script: string = fileURLToPath(new URL("./worker.ts", import.meta.url))): StartChild {
  return () => {
    const child = fork(script, [], {
      serialization: "advanced",
      // Native libraries write warnings to stderr, and a crash prints values: neither belongs in a log.
      stdio: ["ignore", "ignore", process.env.LOUPE_DEBUG ? "inherit" : "ignore", "ipc"],
      env: childEnvironment(),
      execArgv: [],
    });
    // Ctrl-C reaches the whole process group; the child ignores it and is told over the channel.
    return {
      send(message) {
        if (child.connected) child.send(message, ignoreClosedChannel);
      },
      onMessage(listener) {
        child.on("message", (message) => listener(message as ChildMessage));
      },
      onExit(listener) {
        let told = false;
        const once = () => {
          if (told) return;
          told = true;
          listener();
        };
        child.on("exit", once);
        child.on("error", once);
      },
      kill() {
        child.kill("SIGKILL");
      },
    } satisfies Child;
  };
}

/** A child that died between the check and the write: its exit tells the same. */
function ignoreClosedChannel(): void {}

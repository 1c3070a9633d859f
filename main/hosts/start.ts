// `npm start`: builds what is not built, then opens the desktop window, or the browser door where Electron is not installed.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildParts } from "./build.ts";
import { electronProgram } from "./electron-program.ts";
import { overwriteFreedMemory } from "./process-memory.ts";
import { serve } from "./serve.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    host: { type: "string" },
    "no-open": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log("npm start -- [--host browser|electron] [--port NUMBER] [--no-open]");
} else {
  process.exitCode = await start();
}

async function start(): Promise<number> {
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
    console.error("--port takes a number from 0 to 65535.");
    return 2;
  }
  if (values.host !== undefined && values.host !== "browser" && values.host !== "electron") {
    console.error("--host is browser or electron.");
    return 2;
  }
  const electron = values.host === "browser" ? null : electronProgram(ROOT);
  if (electron === null && values.host === "electron") {
    console.error("Electron's binary is not installed: run `npx install-electron`, or leave out --host electron.");
    return 1;
  }
  if (electron !== null) {
    await buildParts(["page", "server", "desktop"], console.log);
    const window = spawn(electron, [ROOT], { stdio: "inherit" });
    return new Promise((ended) => window.on("exit", (code) => ended(code ?? 1)));
  }
  overwriteFreedMemory();
  if (values.host === undefined)
    console.log("Electron's binary is not installed here, so Loupe opens in your browser.");
  await buildParts(["page", "server"], console.log);
  await serve({ port, open: !values["no-open"], say: console.log });
  return 0;
}

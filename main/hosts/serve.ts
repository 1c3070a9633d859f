// Runs the browser door until somebody ends it: used by `npm start` and `loupe serve`.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AppError } from "../../preload/contract/index.ts";
import { createStudio } from "../api/studio.ts";
import { type BrowserHost, serveBrowser } from "./listen.ts";
import { localHost } from "./local-host.ts";
import { LOOPBACK, type Reach } from "./reach.ts";

/** The port that is asked for first; any free one when it is taken and the user named none. */
const USUAL_PORT = 7717;

export interface ServeOptions {
  /** undefined: the usual port, or any free one */
  port?: number;
  /** from where it may be reached; default: this machine alone */
  reach?: Reach;
  /** open the link in the user's browser where there is a desktop; beyond loopback nothing is opened */
  open: boolean;
  say(line: string): void;
  /** called once it answers, with the first link; beyond loopback the address, which asks for the password */
  onReady?(link: string): void;
}

/** Resolves when SIGINT or SIGTERM has ended the studio and everything is closed. */
export async function serve({ port, reach = LOOPBACK, open, say, onReady }: ServeOptions): Promise<void> {
  const studio = createStudio({ host: localHost("browser") });
  const pageFolder = fileURLToPath(new URL("../../dist/renderer", import.meta.url));
  const listen = (wanted: number) => serveBrowser({ studio, pageFolder, port: wanted, reach });
  const host: BrowserHost = await listen(port ?? USUAL_PORT).catch((error: unknown) => {
    if (port === undefined && error instanceof AppError) return listen(0);
    throw error;
  });
  const { promise: asked, resolve: end } = Promise.withResolvers<void>();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const announceLink = (): string => {
    const link = host.door.newLink();
    say(`Loupe: ${link}`);
    return link;
  };
  const forgetWaits = (): void => {
    host.door.forgetWaits();
    say("Whoever had to wait after wrong passwords may try again.");
  };
  if (reach.guarded) {
    for (const origin of host.door.origins) say(`Loupe: ${origin}/`);
    say("It asks for the password. Press Enter to end waits after wrong passwords, Ctrl-C to end Loupe.");
    onReady?.(`${host.door.origin}/`);
  } else {
    const link = announceLink();
    say("The link works once, in one browser, for ten minutes. Press Enter for a new one, Ctrl-C to end.");
    if (open) openInBrowser(link);
    onReady?.(link);
  }

  const lines = createInterface({ input: process.stdin });
  lines.on("line", reach.guarded ? forgetWaits : announceLink);
  await asked;
  lines.close();
  await studio.close();
  await host.close();
}

/** Does nothing where there is no desktop; a browser that does not start is no error, the link is printed anyway. */
function openInBrowser(link: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", link]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", link]
        : ["xdg-open", link];
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn(command!, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

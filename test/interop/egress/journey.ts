// Runs inside a network namespace that has loopback only: the main job in a real browser, with everything that wants to speak written down.
//
// The studio (with all its children) and the browser (with all of its processes) are each started through strace; the browser also keeps its
// own log of every request, name look-up and socket of every page and worker (net log). At the end a page that is not ours asks somebody who is
// not there, to show that it would have been seen. This file clicks; egress.test.ts judges.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchBrowser } from "../../support/browser.ts";
import { mainJob } from "../../support/main-job.ts";
import { startStudio } from "../../support/studio.ts";

const MINUTES = 60_000;
/** TEST-NET-1 (RFC 5737): nobody's. */
const STRANGER = "http://192.0.2.77/";
const folder = process.argv[2]!;

/** strace with everything of the network, following children, without slowing other calls down; beside the process, which stays our own child. */
const traced = (name: string) => [
  ...[
    "strace",
    "-DD",
    "-f",
    "--seccomp-bpf",
    "-s",
    "256",
    "-e",
    "trace=%network",
    "-o",
    join(folder, `${name}.strace`),
  ],
];

/** A script that starts the browser through strace, for the one who can only be given a path. */
function tracedBrowser(executable: string): string {
  const script = join(folder, "browser.sh");
  writeFileSync(script, `#!/bin/sh\nexec ${traced("browser").join(" ")} ${executable} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

const requests: { url: string; method: string; type: string }[] = [];

async function main(): Promise<void> {
  const browser = await launchBrowser(
    { args: [`--log-net-log=${join(folder, "netlog.json")}`] },
    { replace: tracedBrowser },
  );
  if (typeof browser === "string") throw new Error(browser);
  const home = join(folder, "home");
  mkdirSync(home);
  const studio = await startStudio({ folder: home, through: traced("studio"), timeoutMs: 5 * MINUTES });
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: "en-GB" });
  context.on("request", (request) =>
    requests.push({ url: request.url(), method: request.method(), type: request.resourceType() }),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(2 * MINUTES);
  try {
    await page.goto(studio.link);
    await mainJob(page, home);
    // What the studio asks the page, and the page the studio, when nobody touches it.
    await page.waitForTimeout(3000);
    await page.getByRole("button", { name: "Lock project" }).click();
    await page.getByRole("button", { name: /Chest/ }).first().waitFor();
    writeFileSync(join(folder, "kept.json"), JSON.stringify(await page.evaluate(WHAT_THE_PAGE_KEEPS)));
    const stranger = await context.newPage();
    await stranger.goto(STRANGER).catch(() => {});
  } catch (error) {
    await page.screenshot({ path: join(folder, "failed.png") });
    throw error;
  } finally {
    writeFileSync(join(folder, "requests.json"), JSON.stringify({ origin: new URL(studio.link).origin, requests }));
    await context.close();
    await browser.close();
    await studio.close();
  }
}

/** Runs in the page, as text: these tests know no names of a browser. */
const WHAT_THE_PAGE_KEEPS = `(async () => ({
  storage: [localStorage, sessionStorage].flatMap((of) => Object.entries(of).map((entry) => entry.join("="))),
  databases: await indexedDB.databases(),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
}))()`;

await main();

// Runs inside a network namespace that has loopback only: the main job in a real browser, with everything that wants to speak written down.
//
// The studio (with all its children) and the browser (with all of its processes) are each started through strace; the browser also keeps its
// own log of every request, name look-up and socket of every page and worker (net log). At the end a page that is not ours asks somebody who is
// not there, to show that it would have been seen. This file clicks; egress.test.ts judges.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { startStudio } from "../../support/studio.ts";

const MINUTES = 60_000;
const PASSPHRASE = "quiet harbour lantern";
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
    await journey(page, home);
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

async function journey(page: Page, home: string): Promise<void> {
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const room = (name: string) =>
    page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name, exact: true }).click();

  await button(/New project/).click();
  await page.getByLabel("Project name").fill("Chest");
  await page.getByLabel("Your name").fill("Reader One");
  await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
  await page.getByLabel("Passphrase again").fill(PASSPHRASE);
  await button("Create project").click();
  await page.getByLabel("I have stored the recovery key").check();
  await button("Continue to the studio").click();

  await button(/Take the sample/).click();
  await page
    .getByText("240 images")
    .first()
    .waitFor({ timeout: 6 * MINUTES });

  await page.getByRole("option").nth(1).waitFor();
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=picture][data-ready]").waitFor();
  await page.keyboard.press("2");
  await page.getByRole("button", { name: /^lesion/, pressed: true }).waitFor();
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Box 1, / }).waitFor();
  await page.getByText("Saved").first().waitFor();

  await room("Data");
  await page.getByLabel("Name").fill("First");
  await button("Freeze").click();
  await page.getByText("Just frozen").waitFor();
  await button(/^Train on/).click();
  await page.getByRole("radio", { name: /Small convolutional net/ }).click();
  await page.getByLabel("Epochs", { exact: true }).fill("3");
  await button("Train").click();
  await button("Open model").waitFor({ timeout: 8 * MINUTES });
  await button("Open model").click();
  await page
    .getByText(/AUC 0\.\d+ \(95% interval/)
    .first()
    .waitFor();

  await room("Library");
  await page.getByRole("option").nth(1).waitFor();
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=picture][data-ready]").waitFor();
  await button("Explain").click();
  await page.getByRole("combobox", { name: "Model" }).click();
  await page
    .getByRole("option", { name: /convnet/ })
    .first()
    .click();
  await page.getByText(/The map shows what speaks for/).waitFor();

  await room("Models");
  await page
    .getByRole("link", { name: /convnet/i })
    .first()
    .click();
  await page.getByRole("tab", { name: "Compress" }).click();
  await button("Compress").click();
  await page
    .getByText(/^(Accepted|Refused): /)
    .first()
    .waitFor({ timeout: 4 * MINUTES });

  await page.getByRole("tab", { name: "Export" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("thorax");
  await button("Export").click();
  await page
    .getByText(/^Exported: /)
    .first()
    .waitFor({ timeout: 6 * MINUTES });
  const section = page.getByRole("region", { name: "Save as a file for other tools" });
  await section.getByLabel("File name").fill("thorax");
  await section.getByRole("textbox", { name: "Folder" }).fill(home);
  await section.getByRole("button", { name: "Save the file" }).click();
  await section.getByText(/^Saved, /).waitFor();
}

await main();

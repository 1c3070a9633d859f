import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildDesktop } from "../../main/hosts/build.ts";
import { launchBrowser } from "../support/browser.ts";
import { app, permitted, world } from "./stand-in.ts";

vi.mock("electron", () => import("./stand-in.ts"));

const browser = await launchBrowser();
const hasNoBrowser = typeof browser === "string";
// Inside the repository, so that the bundles find their packages.
const appPath = join(process.cwd(), "dist", `electron-test-${process.pid}`);
const home = mkdtempSync(join(tmpdir(), "loupe-desktop-"));
let page: Page;

const PAGE = `<!doctype html><meta charset="utf-8"><meta property="csp-nonce" nonce="__NONCE__"><title>Loupe</title>
<style nonce="__NONCE__">h1 { color: rgb(1, 2, 3) }</style><h1>Loupe</h1><script src="./page.js"></script>`;

beforeAll(async () => {
  if (typeof browser === "string") return;
  process.env.LOUPE_CONFIG = join(home, "config");
  mkdirSync(join(appPath, "dist", "renderer"), { recursive: true });
  writeFileSync(join(appPath, "dist", "renderer", "index.html"), PAGE);
  writeFileSync(join(appPath, "dist", "renderer", "page.js"), "window.started = true;");
  await buildDesktop(join(appPath, "dist"));
  world.appPath = appPath;
  world.browser = browser;
  await import("../../main/hosts/electron.ts");
  page = await world.opened.promise;
});
afterAll(async () => {
  if (typeof browser === "string") return;
  app.quit();
  await world.context?.close();
  await browser.close();
  world.server?.closeAllConnections();
  world.server?.close();
  for (const child of world.children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(appPath, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

const withBrowser = test.skipIf(hasNoBrowser);
if (hasNoBrowser) console.log(`desktop tests are skipped: ${browser}`);

/** A call as the page would make it, by hand. */
const call = (path: string, input?: unknown) =>
  page.evaluate(
    async ([path, body]) => {
      const response = await fetch(`/rpc/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      return { status: response.status, answer: (await response.json()) as { json: Record<string, unknown> } };
    },
    [path, JSON.stringify(input === undefined ? {} : { json: input })] as const,
  );

withBrowser("the window is asked for with isolation, sandbox and no Node, on a private secure scheme", () => {
  expect(world.windowOptions.webPreferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
  });
  expect(existsSync(String(world.windowOptions.webPreferences?.preload))).toBe(true);
  expect(world.scheme).toBe("loupe");
  expect(world.privileges).toMatchObject({ standard: true, secure: true, supportFetchAPI: true, stream: true });
  expect(permitted()).toBe(false);
});

withBrowser("the thread that prepares images is built beside the file that starts it, and answers", async () => {
  const built = join(appPath, "dist", "main");
  const asking = readdirSync(built).filter((name) =>
    readFileSync(join(built, name), "utf8").includes("./preparation-thread.js"),
  );
  expect(asking.length).toBeGreaterThan(0);
  const thread = new Worker(join(built, "preparation-thread.js"));
  try {
    const answered = new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
    const pixels = { rows: 2, columns: 2, samples: 1, type: "uint8", slope: 1, intercept: 0, inverted: false };
    const frame = { transferSyntax: "raw", bytes: Uint8Array.of(0, 51, 102, 255) };
    thread.postMessage({ frame, pixels, encoding: {}, input: { size: 2, low: 0, high: 255 } });
    const expected = [0, 51, 102, 255].map((value) => Math.fround(value / 255));
    expect(Array.from(((await answered) as { values: Float32Array }).values)).toEqual(
      expected.map((value) => expect.closeTo(value, 6)),
    );
  } finally {
    await thread.terminate();
  }
});

withBrowser("the page loads from the private scheme under the strict policy", async () => {
  expect(await page.title()).toBe("Loupe");
  expect(await page.evaluate("window.started")).toBe(true);
  expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).color")).toBe("rgb(1, 2, 3)");
  // In a turn of its own: what the driver runs at once is exempt from the policy.
  const evaluated =
    "new Promise((done) => setTimeout(() => { try { done(eval('1')) } catch (error) { done(error.name) } }))";
  expect(await page.evaluate(evaluated)).toBe("EvalError");
  expect(await page.evaluate("fetch('/../../package.json').then((response) => response.status)")).toBe(404);
});

withBrowser("calls answer, jobs run in the bundled worker, and events stream while they run", async () => {
  expect((await call("app/info")).answer.json).toMatchObject({ host: "electron", canPickFolder: true });
  expect(await call("images/list", {})).toMatchObject({ status: 423 });
  const created = await call("projects/create", {
    name: "Desk",
    folder: home,
    member: "Ada",
    passphrase: "correct horse",
  });
  expect(created.status).toBe(200);
  await page.evaluate(`(async () => {
    window.heard = "";
    const response = await fetch("/rpc/app/events", { method: "POST", body: "{}" });
    const decoder = new TextDecoder();
    for await (const piece of response.body) window.heard += decoder.decode(piece);
  })(); 0`);
  const heard = () => page.evaluate("window.heard");
  await expect.poll(heard).toContain("hello");
  const job = await call("images/importSample", { images: 20 });
  await expect.poll(heard, { timeout: 10_000 }).toContain('"state":"running"');
  await expect.poll(heard, { timeout: 30_000 }).toContain('"state":"done"');
  expect((await call("jobs/get", { id: job.answer.json.id })).answer.json).toMatchObject({ result: { imported: 20 } });
});

withBrowser("the bridge has its named functions and nothing else", async () => {
  expect(await page.evaluate("Object.keys(window.loupe).sort()")).toEqual(["pathOf", "pickFile", "pickFolder"]);
  world.dialogAnswer = ["/data/chest"];
  expect(await page.evaluate("window.loupe.pickFolder()")).toBe("/data/chest");
  world.dialogAnswer = [];
  expect(await page.evaluate("window.loupe.pickFile()")).toBeNull();
  expect(await page.evaluate("window.loupe.pathOf(new File([], 'a.dcm'))")).toBe("/dropped/a.dcm");
  expect(await page.evaluate("[typeof window.require, typeof window.process]")).toEqual(["undefined", "undefined"]);
});

withBrowser("navigation elsewhere, new windows and requests to other addresses are refused", async () => {
  const before = page.url();
  await page.evaluate("location.href = 'https://example.com/'; 0");
  const elsewhere = "https://example.com/";
  await expect.poll(() => world.denied).toEqual([`will-navigate ${elsewhere}`, `request ${elsewhere}`]);
  // The guards speak before the driver has heard that the navigation ended: until then it says "Loading …".
  await expect.poll(() => page.title()).toBe("Loupe");
  expect(page.url()).toBe(before);
  await page.evaluate("window.open('https://example.com/popup'); 0");
  await expect.poll(() => world.denied).toContain("window-open https://example.com/popup");
  await expect(page.evaluate("fetch('https://example.com/data')")).rejects.toThrow();
});

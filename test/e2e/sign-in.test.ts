// The browser host beyond loopback, as a person meets it: the sign-in page, its refusals, too many wrong passphrases, a session that ends
// while a label is given, and signing out. The real page, the real door, a real browser.
//
// One story in order; each step starts where the one before it ended.
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildParts } from "../../main/hosts/build.ts";
import { selfSigned } from "../../main/hosts/certificate.ts";
import { type BrowserHost, serveBrowser } from "../../main/hosts/listen.ts";
import { Password } from "../../main/hosts/sign-in.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { openStudio, PASSPHRASE, type TestStudio } from "../api/open-studio.ts";
import { inspect, lookAt } from "./look.ts";
import { describeStory, MINUTES, photographFailures, watchedPage } from "./story.ts";

const PASSWORD = "granite-lantern-canal";

describeStory("signing in", (browser) => {
  let open: TestStudio;
  let host: BrowserHost;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    await buildParts(["page"], () => {});
    open = await openStudio();
    await open.client.labels.saveClass({ name: "normal", key: 1 });
    const bytes = new File([drawPhantom({ index: 0, seed: 11 }).bytes as Uint8Array<ArrayBuffer>], "a.dcm");
    await open.client.images.importFile({ name: "a.dcm", bytes, labels: "none" });
    await open.client.projects.lock();
    const certificate = selfSigned(["localhost"]);
    host = await serveBrowser({
      studio: open.studio,
      pageFolder: fileURLToPath(new URL("../../dist/renderer", import.meta.url)),
      port: 0,
      reach: {
        ...{ address: "127.0.0.1", hosts: ["localhost"] },
        guarded: { certificate, password: await Password.from(PASSWORD) },
      },
    });
    context = await browser.newContext({
      ...{ viewport: { width: 1100, height: 800 }, locale: "en-GB", ignoreHTTPSErrors: true },
    });
    page = await watchedPage(context, problems);
  }, 5 * MINUTES);

  photographFailures(() => page);

  afterAll(async () => {
    await context?.close();
    await browser.close();
    await host?.close();
    await open?.close();
  });

  /** The sign-in page has no menu of its own: its language is part of the address. */
  async function lookAtSignIn(name: string): Promise<void> {
    const language = (await page.getAttribute("html", "lang"))!;
    expect(await inspect(page, name, language)).toEqual([]);
  }
  /** Resolves with the status of the page that came of it. */
  const typePassword = async (password: string): Promise<number> => {
    await page.locator("#password").fill(password);
    const [response] = await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    return response!.status();
  };
  const openWith = async (passphrase: string): Promise<void> => {
    await page.getByLabel("Passphrase", { exact: false }).first().fill(passphrase);
    await page.getByRole("button", { name: "Open", exact: true }).click();
  };

  test("the first thing is a page that asks for the password, in both languages, without a script", async () => {
    const response = await page.goto(`${host.door.origin}/`);
    expect(response!.status()).toBe(401);
    await page.getByRole("heading", { name: "Sign in to Loupe" }).waitFor();
    expect(await page.locator("#password").evaluate((field) => document.activeElement === field)).toBe(true);
    expect(await page.locator("script").count()).toBe(0);
    await lookAtSignIn("sign-in");
    await page.getByRole("link", { name: "简体中文" }).click();
    await page.getByRole("heading", { name: "登录 Loupe" }).waitFor();
    await lookAtSignIn("sign-in");
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await page.setViewportSize({ width: 1100, height: 800 });
  });

  test("a wrong password says so in the page's language; after too many it says how long to wait", async () => {
    await typePassword("not the password");
    await page.getByRole("alert").getByText("密码不正确").waitFor();
    await lookAtSignIn("sign-in-wrong");
    // A slow machine lets the first waits pass between two tries, never more than a few.
    let status = 401;
    for (let tries = 1; tries < 15 && status === 401; tries++) status = await typePassword("not the password");
    expect(status).toBe(429);
    await page
      .getByRole("alert")
      .getByText(/请等待 \d+ 秒/)
      .waitFor();
    await page.getByRole("link", { name: "English" }).click();
    host.door.forgetWaits();
  });

  test("the right one opens the studio, which asks for the project's own passphrase", async () => {
    await typePassword(PASSWORD);
    await page.getByRole("heading", { name: "Loupe", exact: true }).waitFor();
    expect(await page.evaluate(() => document.cookie)).toBe("");
    await page.getByRole("button", { name: /^Chest/ }).click();
  });

  test(
    "a sixth wrong passphrase has to wait: the seconds count down, then it can be tried again",
    async () => {
      for (let tries = 0; ; tries++) {
        const answer = page.waitForResponse("**/rpc/projects/open");
        await openWith(`wrong ${tries}`);
        const status = (await answer).status();
        if (status === 429) break;
        expect([status, tries < 15]).toEqual([403, true]);
        await page.getByText("does not open the project").waitFor();
      }
      await page.getByText("Too many tries that were not right.").waitFor();
      await page.getByRole("timer").getByText("You can try again now.").waitFor();
      // The answer after more mistakes, so that there is time to look.
      await page.route("**/rpc/projects/open", async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as { json: { data: { retryAfterSeconds: number } } };
        if (response.status() === 429) body.json.data.retryAfterSeconds = 240;
        await route.fulfill({ response, json: body });
      });
      await openWith("wrong once more");
      await page.getByText("does not open the project").waitFor();
      await openWith("wrong once more");
      await page
        .getByRole("timer")
        .getByText(/Try again in \dm/)
        .waitFor();
      expect(await page.getByRole("button", { name: "Open", exact: true }).isDisabled()).toBe(true);
      const before = await page.getByRole("timer").textContent();
      await expect.poll(() => page.getByRole("timer").textContent()).not.toBe(before);
      await lookAt(page, "unlock-wait");
      await page.unroute("**/rpc/projects/open");
      await page.getByRole("button", { name: "Back" }).click();
      await page.getByRole("button", { name: /^Chest/ }).click();
      await openWith(PASSPHRASE);
      await page.getByRole("button", { name: "Lock project" }).waitFor();
    },
    10 * MINUTES,
  );

  test(
    "a session that ends in another tab leaves a banner here, and the label given meanwhile; signing in again saves it",
    async () => {
      const other = await context.newPage();
      await other.goto(`${host.door.origin}/`);
      await other.getByRole("button", { name: "Sign out" }).click();
      await other.getByRole("heading", { name: "Sign in to Loupe" }).waitFor();
      const banner = page.getByRole("alert").getByText("Your session has ended.");
      await banner.waitFor();
      await lookAt(page, "session-ended");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("1");
      const [signIn] = await Promise.all([
        context.waitForEvent("page"),
        page.getByRole("link", { name: "Sign in again in a new tab" }).click(),
      ]);
      await signIn.locator("#password").fill(PASSWORD);
      await signIn.keyboard.press("Enter");
      await signIn.getByRole("button", { name: "Lock project" }).waitFor();
      await banner.waitFor({ state: "detached" });
      await expect
        .poll(async () => (await open.client.projects.current())?.counts.labelled, { timeout: 20_000 })
        .toBe(1);
      await signIn.close();
      await other.close();
    },
    10 * MINUTES,
  );

  test("signing out by the palette ends this browser's session and nothing else", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("sign out");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Sign in to Loupe" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(await open.client.projects.current()).toMatchObject({ name: "Chest" });
    await page.goBack().catch(() => {});
    await page.waitForLoadState();
    expect(await page.getByRole("button", { name: "Lock project" }).count()).toBe(0);
  });

  test("on loopback the page says where a link comes from, and that the one that was used works no more", async () => {
    const local = await serveBrowser({ studio: open.studio, pageFolder: "none", port: 0 });
    const link = local.door.newLink();
    expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
    await page.goto(link);
    await page.getByRole("alert").getByText("This link was used already").waitFor();
    await lookAtSignIn("link-used");
    await page.getByRole("link", { name: "简体中文" }).click();
    await page.getByText("请在运行 Loupe 的终端中按回车键").waitFor();
    await lookAtSignIn("link-needed");
    await local.close();
  });

  test("nothing of it broke a policy or threw", () => {
    expect(problems).toEqual([]);
  });
});

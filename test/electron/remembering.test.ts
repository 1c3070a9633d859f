// Opening without a passphrase, by a person: remembered in the project room, used from the first screen, forgotten again.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { inspect, photograph, setLanguage } from "../e2e/look.ts";
import { PASSPHRASE } from "../support/main-job.ts";
import { cannotStart, type Desktop, isStandIn, startDesktop } from "./start-desktop.ts";
import { call, createProject } from "./studio-page.ts";

vi.setConfig({ testTimeout: 240_000 });
const why = cannotStart ?? (isStandIn ? null : "the system's own key store is not for tests");

describe.skipIf(why !== null)(`a machine that remembers a member${why === null ? "" : ` (skipped: ${why})`}`, () => {
  let desktop: Desktop;
  let page: Page;
  const button = (name: string) => page.getByRole("button", { name, exact: true });

  beforeAll(async () => {
    const first = await startDesktop();
    // The account's key store lies in the test's own folder, which the first start made.
    await first.page();
    const { folder } = first;
    await first.evaluate(({ app }) => void setImmediate(() => app.quit()));
    await first.exited;
    desktop = await startDesktop({ folder, env: { LOUPE_STAND_IN_KEY_STORE: join(folder, "account") } });
    page = await desktop.page();
    page.setDefaultTimeout(45_000);
    await createProject(desktop, page, "Thorax");
  }, 240_000);
  afterAll(() => desktop?.close());

  const members = async () => {
    await page.getByRole("navigation").getByText("Project").click();
    await page.getByRole("tab", { name: "Members" }).click();
    await page.getByRole("heading", { name: "This machine" }).waitFor();
  };
  const machine = () => page.getByRole("region", { name: "This machine" });

  test("a wrong passphrase is not remembered; the right one is", async () => {
    await members();
    await machine().getByLabel("Present passphrase").fill("not the one");
    await button("Open without passphrase here").click();
    await machine().getByRole("alert").waitFor();
    await machine().getByLabel("Present passphrase").fill(PASSPHRASE);
    await button("Open without passphrase here").click();
    await button("Ask for the passphrase again").waitFor();
    await machine().scrollIntoViewIfNeeded();
    for (const language of ["zh-CN", "en"] as const) {
      await setLanguage(page, language);
      await photograph(page, `members-machine-${language}`);
    }
    expect(await inspect(page, "members-machine", "en")).toEqual([]);
  });

  test("the first screen then opens the project at once", async () => {
    await page.keyboard.press("Control+Shift+L");
    await button("Open Thorax without passphrase").waitFor();
    await photograph(page, "welcome-remembered");
    expect(await inspect(page, "welcome-remembered", "en")).toEqual([]);
    await button("Open Thorax without passphrase").click();
    await page.getByRole("navigation").waitFor();
    expect((await call(page, "projects/current")).answer).toMatchObject({ name: "Thorax" });
  });

  test("forgetting asks for the passphrase again", async () => {
    await members();
    await button("Ask for the passphrase again").click();
    await machine().getByLabel("Present passphrase").waitFor();
    await page.keyboard.press("Control+Shift+L");
    await page.getByRole("button", { name: /^Thorax/ }).waitFor();
    expect(await button("Open Thorax without passphrase").count()).toBe(0);
  });
});

// The people of a project, by hand in a real browser: one is let in, gets another role, and is removed; the new recovery key is shown once.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";
import { lookAt, photograph } from "./look.ts";

const ADA = "quiet harbour lantern";
const BLAISE = "marble staircase noon";
const browser = await launchBrowser();

describe.skipIf(typeof browser === "string")(
  `members${typeof browser === "string" ? ` (skipped: ${browser})` : ""}`,
  () => {
    let studio: StudioProcess;
    let page: Page;

    beforeAll(async () => {
      studio = await startStudio();
      const viewport = { width: 1360, height: 860 };
      const context = await (browser as Browser).newContext({ viewport, locale: "en-GB" });
      page = await context.newPage();
      page.setDefaultTimeout(45_000);
      await page.goto(studio.link);
    }, 120_000);
    afterAll(async () => {
      await (browser as Browser).close();
      await studio?.close();
    });

    test("a member is added, changes role, and is removed by typing the name; the new recovery key has to be stored", async () => {
      const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
      await button(/New project/).click();
      await page.getByLabel("Project name").fill("Vault");
      await page.getByLabel("Your name").fill("Ada");
      await page.getByLabel("Passphrase", { exact: false }).first().fill(ADA);
      await page.getByLabel("Passphrase again").fill(ADA);
      await button("Create project").click();
      const first = await page.getByLabel("Recovery key", { exact: true }).textContent();
      await page.getByLabel("I have stored the recovery key").check();
      await button("Continue to the studio").click();
      await page.getByRole("link", { name: "Project", exact: true }).click();
      await page.getByRole("tab", { name: "Members" }).click();
      const form = page.getByRole("region", { name: "Add a member" });
      await form.getByRole("textbox", { name: "Name" }).fill("Blaise");
      await form.getByLabel("Passphrase", { exact: false }).first().fill(BLAISE);
      await form.getByLabel("Passphrase again").fill(BLAISE);
      await form.getByRole("button", { name: "Add member" }).click();
      await page.getByRole("combobox", { name: "Role of Blaise" }).click();
      await page.getByRole("option", { name: "Analyst" }).click();
      await expect.poll(() => page.getByRole("combobox", { name: "Role of Blaise" }).inputValue()).toBe("Analyst");
      await button("Remove Blaise").click();
      const dialog = page.getByRole("dialog");
      expect(await dialog.getByRole("button", { name: "Remove and renew the key" }).isDisabled()).toBe(true);
      await dialog.getByRole("textbox").fill("Blaise");
      await photograph(page, "members-remove");
      await dialog.getByRole("button", { name: "Remove and renew the key" }).click();
      const second = await page.getByLabel("Recovery key", { exact: true }).textContent({ timeout: 60_000 });
      expect(second).not.toBe(first);
      await page.getByLabel("I have stored the recovery key").check();
      await button("Continue to the studio").click();
      await page.getByRole("row", { name: /Blaise.*removed/ }).waitFor();
      expect(await button("Remove Blaise").count()).toBe(0);
      await lookAt(page, "members-removed");
    }, 170_000);
  },
);

// The people of a project, by hand in a real browser: one is let in, gets another role, and is removed; the new recovery key is shown once.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { openProject } from "../../main/project/project.ts";
import { newImage } from "../project/builder.ts";
import type { StudioProcess } from "../support/studio.ts";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory } from "./story.ts";

const ADA = "quiet harbour lantern";
const BLAISE = "marble staircase noon";

describeStory("members", (browser) => {
  let page: Page;
  let studio: StudioProcess;
  const problems = beginStory(browser, { height: 860 }, (begun) => {
    ({ page, studio } = begun);
  });

  test("a member is added, changes role, and is removed by typing the name; the new recovery key has to be stored", async () => {
    const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
    const first = await createByHand(page, "Vault", "Ada", ADA);
    await fillWithImages(join(studio.folder, "Loupe", "Vault.loupe"));
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
    await keepProgress(page);
    await dialog.getByRole("button", { name: "Remove and renew the key" }).click();
    const second = await page.getByLabel("Recovery key", { exact: true }).textContent({ timeout: 60_000 });
    expect(second).not.toBe(first);
    const shown = await progressKept(page);
    expect(shown.length).toBeGreaterThan(0);
    for (const text of shown) expect(text).toMatch(/^\d{1,2} % · .*\d .*B.* of .*\d .*B/);
    await page.getByLabel("I have stored the recovery key").check();
    await button("Continue to the studio").click();
    await page.getByRole("row", { name: /Blaise.*removed/ }).waitFor();
    expect(await button("Remove Blaise").count()).toBe(0);
    await lookAt(page, "members-removed");
  });

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

/** Enough of them that copying the project takes a moment. */
async function fillWithImages(path: string): Promise<void> {
  const project = await openProject({ path, passphrase: ADA });
  const bytes = new Uint8Array(500_000);
  project.transaction(() => {
    for (let index = 0; index < 60; index++) {
      project.images.add(newImage(index, { frames: [{ transferSyntax: "raw", bytes: bytes.fill(index).slice() }] }));
    }
  });
  project.close();
}

/** The copy is made in a second: the page itself notes what the dialog's bar says meanwhile. */
const keepProgress = (page: Page) =>
  page.evaluate(() => {
    const kept = new Set<string>();
    Object.assign(window, { kept });
    new MutationObserver(() => {
      const bar = document.querySelector("[role=dialog] [role=progressbar][aria-valuetext]");
      const text = bar?.parentElement?.nextElementSibling?.textContent;
      if (text) kept.add(text);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
const progressKept = (page: Page) => page.evaluate(() => [...(window as unknown as { kept: Set<string> }).kept]);

// The people of a project, by hand in a real browser: one is let in, gets another role, and is removed; the new recovery key is shown once.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory } from "./story.ts";

const ADA = "quiet harbour lantern";
const BLAISE = "marble staircase noon";

describeStory("members", (browser) => {
  let page: Page;
  const problems = beginStory(browser, { height: 860 }, (begun) => {
    ({ page } = begun);
  });

  test("a member is added, changes role, and is removed by typing the name; the new recovery key has to be stored", async () => {
    const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
    const first = await createByHand(page, "Vault", "Ada", ADA);
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
  });

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

// A search begun with the keyboard alone, followed to its end, looked at in both languages, and a trial of it opened.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

describeStory("search", (browser) => {
  let page: Page;
  const problems = beginStory(browser, { height: 1300 }, (begun) => {
    ({ page } = begun);
  });

  const call = (path: string, json: object) =>
    page.evaluate(
      async ([at, input]) => {
        const headers = { "content-type": "application/json" };
        const answer = await fetch(`/rpc/${at}`, { method: "POST", headers, body: JSON.stringify({ json: input }) });
        return ((await answer.json()) as { json: unknown }).json;
      },
      [path, json] as const,
    );

  test(
    "a search begins from its form by the keyboard, tells how far it is, and shows what mattered",
    async () => {
      await createByHand(page, "Search", "Ada", "quiet harbour lantern");
      await call("images/importSample", { images: 60, seed: 3 });
      await page
        .getByText("60 images")
        .first()
        .waitFor({ timeout: 2 * MINUTES });
      await page.goto(new URL("#/search", page.url()).href);
      await page.getByText("No searches yet").waitFor();
      await lookAt(page, "search-empty");
      const snapshot = (await call("snapshots/create", { name: "first", train: 0.5, validation: 0.3 })) as {
        id: string;
      };

      await page.goto(new URL("#/search/new", page.url()).href);
      const start = page.getByRole("button", { name: "Start search" });
      await start.waitFor({ timeout: 2 * MINUTES });
      await lookAt(page, "search-new");
      // A range that makes no sense is named, and keeps the search from starting.
      const low = page.getByRole("textbox", { name: "Dropout: From" });
      await low.fill("0.7");
      await page.getByText("From must be below To.").waitFor();
      expect(await start.isDisabled()).toBe(true);
      await low.fill("0");
      await page.getByRole("textbox", { name: "Trials" }).fill("2");
      await start.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Cancel" }).waitFor({ timeout: MINUTES });
      await photograph(page, "search-running");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByText("The search was cancelled").waitFor({ timeout: 2 * MINUTES });

      // One that ends: trials of a second each.
      const { recipe, space } = (await call("searches/suggest", { snapshotId: snapshot.id })) as {
        recipe: object;
        space: { name: string }[];
      };
      const plan = {
        snapshotId: snapshot.id,
        recipe: { ...recipe, architecture: "mlp", width: 16, inputSize: 16, epochs: 4 },
        space: space.filter(({ name }) => ["learningRate", "dropout", "augment.rotate"].includes(name)),
        trials: 8,
      };
      const { search } = (await call("searches/start", { name: "Quick", plan })) as { search: { id: string } };
      await page.goto(new URL(`#/search/${search.id}`, page.url()).href);
      await page.getByText("8 of 8 trials").waitFor({ timeout: 4 * MINUTES });
      await page.getByRole("table", { name: "What made the difference" }).waitFor({ timeout: MINUTES });
      await lookAt(page, "search-done");
      await page.getByRole("heading", { name: "Trials", exact: true }).scrollIntoViewIfNeeded();
      await photograph(page, "search-trials");
      await page.getByRole("link", { name: "Trial 3" }).click();
      await page.getByRole("heading", { name: "Quick/0003" }).waitFor();
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

// A model looked at group by group: the sample's patients by sex and age, in both languages, and a project whose files say nothing.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { lookAt } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

describeStory("fairness", (browser) => {
  let page: Page;
  const problems = beginStory(browser, { height: 1000 }, (begun) => {
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
    "groups by sex show their figures with intervals, and which differs most",
    async () => {
      await createByHand(page, "Fair", "Ada", "quiet harbour lantern");
      await call("images/importSample", { images: 200, seed: 3 });
      await page
        .getByText("200 images")
        .first()
        .waitFor({ timeout: 2 * MINUTES });
      const snapshot = (await call("snapshots/create", { name: "first", train: 0.5, validation: 0.4 })) as {
        id: string;
      };
      const [suggested] = (await call("runs/recipes", { snapshotId: snapshot.id })) as { recipe: object }[];
      const recipe = { ...suggested!.recipe, architecture: "logistic", inputSize: 16, epochs: 3 };
      const { run } = (await call("runs/start", { snapshotId: snapshot.id, recipe })) as { run: { id: string } };
      let modelId: string | null = null;
      await expect
        .poll(
          async () => {
            ({ modelId } = (await call("runs/get", { id: run.id })) as { modelId: string | null });
            return modelId;
          },
          { timeout: 2 * MINUTES, interval: 500 },
        )
        .not.toBeNull();
      await page.goto(new URL(`#/models/${modelId}`, page.url()).href);
      await page.getByRole("tab", { name: "Fairness" }).click();
      const table = page.getByRole("table", { name: "AUC of each group" });
      await table.getByRole("row", { name: /^female/ }).waitFor();
      await table.getByRole("row", { name: /^male/ }).waitFor();
      await page.getByText("Equalised odds").waitFor();
      await lookAt(page, "fairness");
    },
    10 * MINUTES,
  );

  test(
    "crossed with age there are more groups, and those too small are not judged",
    async () => {
      await page.getByRole("combobox", { name: "Groups by" }).focus();
      await page.keyboard.press("ArrowDown");
      await page.getByRole("option", { name: "Age" }).click();
      await page.keyboard.press("Escape");
      await page
        .getByRole("row", { name: /^female · \d+/ })
        .first()
        .waitFor();
      await page.getByText("fewer than 20 cases").first().waitFor();
      await page.getByText("Sensitivity", { exact: true }).first().click();
      await page.getByRole("table", { name: "Sensitivity of each group" }).waitFor();
      await lookAt(page, "fairness-crossed");
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

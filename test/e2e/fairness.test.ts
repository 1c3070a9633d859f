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
    },
    10 * MINUTES,
  );

  test(
    "a rule says what is missing where, is tested on the snapshot, and only then switched on and counted in the audit",
    async () => {
      await page.getByRole("tab", { name: "Rules" }).click();
      await page.getByText("No rules yet").waitFor();
      await page.getByRole("button", { name: "Write a rule" }).press("Enter");
      await page.getByRole("button", { name: "Save rule" }).press("Enter");
      await page.getByText("A rule needs a name of up to 80 characters.").waitFor();
      await page.getByText("Give at least one end, in years from 0 to 150.").waitFor();
      await lookAt(page, "rules-form");
      await page.getByRole("textbox", { name: "Name" }).fill("Under 50");
      await page.getByRole("textbox", { name: "Under (years)" }).fill("50");
      await page.getByRole("button", { name: "Add a condition" }).press("Enter");
      await page.getByRole("combobox", { name: "About" }).nth(1).press("ArrowDown");
      await page.getByRole("option", { name: "Probability of a class" }).click();
      await page.getByText("Any condition").click();
      await page.getByRole("button", { name: "Save rule" }).press("Enter");
      const card = page.getByRole("article", { name: "Under 50" });
      expect(await card.getByRole("switch").isDisabled()).toBe(true);
      await page.getByRole("button", { name: "Test the rules" }).press("Enter");
      await card.getByText(/Catches \d+ cases/).waitFor({ timeout: MINUTES });
      await card.getByRole("switch").press("Space");
      await card.getByText("Live", { exact: true }).waitFor();
      await lookAt(page, "rules");
      await page.getByRole("tab", { name: "Fairness" }).click();
      await page.getByRole("table", { name: "What the live rules do to each group" }).waitFor();
      await lookAt(page, "fairness-rules");
      await page.getByRole("tab", { name: "Report" }).click();
      await page.getByRole("button", { name: "Show the report" }).click();
      await page.getByRole("heading", { name: "Model details" }).waitFor({ timeout: MINUTES });
      await lookAt(page, "report");
      await page.getByRole("tab", { name: "Export" }).click();
      await lookAt(page, "export-notebook");
      // Beside what the model says of one image: with a patient of its own age, caught or not, and never without a word where a rule applies.
      const { items } = (await call("images/list", {})) as { items: { id: string }[] };
      await call("rules/save", {
        modelId: new URL(page.url()).hash.split("/")[2],
        rule: { name: "Everybody", match: "all", conditions: [{ kind: "unsure", below: 1 }], action: "second-reader" },
      });
      await page.getByRole("tab", { name: "Rules" }).click();
      await page.getByRole("button", { name: "Test the rules" }).press("Enter");
      const everybody = page.getByRole("article", { name: "Everybody" });
      await everybody.getByText(/Catches \d+ cases/).waitFor({ timeout: MINUTES });
      await everybody.getByRole("switch").press("Space");
      await everybody.getByText("Live", { exact: true }).waitFor();
      await page.goto(new URL(`#/viewer/${items[0]!.id}`, page.url()).href);
      await page.getByRole("button", { name: "Explain", exact: true }).click();
      // A logistic regression has no convolutions to map.
      await page.getByRole("combobox", { name: "Method" }).press("ArrowDown");
      await page.getByRole("option", { name: "Occlusion", exact: true }).click();
      await page.getByTestId("rule-verdict").waitFor({ timeout: MINUTES });
      await page.getByText("Everybody: Second reader").scrollIntoViewIfNeeded();
      await lookAt(page, "rules-viewer");
      await page.goto(new URL("#/data", page.url()).href);
      await page.getByRole("button", { name: "Who is in it: first" }).press("Enter");
      await page.getByRole("row", { name: /^female/ }).waitFor();
      await page
        .getByText(/in more than one part/)
        .first()
        .waitFor();
      await lookAt(page, "balance");
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

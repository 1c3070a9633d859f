// Explanations in a real browser: a map that is checked as soon as it stays in sight, another method, and maps over a part beside what readers drew.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import type { ImageSummary, Job, Run, Snapshot } from "../../preload/contract/index.ts";
import { lookAt } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";
describeStory("explanations", (browser) => {
  let page: Page;
  const problems = beginStory(browser, { height: 1500 }, (begun) => {
    ({ page } = begun);
  });

  /** A call as the page makes it. */
  async function call<Answer>(path: string, input: object = {}): Promise<Answer> {
    const answer = await page.evaluate(
      async ([path, body]) => {
        const headers = { "content-type": "application/json" };
        return (await fetch(`/rpc/${path}`, { method: "POST", headers, body })).json();
      },
      [path, JSON.stringify({ json: input })] as const,
    );
    return (answer as { json: Answer }).json;
  }
  async function finish({ id }: Job): Promise<void> {
    await expect
      .poll(async () => (await call<Job>("jobs/get", { id })).state, { timeout: 4 * MINUTES, interval: 500 })
      .toBe("done");
  }
  const choose = async (field: string, option: string) => {
    await page.getByRole("combobox", { name: field }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  const trust = () => page.getByTestId("trust");

  test(
    "a map that stays in sight gets its verdict and figures without being asked",
    async () => {
      await createByHand(page, "Maps", "Ada", ADA);
      await finish(await call<Job>("images/importSample", { images: 40, seed: 7 }));
      const snapshot = await call<Snapshot>("snapshots/create", { name: "first", useSuggestedParts: false });
      const [suggested] = await call<{ recipe: Run["recipe"] }[]>("runs/recipes", { snapshotId: snapshot.id });
      const recipe = { ...suggested!.recipe, architecture: "convnet", inputSize: 32, width: 8, epochs: 4 };
      await finish((await call<{ job: Job }>("runs/start", { snapshotId: snapshot.id, recipe })).job);
      const { items } = await call<{ items: ImageSummary[] }>("images/list", { limit: 40 });
      const lesion = items.find(({ shapes }) => shapes > 0) ?? items[0]!;
      await page.evaluate((id) => {
        location.hash = `#/viewer/${id}`;
      }, lesion.id);
      await page.locator("[data-testid=picture][data-ready]").waitFor();
      await page.getByRole("button", { name: "Explain", exact: true }).click();
      await page.getByText(/The map shows what speaks for/).waitFor({ timeout: MINUTES });
      await choose("For the class", "lesion");
      await trust().waitFor({ timeout: 2 * MINUTES });
      await trust()
        .getByText(/^(Depends on what the model learnt|Fails the randomisation test)$/)
        .waitFor();
      await trust()
        .getByRole("row", { name: /Stability/ })
        .waitFor();
      await lookAt(page, "viewer-trust");
    },
    10 * MINUTES,
  );

  test(
    "training images that look alike to the model are found, and open with the explained image one step away",
    async () => {
      const nearest = page.getByRole("region", { name: "Training images that look alike to the model" });
      await nearest.getByRole("button", { name: "Find them" }).click();
      await nearest.getByText(/of 8 are “/).waitFor({ timeout: MINUTES });
      const first = nearest
        .getByRole("listitem")
        .first()
        .getByRole("button", { name: /Similarity/ });
      await first.scrollIntoViewIfNeeded();
      await lookAt(page, "viewer-nearest");
      const explained = await page.evaluate(() => location.hash);
      await first.focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => page.evaluate(() => location.hash)).not.toBe(explained);
      await page.goBack();
      await page.getByText(/The map shows what speaks for/).waitFor({ timeout: MINUTES });
    },
    10 * MINUTES,
  );

  test(
    "another method gets a map and a verdict of its own, and checking can be left to the person",
    async () => {
      await page.getByRole("switch", { name: "Check every map" }).uncheck();
      await choose("Method", "Occlusion");
      await page.getByText(/How far the probability falls/).waitFor();
      await page.getByText(/The map shows what speaks for/).waitFor({ timeout: MINUTES });
      await page.getByRole("button", { name: "Check this map" }).click();
      await trust().waitFor({ timeout: 2 * MINUTES });
    },
    10 * MINUTES,
  );

  test(
    "a model in a file that answers with a class for each pixel is explained, with its verdict",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "loupe-file-model-"));
      const path = join(folder, "mask.onnx");
      const input = { kind: "image", channels: 1, size: [32, 32] } as const;
      const output = { kind: "mask", classes: 2 } as const;
      const shape = { input, output, normalise: { mean: 0.5, std: 0.3 }, seed: 2 };
      await writeFile(path, writeOnnx(buildArchitecture("unet", shape, 4).graph));
      await choose("Model", "A model in a file …");
      const file = page.getByRole("region", { name: "Explain a model in a file" });
      await file.getByLabel("Path of the file").fill(path);
      await file.getByLabel("Number of the class").fill("1");
      await choose("Method", "Integrated gradients");
      await file.getByRole("button", { name: "Explain", exact: true }).click();
      await file.getByText(/speaks for class 1 over that region/).waitFor({ timeout: 2 * MINUTES });
      await file.getByRole("row", { name: /Stability/ }).waitFor();
      await lookAt(page, "viewer-explain-file");
      await rm(folder, { recursive: true, force: true });
    },
    10 * MINUTES,
  );

  test(
    "maps over a part are compared with shapes beside a model that knows nothing",
    async () => {
      await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Models", exact: true }).click();
      await page
        .getByRole("link", { name: /convnet/ })
        .first()
        .click();
      await page.getByRole("tab", { name: "Explain" }).click();
      await page.getByText("No report on this part yet.").waitFor();
      await lookAt(page, "model-explain-empty");
      await page.getByRole("checkbox", { name: "Occlusion" }).check();
      await page.getByRole("button", { name: "Explain the part" }).click();
      const report = page.getByTestId("explanation-report");
      await report.waitFor({ timeout: 3 * MINUTES });
      for (const method of ["Grad-CAM", "Integrated gradients", "Occlusion"]) {
        await report.getByRole("rowheader", { name: new RegExp(`^${method}`) }).waitFor();
      }
      await lookAt(page, "model-explain");
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

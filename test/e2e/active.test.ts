// Active learning in a real browser: a queue made by keyboard, read to its end, and the plot that says whether choosing pays.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { ImageSummary, Job, Read, Run, Snapshot } from "../../preload/contract/index.ts";
import { lookAt } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";
describeStory("active learning", (browser) => {
  let page: Page;
  const problems = beginStory(browser, { height: 1100 }, (begun) => {
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
  async function finish({ id }: Job): Promise<Job> {
    await expect
      .poll(async () => (await call<Job>("jobs/get", { id })).state, { timeout: 2 * MINUTES, interval: 500 })
      .not.toBe("running");
    return call<Job>("jobs/get", { id });
  }
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const section = () => page.getByRole("region", { name: "What to read next" });
  const truth = new Map<string, string | null>();

  test(
    "without a model there is nothing that could choose",
    async () => {
      await createByHand(page, "Next", "Ada", ADA);
      await finish(await call<Job>("images/importSample", { images: 60, seed: 5 }));
      await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Reading", exact: true }).click();
      await section().getByText("Train a model first").waitFor();
    },
    10 * MINUTES,
  );

  test(
    "a queue is made by keyboard, read, and the plot appears with what it says",
    async () => {
      const snapshot = await call<Snapshot>("snapshots/create", { name: "first", useSuggestedParts: false });
      const [suggested] = await call<{ recipe: Run["recipe"] }[]>("runs/recipes", { snapshotId: snapshot.id });
      const recipe = { ...suggested!.recipe, architecture: "logistic", inputSize: 16, epochs: 2, patience: null };
      const { job } = await call<{ job: Job }>("runs/start", { snapshotId: snapshot.id, recipe });
      await finish(job);
      const { items } = await call<{ items: ImageSummary[] }>("images/list", { limit: 30 });
      for (const { id, classId } of items) truth.set(id, classId);
      const edits = items.map(({ id }) => ({ do: "class", imageId: id, classId: null }));
      await call("labels/apply", { edits });

      const form = section().getByRole("form", { name: "New queue" });
      await form.getByText("30 images have no label").waitFor();
      await form.getByRole("textbox", { name: "Cases in the queue" }).fill("24");
      await form.getByRole("textbox", { name: "Drawn at random, in percent" }).fill("50");
      await form.getByRole("button", { name: "Make the queue" }).focus();
      await page.keyboard.press("Enter");
      await button("Read the next case of Queue 1").waitFor({ timeout: MINUTES });
      await section()
        .getByText(/Nothing to see yet/)
        .waitFor();
      await lookAt(page, "reading-queue");

      const [list] = await call<{ id: string }[]>("reading/lists");
      for (const { id, imageId, layer } of await call<Read[]>("reading/mine", { listId: list!.id })) {
        await call("reading/open", { readId: id });
        await call("labels/apply", { layer, edits: [{ do: "class", imageId, classId: truth.get(imageId) }] });
        await call("reading/commit", { readId: id });
      }
      await section()
        .getByRole("img", { name: /^Errors of the model found among 100 labels/ })
        .waitFor();
      await section()
        .getByText(/compared with random cases/)
        .waitFor();
      await lookAt(page, "reading-active");
      await section().getByRole("button", { name: "Show as table" }).focus();
      await page.keyboard.press("Enter");
      await section().getByRole("cell", { name: "Queue 1" }).waitFor();
      expect(
        await section()
          .getByRole("row", { name: /Queue 1/ })
          .textContent(),
      ).toContain("301212");
    },
    10 * MINUTES,
  );

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

// The schema and its answers, clicked and typed by hand in a real browser: questions at every level, answers by keys, undo, another kind with
// its preview, merged options, attributes of shapes.
//
// One story in order; each step starts where the one before it ended.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ctSeries } from "../support/ct-series.ts";
import type { StudioProcess } from "../support/studio.ts";
import { inspect, lookAt, setLanguage } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";
const SLICES = 4;

describeStory("schema", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  const problems = beginStory(
    browser,
    {
      height: 900,
      arrange: async (started) => {
        studio = started;
        const folder = join(studio.folder, "images");
        mkdirSync(folder);
        for (const { name, bytes } of ctSeries({ slices: SLICES, side: 96, patient: "CT-1", uid: "2.25.77" })) {
          writeFileSync(join(folder, name), bytes);
        }
        const data = Uint8Array.from({ length: 64 * 64 }, (_, index) => (index * 7) % 256);
        writeFileSync(join(folder, "scan.png"), encode({ width: 64, height: 64, data, channels: 1, depth: 8 }));
      },
    },
    (begun) => {
      ({ page } = begun);
    },
  );

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const room = (name: string) =>
    page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name, exact: true }).click();
  const ready = () => page.locator("[data-testid=picture][data-ready]").waitFor();
  const atSlice = (number: number) => page.getByText(`Slice ${number} of ${SLICES}`).first().waitFor();
  const saved = () => page.getByText("Saved").first().waitFor();
  const asked = (name: string) => page.getByRole("group", { name, exact: true });
  const given = (question: string, option: RegExp) =>
    asked(question).getByRole("button", { name: option, pressed: true });
  const choose = async (field: string, option: string) => {
    await page.getByRole("combobox", { name: field }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  /** The names that a question's options have in the editor. */
  const options = () =>
    page
      .getByRole("textbox", { name: /^Name of option/ })
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));

  async function addQuestion(name: string, names: string[], about: { level?: string; kind?: string } = {}) {
    await button("New question").click();
    await page.getByRole("textbox", { name: "Question", exact: true }).fill(name);
    if (about.level) await choose("Asked of", about.level);
    if (about.kind) await choose("Answered with", about.kind);
    for (const [index, option] of names.entries()) {
      if (index > 1) await button("Add an option").click();
      await page.getByRole("textbox", { name: `Name of option ${index + 1}`, exact: true }).fill(option);
    }
    await button("Save").click();
    const head = button(new RegExp(`^${name}`));
    await head.waitFor();
    await head.click();
    await page.getByRole("textbox", { name: "Question", exact: true }).waitFor({ state: "detached" });
  }

  /** Opens the first image of the library that a search finds; `state`: of the picture that is no CT. */
  async function openImage(search: string, state: "visible" | "detached") {
    await room("Library");
    await page.getByRole("searchbox", { name: "File name or patient ID" }).fill(search);
    const images = page.getByRole("listbox", { name: "Images" });
    await images.getByRole("option", { name: /scan/ }).waitFor({ state });
    await expect.poll(() => images.getByRole("option").count()).toBe(state === "visible" ? 1 : SLICES);
    await images.focus();
    await press("Home", "Enter");
    await ready();
  }

  test(
    "an empty schema says what belongs there",
    async () => {
      await createByHand(page, "Schema", "Ada", ADA);
      await page.evaluate(
        async (path) => {
          await fetch("/rpc/images/importPath", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ json: { path, labels: "none", deidentify: { profile: "none" } } }),
          });
        },
        join(studio.folder, "images"),
      );
      await page
        .getByText(`${SLICES + 1} images`)
        .first()
        .waitFor({ timeout: MINUTES });
      await press("Alt+7");
      await page.getByRole("heading", { name: "Nothing is asked yet" }).waitFor();
      await lookAt(page, "schema-empty");
    },
    10 * MINUTES,
  );

  test(
    "asks of an image, of a series and of a patient, with a key for each option",
    async () => {
      await button("Add the first question").click();
      await button("Cancel").click();
      await addQuestion("Density", ["low", "middle", "high"]);
      await addQuestion("Artefacts", ["motion", "metal"], { level: "Series", kind: "Several options" });
      await addQuestion("Remark", ["unremarkable"], { level: "Patient", kind: "Text with suggestions" });
      await button(/^Density/).click();
      expect(await options()).toEqual(["low", "middle", "high"]);
      await page.getByRole("combobox", { name: "Digit of low" }).waitFor();
      await lookAt(page, "schema-question");
      await button(/^Density/).click();
      await button("Edit classes").click();
      const field = page.getByRole("dialog").getByRole("textbox", { name: "New class" });
      await field.fill("lesion");
      await field.press("Enter");
      await page.getByRole("dialog").getByRole("group", { name: "lesion" }).waitFor();
      await press("Escape");
    },
    10 * MINUTES,
  );

  test(
    "is answered by keys; what is said of the series is on its other slices, and undo takes back step by step",
    async () => {
      await openImage("IM0", "detached");
      await press("Home");
      await atSlice(1);
      await ready();
      await press("Alt+ArrowDown");
      await page.getByText("Active: Density").waitFor();
      await press("Alt+2");
      await given("Density", /^middle/).waitFor();
      await press("Alt+3");
      await given("Density", /^high/).waitFor();
      await press("Alt+ArrowDown", "Alt+1", "Alt+2");
      await given("Artefacts", /^motion/).waitFor();
      await given("Artefacts", /^metal/).waitFor();
      await press("Alt+ArrowDown", "Alt+Enter");
      const remark = asked("Remark").getByRole("combobox");
      await expect.poll(() => remark.evaluate((field) => field === document.activeElement)).toBe(true);
      await remark.fill("prior surgery");
      await press("Escape");
      await saved();
      await lookAt(page, "viewer-questions");
      await press("ArrowDown");
      await atSlice(2);
      await ready();
      await given("Artefacts", /^motion/).waitFor();
      await expect.poll(() => remark.inputValue()).toBe("prior surgery");
      expect(await given("Density", /./).count()).toBe(0);
      // Undo goes to where it was said.
      await press("Control+z");
      await atSlice(1);
      await ready();
      await expect.poll(() => remark.inputValue()).toBe("");
      await press("Control+z", "Control+z", "Control+z");
      await given("Artefacts", /./).first().waitFor({ state: "detached" });
      await given("Density", /^middle/).waitFor();
      await press("Control+Shift+z", "Control+Shift+z", "Control+Shift+z", "Control+Shift+z");
      await given("Density", /^high/).waitFor();
      await given("Artefacts", /^metal/).waitFor();
      await expect.poll(() => remark.inputValue()).toBe("prior surgery");
      await saved();
    },
    10 * MINUTES,
  );

  test(
    "says why an image without series and patient cannot be asked, and answers from the palette",
    async () => {
      await openImage("scan", "visible");
      await asked("Artefacts").getByText("The file names no series").waitFor();
      await asked("Remark").getByText("The file has no patient ID").waitFor();
      expect(await asked("Artefacts").getByRole("button").first().isDisabled()).toBe(true);
      expect(await asked("Remark").getByRole("combobox").isDisabled()).toBe(true);
      await press("Control+k");
      await page.getByRole("combobox", { name: "Search commands" }).fill("density low");
      await press("Enter");
      await given("Density", /^low/).waitFor();
      await saved();
      await lookAt(page, "viewer-questions-disabled");
    },
    10 * MINUTES,
  );

  test(
    "shows what another kind makes of the answers before it does so, and refuses what would lose one",
    async () => {
      await room("Schema");
      await button(/^Artefacts/).click();
      await choose("Answered with", "One option");
      const dialog = page.getByRole("dialog");
      await dialog.getByText("1 answer has no place in it").waitFor();
      await dialog.getByRole("cell", { name: "motion; metal" }).waitFor();
      expect(await dialog.getByRole("button", { name: "Change the kind" }).isDisabled()).toBe(true);
      const findings = await inspect(page, "schema-kind", "en");
      await dialog.getByRole("button", { name: "Cancel" }).click();
      // A dialog covers the menu of languages, so it is opened in the other one.
      await setLanguage(page, "zh-CN");
      await choose("回答方式", "单选");
      await dialog.getByRole("cell", { name: "无处安放" }).waitFor();
      findings.push(...(await inspect(page, "schema-kind", "zh-CN")));
      await press("Escape");
      await dialog.waitFor({ state: "detached" });
      await setLanguage(page, "en");
      expect(findings).toEqual([]);
      await choose("Answered with", "Text with suggestions");
      await dialog.getByText("1 answer was given; 1 will be written differently.").waitFor();
      await dialog.getByRole("button", { name: "Change the kind" }).click();
      await dialog.waitFor({ state: "detached" });
      await button(/^Artefacts Series Text with suggestions/).waitFor();
      await button(/^Artefacts/).click();
    },
    10 * MINUTES,
  );

  test(
    "merges two options as one step, which undo in the viewer takes back; a used option is archived, not deleted",
    async () => {
      await button(/^Density/).click();
      expect(await button("Delete: low").count()).toBe(0);
      await button("Archive: low").waitFor();
      await button("Delete: middle").waitFor({ state: "detached" });
      await button("Merge into another: low").click();
      const dialog = page.getByRole("dialog");
      await choose("Merge into", "high");
      expect(await inspect(page, "schema-merge", "en")).toEqual([]);
      await dialog.getByRole("button", { name: "Merge", exact: true }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByText("1 answer was rewritten.").waitFor();
      await page.getByText("now high").waitFor();
      await openImage("scan", "visible");
      await given("Density", /^high/).waitFor();
      await asked("Density").getByRole("button", { name: /^low/ }).waitFor({ state: "detached" });
      await press("Control+z");
      await given("Density", /^low/).waitFor();
      await press("Control+Shift+z");
      await given("Density", /^high/).waitFor();
      await saved();
    },
    10 * MINUTES,
  );

  test(
    "asks attributes of the shapes of a class and keeps what was said of them",
    async () => {
      await room("Schema");
      await button(/^lesion/).click();
      await page.getByText("Nothing is asked of shapes of this class").waitFor();
      await button("Add an attribute").click();
      await page.getByRole("textbox", { name: "Attribute", exact: true }).fill("Margin");
      for (const [index, name] of ["smooth", "spiculated"].entries()) {
        await page.getByRole("textbox", { name: `Name of option ${index + 1}`, exact: true }).fill(name);
      }
      await button("Save").click();
      await page.getByText("on 0 shapes").waitFor();
      await lookAt(page, "schema-attributes");
      await openImage("scan", "visible");
      await press("b", "Enter");
      await button(/^Box 1, lesion/).waitFor();
      if ((await button(/^Box 1, lesion/).getAttribute("aria-pressed")) !== "true")
        await button(/^Box 1, lesion/).click();
      await choose("Margin", "spiculated");
      await saved();
      await lookAt(page, "viewer-attributes");
      await room("Schema");
      await button(/^lesion/).click();
      await page.getByText("on 1 shape", { exact: true }).waitFor();
      await button("Archive: spiculated").click();
      await button("Save").click();
      await page.getByText("archived", { exact: true }).waitFor();
      await openImage("scan", "visible");
      await button(/^Box 1, lesion/).click();
      await expect
        .poll(() => page.getByRole("combobox", { name: "Margin" }).inputValue())
        .toBe("spiculated (archived)");
    },
    10 * MINUTES,
  );

  test(
    "in a read a required question keeps the answer from being committed; committed answers do not change, and the adjudicator sees them",
    async () => {
      await room("Schema");
      await button(/^Density/).click();
      await page.getByRole("checkbox", { name: "Required" }).check();
      await button("Save").click();
      await page.getByText("required", { exact: true }).waitFor();
      await page.evaluate(async () => {
        const call = async (path: string, json: object) => {
          const headers = { "content-type": "application/json" };
          const answer = await fetch(`/rpc/${path}`, { method: "POST", headers, body: JSON.stringify({ json }) });
          return ((await answer.json()) as { json: unknown }).json;
        };
        const members = (await call("projects/members", {})) as { id: string }[];
        const readers = members.map(({ id }) => id);
        await call("reading/create", { name: "Double reading", filter: { text: "scan" }, readers });
      });
      await room("Reading");
      await button("Read the next case of Double reading").click();
      await ready();
      await asked("Density").getByText("required").waitFor();
      expect(await given("Density", /./).count()).toBe(0); // the shared answer is another one
      await press("1", "Control+Enter");
      await page.getByText("A question that needs an answer has none yet.").waitFor();
      await press("Alt+ArrowDown", "Alt+2");
      await given("Density", /^middle/).waitFor();
      await lookAt(page, "viewer-read-questions");
      await press("Control+Enter");
      await page.getByText("Committed", { exact: true }).first().waitFor();
      expect(await given("Density", /^middle/).isDisabled()).toBe(true);
      await press("Alt+3");
      await expect.poll(() => given("Density", /^middle/).count()).toBe(1);
      await room("Reading");
      await button("Cases and agreement of Double reading").click();
      await button(/^Decide/)
        .first()
        .click();
      await page.getByRole("term").filter({ hasText: "Density" }).waitFor();
      await page.getByRole("definition").filter({ hasText: "middle" }).waitFor();
      await lookAt(page, "reading-answers");
    },
    10 * MINUTES,
  );

  test("nothing went wrong on the page meanwhile", () => {
    expect(problems).toEqual([]);
  });
});

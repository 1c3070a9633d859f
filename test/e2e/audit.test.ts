// The audit log and the compliance report in a real browser: a log that is searched by keyboard, opened, printed and checked, and one that was
// tampered with.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import { createProject, type Project } from "../../main/project/project.ts";
import { newImage } from "../project/builder.ts";
import type { StudioProcess } from "../support/studio.ts";
import { inspect, lookAt, photograph } from "./look.ts";
import { beginStory, describeStory, MINUTES } from "./story.ts";

const PASSPHRASE = "quiet harbour lantern";

function fill(project: Project): void {
  const images = project.transaction(() =>
    Array.from({ length: 300 }, (_, index) => project.images.add(newImage(index, { name: `scan ${index}.png` })).id),
  );
  const lesion = project.labels.saveClass({ name: "lesion" });
  project.labels.saveClass({ ...lesion, name: "nodule" });
  project.labels.apply([{ do: "class", imageId: images[7]!, classId: lesion.id }]);
  project.labels.undo();
}

describeStory("audit log", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  let path: string;
  let key: Uint8Array;
  let printed: string;
  const problems = beginStory(
    browser,
    {
      height: 900,
      arrange: async (started) => {
        studio = started;
        const { project } = await createProject({
          folder: join(studio.folder, "Loupe"),
          name: "Thorax",
          member: "Ada",
          passphrase: PASSPHRASE,
        });
        fill(project);
        ({ path } = project);
        key = project.key;
        project.close();
      },
    },
    async (begun) => {
      ({ page } = begun);
      await page
        .getByRole("button", { name: /Open project|Open another/ })
        .first()
        .click();
      await page.getByRole("textbox", { name: "Project folder" }).fill(path);
      await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
      await page.getByRole("button", { name: "Open", exact: true }).click();
      await page.getByRole("navigation", { name: "Rooms" }).waitFor();
      await page.keyboard.press("Alt+8");
      await page.getByRole("tab", { name: "Audit log" }).click();
    },
  );

  const grid = () => page.getByRole("grid", { name: "Audit log" });
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const search = () => page.getByRole("textbox", { name: "Search", exact: true });

  test(
    "shows every entry, newest first, with before and after, and that all hold",
    async () => {
      await page.getByText(/entries, all hold/).waitFor();
      await grid().getByText("Opened the project").first().waitFor();
      await grid().getByText("Name: lesion → nodule").waitFor();
      await lookAt(page, "audit");
    },
    10 * MINUTES,
  );

  test(
    "is searched and opened by keyboard alone; an entry shows what was said and leads to its image",
    async () => {
      await search().focus();
      await page.keyboard.type("gave or changed");
      await page.getByText("1 entry fits").waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const labels = page.getByRole("table", { name: "Labels that this entry covers" });
      await labels.getByText("nodule").waitFor();
      await lookAt(page, "audit-entry");
      await grid().focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForURL(/#\/viewer\//);
      await grid().waitFor({ state: "detached" });
      await page.goBack();
      await grid().waitFor();
      // The room is as it was left: with its filter.
      await button("Clear filters").first().click();
      await page.getByText(/^[\d,]+ entries$/).waitFor();
    },
    10 * MINUTES,
  );

  test(
    "goes to its far end, and says when nothing fits",
    async () => {
      await grid().focus();
      await page.keyboard.press("End");
      await grid().getByText("Created the project").waitFor();
      await page.keyboard.press("Home");
      await grid().getByText("Opened the project").first().waitFor();
      await search().fill("no such thing");
      await page.getByText("No entry fits this search.", { exact: false }).waitFor();
      await lookAt(page, "audit-empty");
      await button("Clear filters").first().click();
      await grid().getByText("Opened the project").first().waitFor();
    },
    10 * MINUTES,
  );

  test(
    "its head is printed on a sheet of its own, and found again when it is typed",
    async () => {
      await button("Print head …").click();
      await button("Make the head").click();
      const output = page.getByRole("status", { name: "Head to keep" });
      await output.waitFor();
      printed = (await output.textContent()) ?? "";
      expect(await inspect(page, "audit-head", "en")).toEqual([]);
      await page.emulateMedia({ media: "print" });
      expect(await page.getByText("Keep this sheet where nobody").isVisible()).toBe(true);
      expect(await page.getByRole("navigation", { name: "Rooms" }).isVisible()).toBe(false);
      await photograph(page, "audit-head-on-paper");
      await page.emulateMedia({ media: "screen" });
      await page.keyboard.press("Escape");
      await button("Check a printed head …").click();
      await page.getByRole("textbox", { name: "Printed head" }).fill(printed.replaceAll(" ", "\n"));
      await button("Check").click();
      await page.getByText("The log contains this head").waitFor();
      expect(await inspect(page, "audit-check", "en")).toEqual([]);
      await page.keyboard.press("Escape");
    },
    10 * MINUTES,
  );

  test(
    "is exported where the person says",
    async () => {
      await button("Export …").click();
      await page.getByRole("textbox", { name: "Name of the file" }).fill("log");
      expect(await inspect(page, "audit-export", "en")).toEqual([]);
      await button("Export").click();
      const file = join(studio.folder, "log.json");
      await expect.poll(() => existsSync(file), { timeout: MINUTES }).toBe(true);
      const log = JSON.parse(readFileSync(file, "utf8"));
      expect(log).toMatchObject({ format: "loupe-audit", complete: true, project: { name: "Thorax" } });
      await grid().getByText("Exported the audit log").waitFor();
    },
    10 * MINUTES,
  );

  test(
    "that was tampered with says so, and shows the first entry that does not hold",
    async () => {
      const database = new ProjectDatabase(join(path, "project.db"), key, { create: false });
      database.script("DROP TRIGGER audit_keeps; UPDATE audit SET member = 'Eve' WHERE sequence = 17");
      database.close();
      await page.reload();
      await page.getByText("The audit log was changed").waitFor();
      await page.getByText("Entry 17 is not what was written there.", { exact: false }).waitFor();
      await button("Show this entry").click();
      await grid().getByText("Eve").first().waitFor();
      await lookAt(page, "audit-broken");
    },
    10 * MINUTES,
  );

  test(
    "the compliance report says what was found, is printed as a sheet of its own and saved as a page",
    async () => {
      await page.getByRole("tab", { name: "Compliance" }).click();
      const report = page.getByRole("table", { name: "Compliance report" });
      await report.getByText("Entry 17 does not hold.").waitFor();
      await report.getByText("The file on the disk is ciphertext", { exact: false }).waitFor();
      await lookAt(page, "compliance");
      await page.emulateMedia({ media: "print" });
      await photograph(page, "compliance-on-paper");
      expect(await page.getByRole("navigation", { name: "Rooms" }).isVisible()).toBe(false);
      await page.emulateMedia({ media: "screen" });
      await button("Save …").click();
      expect(await inspect(page, "compliance-save", "en")).toEqual([]);
      await page.getByRole("textbox", { name: "Name of the file" }).fill("report");
      await button("Save").click();
      const file = join(studio.folder, "report.html");
      await expect.poll(() => existsSync(file), { timeout: MINUTES }).toBe(true);
      const text = readFileSync(file, "utf8");
      expect(text).toContain("Entry 17 does not hold.");
      expect(text).not.toMatch(/<script|https?:\/\//);
    },
    10 * MINUTES,
  );

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

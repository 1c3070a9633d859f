// The project's health by hand in a real browser: never backed up, backed up, checked, compacted; a colleague's copy taken in and what both
// said differently chosen with the keyboard; a part given away; a backup restored from the first screen.
//
// One story in order; each step starts where the one before it ended.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createProject, openProject } from "../../main/project/project.ts";
import { newImage } from "../project/builder.ts";
import type { StudioProcess } from "../support/studio.ts";
import { lookAt } from "./look.ts";
import { beginStory, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";
const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 };

describeStory("health and copies", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  let path: string;
  let copy: string;
  const problems = beginStory(
    browser,
    {
      height: 1400,
      arrange: async (started) => {
        studio = started;
        const folder = join(studio.folder, "Loupe");
        const member = { member: "Ada", passphrase: ADA, cost: CHEAP };
        const { project } = await createProject({ folder, name: "Chest", ...member });
        path = project.path;
        const ids = project.transaction(() =>
          Array.from(
            { length: 12 },
            (_, index) =>
              project.images.add(
                newImage(index, { frames: [{ transferSyntax: "raw", bytes: new Uint8Array(200_000).fill(index) }] }),
              ).id,
          ),
        );
        const [normal, lesion] = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }).id);
        await project.members.add({ name: "Ben", role: "administrator", passphrase: "ben's own words", cost: CHEAP });
        project.close();
        // Ben labels a copy of the folder, Ada goes on in hers.
        copy = join(studio.folder, "from Ben", "Chest.loupe");
        cpSync(path, copy, { recursive: true });
        const theirs = await openProject({ path: copy, passphrase: "ben's own words" });
        for (const id of ids.slice(0, 5)) theirs.labels.apply([{ do: "class", imageId: id, classId: lesion! }]);
        theirs.close();
        const ours = await openProject({ path, passphrase: ADA });
        for (const id of ids.slice(0, 3)) ours.labels.apply([{ do: "class", imageId: id, classId: normal! }]);
        ours.close();
      },
    },
    (begun) => {
      ({ page } = begun);
    },
  );

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const section = (name: string) => page.getByRole("region", { name, exact: true });
  const unlock = async () => {
    await button(/Open project|Open another/)
      .first()
      .click();
    await page.getByRole("textbox", { name: "Project folder" }).fill(path);
    await page.getByLabel("Passphrase", { exact: false }).first().fill(ADA);
    await button("Open").click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
  };
  const health = async () => {
    await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Project", exact: true }).click();
    await page.getByRole("tab", { name: "Health" }).click();
    await section("Backup").waitFor();
  };

  test(
    "a project that was never backed up says so, and how large what is",
    async () => {
      await unlock();
      await health();
      await page.getByText("This project has never been backed up").waitFor();
      const pixels = page.getByRole("row", { name: /^Pixels/ });
      expect(await pixels.textContent()).toContain("2.4 MB");
      await lookAt(page, "health-never");
    },
    10 * MINUTES,
  );

  test(
    "backs up, checks and compacts, each with its outcome",
    async () => {
      await section("Backup")
        .getByRole("textbox", { name: "Folder for the backup" })
        .fill(join(studio.folder, "backups"));
      await button("Back up now").click();
      await page.getByText(/^Backed up in/).waitFor();
      await page.getByText("0 days ago").waitFor();
      await page.getByText("This project has never been backed up").waitFor({ state: "detached" });
      await button("Check now").click();
      await page.getByText(/^Nothing wrong/).waitFor();
      await button("Compact").click();
      await page.getByText(/^Given back/).waitFor();
      expect(readdirSync(join(studio.folder, "backups"))).toEqual([expect.stringMatching(/\.loupe-backup$/)]);
    },
    10 * MINUTES,
  );

  test(
    "takes in a copy; what both said differently is chosen with the keyboard alone, and chosen anew",
    async () => {
      const taking = section("Take in a colleague's copy");
      await taking.getByRole("textbox", { name: "Folder of the copy" }).fill(copy);
      await button("Take in").click();
      await taking.getByText("Taken in from Chest: 0 images, 2 changes, 3 to choose").waitFor();
      const list = page.getByRole("list", { name: "Said differently" });
      await list.getByRole("listitem").nth(2).waitFor();
      await list.getByRole("listitem").nth(2).scrollIntoViewIfNeeded();
      await lookAt(page, "health-conflicts");
      await list.getByRole("button").first().focus();
      await page.keyboard.press("ArrowDown");
      const second = list.getByRole("listitem").nth(1);
      expect(
        await second
          .getByRole("button")
          .first()
          .evaluate((node) => node === document.activeElement),
      ).toBe(true);
      await page.keyboard.press("t");
      await expect.poll(() => list.getByRole("listitem").count()).toBe(2);
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("BUTTON");
      await page.keyboard.press("o");
      await expect.poll(() => list.getByRole("listitem").count()).toBe(1);
      await page.getByText("Decided", { exact: true }).click();
      await expect.poll(() => list.getByRole("listitem").count()).toBe(2);
      await list
        .getByRole("button", { name: /^Keep ours/, disabled: false })
        .first()
        .click();
      await expect.poll(() => list.getByRole("button", { name: /^Keep ours/, disabled: true }).count()).toBe(2);
    },
    10 * MINUTES,
  );

  test(
    "gives a part away and shows its recovery key once",
    async () => {
      const giving = section("Give a part away");
      await giving.getByRole("textbox", { name: "Name of the new project" }).fill("For Cleo");
      await giving.getByRole("textbox", { name: "Who will open it" }).fill("Cleo");
      await giving.getByLabel("Passphrase", { exact: true }).fill("cleo's own long words");
      await giving.getByLabel("Passphrase again").fill("cleo's own long words");
      await giving.getByRole("textbox", { name: "Folder", exact: true }).fill(join(studio.folder, "given"));
      await button("Give away").click();
      await giving.getByText("12 images given to").waitFor();
      await giving.getByText("It is shown only now", { exact: false }).waitFor();
      await lookAt(page, "health-part");
      // On paper: the key and nothing around it.
      await page.emulateMedia({ media: "print" });
      const printed = await page.evaluate(() => document.body.innerText);
      await page.emulateMedia({ media: "screen" });
      expect(printed).toContain("Recovery key of the new project");
      expect(printed).toMatch(/[A-Z0-9]{6}-[A-Z0-9]{6}-/);
      expect(printed).not.toContain("image0");
      expect(printed).not.toContain("Backup");
      await giving.getByRole("checkbox", { name: "I have stored the recovery key" }).check();
      await button("Hide the key").click();
      const part = await openProject({
        path: join(studio.folder, "given", "For Cleo.loupe"),
        passphrase: "cleo's own long words",
      });
      expect(part.images.facets()).toMatchObject({ total: 12, unlabelled: 7 });
      part.close();
    },
    10 * MINUTES,
  );

  test(
    "a backup is restored from the first screen and is open then",
    async () => {
      await page.reload();
      await button(/Lock/).first().click();
      await button("Restore a backup").click();
      await lookAt(page, "restore");
      const [name] = readdirSync(join(studio.folder, "backups"));
      await page.getByRole("textbox", { name: "Backup", exact: true }).fill(join(studio.folder, "backups", name!));
      await page.getByLabel("Passphrase", { exact: false }).first().fill(ADA);
      await page.getByRole("textbox", { name: "Folder", exact: true }).fill(join(studio.folder, "restored"));
      await button("Restore").click();
      await page.getByRole("navigation", { name: "Rooms" }).waitFor();
      expect(readdirSync(join(studio.folder, "restored"))).toEqual(["Chest.loupe"]);
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

// The reading room, clicked and typed by hand in a real browser: a series end to end by keyboard, a mask through slices, undo across
// all tools, two blinded readers and an adjudicator, commit first and reveal after.
//
// One story in order; each step starts where the one before it ended.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { ctSeries } from "../support/ct-series.ts";
import type { StudioProcess } from "../support/studio.ts";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";
const PROJECT = "Reading room";
const READERS = [
  { name: "Blaise", passphrase: "marble staircase noon", role: "Reader" },
  { name: "吳健雄", passphrase: "copper orchard rain", role: "Reader" },
] as const;
const SLICES = 60;

describeStory("reading", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  const problems = beginStory(
    browser,
    {
      height: 860,
      arrange: async (started) => {
        studio = started;
        const folder = join(studio.folder, "images");
        mkdirSync(folder);
        for (const { name, bytes } of ctSeries({ slices: SLICES, side: 128, patient: "CT-1", uid: "2.25.77" })) {
          writeFileSync(join(folder, name), bytes);
        }
        for (let index = 0; index < 4; index++) {
          writeFileSync(join(folder, `chest-${index}.dcm`), drawPhantom({ index: index * 2, seed: 3 }).bytes);
        }
      },
    },
    async (begun) => {
      ({ page } = begun);
      page.on("dialog", (dialog) => void dialog.accept());
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
  const listed = (name: RegExp) => page.getByRole("button", { name });
  const saved = () => page.getByText("Saved").first().waitFor();
  const given = (name: RegExp) => page.getByRole("button", { name, pressed: true });

  async function lock(): Promise<void> {
    await button("Lock project").click();
    await page
      .getByRole("button", { name: new RegExp(PROJECT) })
      .first()
      .waitFor();
  }

  async function enter(passphrase: string): Promise<void> {
    await page
      .getByRole("button", { name: new RegExp(PROJECT) })
      .first()
      .click();
    await page.getByLabel("Passphrase", { exact: false }).first().fill(passphrase);
    await button("Open").click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
  }

  test(
    "imports a CT series and chest images, with two classes",
    async () => {
      await createByHand(page, PROJECT, "Ada", ADA);
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
        .getByText(`${SLICES + 4} images`)
        .first()
        .waitFor({ timeout: 2 * MINUTES });
      await button("Classes").click();
      const field = page.getByRole("dialog").getByRole("textbox", { name: "New class" });
      for (const name of ["normal", "lesion"]) {
        await field.fill(name);
        await field.press("Enter");
        await page.getByRole("dialog").getByRole("group", { name, exact: true }).waitFor();
      }
      await press("Escape");
    },
    10 * MINUTES,
  );

  test(
    "reads a series of 60 slices end to end with the keyboard only",
    async () => {
      await page.getByRole("searchbox", { name: "File name or patient ID" }).fill("CT-1");
      await page.getByRole("option", { name: /chest/ }).first().waitFor({ state: "detached" });
      await page.getByRole("listbox", { name: "Images" }).focus();
      await press("Home", "Enter");
      await ready();
      await press("Home");
      await atSlice(1);
      for (let slice = 2; slice <= SLICES; slice++) await press("ArrowDown");
      await atSlice(SLICES);
      await ready();
      await press("Home");
      for (let step = 0; step < 30; step++) await press("ArrowDown");
      await atSlice(31);
      await ready();
      await press("2");
      await given(/^lesion/).waitFor();
      // A length by keyboard: the pointer comes out in the middle, Enter clicks.
      await press("l", "k", "Enter");
      for (let step = 0; step < 10; step++) await press("ArrowRight");
      await press("Enter");
      await listed(/^Length 1/).waitFor();
      await press("k", "w");
      await saved();
      await lookAt(page, "viewer-series");
    },
    10 * MINUTES,
  );

  test(
    "paints a mask through slices: brush by keyboard, region growing by mouse, copy to the next slice, scissors",
    async () => {
      await press("q", "k", " ");
      for (let step = 0; step < 4; step++) await press("ArrowRight");
      await press(" ", "k");
      await listed(/^Mask 1, lesion/).waitFor();
      await page.getByTestId("mask").first().waitFor();
      await press("j"); // the mask goes on to the next slice, and so does the reader
      await atSlice(32);
      await listed(/^Mask 1, lesion/).waitFor();
      await press("ArrowDown");
      await atSlice(33);
      await ready();
      // The ball by region growing, with the mouse: its middle lies at 60 % and 45 % of the picture.
      await press("v");
      await page.getByLabel(/^Only values within/).fill("40");
      await page.getByRole("heading", { name: "Drawn" }).click();
      const picture = (await page.getByTestId("picture").boundingBox())!;
      const side = Math.min(picture.width, picture.height);
      const at = (x: number, y: number) => ({
        x: picture.x + picture.width / 2 + (x - 0.5) * side,
        y: picture.y + picture.height / 2 + (y - 0.5) * side,
      });
      const click = async (x: number, y: number) => {
        const place = at(x, y);
        await page.mouse.click(place.x, place.y);
      };
      await click(0.6, 0.45);
      await listed(/^Mask 1, lesion/).waitFor();
      await press("c");
      const corners = [at(0.5, 0.45), at(0.75, 0.45), at(0.75, 0.7), at(0.5, 0.7)];
      await page.mouse.move(corners[0]!.x, corners[0]!.y);
      await page.mouse.down();
      for (const { x, y } of corners.slice(1)) await page.mouse.move(x, y, { steps: 4 });
      await page.mouse.up();
      await saved();
      await photograph(page, "viewer-mask");
      await press("w");
    },
    10 * MINUTES,
  );

  test(
    "undoes across all tools, slice after slice, and does all of it again",
    async () => {
      const undo = () => press("Control+z");
      await undo(); // scissors
      await listed(/^Mask 1, lesion/).waitFor();
      await undo(); // region growing
      await listed(/^Mask 1, lesion/).waitFor({ state: "detached" });
      await undo(); // the copy: the viewer goes to the slice it is about
      await atSlice(32);
      await listed(/^Mask 1, lesion/).waitFor({ state: "detached" });
      await undo(); // the brush
      await atSlice(31);
      await listed(/^Mask 1, lesion/).waitFor({ state: "detached" });
      await undo(); // the length
      await listed(/^Length 1/).waitFor({ state: "detached" });
      await undo(); // the label
      await given(/^lesion/).waitFor({ state: "detached" });
      for (let step = 0; step < 6; step++) await press("Control+Shift+z");
      await atSlice(33);
      await listed(/^Mask 1, lesion/).waitFor();
      await saved();
    },
    10 * MINUTES,
  );

  test(
    "fills the slices between two masks, and one undo takes them back",
    async () => {
      for (let step = 0; step < 4; step++) await press("ArrowDown");
      await atSlice(37);
      await ready();
      await press("q", "k", " ");
      for (let step = 0; step < 4; step++) await press("ArrowRight");
      await press(" ", "k");
      await listed(/^Mask 1, lesion/).waitFor();
      await press("Control+i");
      for (const slice of [36, 35, 34]) {
        await press("ArrowUp");
        await atSlice(slice);
        await listed(/^Mask 1, lesion/).waitFor();
      }
      await ready();
      await page.getByTestId("mask").first().waitFor();
      await saved();
      await lookAt(page, "viewer-filled");
      await press("Control+z"); // the viewer goes to the last slice that it is about
      for (const slice of [36, 35, 34]) {
        await atSlice(slice);
        await listed(/^Mask 1, lesion/).waitFor({ state: "detached" });
        if (slice > 34) await press("ArrowUp");
      }
      for (let step = 0; step < 3; step++) await press("ArrowDown");
      await atSlice(37); // what a hand made is still there
      await listed(/^Mask 1, lesion/).waitFor();
      await press("w");
    },
    10 * MINUTES,
  );

  test(
    "lets two readers in and gives them the chest images, blinded",
    async () => {
      await room("Library");
      await page.getByRole("searchbox", { name: "File name or patient ID" }).fill("chest");
      await page.getByRole("option", { name: /IM00/ }).first().waitFor({ state: "detached" });
      await room("Reading");
      await page.getByText("No work list yet").waitFor();
      await button("Members of the project").click();
      for (const { name, passphrase, role } of READERS) {
        const form = page.getByRole("region", { name: "Add a member" });
        await form.getByRole("textbox", { name: "Name" }).fill(name);
        await form.getByLabel("Passphrase", { exact: false }).first().fill(passphrase);
        await form.getByLabel("Passphrase again").fill(passphrase);
        await form.getByRole("button", { name: "Add member" }).click();
        const members = page.getByRole("table", { name: "Members" });
        await members.getByRole("rowheader", { name, exact: true }).waitFor();
        expect(await members.getByLabel(`Role of ${name}`).first().inputValue()).toBe(role);
      }
      await lookAt(page, "members");
      await room("Reading");
      const form = page.getByRole("region", { name: "New work list" });
      await form.getByRole("textbox", { name: "Name" }).fill("Double");
      await form.getByRole("radio", { name: "The 4 images that the library shows" }).check();
      for (const { name } of READERS) await form.getByRole("checkbox", { name: new RegExp(name) }).check();
      await form.getByRole("checkbox", { name: /^Ada/ }).uncheck();
      await form.getByRole("textbox", { name: "Reads of each case" }).fill("2");
      await lookAt(page, "reading-new");
      await form.getByRole("button", { name: "Create the list" }).click();
      await page.getByText("You have no cases in this list").waitFor();
      await lookAt(page, "reading-lists");
    },
    10 * MINUTES,
  );

  test(
    "each reads without seeing the other; a committed answer stays",
    async () => {
      for (const [index, { passphrase }] of READERS.entries()) {
        await lock();
        await enter(passphrase);
        await room("Reading");
        await button("Read the next case of Double").click();
        for (let number = 1; number <= 4; number++) {
          await page.getByText(`Case ${number} of 4`).waitFor();
          await ready();
          expect(await given(/^(normal|lesion)/).count()).toBe(0); // nobody's answer is there
          await press(number === 2 && index === 1 ? "2" : "1");
          await given(/^(normal|lesion)/).waitFor();
          if (number === 1 && index === 0) await lookAt(page, "viewer-read");
          await press("Control+Enter");
          if (number < 4) await page.getByText(`Case ${number + 1} of 4`).waitFor();
        }
        await page.getByText("All your cases are read.").waitFor();
        await press("2"); // too late
        await given(/^lesion/).waitFor({ state: "detached" });
        await button("To the work lists").click();
        await page.getByText("You have read all your cases").waitFor();
        expect(await button("Cases and agreement of Double").count()).toBe(0);
      }
    },
    10 * MINUTES,
  );

  test(
    "a reader meets no refusal: what is another role's has no button, no room and no key",
    async () => {
      const rooms = page.getByRole("navigation", { name: "Rooms" });
      expect(await rooms.getByRole("link").allInnerTexts()).toEqual(["Library", "Viewer", "Reading", "Project"]);
      await lookAt(page, "reader-reading");
      await room("Library");
      await page.getByRole("option").first().waitFor();
      expect(await page.getByRole("button", { name: /^(Import|Classes|Archives|Export labels|Text)/ }).count()).toBe(0);
      await press("i", "c");
      expect(await page.getByRole("dialog").count()).toBe(0);
      await lookAt(page, "reader-library");
      await page.getByRole("option").first().dblclick();
      await ready();
      await page.getByText("You look at this image here.", { exact: false }).waitFor();
      expect(await button("Undo").count()).toBe(0);
      await press("1", "e", "d");
      expect(await given(/^(normal|lesion)/).count()).toBe(0);
      await lookAt(page, "reader-viewer");
      await room("Project");
      expect(await page.getByRole("tab").allInnerTexts()).toEqual(["Members"]);
      await page.getByRole("region", { name: "Your passphrase" }).waitFor();
      await lookAt(page, "reader-project");
      for (const address of ["#/runs", "#/models", "#/data", "#/schema", "#/pacs", "#/project/audit"]) {
        await page.evaluate((hash) => {
          location.hash = hash;
        }, address);
        if (address === "#/project/audit") await page.getByRole("region", { name: "Your passphrase" }).waitFor();
        else await page.getByRole("heading", { name: "Not part of your role" }).waitFor();
        expect(await page.getByRole("alert").count(), address).toBe(0);
      }
      await photograph(page, "reader-pacs");
    },
    10 * MINUTES,
  );

  test(
    "where they differ, the adjudicator decides with both answers side by side, and takes it back",
    async () => {
      await lock();
      await enter(ADA);
      await room("Reading");
      await page.getByText("1 case differs").waitFor();
      await button("Cases and agreement of Double").click();
      await page.getByRole("region", { name: "Agreement" }).getByText("0.75").waitFor();
      await lookAt(page, "reading-list");
      await page.getByText("Differing", { exact: true }).click();
      await button("Decide case 2").click();
      await page.locator("[data-testid=read-pane][data-ready]").nth(1).waitFor();
      await lookAt(page, "reading-decide");
      await button(`Take this answer: ${READERS[1].name}`).click();
      await page.getByText(/^Decided by Ada/).waitFor();
      await photograph(page, "reading-decided");
      await button("Take the decision back").click();
      await page.getByText(/^Decided by Ada/).waitFor({ state: "detached" });
      await button("normal").click();
      await page.getByText(/^Decided by Ada/).waitFor();
    },
    10 * MINUTES,
  );

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

// From a file with a patient in its name, its tags and its pixels to a library without, by hand in a real browser.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { drawText, emptyPictures, letter } from "../imaging/deidentify/lettering.ts";
import { greyAttributes } from "../imaging/pictures.ts";
import type { StudioProcess } from "../support/studio.ts";
import { inspect, lookAt } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const SIDE = 256;
const NAME = "Wrzesniewska";

function scan(): Uint8Array {
  const picture = emptyPictures(SIDE).find(({ title }) => title === "gradient")!;
  letter(picture, drawText({ typeface: "dots", height: 16, text: "SMITH JOHN" }), 20, 30, 180);
  const size = { Rows: SIDE, Columns: SIDE, BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
  const attributes = greyAttributes({ ...size, Modality: "US", PatientID: NAME, PatientName: NAME });
  return writeDicom({ attributes, pixelData: Uint8Array.from(picture.values) });
}

describeStory("de-identification", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  const problems = beginStory(
    browser,
    {
      height: 860,
      arrange: async (started) => {
        studio = started;
        const folder = join(studio.folder, "images");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${NAME}.dcm`), scan());
      },
    },
    (begun) => {
      ({ page } = begun);
    },
  );

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });

  test(
    "an import takes out who the patient is unless it is told not to",
    async () => {
      await createByHand(page, "Outpatients", "Ada", "quiet harbour lantern");
      await button("Import").first().click();
      await page.getByRole("tab", { name: "Path on the workstation" }).click();
      await page.getByLabel("File or folder").fill(join(studio.folder, "images"));
      const choice = page.getByRole("switch", { name: /Take out who the patient is/ });
      expect(await choice.isChecked()).toBe(true);
      await page.getByText("What stays").click();
      expect(await page.getByRole("checkbox", { name: "Age, sex, height, weight" }).isChecked()).toBe(true);
      expect(await page.getByRole("checkbox", { name: "The original UIDs" }).isChecked()).toBe(false);
      expect(await inspect(page, "import-deidentify", "en")).toEqual([]);
      await page.getByRole("dialog").getByRole("button", { name: "Import", exact: true }).click();
      await page.getByText("Who the patient is was taken out of 1 image.").waitFor({ timeout: MINUTES });
      await page.keyboard.press("Escape");
      await page.getByText("1 images").first().waitFor();
      expect(await page.content()).not.toContain(NAME);
    },
    10 * MINUTES,
  );

  test(
    "suspected text is shown, blanked when a person says so, and gone when it is looked for again",
    async () => {
      await button("Text in images").click();
      await page.getByText("No image waits to be judged.").waitFor();
      await button("Look for text in images").click();
      await page.getByText("1 image to judge").waitFor({ timeout: MINUTES });
      const picture = page.getByRole("img", { name: /The picture with 1 rectangle/ });
      await picture.waitFor();
      expect(await inspect(page, "text-review", "en")).toEqual([]);
      const { x, y, width, height } = (await picture.boundingBox())!;
      await page.mouse.move(x + width * 0.6, y + height * 0.7);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.8, y + height * 0.8, { steps: 3 });
      await page.mouse.up();
      await page.getByRole("img", { name: "The picture with 2 rectangles" }).waitFor();
      await button("Take away rectangle 2").click();
      await button("Blank 1 rectangle").click();
      await page.getByText("No image waits to be judged.").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("listbox", { name: "Images" }).getByRole("option").first().dblclick();
      await page.getByText("About this image").click();
      await page.getByText(/Who the patient is was taken out: PS3.15/).waitFor();
      await lookAt(page, "viewer-deidentified");
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});

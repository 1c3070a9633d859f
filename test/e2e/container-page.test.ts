// The page at / in a real browser: dropped and chosen files, both languages, both themes, keyboard, WCAG.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeFrame } from "../../main/imaging/frame.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { prepareImage } from "../../main/imaging/prepare.ts";
import { readImages } from "../../main/imaging/read.ts";
import {
  dicomFile,
  directly,
  greyValues,
  modelFolder,
  pngFile,
  type RunningServer,
  servedModel,
  startServer,
  tinyModel,
  waitReady,
} from "../serving/served-model.ts";
import { launchBrowser } from "../support/browser.ts";

const onnx = tinyModel();
const folder = modelFolder(onnx);
const launched = await launchBrowser();
const browser = launched as Browser;
let server: RunningServer;

beforeAll(async () => {
  server = await startServer(folder.path);
  await waitReady(server.origin);
});
afterAll(async () => {
  if (typeof launched !== "string") await launched.close();
  await server.stop();
  folder.remove();
});

const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: "", buffer: Buffer.from(bytes) });

async function withPage(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options });
  const problems: string[] = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  // A refused image is an HTTP error, which the browser notes in the console: expected, and shown on the page.
  page.on("console", (line) => {
    if (line.type() === "error" && !line.text().includes("Failed to load resource")) problems.push(line.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(server.origin) && !request.url().startsWith("data:")) problems.push(request.url());
  });
  try {
    await page.goto(server.origin);
    await use(page);
    expect(problems).toEqual([]);
  } finally {
    await context.close();
  }
}

async function picture(page: Page, name: string): Promise<void> {
  const artefacts = process.env.LOUPE_ARTEFACTS;
  if (!artefacts) return;
  mkdirSync(artefacts, { recursive: true });
  await page.screenshot({ path: join(artefacts, `container-${name}.png`), fullPage: true });
}

describe.skipIf(typeof launched === "string")(`the page${typeof launched === "string" ? ` (${launched})` : ""}`, () => {
  test("a chosen DICOM file shows its picture, the answer ONNX Runtime gives, and every class with its share", async () => {
    await withPage({ locale: "en-GB" }, async (page) => {
      const { bytes } = drawPhantom({ index: 3, seed: 7 });
      const [image] = readImages({ name: "phantom", bytes });
      const frame = decodeFrame(image.frames[0], image.pixels, image.encoding);
      const { probabilities } = await directly(onnx, prepareImage(frame, image.pixels, servedModel.input));
      await page.getByLabel("Drop an image here").setInputFiles(file("phantom.dcm", bytes));
      await page.getByText("Done.").waitFor();
      const best = probabilities.indexOf(Math.max(...probabilities));
      expect(await page.locator("#predicted").textContent()).toBe(servedModel.classes[best]);
      for (const [i, name] of servedModel.classes.entries()) {
        const row = page
          .getByRole("list", { name: "Probability of each class" })
          .getByRole("listitem")
          .filter({ hasText: name });
        expect(await row.textContent()).toBe(`${name} ${(probabilities[i] * 100).toFixed(1)}%`);
      }
      const natural = await page
        .getByAltText("The image that was sent")
        .evaluate((image: HTMLImageElement) => image.naturalWidth);
      expect(natural).toBeGreaterThan(50);
      await picture(page, "answer-en");
    });
  });

  test("a dropped file is answered, and what cannot be read is refused in the reader's language", async () => {
    await withPage({ locale: "zh-CN" }, async (page) => {
      expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
      const drop = async (name: string, bytes: Uint8Array) => {
        const transfer = await page.evaluateHandle(
          ([title, content]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(content)], title));
            return data;
          },
          [name, [...bytes]] as [string, number[]],
        );
        await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
      };
      await drop("图像.png", pngFile(greyValues(2)));
      await page.getByText("完成。").waitFor();
      await picture(page, "answer-zh");
      await drop("笔记.txt", Buffer.from("no image"));
      await page.getByText("服务器拒绝了该图像： 这不是可识别的图像文件。").waitFor();
      expect(await page.locator("#classes").isVisible()).toBe(false);
      await page.getByRole("button", { name: "English" }).click();
      await page.getByText("The server refused the image:").waitFor();
    });
  });

  test("another frame of a multi-frame file is asked for by its number", async () => {
    await withPage({ locale: "en" }, async (page) => {
      const frames = Uint8Array.from([...greyValues(1), ...greyValues(9)]);
      await page.locator("#file").setInputFiles(file("two.dcm", dicomFile(frames, 2)));
      await page.getByText("Done.").waitFor();
      const first = await page.locator("#classes").textContent();
      expect(await page.getByLabel("Frame").inputValue()).toBe("2");
      await page.getByLabel("Frame").fill("1");
      await page.keyboard.press("Tab");
      await expect.poll(() => page.locator("#classes").textContent()).not.toBe(first);
      await page.getByText("Done.").waitFor();
    });
  });

  test("the keyboard alone reaches language and file, and shows where it is", async () => {
    await withPage({ locale: "en" }, async (page) => {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
      await page.keyboard.press("Tab");
      // Asked for before the questions to the page below: keys and the request to catch the dialog take different ways into the browser,
      // and a key that overtakes the request opens a dialog that nobody sees.
      const chooser = page.waitForEvent("filechooser");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("file");
      expect(await page.locator("#drop").evaluate((label) => getComputedStyle(label).outlineStyle)).toBe("solid");
      await page.keyboard.press("Enter");
      await (await chooser).setFiles(file("a.png", pngFile(greyValues(4))));
      await page.getByText("完成。").waitFor();
    });
  });

  test.each(["light", "dark"] as const)(
    "no violation of WCAG 2.2 AA in %s, before, after and refused, wide and narrow",
    async (colorScheme) => {
      await withPage({ locale: "en", colorScheme, reducedMotion: "reduce" }, async (page) => {
        const check = async () => {
          const { violations } = await new AxeBuilder({ page })
            .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
            .analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
        };
        await check();
        await picture(page, `empty-${colorScheme}`);
        await page.locator("#file").setInputFiles(file("a.png", pngFile(greyValues(4))));
        await page.getByText("Done.").waitFor();
        await check();
        await page.setViewportSize({ width: 360, height: 640 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
        await check();
        await picture(page, `narrow-${colorScheme}`);
        await page.locator("#file").setInputFiles(file("a.txt", Buffer.from("none")));
        await page.getByText("The server refused the image:").waitFor();
        await check();
        await picture(page, `refused-${colorScheme}`);
      });
    },
  );
});

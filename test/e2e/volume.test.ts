// Planes, layouts and the lens of the viewer, clicked and typed by hand in a real browser.
//
// One story in order; each step starts where the one before it ended. The series is drawn (test/support/ct-series.ts): a body with a
// bright ball at 60 % of the columns, 45 % of the rows and half of the slices, so where it must be in each plane is known.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { ctSeries } from "../support/ct-series.ts";
import type { StudioProcess } from "../support/studio.ts";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const SLICES = 60;
const SIDE = 128;

describeStory("planes and layouts", (browser) => {
  let studio: StudioProcess;
  let page: Page;
  const problems = beginStory(
    browser,
    {
      height: 860,
      arrange: async (started) => {
        studio = started;
        for (const series of [
          { slices: SLICES, side: SIDE, patient: "CT-1", uid: "2.25.77" },
          { slices: 30, side: SIDE, patient: "CT-1", uid: "2.25.78" },
          {
            ...{ slices: 20, side: SIDE, patient: "CT-1", uid: "2.25.79", with: "2.25.77" },
            orientation: [0, 1, 0, 0, 0, -1],
            position: (slice: number) => [-80 + slice * 4, -100, 120] as const,
          },
          {
            ...{ slices: 12, side: SIDE, patient: "CT-1", uid: "2.25.80", with: "2.25.77" },
            position: (slice: number) => [-100, -100, slice * 12.5] as const,
          },
        ]) {
          const folder = join(studio.folder, "images", series.uid);
          mkdirSync(folder, { recursive: true });
          for (const { name, bytes } of ctSeries(series)) writeFileSync(join(folder, name), bytes);
        }
        writeFileSync(join(studio.folder, "images", "chest.dcm"), drawPhantom({ index: 1, seed: 3 }).bytes);
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
  const ready = () => page.locator("[data-testid=picture][data-ready]").waitFor();
  const atSlice = (number: number) => page.getByText(`Slice ${number} of ${SLICES}`).first().waitFor();
  const main = () => page.getByTestId("picture");
  const plane = (name: string) => page.locator(`[data-testid=plane-${name}][data-ready]`);
  const planeText = (text: string) => page.getByText(text, { exact: true }).waitFor();

  /** A place of a fitted picture, as parts of its width and height; `aspect`: width / height. */
  async function placeOn(pane: Locator, x: number, y: number, aspect = 1) {
    const { x: left, y: top, width, height } = (await pane.boundingBox())!;
    const fitted = Math.min(width, height * aspect);
    return { x: left + width / 2 + (x - 0.5) * fitted, y: top + height / 2 + ((y - 0.5) * fitted) / aspect };
  }

  async function click(pane: Locator, x: number, y: number, aspect?: number): Promise<void> {
    const at = await placeOn(pane, x, y, aspect);
    await page.mouse.click(at.x, at.y);
  }

  /** How bright the drawn picture is at a place of the page, 0 to 255. */
  async function brightness(pane: Locator, x: number, y: number, aspect?: number): Promise<number> {
    const at = await placeOn(pane, x, y, aspect);
    return pane
      .locator("canvas")
      .first()
      .evaluate((canvas: HTMLCanvasElement, { x, y }) => {
        const bounds = canvas.getBoundingClientRect();
        const [column, row] = [
          ((x - bounds.left) / bounds.width) * canvas.width,
          ((y - bounds.top) / bounds.height) * canvas.height,
        ];
        // A small square: the series has a texture.
        const { data } = canvas.getContext("2d")!.getImageData(Math.round(column) - 2, Math.round(row) - 2, 5, 5);
        return data.filter((_, i) => i % 4 === 0).reduce((sum, value) => sum + value, 0) / 25;
      }, at);
  }

  /** Opens the first slice of a series from the library. */
  async function open(search: string): Promise<void> {
    await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Library", exact: true }).click();
    await page.getByRole("searchbox", { name: "File name or patient ID" }).fill(search);
    await page.getByRole("listbox", { name: "Images" }).getByRole("option").first().waitFor();
    await page.waitForTimeout(400); // the search waits for the typing to end
    await page.getByRole("listbox", { name: "Images" }).getByRole("option").first().dblclick();
    await ready();
  }

  test(
    "imports two studies of one patient",
    async () => {
      await createByHand(page, "Planes", "Ada", "quiet harbour lantern");
      const parts = { "2.25.77": 60, "2.25.78": 90, "2.25.79": 110, "2.25.80": 122, "chest.dcm": 123 };
      for (const [part, count] of Object.entries(parts)) {
        await page.evaluate(
          async (path) => {
            await fetch("/rpc/images/importPath", {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({ json: { path, labels: "none", deidentify: { profile: "none" } } }),
            });
          },
          join(studio.folder, "images", part),
        );
        await page
          .getByText(`${count} images`)
          .first()
          .waitFor({ timeout: 2 * MINUTES });
      }
      await button("Classes").click();
      const field = page.getByRole("dialog").getByRole("textbox", { name: "New class" });
      await field.fill("lesion");
      await field.press("Enter");
      await expect.poll(() => page.getByRole("dialog").getByRole("textbox").first().inputValue()).toBe("lesion");
      await press("Escape");
    },
    10 * MINUTES,
  );

  test(
    "says how far the planes are while slices load, and lets them be cancelled",
    async () => {
      let held = true;
      await page.route("**/pixels/**", async (route) => {
        while (held) await new Promise((later) => setTimeout(later, 100));
        await route.continue().catch(() => {});
      });
      await page.getByRole("searchbox", { name: "File name or patient ID" }).fill("CT-1");
      await page.waitForTimeout(400);
      await page.getByRole("listbox", { name: "Images" }).focus();
      await press("Home", "Enter");
      await page.getByTestId("picture").waitFor();
      await press("Control+3");
      await page.getByText(/^Loading slices for the planes: \d+ of 60$/).waitFor();
      await page.getByRole("progressbar", { name: "Slices that are loaded" }).waitFor({ state: "attached" });
      await photograph(page, "planes-loading");
      await button("Cancel").click();
      await page.getByText(/^Loading slices/).waitFor({ state: "detached" });
      held = false;
      await page.unroute("**/pixels/**", undefined);
      await ready();
    },
    10 * MINUTES,
  );

  test(
    "three planes cross where the reader clicks, and each shows what is there",
    async () => {
      await press("Control+3");
      await plane("sagittal").waitFor({ timeout: MINUTES });
      await plane("coronal").waitFor();
      await click(main(), 0.6, 0.45);
      await planeText("Sagittal 77 / 128");
      await planeText("Coronal 58 / 128");
      await plane("sagittal").waitFor();
      await plane("coronal").waitFor();
      // Half of the slices are 30 steps of 2.5 mm; the planes are 150 mm high and 102.4 mm wide.
      const aspect = (SIDE * 0.8) / (SLICES * 2.5);
      const middle = 1 - (30 * 2.5 + 1.25) / 150;
      const ball = await brightness(plane("sagittal"), 0.45, middle, aspect);
      const body = await brightness(plane("sagittal"), 0.45, 0.1, aspect);
      expect(ball - body).toBeGreaterThan(60); // 180 against 40 HU in a window of 400
      const coronal = await brightness(plane("coronal"), 0.6, middle, aspect);
      expect(Math.abs(coronal - ball)).toBeLessThan(15);
      // The ball has a radius of 12.8 mm: 11 mm above its middle it is still there, 15 mm above not.
      expect(await brightness(plane("coronal"), 0.6, middle - 11 / 150, aspect)).toBeGreaterThan(body + 60);
      expect(await brightness(plane("coronal"), 0.6, middle - 15 / 150, aspect)).toBeLessThan(body + 30);

      // Up is the head: a click above the middle goes to a later slice, and the axial picture follows.
      await click(plane("sagittal"), 0.45, 1 - (35 * 2.5 + 1.25) / 150, aspect);
      await atSlice(36);
      await ready();
      await click(plane("coronal"), 32.5 / SIDE, middle, aspect);
      await planeText("Sagittal 33 / 128");
      await expectEdges(plane("sagittal"), "A left, P right, S top, I bottom");
      await expectEdges(plane("coronal"), "R left, L right, S top, I bottom");
      await expectEdges(main(), "R left, L right, A top, P bottom");
    },
    10 * MINUTES,
  );

  async function expectEdges(pane: Locator, edges: string): Promise<void> {
    await pane.getByRole("img", { name: `Edges: ${edges}` }).waitFor();
  }

  test(
    "the keyboard goes through a plane that has the focus, and through the slices when the picture has it",
    async () => {
      await plane("coronal").focus();
      await press("ArrowDown", "ArrowDown", "ArrowUp");
      await planeText("Coronal 59 / 128");
      await press("End");
      await planeText("Coronal 128 / 128");
      await press("Home");
      await planeText("Coronal 1 / 128");
      await plane("sagittal").focus();
      await press("ArrowUp");
      await planeText("Sagittal 32 / 128");
      await page.mouse.wheel(0, 0);
      await click(main(), 0.6, 0.45);
      await planeText("Sagittal 77 / 128");
      await press("Home");
      for (let slice = 0; slice < 30; slice++) await press("ArrowDown");
      await atSlice(31);
      const at = await placeOn(plane("sagittal"), 0.5, 0.5);
      await page.mouse.move(at.x, at.y);
      await page.mouse.wheel(0, 100);
      await planeText("Sagittal 78 / 128");
    },
    10 * MINUTES,
  );

  test(
    "window and inversion hold for all planes; a mask drawn on a slice is seen in the others",
    async () => {
      await click(main(), 0.6, 0.45);
      await ready();
      const aspect = (SIDE * 0.8) / (SLICES * 2.5);
      const middle = 1 - (30 * 2.5 + 1.25) / 150;
      const before = await brightness(plane("sagittal"), 0.45, middle, aspect);
      await press("i");
      await expect
        .poll(async () => Math.round((await brightness(plane("sagittal"), 0.45, middle, aspect)) + before))
        .toBeGreaterThan(250);
      expect(Math.abs(255 - before - (await brightness(plane("sagittal"), 0.45, middle, aspect)))).toBeLessThan(6);
      await press("i");
      await press("q", "k", " ");
      for (let step = 0; step < 6; step++) await press("ArrowRight");
      await press(" ", "k");
      await page.getByRole("button", { name: /^Mask 1, lesion/ }).waitFor();
      await press(";");
      await click(main(), 0.53, 0.5);
      await plane("sagittal").getByTestId("mask").waitFor();
      await plane("coronal").getByTestId("mask").waitFor();
      await lookAt(page, "viewer-planes");
      await press("m");
      await plane("sagittal").getByTestId("mask").waitFor({ state: "detached" });
      await press("m");
      await press("Control+1");
      await plane("sagittal").waitFor({ state: "detached" });
    },
    10 * MINUTES,
  );

  test(
    "a radiograph has no planes: the command is not offered",
    async () => {
      await open("chest");
      await press("Control+3");
      expect(await page.getByText(/^Loading slices|^Planes need/).count()).toBe(0);
      await button("Layout of the pictures").click();
      await page.getByRole("menuitemradio", { name: /^One picture/ }).waitFor();
      expect(await page.getByRole("menuitemradio", { name: /Three planes/ }).count()).toBe(0);
      await press("Escape");
    },
    10 * MINUTES,
  );

  const side = (text: string | RegExp) => page.locator("[data-testid=side-pane][data-ready]").filter({ hasText: text });
  const mainBox = async () => (await main().boundingBox())!;

  test(
    "the prior beside the current: linked by slices, and not linked while the reader does not want it",
    async () => {
      await open("CT-1");
      await atSlice(1);
      await press("Control+2");
      await side("1 / 30").waitFor();
      await press("ArrowDown", "ArrowDown", "ArrowDown");
      await atSlice(4);
      await side("4 / 30").waitFor();
      await press("'", "ArrowDown", "ArrowDown");
      await atSlice(6);
      await side("4 / 30").waitFor();
      await press("'", "ArrowDown");
      await atSlice(7);
      await side("5 / 30").waitFor();
      // The other way round: the pane has the keys.
      await side("5 / 30").focus();
      await press("ArrowDown", "ArrowDown");
      await side("7 / 30").waitFor();
      await atSlice(9);
      await press("End");
      await side("30 / 30").waitFor();
      await atSlice(32);
      await ready();
      await photograph(page, "viewer-prior");
    },
    10 * MINUTES,
  );

  test(
    "zoom and window go on to the other picture when they are linked, and only then",
    async () => {
      await click(main(), 0.5, 0.5);
      const corner = () => brightness(side("30 / 30"), 0.03, 0.5);
      expect(await corner()).toBeLessThan(10); // air beside the body
      for (let step = 0; step < 4; step++) await press("+");
      await page.waitForTimeout(300);
      expect(await corner()).toBeLessThan(10);
      await press(":");
      await expect.poll(corner).toBeGreaterThan(60); // the body fills the pane
      await press("i");
      await expect.poll(() => brightness(side("30 / 30"), 0.5, 0.1)).toBeLessThan(160);
      await press("i", "f");
      await expect.poll(corner).toBeLessThan(10);
      await press(":");
    },
    10 * MINUTES,
  );

  test(
    "four pictures: places in the patient agree where the frame of reference does, and lines show where the slice lies",
    async () => {
      await press("Home", "Control+4");
      await side("/ 20").waitFor();
      await side("/ 12").waitFor();
      for (let slice = 0; slice < 30; slice++) await press("ArrowDown");
      await atSlice(31); // 75 mm
      await side("7 / 12").waitFor(); // 6 * 12.5 mm
      const line = () => side("/ 20").getByTestId("lines").locator("path").last().getAttribute("d");
      // Row of 75 mm in a picture that begins at 120 mm and goes down by 0.8 mm.
      const levelOf = async () => Number((await line())?.match(/^M[-\d.e]+ ([-\d.e]+)/)?.[1]);
      const row = (120 - 75) / 0.8 + 0.5;
      const at = await placeOn(side("/ 20"), 0.5, row / SIDE);
      const { y } = (await side("/ 20").boundingBox())!;
      expect(Math.abs((await levelOf()) - (at.y - y))).toBeLessThan(1);
      const before = await levelOf();
      await press("ArrowDown");
      await expect.poll(levelOf).toBeLessThan(before);
      await side("/ 12").focus();
      await press("ArrowDown"); // 87.5 mm
      await atSlice(36);
      await ready();
      await lookAt(page, "viewer-four");
    },
    10 * MINUTES,
  );

  test(
    "a pane becomes the picture that is read: it stays where it is, and so do the others",
    async () => {
      const before = await mainBox();
      const priors = side("/ 30");
      const there = (await priors.boundingBox())!;
      await priors.getByRole("button", { name: /^Read the picture of pane/ }).click();
      await page
        .getByText(/^Slice \d+ of 30$/)
        .first()
        .waitFor();
      await ready();
      const after = await mainBox();
      expect([after.x, after.y]).toEqual([there.x, there.y]);
      const old = side("36 / 60");
      await old.waitFor();
      expect((await old.boundingBox())!.x).toBe(before.x);
      await old.focus();
      await press("Shift+Enter");
      await atSlice(36);
      await ready();
      expect((await mainBox()).x).toBe(before.x);
    },
    10 * MINUTES,
  );

  test(
    "nine pictures: what nothing else takes are the slices that follow; any pane can show something else",
    async () => {
      await press("Control+9");
      await side("37 / 60").waitFor();
      // The slice on which a mask was drawn shows it here too.
      for (let slice = 36; slice > 30; slice--) await press("ArrowUp");
      await side("31 / 60").getByTestId("mask").waitFor();
      for (let slice = 30; slice < 36; slice++) await press("ArrowDown");
      await side("37 / 60").waitFor();
      expect(await page.getByTestId("side-pane").count()).toBe(8);
      await side("37 / 60")
        .getByRole("button", { name: /^What pane \d shows$/ })
        .click();
      await page.getByRole("menuitemradio", { name: "CT · IM0000.dcm · 30 images" }).click();
      await expect.poll(() => side("/ 30").count()).toBe(2);
      await lookAt(page, "viewer-nine");
      await press("Control+1");
      await expect.poll(() => page.getByTestId("side-pane").count()).toBe(0);
      await ready();
    },
    10 * MINUTES,
  );

  test(
    "the lens shows what is under the pointer at twice to four times its size, also for the keyboard",
    async () => {
      await press("Home");
      for (let slice = 0; slice < 30; slice++) await press("ArrowDown");
      await atSlice(31);
      await ready();
      const lens = page.getByTestId("lens");
      // Brightness in the lens, so many CSS pixels to the right of its middle.
      const inLens = (dx: number) =>
        lens.locator("canvas").evaluate((canvas: HTMLCanvasElement, dx) => {
          const middle = canvas.width / 2;
          const ratio = canvas.width / canvas.clientWidth;
          const { data } = canvas.getContext("2d")!.getImageData(middle + dx * ratio - 2, middle - 2, 5, 5);
          return data.filter((_, i) => i % 4 === 0).reduce((sum, value) => sum + value, 0) / 25;
        }, dx);
      // 30 CSS pixels inside the right edge of the ball, whose radius is an eighth of the picture.
      const edge = await placeOn(main(), 0.6 + 1 / 8, 0.45);
      await press(",");
      await page.mouse.move(edge.x - 30, edge.y);
      await page.getByRole("img", { name: "Magnifier, 2 times" }).waitFor();
      expect(await inLens(45)).toBeGreaterThan(190); // the edge is 60 px away now
      expect(await inLens(78)).toBeLessThan(160);
      await photograph(page, "viewer-lens");
      await press(",", ",");
      await page.getByRole("img", { name: "Magnifier, 4 times" }).waitFor();
      expect(await inLens(78)).toBeGreaterThan(190); // and 120 px away
      // The keyboard's pointer has the lens wherever the mouse is.
      await page.mouse.move(5, 5);
      await lens.waitFor({ state: "detached" });
      await press("k");
      await lens.waitFor();
      const before = (await lens.boundingBox())!;
      const middle = await placeOn(main(), 0.5, 0.5);
      expect(Math.abs(before.x + before.width / 2 - middle.x)).toBeLessThan(1);
      await press("ArrowRight");
      expect((await lens.boundingBox())!.x).toBeGreaterThan(before.x);
      await lookAt(page, "viewer-magnifier");
      await press("k", ",");
      await lens.waitFor({ state: "detached" });
    },
    10 * MINUTES,
  );

  test("nothing went wrong on the page", () => {
    expect(problems).toEqual([]);
  });
});

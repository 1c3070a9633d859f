// The main job, clicked and typed by hand in a real browser: from an empty machine to an exported container image.
//
// One story in order; each step starts where the one before it ended. Every view is photographed (LOUPE_ARTEFACTS names the folder) and
// checked by axe-core for WCAG 2.2 AA in both languages and both colour schemes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { colourNet } from "../support/colour-net.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";
import { inspect, lookAt, photograph, setLanguage } from "./look.ts";
import { describeStory, MINUTES, photographFailures, watchedPage } from "./story.ts";

const PASSPHRASE = "quiet harbour lantern";
const PROJECT = "Thorax 胸部";

describeStory("the main job", (browser) => {
  let studio: StudioProcess;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    studio = await startStudio();
    context = await browser.newContext({
      viewport: { width: 1360, height: 860 },
      colorScheme: "light",
      locale: "en-GB",
    });
    page = await watchedPage(context, problems);
    await page.goto(studio.link);
  }, 5 * MINUTES);

  photographFailures(() => page);

  afterAll(async () => {
    await context?.close();
    await browser.close();
    await studio?.close();
  });

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const shot = (name: string) => photograph(page, name);
  const look = (name: string) => lookAt(page, name);
  const room = async (name: string) => {
    await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name, exact: true }).click();
  };

  async function kill(): Promise<void> {
    const gone = new Promise((resolve) => studio.child.once("exit", resolve));
    studio.child.kill("SIGKILL");
    await gone;
  }

  async function restart(): Promise<void> {
    await page.close();
    studio = await startStudio({ folder: studio.folder });
    page = await watchedPage(context, problems);
    await page.goto(studio.link);
  }

  async function unlock(): Promise<void> {
    await page
      .getByRole("button", { name: new RegExp(PROJECT) })
      .first()
      .click();
    await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
    await button("Open").click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
  }

  async function openSecondImage(): Promise<void> {
    await room("Library");
    await page.getByRole("option").nth(1).waitFor();
    await page.getByRole("listbox", { name: "Images" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Picture: / }).waitFor();
    await page.locator("[data-testid=picture][data-ready]").waitFor(); // nothing is labelled before it is in sight
  }

  const box = {
    waitFor: (options?: { state: "detached" }) => page.getByRole("button", { name: /^Box 1, / }).waitFor(options),
  };

  test(
    "creates a project and shows the recovery key once",
    async () => {
      await look("welcome");
      await button(/New project/).click();
      await page.getByLabel("Project name").fill(PROJECT);
      await page.getByLabel("Your name").fill("Reader One");
      await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
      await page.getByLabel("Passphrase again").fill(PASSPHRASE);
      await shot("create");
      await button("Create project").click();
      await page.getByRole("heading", { name: /^Recovery key of/ }).waitFor();
      await look("recovery-key");
      await page.getByLabel("I have stored the recovery key").check();
      await button("Continue to the studio").click();
      await page.getByText("Bring in the first images").waitFor();
      await look("library-empty");
    },
    10 * MINUTES,
  );

  test(
    "locks, refuses a wrong passphrase with a sentence, and opens with the right one",
    async () => {
      await button("Lock project").click();
      await page
        .getByRole("button", { name: new RegExp(PROJECT) })
        .first()
        .click();
      await page.getByLabel("Passphrase", { exact: false }).first().fill("not this one");
      await button("Open").click();
      await page.getByRole("alert").waitFor();
      await look("wrong-passphrase");
      await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
      await button("Open").click();
      await page.getByText("Bring in the first images").waitFor();
    },
    10 * MINUTES,
  );

  test(
    "takes the sample and shows it as a grid with counts per label",
    async () => {
      await button(/Take the sample/).click();
      await page.getByRole("listbox", { name: "Images" }).waitFor({ timeout: MINUTES });
      // Half a minute on two free cores; several where other work goes on.
      await page
        .getByText("240 images")
        .first()
        .waitFor({ timeout: 4 * MINUTES });
      await page.getByRole("listbox", { name: "Images" }).locator("img").first().waitFor();
      await look("library");
    },
    10 * MINUTES,
  );
  test(
    "opens every dialog by keyboard in both languages",
    async () => {
      const findings: string[] = [];
      for (const language of ["en", "zh-CN"] as const) {
        await setLanguage(page, language);
        for (const [name, open] of [
          ["import", () => page.getByRole("button", { name: /^(Import|导入)$/ }).press("Enter")],
          ["classes", () => page.getByRole("button", { name: /^(Classes|类别)$/ }).press("Enter")],
          ["palette", () => page.keyboard.press("Control+k")],
          ["shortcuts", () => page.keyboard.press("?")],
        ] as const) {
          await page.getByRole("listbox").focus();
          await open();
          await page.getByRole("dialog").waitFor();
          findings.push(...(await inspect(page, `dialog-${name}`, language)));
          await page.keyboard.press("Escape");
          await page.getByRole("dialog").waitFor({ state: "detached" });
        }
      }
      await setLanguage(page, "en");
      expect(findings).toEqual([]);
    },
    10 * MINUTES,
  );

  test(
    "labels by keyboard alone: number keys, a box, undo, redo",
    async () => {
      await openSecondImage();
      const given = (name: RegExp) => page.getByRole("button", { name, pressed: true });
      await page.keyboard.press("2");
      await given(/^lesion/).waitFor();
      await page.keyboard.press("1");
      await given(/^normal/).waitFor();
      await page.keyboard.press("b"); // a box by keyboard: arrows move it, Shift and arrows resize it

      for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
      for (let i = 0; i < 5; i++) await page.keyboard.press("Shift+ArrowDown");
      await page.keyboard.press("Enter");
      await box.waitFor();
      await look("viewer");
      await page.keyboard.press("Control+z");
      await box.waitFor({ state: "detached" });
      await page.keyboard.press("Control+Shift+z");
      await box.waitFor();
      await page.getByText("Saved").first().waitFor();
    },
    10 * MINUTES,
  );

  test(
    "keeps every label when the studio is killed",
    async () => {
      await kill();
      await restart();
      await unlock();
      await openSecondImage();
      await box.waitFor();
    },
    10 * MINUTES,
  );

  test(
    "freezes a snapshot whose parts share no patient",
    async () => {
      await room("Data");
      await page.getByLabel("Name").fill("First");
      await look("data-form");
      await button("Freeze").click();
      await page.getByText("Just frozen").waitFor();
      await look("data");
    },
    10 * MINUTES,
  );

  test(
    "trains with curves, time left and device; cancels; resumes after a kill; is found again",
    async () => {
      await button(/^Train on/).click();
      await page.getByRole("radio", { name: /Small convolutional net/ }).click();
      await look("new-run");
      await page.getByLabel("Epochs", { exact: true }).fill("24");
      await button("Train").click();
      await page
        .getByText(/about .* left/)
        .first()
        .waitFor({ timeout: MINUTES });
      await page.locator("canvas, svg[role=img]").first().waitFor();
      await page.getByText("Memory of a step").waitFor();
      await look("run-training");
      await button("Cancel").click();
      await button("Resume").waitFor({ timeout: MINUTES });
      await look("run-cancelled");
      await button("Resume").click();
      await page
        .getByText(/about .* left/)
        .first()
        .waitFor({ timeout: MINUTES });
      await kill();
      await restart();
      await unlock();
      await room("Runs");
      await page
        .getByRole("link", { name: /convnet/i })
        .first()
        .click();
      await button("Resume").click();
      await page
        .getByText(/about .* left/)
        .first()
        .waitFor({ timeout: MINUTES });
      const address = page.url();
      await page.close();
      page = await watchedPage(context, problems);
      await page.goto(address);
      await button("Open model").waitFor({ timeout: 5 * MINUTES });
      await look("run");
    },
    10 * MINUTES,
  );

  test(
    "shows ROC with its interval, confusion whose cells open images, calibration, worst cases",
    async () => {
      await button("Open model").click();
      await page
        .getByText(/AUC 0\.\d+ \(95% interval/)
        .first()
        .waitFor({ timeout: MINUTES });
      await look("evaluation");
      await page.getByRole("button", { name: /image.* of lesion predicted as lesion/ }).click();
      await page
        .getByText(/truth lesion, predicted lesion/)
        .first()
        .waitFor();
      await shot("evaluation-cell");
    },
    10 * MINUTES,
  );

  test(
    "compares two runs side by side",
    async () => {
      await room("Runs");
      await button("New run").click();
      await page.getByRole("radio", { name: /Logistic regression/ }).click();
      await button("Train").click();
      await button("Open model").waitFor({ timeout: 3 * MINUTES });
      await room("Runs");
      const ticks = page.getByRole("checkbox", { name: /^Tick / });
      await ticks.nth(1).waitFor();
      for (const tick of await ticks.all()) await tick.check();
      await look("runs");
      await button("Compare ticked runs (2)").click();
      await page
        .getByText(/image.* on which .* disagree/)
        .first()
        .waitFor({ timeout: MINUTES });
      await look("compare");
    },
    10 * MINUTES,
  );

  test(
    "commit first, reveal after: the suggestion comes when the reader has answered, and both answers are kept",
    async () => {
      await room("Library");
      const search = page.getByRole("searchbox", { name: "File name or patient ID" });
      await search.fill("PHANTOM-7-0009");
      await page
        .getByRole("option", { name: /PHANTOM-7-0001-/ })
        .first()
        .waitFor({ state: "detached" });
      const cases = await page.getByRole("option", { name: /PHANTOM-7-0009/ }).count();
      await room("Reading");
      const form = page.getByRole("region", { name: "New work list" });
      await form.getByRole("textbox", { name: "Name" }).fill("Second opinion");
      await form.getByRole("radio", { name: /that the library shows/ }).check();
      await form.getByRole("combobox", { name: "Suggestions by" }).click();
      await page
        .getByRole("option", { name: /convnet/ })
        .first()
        .click();
      await form.getByRole("checkbox", { name: /^Commit first/ }).check();
      await form.getByRole("button", { name: "Create the list" }).click();
      await button("Read the next case of Second opinion").click();
      for (let number = 1; number <= cases; number++) {
        await page.getByText(`Case ${number} of ${cases}`).waitFor();
        await page.locator("[data-testid=picture][data-ready]").waitFor();
        await page.getByText("The model's suggestion is shown after you have committed.").waitFor();
        expect(await page.getByText("The model says").count()).toBe(0);
        await page.keyboard.press("1");
        await page.getByRole("button", { name: /^normal/, pressed: true }).waitFor();
        await button(/^Commit/).click();
        await page.getByText("The model says").waitFor({ timeout: MINUTES });
        if (number === 1) {
          await look("viewer-commit-first");
          await page.getByRole("button", { name: /^lesion/ }).click(); // another mind
          await page.getByRole("button", { name: /^lesion/, pressed: true }).waitFor();
        }
        await button(/^Commit the final answer/).click();
      }
      await page.getByText("All your cases are read.").waitFor();
      await button("To the work lists").click();
      await button("Cases and agreement of Second opinion").click();
      await button("Decide case 1").click();
      await page.getByText(/first: normal/).waitFor();
      await room("Library");
      await search.fill("");
      await page
        .getByRole("option", { name: /PHANTOM-7-0001-/ })
        .first()
        .waitFor();
    },
    10 * MINUTES,
  );

  test(
    "lays Grad-CAM and the input gradient over the image",
    async () => {
      await openSecondImage();
      for (const place of ["2 of 240", "3 of 240", "4 of 240"]) {
        await page.getByText(place, { exact: true }).waitFor();
        if (!place.startsWith("4")) await page.keyboard.press("ArrowRight");
      }
      await box.waitFor(); // the first phantom with a lesion
      await button("Explain").click();
      await page.getByRole("combobox", { name: "Model" }).click();
      await page
        .getByRole("option", { name: /convnet/ })
        .first()
        .click();
      await page.getByText(/The map shows what speaks for/).waitFor({ timeout: MINUTES });
      for (const layer of ["heat-map", "shapes"]) await page.getByTestId(layer).first().waitFor();
      await look("viewer-explained");
      await page.getByRole("combobox", { name: "Method" }).click();
      await page.getByRole("option", { name: "Input gradient", exact: true }).click();
      await page.getByText(/The map shows what speaks for/).waitFor({ timeout: MINUTES });
      await shot("viewer-input-gradient");
    },
    10 * MINUTES,
  );

  test(
    "compresses and says what it cost, or refuses",
    async () => {
      await room("Models");
      await look("models");
      await page
        .getByRole("link", { name: /convnet/i })
        .first()
        .click();
      await page.getByRole("tab", { name: "Compress" }).click();
      await button("Compress").click();
      await page
        .getByText(/^(Accepted|Refused): /)
        .first()
        .waitFor({ timeout: 2 * MINUTES });
      await look("compress");
      await page.getByRole("combobox", { name: "Numbers" }).click();
      await page.getByRole("option", { name: "16-bit weights" }).click();
      await page.getByLabel("At least so many times smaller").fill("3");
      await button("Compress").click();
      await page
        .getByText(/^It is [12]\.\d\d times smaller; at least 3\.00 was asked for\.$/)
        .first()
        .waitFor({ timeout: 2 * MINUTES });
      await look("compress-refused");
    },
    10 * MINUTES,
  );

  test(
    "exports a container image",
    async () => {
      await page.getByRole("tab", { name: "Export" }).click();
      await page.getByRole("textbox", { name: "Name", exact: true }).fill("thorax");
      await look("export-form");
      await button("Export").click();
      await page
        .getByText(/^Exported: /)
        .first()
        .waitFor({ timeout: 3 * MINUTES });
      await look("export");
      const archive =
        (await page
          .locator("code", { hasText: /\.tar$/ })
          .first()
          .textContent()) ?? "";
      expect(statSync(archive).size).toBeGreaterThan(10_000_000);
    },
    10 * MINUTES,
  );
  test(
    "saves the model as a file for other tools, and says what is in the way of one",
    async () => {
      const section = page.getByRole("region", { name: "Save as a file for other tools" });
      const [name, save] = [section.getByLabel("File name"), section.getByRole("button", { name: "Save the file" })];
      await section.getByRole("radio", { name: "TensorFlow.js layers" }).click();
      await name.fill("a/b");
      await section.getByText(/^1 to 70 characters/).waitFor();
      expect(await save.isDisabled()).toBe(true);
      await name.fill("胸片 v1");
      await section.getByRole("textbox", { name: "Folder" }).fill(studio.folder);
      await save.click();
      await section.getByText(/^Saved, /).waitFor();
      await look("save-file");
      expect(readdirSync(join(studio.folder, "胸片 v1")).toSorted()).toEqual(["model.json", "weights.bin"]);
      await save.click();
      await section.getByText(/^model.json is already there/).waitFor();
      await look("save-file-refused");
    },
    MINUTES,
  );

  test(
    "imports a folder, names the file that it refuses, and adds nothing twice",
    async () => {
      const source = mkdtempSync(join(tmpdir(), "loupe-source-"));
      try {
        const values = Uint8Array.from({ length: 32 * 24 }, (_, i) => i % 251);
        writeFileSync(join(source, "胸片检查影像.png"), encodePng({ rows: 24, columns: 32, samples: 1, values }));
        writeFileSync(join(source, "cut.dcm"), drawPhantom({ index: 0, seed: 3 }).bytes.subarray(0, 5000));
        for (const summary of [/^Imported 1, already there 0/, /^Imported 0, already there 1/]) {
          await room("Library");
          await button("Import").click();
          await page.getByRole("tab", { name: "Path on the workstation" }).click();
          await page.getByLabel("File or folder").fill(source);
          await page.getByRole("dialog").getByRole("button", { name: "Import", exact: true }).click();
          await page.getByText(summary).waitFor({ timeout: MINUTES });
          await page.getByRole("cell", { name: "file 1", exact: true }).waitFor();
          expect(await inspect(page, "import-report", "en")).toEqual([]);
          await page.keyboard.press("Escape");
        }
      } finally {
        rmSync(source, { recursive: true, force: true });
      }
    },
    10 * MINUTES,
  );

  test(
    "takes a classifier from another tool and begins a run with it",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "loupe-model-"));
      try {
        const path = join(folder, "colour-net.onnx");
        writeFileSync(path, colourNet(96));
        writeFileSync(join(folder, "cut.onnx"), colourNet(96).subarray(0, 300));
        await room("Runs");
        await button("New run").click();
        await page.getByRole("radio", { name: /Small convolutional net/ }).click();
        await page.getByLabel("An ONNX or TensorFlow.js file from another tool").fill(join(folder, "cut.onnx"));
        await button("Add to the project").click();
        await page
          .getByText(/not an ONNX model/)
          .first()
          .waitFor();
        await look("new-run-start-refused");
        await page.getByLabel("An ONNX or TensorFlow.js file from another tool").fill(path);
        await button("Add to the project").click();
        await page.getByText(/3 layers with weights, trained for 7 classes/).waitFor();
        await page.getByRole("switch", { name: /^Linear probe/ }).check({ force: true });
        expect(await page.getByLabel("Mixup (alpha)", { exact: true }).count()).toBe(0);
        await page.getByRole("switch", { name: /^Linear probe/ }).scrollIntoViewIfNeeded();
        await look("new-run-start-from");
        await page.getByRole("radio", { name: /DirectML/ }).scrollIntoViewIfNeeded();
        await look("new-run-devices");
        await page.getByLabel("Epochs", { exact: true }).fill("1");
        await button("Train").click();
        await button("Open model").waitFor({ timeout: 2 * MINUTES });
        await look("run-started-from");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    10 * MINUTES,
  );

  test("left no patient, no reader and no passphrase readable in any file", () => {
    const secrets = [PASSPHRASE, "Reader One", "PHANTOM-7", "Phantom^", "胸片检查影像"];
    const needles = secrets.flatMap((text) => [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")]);
    const files = readdirSync(studio.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    const leaks = files
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => {
        const bytes = readFileSync(path);
        return needles.some((needle) => bytes.includes(needle) || Buffer.from(path).includes(needle));
      });
    expect(leaks).toEqual([]);
  });

  test("nothing went wrong in the page", () => {
    expect(problems).toEqual([]);
  });
});

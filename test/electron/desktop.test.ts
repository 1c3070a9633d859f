// The desktop program as a person meets it: the built main process and preload script, the real page, the system around them.
//
// One story in order. The claims about what the system is asked to show are looked at in the stand-in alone; the others hold in the real
// Electron too, where it is installed (see start-desktop.ts).

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { inspect, photograph, setLanguage } from "../e2e/look.ts";
import { PASSPHRASE } from "../support/main-job.ts";
import { cannotStart, type Desktop, isStandIn, startDesktop } from "./start-desktop.ts";
import { answerDialog, call, choose, createProject, drop, readMenu } from "./studio-page.ts";

const MINUTE = 60_000;
vi.setConfig({ testTimeout: 4 * MINUTE });

describe.skipIf(cannotStart !== null)(`the desktop${cannotStart === null ? "" : ` (skipped: ${cannotStart})`}`, () => {
  let desktop: Desktop;
  let page: Page;
  let project: string;
  const problems: string[] = [];

  const meet = async (started: Desktop) => {
    desktop = started;
    page = await started.page();
    page.setDefaultTimeout(45_000);
    page.on("pageerror", (error) => problems.push(error.message));
  };
  /** Ends the program as a person does, and starts it where it was. */
  const restart = async (args: string[] = []) => {
    await desktop.evaluate(({ app }) => void setImmediate(() => app.quit()));
    await desktop.exited;
    await meet(await startDesktop({ folder: desktop.folder, args }));
  };
  const unlock = async () => {
    await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("navigation").waitFor();
  };
  const isOpen = async () => (await call(page, "projects/current")).answer !== null;
  const job = async (id: string) => (await call(page, "jobs/get", { id })).answer as { state: string; kind: string };
  const startSample = async (images: number) => {
    const { status, answer } = await call(page, "images/importSample", { images });
    expect(status).toBe(200);
    return (answer as { id: string }).id;
  };

  beforeAll(async () => meet(await startDesktop()), 3 * MINUTE);
  afterAll(() => desktop?.close());

  test("the page comes from a secure origin of its own, under the strict policy", async () => {
    expect(await page.title()).toBe("Loupe");
    expect(await page.evaluate("[isSecureContext, crossOriginIsolated]")).toEqual([true, true]);
    // In a turn of its own: what the driver runs at once is exempt from the policy.
    const evaluated =
      "new Promise((done) => setTimeout(() => { try { done(eval('1')) } catch (error) { done(error.name) } }))";
    expect(await page.evaluate(evaluated)).toBe("EvalError");
    expect(await page.evaluate("fetch('/../../package.json').then((response) => response.status)")).toBe(404);
  });

  test("folders and files are chosen in the system's dialogs", async () => {
    await answerDialog(desktop, "/data/chest");
    expect(await page.evaluate("window.loupe.pickFolder()")).toBe("/data/chest");
    await answerDialog(desktop, null);
    expect(await page.evaluate("window.loupe.pickFile()")).toBeNull();
  });

  test("the menus carry the page's own commands with their keys, in the page's language, and run them", async () => {
    project = await createProject(desktop, page, "Thorax");
    const menus = async () => (await readMenu(desktop)).map(({ label }) => label);
    await expect
      .poll(menus)
      .toEqual(["File", "Edit", "Studio", "Go to", "Library", "Labels", "View", "Window", "Help"]);
    const goTo = (await readMenu(desktop)).find(({ label }) => label === "Go to");
    expect(goTo?.items.find(({ label }) => label === "Runs")?.accelerator).toBe("Alt+5");
    const studio = (await readMenu(desktop)).find(({ label }) => label === "Studio");
    expect(studio?.items.find(({ label }) => label === "Lock the project")?.accelerator).toBe(
      "CommandOrControl+Shift+L",
    );
    await choose(desktop, "Go to", "Runs");
    await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
    await setLanguage(page, "zh-CN");
    await expect.poll(menus).toEqual(["文件", "编辑", "程序", "前往", "视图", "窗口", "帮助"]);
    await choose(desktop, "前往", "图库");
    await setLanguage(page, "en");
    await expect.poll(menus).toContain("Library");
  });

  test("a key that a person chose is the one in the menu", async () => {
    await page.evaluate(`{
      const own = JSON.parse(localStorage.getItem("loupe.preferences") ?? "{}");
      localStorage.setItem("loupe.preferences", JSON.stringify({ ...own, keys: { "go.runs": "Alt+9" } }));
    }`);
    await page.reload();
    const accelerator = async () =>
      (await readMenu(desktop)).find(({ label }) => label === "Go to")?.items.find(({ label }) => label === "Runs")
        ?.accelerator;
    await expect.poll(accelerator).toBe("Alt+9");
  });

  test("the window's frame follows the page's colours, and the page the system's", async () => {
    const source = () => desktop.evaluate(({ nativeTheme }) => nativeTheme.themeSource);
    expect(await source()).toBe("system");
    await page.getByRole("button", { name: "Colours" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await expect.poll(source).toBe("dark");
    expect(await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(true);
    await page.getByRole("button", { name: "Colours" }).click();
    await page.getByRole("menuitemradio", { name: "As the system" }).click();
    await expect.poll(source).toBe("system");
  });

  test("an opened project is the first of the recent ones, and locking leaves it there", async () => {
    const recent = async () =>
      (await readMenu(desktop))
        .find(({ label }) => label === "File")
        ?.items.find(({ label }) => label === "Recent projects");
    await expect.poll(async () => (await recent())?.items.map(({ label }) => label)).toEqual(["Thorax"]);
    if (isStandIn) expect(await desktop.look(({ standIn }) => standIn.shown.recent)).toEqual([project]);
    await choose(desktop, "Studio", "Lock the project");
    await page.getByText("Recent projects").waitFor();
    await choose(desktop, "File", "Recent projects", "Thorax");
    await page.getByRole("textbox", { name: "Project folder" }).waitFor();
    expect(await page.getByRole("textbox", { name: "Project folder" }).inputValue()).toBe(project);
    await unlock();
  });

  test("a second start of the program shows the window of the first and hands its project over", async () => {
    await choose(desktop, "Studio", "Lock the project");
    await page.getByText("Recent projects").waitFor();
    const second = await startDesktop({ folder: desktop.folder, args: [join(project, "project.db")] });
    expect(await second.exited).toBe(0);
    await page.getByRole("textbox", { name: "Project folder" }).waitFor();
    expect(await page.getByRole("textbox", { name: "Project folder" }).inputValue()).toBe(project);
    await unlock();
  });

  test("a project asked for while another is open is opened only after a question", async () => {
    const other = join(desktop.folder, "Other.loupe");
    mkdirSync(other);
    writeFileSync(join(other, "project.db"), "");
    const second = await startDesktop({ folder: desktop.folder, args: [other] });
    await second.exited;
    await page
      .getByRole("dialog")
      .getByText(/“Thorax” is open/)
      .waitFor();
    await photograph(page, "desktop-offer");
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await isOpen()).toBe(true);
    rmSync(other, { recursive: true });
  });

  test("a folder dropped anywhere is offered for import by its path, a project for opening", async () => {
    const folder = join(desktop.folder, "films");
    mkdirSync(folder);
    for (const shade of [60, 120]) {
      const pixels = new Uint8Array(32 * 32).fill(shade).map((value, i) => value + (i % 7));
      writeFileSync(
        join(folder, `film ${shade}.png`),
        encodePng({ rows: 32, columns: 32, samples: 1, values: pixels }),
      );
    }
    await drop(desktop, page, [folder]);
    const field = page
      .getByRole("dialog")
      .getByRole("textbox", { name: /folder|file/i })
      .first();
    await field.waitFor();
    expect(await field.inputValue()).toBe(folder);
    await photograph(page, "desktop-drop");
    await page.getByRole("dialog").getByRole("button", { name: "Import", exact: true }).click();
    await expect
      .poll(async () => (await call(page, "images/facets")).answer, { timeout: 2 * MINUTE })
      .toMatchObject({ total: 2 });
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const other = join(desktop.folder, "Other.loupe");
    mkdirSync(other);
    await drop(desktop, page, [other]);
    await page
      .getByRole("dialog")
      .getByText(/“Thorax” is open/)
      .waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    rmSync(other, { recursive: true });
  });

  test.runIf(isStandIn)(
    "long work shows in the taskbar, and a message says that it ended when nobody looks",
    async () => {
      await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.blur());
      const id = await startSample(20);
      await expect.poll(() => desktop.look(({ standIn }) => standIn.shown.progress)).toBeGreaterThan(0);
      await expect.poll(async () => (await job(id)).state, { timeout: 2 * MINUTE }).toBe("done");
      expect(await desktop.look(({ standIn }) => standIn.shown.progress)).toBe(-1);
      const { notifications, awake } = await desktop.look(({ standIn }) => standIn.shown);
      expect(notifications).toEqual([{ title: "Drawing the sample", body: "Finished." }]);
      expect(awake).toEqual([]); // only training keeps the machine awake
      await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.focus());
      const quiet = await startSample(20);
      await expect.poll(async () => (await job(quiet)).state, { timeout: 2 * MINUTE }).toBe("done");
      expect(await desktop.look(({ standIn }) => standIn.shown.notifications)).toHaveLength(1);
    },
  );

  test(
    "a crash of the page leaves jobs running, and the page comes back with nothing lost",
    async () => {
      await desktop.evaluate(({ dialog }) => {
        const asked: string[] = [];
        Object.assign(globalThis, { asked });
        dialog.showMessageBox = (async (_window: object, options: { message: string }) => {
          asked.push(options.message);
          return { response: 0, checkboxChecked: false };
        }) as unknown as typeof dialog.showMessageBox;
      });
      const id = await startSample(40);
      await desktop.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer(),
      );
      const asked = () => desktop.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
      await expect.poll(asked, { timeout: 20_000 }).toEqual(["The window stopped unexpectedly."]);
      await expect
        .poll(
          () =>
            desktop.evaluate(({ BrowserWindow }) =>
              BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript("document.querySelector('nav') !== null"),
            ),
          { timeout: 20_000 },
        )
        .toBe(true);
      page = await desktop.page();
      page.setDefaultTimeout(45_000);
      expect(["running", "done"]).toContain((await job(id)).state);
      await expect.poll(async () => (await job(id)).state, { timeout: 2 * MINUTE }).toBe("done");
    },
    2 * MINUTE,
  );

  test("a killed child marks its job, and page and project go on", async () => {
    const id = await startSample(400);
    const child = () =>
      desktop.evaluate(({ app }) =>
        app
          .getAppMetrics()
          .filter(({ type }) => type === "Utility")
          .map(({ pid }) => pid),
      );
    await expect.poll(async () => (await job(id)).state).toBe("running");
    for (const pid of await child()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {} // it was ending
    }
    await expect.poll(async () => (await job(id)).state, { timeout: 20_000 }).toBe("interrupted");
    expect(await isOpen()).toBe(true);
    expect(await page.getByRole("navigation").count()).toBeGreaterThan(0);
  });

  test(
    "the screen's lock locks the project; running work is finished first, and sleep waits for nothing",
    async () => {
      const system = (event: string) =>
        desktop.evaluate(({ powerMonitor }, event: string) => void powerMonitor.emit(event as "suspend"), event);
      await system("lock-screen");
      await page.getByText("Recent projects").waitFor();
      expect(await isOpen()).toBe(false);
      await page
        .getByRole("button", { name: /Thorax/ })
        .first()
        .click();
      await unlock();
      const id = await startSample(30);
      await expect.poll(async () => (await job(id)).state).toBe("running");
      await system("lock-screen");
      expect(await isOpen()).toBe(true);
      await page.getByText("Recent projects").waitFor({ timeout: 2 * MINUTE });
      await page
        .getByRole("button", { name: /Thorax/ })
        .first()
        .click();
      await unlock();
      expect((await job(id)).state).toBe("done");
      const stopped = await startSample(400);
      await expect.poll(async () => (await job(stopped)).state).toBe("running");
      await system("suspend");
      await page.getByText("Recent projects").waitFor({ timeout: 20_000 });
      await page
        .getByRole("button", { name: /Thorax/ })
        .first()
        .click();
      await unlock();
      expect((await job(stopped)).state).toBe("interrupted");
    },
    3 * MINUTE,
  );

  test("how long nobody may be there is chosen in the page and kept on this machine", async () => {
    await page.getByRole("button", { name: "Automatic lock" }).click();
    await page.getByText("Lock when nobody has touched the studio for").waitFor();
    await photograph(page, "desktop-idle-lock");
    await page.getByRole("menuitemradio", { name: "15 minutes" }).click();
    await expect.poll(async () => (await call(page, "app/settings")).answer).toEqual({ idleLockMinutes: 15 });
    const kept = readFileSync(join(desktop.folder, "config", "settings.json"), "utf8");
    expect(JSON.parse(kept)).toEqual({ idleLockMinutes: 15 });
    expect(await call(page, "app/saveSettings", { idleLockMinutes: 0 })).toMatchObject({ status: 400 });
  });

  test(
    "the user guide and About open from the Help menu, in both languages, without a network",
    async () => {
      const findings: string[] = [];
      for (const [language, menu, guide, about, licences] of [
        ["en", "Help", "User guide", "About Loupe", "Licences"],
        ["zh-CN", "帮助", "使用指南", "关于 Loupe", "许可证"],
      ] as const) {
        await setLanguage(page, language);
        await expect.poll(async () => (await readMenu(desktop)).map(({ label }) => label)).toContain(menu);
        await choose(desktop, menu, guide);
        await page.getByRole("dialog").getByRole("heading", { level: 3 }).waitFor();
        if (language === "en") findings.push(...(await inspect(page, "guide", language)));
        else await photograph(page, "guide-zh-CN");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await choose(desktop, menu, about);
        await page.getByRole("dialog").getByText("0.1.0").first().waitFor();
        if (language === "en") findings.push(...(await inspect(page, "about", language)));
        else await photograph(page, "about-zh-CN");
        await page.getByRole("tab", { name: licences }).click();
        await page
          .getByRole("dialog")
          .getByText(/react 19/)
          .first()
          .waitFor();
        await photograph(page, `licences-${language}`);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      await setLanguage(page, "en");
      expect(findings).toEqual([]);
    },
    2 * MINUTE,
  );

  test(
    "the window opens where it stood; language and the project that was asked for are there at once",
    async () => {
      const bounds = { x: 120, y: 80, width: 1100, height: 700 };
      const read = () => desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getBounds());
      await desktop.evaluate(
        ({ BrowserWindow }, bounds: Electron.Rectangle) => BrowserWindow.getAllWindows()[0]!.setBounds(bounds),
        bounds,
      );
      await setLanguage(page, "zh-CN");
      await restart([project]);
      expect(await read()).toEqual(bounds);
      await expect.poll(async () => (await readMenu(desktop)).map(({ label }) => label)).toContain("文件");
      const field = page.getByRole("textbox", { name: "项目文件夹" });
      await field.waitFor();
      expect(await field.inputValue()).toBe(project);
      await setLanguage(page, "en");
    },
    MINUTE,
  );

  test(
    "a window whose display is gone comes back where there is one",
    async () => {
      await desktop.evaluate(({ app }) => void setImmediate(() => app.quit()));
      await desktop.exited;
      const file = join(desktop.folder, "config", "desktop", "desk.json");
      const desk = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...desk, bounds: { x: 5000, y: -900, width: 1200, height: 800 } }));
      await meet(await startDesktop({ folder: desktop.folder }));
      const { x, y } = await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getBounds());
      expect(x).toBeLessThan(1900);
      expect(y).toBeGreaterThanOrEqual(0);
    },
    MINUTE,
  );

  test("quitting locks the project and leaves no process behind", async () => {
    await page
      .getByRole("button", { name: /Thorax/ })
      .first()
      .click();
    await unlock();
    await startSample(400);
    const children = () =>
      desktop.evaluate(({ app }) =>
        app
          .getAppMetrics()
          .filter(({ type }) => type === "Utility")
          .map(({ pid }) => pid),
      );
    await expect.poll(async () => (await children()).length).toBeGreaterThan(0);
    const pids = await children();
    await desktop.evaluate(({ app }) => void setImmediate(() => app.quit()));
    expect(await desktop.exited).toBe(0);
    await expect.poll(() => pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  });

  test("nothing went wrong in the page", () => {
    expect(problems).toEqual([]);
  });
});

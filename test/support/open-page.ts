// A studio with a project of a bench's own making, in a real browser: unlocked by hand, so that what follows can be timed.

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createProject, type Project } from "../../main/project/project.ts";
import { BenchUnavailable } from "./bench.ts";
import { launchBrowser } from "./browser.ts";
import { type StudioProcess, startStudio } from "./studio.ts";

const PASSPHRASE = "not a secret";
const SLOWEST_MS = 120_000;

export interface OpenPage {
  readonly page: Page;
  readonly studio: StudioProcess;
  /** Types the passphrase and opens the project; resolves as soon as it was asked for. */
  unlock(): Promise<void>;
  close(): Promise<void>;
}

/** `fill` gets the new project before anybody opens it. Throws BenchUnavailable without a browser. */
export async function openPage(fill: (project: Project) => void | Promise<void>): Promise<OpenPage> {
  const browser: Browser | string = await launchBrowser();
  if (typeof browser === "string") throw new BenchUnavailable(browser);
  const studio = await startStudio();
  const folder = join(studio.folder, "Loupe");
  const { project } = await createProject({ folder, name: "Bench", member: "Bench", passphrase: PASSPHRASE });
  const { path } = project;
  await fill(project);
  project.close();
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(SLOWEST_MS);
  await page.goto(studio.link);
  return {
    page,
    studio,
    async unlock() {
      await page
        .getByRole("button", { name: /Open project|Open another/ })
        .first()
        .click();
      await page.getByRole("textbox", { name: "Project folder" }).fill(path);
      await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
      await page.getByRole("button", { name: "Open", exact: true }).click();
    },
    async close() {
      await browser.close();
      await studio.close();
    },
  };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

/** Frames a second that the page drew while `work` went on: the median over windows of half a second. */
export async function framesPerSecond(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { frameTimes: times, counting: true });
    const tick = (at: number) => {
      times.push(at);
      if ((window as unknown as { counting: boolean }).counting) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await work();
  const times = await page.evaluate(() => {
    Object.assign(window, { counting: false });
    return (window as unknown as { frameTimes: number[] }).frameTimes;
  });
  const rates: number[] = [];
  for (let start = times[0] ?? 0; start + 500 <= (times.at(-1) ?? 0); start += 500) {
    rates.push(2 * times.filter((at) => at >= start && at < start + 500).length);
  }
  return median(rates);
}

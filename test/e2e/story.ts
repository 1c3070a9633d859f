// What every story in a browser begins and ends with: a studio and a page of its own, pictures of steps that failed, everything closed.
//
// A story is one file: steps in order, each starting where the one before it ended.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";
import { photograph } from "./look.ts";

export const MINUTES = 60_000;
/** Longer than any answer takes on a busy machine. */
const SLOWEST_MS = 45_000;

const browser = await launchBrowser();

/** The steps of a story; skipped, with the reason, where there is no browser. */
export function describeStory(title: string, tell: (browser: Browser) => void): void {
  const why = typeof browser === "string" ? ` (skipped: ${browser})` : "";
  describe.skipIf(typeof browser === "string")(`${title}${why}`, () => {
    if (typeof browser !== "string") tell(browser);
  });
}

export interface Story {
  readonly studio: StudioProcess;
  readonly context: BrowserContext;
  readonly page: Page;
}

/**
 * Starts a studio and opens its page before the first step. `arrange` runs between the two: what lies on the workstation's disk. `begun` gets
 * all three. Returns what goes wrong on the page, as it comes.
 */
export function beginStory(
  browser: Browser,
  { height, arrange }: { height: number; arrange?(studio: StudioProcess): void | Promise<void> },
  begun: (story: Story) => void | Promise<void>,
): string[] {
  const problems: string[] = [];
  let story: Story | undefined;
  let studio: StudioProcess | undefined;
  beforeAll(async () => {
    studio = await startStudio();
    await arrange?.(studio);
    const context = await browser.newContext({ viewport: { width: 1360, height }, locale: "en-GB" });
    story = { studio, context, page: await watchedPage(context, problems) };
    await story.page.goto(studio.link);
    await begun(story);
  }, 5 * MINUTES);
  photographFailures(() => story?.page);
  afterAll(async () => {
    await browser.close();
    await studio?.close();
  });
  return problems;
}

/** A page whose errors are collected. The browser reports each refused request itself; refusals are part of stories and looked at there. */
export async function watchedPage(context: BrowserContext, problems: string[]): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(SLOWEST_MS);
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(message.text());
  });
  return page;
}

/** A picture of the page, named for the step, where a step failed. */
export function photographFailures(page: () => Page | undefined): void {
  afterEach(async ({ task }) => {
    const shown = page();
    if (task.result?.state === "fail" && shown) await photograph(shown, `failed-${task.name}`.replace(/[^\w]+/g, "-"));
  });
}

/** From the first screen to the new project's empty library, by hand. Resolves with the recovery key that was shown. */
export async function createByHand(page: Page, project: string, member: string, passphrase: string): Promise<string> {
  await page.getByRole("button", { name: /New project/ }).click();
  await page.getByLabel("Project name").fill(project);
  await page.getByLabel("Your name").fill(member);
  await page.getByLabel("Passphrase", { exact: false }).first().fill(passphrase);
  await page.getByLabel("Passphrase again").fill(passphrase);
  await page.getByRole("button", { name: "Create project", exact: true }).click();
  const recoveryKey = (await page.getByLabel("Recovery key", { exact: true }).textContent()) ?? "";
  await page.getByLabel("I have stored the recovery key").check();
  await page.getByRole("button", { name: "Continue to the studio", exact: true }).click();
  await page.getByText("Bring in the first images").waitFor();
  return recoveryKey;
}

// Looking at a view as a test can: pictures of it (LOUPE_ARTEFACTS names the folder) and axe-core for WCAG 2.2 AA, in both languages and both colour schemes.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const LANGUAGES = ["en", "zh-CN"] as const;
/** axe-core's rules about colours */
const CONTRAST = ["color-contrast", "link-in-text-block"];

const shots = process.env.LOUPE_ARTEFACTS
  ? join(process.env.LOUPE_ARTEFACTS, "screenshots")
  : mkdtempSync(join(tmpdir(), "loupe-screenshots-"));
mkdirSync(shots, { recursive: true });

export function photograph(page: Page, name: string): Promise<unknown> {
  return page.screenshot({ path: join(shots, `${name}.png`) });
}

/**
 * A picture of what is on the screen in both colour schemes, and what axe-core has against it. Contrast is looked at in each colour scheme, in
 * English alone; the other rules, which know no colours, in each language.
 */
export async function inspect(page: Page, name: string, language: string): Promise<string[]> {
  const findings: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForTimeout(150); // colours fade
    await photograph(page, `${name}-${language}-${colorScheme}`);
    const axe = new AxeBuilder({ page });
    if (colorScheme === "light") {
      axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
      if (language !== "en") axe.disableRules(CONTRAST);
    } else if (language === "en") {
      axe.withRules(CONTRAST);
    } else {
      continue;
    }
    const { violations } = await axe.analyze();
    for (const { id, nodes } of violations) {
      findings.push(`${language} ${colorScheme}: ${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  return findings;
}

/** Looks at a view in both languages and both colour schemes; fails with what axe-core has against it. Leaves it in English, light. */
export async function lookAt(page: Page, name: string): Promise<void> {
  const findings: string[] = [];
  for (const language of LANGUAGES) {
    await setLanguage(page, language);
    findings.push(...(await inspect(page, name, language)));
  }
  await setLanguage(page, "en");
  expect(findings, `${name}: axe`).toEqual([]);
}

/** Changes the language as a person does; the menu's button is named in the language of the moment. */
export async function setLanguage(page: Page, language: "en" | "zh-CN"): Promise<void> {
  if ((await page.getAttribute("html", "lang")) === language) return;
  await page.getByRole("button", { name: /^(Language|语言)$/ }).click();
  await page.getByRole("menuitemradio", { name: language === "en" ? "English" : "简体中文" }).click();
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
  await page.getByRole("menuitemradio").first().waitFor({ state: "detached" });
}

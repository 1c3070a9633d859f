import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_STATUS } from "../../../preload/contract/errors.ts";
import { formatBytes, formatDuration } from "../../../renderer/i18n/format.ts";

const FOLDER = new URL("../../../resources/locales/", import.meta.url);
const languages = readdirSync(FOLDER);
const files = readdirSync(new URL("en/", FOLDER));
const read = (language: string, file: string): unknown =>
  JSON.parse(readFileSync(new URL(`${language}/${file}`, FOLDER), "utf8"));

/** Every sentence by its path. */
function sentences(value: unknown, path: string[] = []): [string, string][] {
  if (typeof value === "string") return [[path.join(" › "), value]];
  if (typeof value !== "object" || value === null) throw new Error(`${path.join(".")} is neither text nor a group.`);
  return Object.entries(value).flatMap(([key, inner]) => sentences(inner, [...path, key]));
}

const placeholders = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name).sort();

test("both languages are there, with the same files", () => {
  expect(languages.sort()).toEqual(["en", "zh-CN"]);
  for (const language of languages) expect(readdirSync(new URL(`${language}/`, FOLDER))).toEqual(files);
});

test.each(files)("%s has the same keys and the same placeholders in every language, and no empty sentence", (file) => {
  const english = new Map(sentences(read("en", file)));
  for (const language of languages) {
    const translated = new Map(sentences(read(language, file)));
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of translated) {
      expect(text.trim(), key).not.toBe("");
      expect(placeholders(text), key).toEqual(placeholders(english.get(key) ?? ""));
    }
  }
});

test("every error code of the contract has a sentence and a next step", () => {
  const texts = new Map(sentences(read("en", "errors.json")));
  for (const code of Object.keys(ERROR_STATUS)) {
    expect(texts.has(`${code} › what`), code).toBe(true);
    expect(texts.has(`${code} › next`), code).toBe(true);
  }
});

test("durations and sizes read well in both languages", () => {
  expect(formatDuration(45, "en")).toBe("45s");
  expect(formatDuration(200, "en")).toBe("3m 20s");
  expect(formatDuration(7500, "en")).toBe("2h 5m");
  expect(formatBytes(1_234_567, "en")).toBe("1.2 MB");
  expect(formatBytes(0, "zh-CN")).toContain("0");
});

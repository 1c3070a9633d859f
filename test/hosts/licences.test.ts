import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gatherLicences } from "../../main/hosts/licences.ts";

const licences = gatherLicences(process.cwd());
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { version?: string; dev?: boolean; optional?: boolean; name?: string }>;
};

test("every package that an installed studio runs is named, with its version", () => {
  // Those that only some systems get are there where they are installed.
  const shipped = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && !entry.dev && !entry.optional);
  expect(shipped.length).toBeGreaterThan(50);
  const missing = shipped
    .map(([path, { name, version }]) => `${name ?? path.slice(path.lastIndexOf("node_modules/") + 13)} ${version} `)
    .filter((wanted) => !licences.packages.some((line) => line.startsWith(wanted)));
  expect(missing).toEqual([]);
});

test("what is bundled into the page is named too, what only builds it is not", () => {
  const named = (name: string) => licences.packages.some((line) => line.startsWith(`${name} `));
  expect(["react", "@mantine/core", "@cornerstonejs/tools", "echarts"].filter((name) => !named(name))).toEqual([]);
  expect(["vite", "vitest", "electron-builder", "@biomejs/biome"].filter(named)).toEqual([]);
});

test("each package stands beside a text, and each text is there once", () => {
  const beside = new Set(licences.texts.flatMap(({ packages }) => packages));
  expect(licences.packages.filter((line) => !beside.has(line))).toEqual([]);
  expect(new Set(licences.texts.map(({ text }) => text)).size).toBe(licences.texts.length);
  expect(licences.texts.filter(({ text }) => /Permission is hereby granted/.test(text)).length).toBeGreaterThan(10);
});

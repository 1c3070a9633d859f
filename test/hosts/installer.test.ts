// The description of the installers, read with electron-builder's own reader and schema. That an installer is built from it is not tried
// here: Electron's binary and the tools of each system would have to be downloaded.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildParts } from "../../main/hosts/build.ts";
import { findSources } from "../../main/shipping/sources.ts";

interface Configuration {
  files: (string | { filter: string[] })[];
  asarUnpack: string[];
  extraResources: { from: string; to: string }[];
  electronFuses: Record<string, boolean>;
  electronVersion: string;
  publish: unknown;
  mac: { entitlements: string; entitlementsInherit: string; hardenedRuntime: boolean; target: unknown };
  linux: { target: unknown };
  win: { target: unknown };
}

// electron-builder's own parts, found from the package that we name.
const builder = createRequire(createRequire(import.meta.url).resolve("electron-builder/package.json"));
const library = createRequire(builder.resolve("app-builder-lib/package.json"));
const { getConfig, validateConfiguration } = library("./out/util/config/config.js") as {
  getConfig(folder: string, file: string | null, options: object): Promise<Configuration>;
  validateConfiguration(configuration: object, logger: object): Promise<void>;
};
const { minimatch } = library("minimatch") as { minimatch(path: string, pattern: string, options: object): boolean };
const logger = { add() {}, isEnabled: false };
const matches = (path: string, patterns: readonly string[]) =>
  patterns.some((pattern) => minimatch(path, pattern, { dot: true, matchBase: false }));

let configuration: Configuration;
beforeAll(async () => {
  await buildParts(["page", "server", "desktop"], () => {});
  configuration = await getConfig(process.cwd(), null, {});
});

const included = () => configuration.files.flatMap((entry) => (typeof entry === "string" ? [entry] : entry.filter));

test("electron-builder takes the description, and refuses a misspelt one", async () => {
  await expect(validateConfiguration(configuration, logger)).resolves.toBeUndefined();
  await expect(validateConfiguration({ ...configuration, asarUnpakc: [] }, logger)).rejects.toThrow(/asarUnpakc/);
});

test("each system gets its packages: AppImage and deb, dmg, NSIS", () => {
  expect([configuration.linux.target, configuration.mac.target, configuration.win.target]).toEqual([
    ["AppImage", "deb"],
    ["dmg"],
    ["nsis"],
  ]);
});

test("it packs the Electron that the sources were checked with", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  expect(configuration.electronVersion).toBe(devDependencies.electron);
});

test("every file that it names is there after the build; the base layer lies where `npm run base` writes it", async () => {
  const missing = included()
    .filter((pattern) => !pattern.startsWith("!"))
    .filter((pattern) => !existsSync(pattern.replace(/\/\*\*$/, "")));
  expect(missing).toEqual([]);
  const { main } = JSON.parse(readFileSync("package.json", "utf8")) as { main: string };
  for (const entry of [main, "dist/main/worker.js", "dist/main/preparation-thread.js", "dist/preload/index.cjs"]) {
    expect(matches(entry, included()), entry).toBe(true);
    expect(existsSync(entry), entry).toBe(true);
  }
  expect(existsSync(configuration.mac.entitlements)).toBe(true);
  const { serving, preparedBase } = await findSources();
  expect(configuration.extraResources.map(({ from }) => join(process.cwd(), from))).toEqual([
    serving,
    dirname(preparedBase),
  ]);
});

test("whatever the system must open by itself lies outside the archive", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const excluded = included().flatMap((pattern) => (pattern.startsWith("!") ? [pattern.slice(1)] : []));
  const native = Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith("node_modules/") && !dev && existsSync(path))
    .flatMap(([path]) =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(process.cwd(), join(entry.parentPath, entry.name)).replaceAll("\\", "/")),
    )
    .filter((path) => /\.(node|dylib|dll|exe)$|\.so(\.\d+)*$|\/bin\/node$/.test(path))
    .filter((path) => !matches(path, excluded));
  expect(native.some((path) => path.includes("better-sqlite3"))).toBe(true);
  expect(native.some((path) => path.includes("argon2"))).toBe(true);
  expect(native.some((path) => path.includes("onnxruntime-node"))).toBe(true);
  expect([...new Set(native)].filter((path) => !matches(path, configuration.asarUnpack))).toEqual([]);
});

test("the program runs as nothing but itself: every fuse is set, and set to the safe side", () => {
  expect(configuration.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  });
  // A fuse that electron-builder learns later is a decision to take.
  const schema = JSON.parse(readFileSync(library.resolve("./scheme.json"), "utf8")) as {
    definitions: { FuseOptionsV1: { properties: object } };
  };
  const known = Object.keys(schema.definitions.FuseOptionsV1.properties);
  expect(known.filter((name) => name !== "resetAdHocDarwinSignature").sort()).toEqual(
    Object.keys(configuration.electronFuses).sort(),
  );
});

test("nothing starts a copy of the program as plain Node, which the fuse would make a second window", () => {
  const built = readdirSync("dist/main").map((name) => readFileSync(join("dist/main", name), "utf8"));
  expect(built.filter((text) => text.includes("ELECTRON_RUN_AS_NODE"))).toEqual([]);
  const electron = readFileSync("dist/main/electron.js", "utf8");
  expect(electron).toContain("utilityProcess.fork");
  expect(electron).not.toMatch(/\bfork\(script, \[\], \{\s*serialization/);
});

test("on macOS the runtime is hardened, with the one entitlement that V8 needs", () => {
  expect(configuration.mac.hardenedRuntime).toBe(true);
  expect(configuration.mac.entitlementsInherit).toBe(configuration.mac.entitlements);
  const keys = [...readFileSync(configuration.mac.entitlements, "utf8").matchAll(/<key>(.+?)<\/key>/g)];
  expect(keys.map(([, key]) => key)).toEqual(["com.apple.security.cs.allow-jit"]);
});

test("nothing is published, and nothing updates itself", () => {
  expect(configuration.publish).toBeNull();
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies).filter((name) => /updater/.test(name))).toEqual([]);
  const built = readdirSync("dist/main").map((name) => readFileSync(join("dist/main", name), "utf8"));
  expect(built.filter((text) => text.includes("autoUpdater"))).toEqual([]);
});

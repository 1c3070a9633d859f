// The licences of everything that an installed studio carries: the packages that run in it and those bundled into its page, with the texts
// that their authors put beside them. Gathered when the page is built, so that it cannot be out of date. Electron brings its own.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Licences {
  /** "name version (licence)", sorted */
  packages: string[];
  /** every different text once, with the packages that carry it */
  texts: { text: string; packages: string[] }[];
}

interface Manifest {
  name: string;
  version: string;
  license?: string | { type: string };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const asks = ({ dependencies, optionalDependencies }: Manifest): string[] =>
  Object.keys({ ...dependencies, ...optionalDependencies });

/** @param folder the one of our package.json, with node_modules in it */
export function gatherLicences(folder: string): Licences {
  const root = resolve(folder);
  const own = manifestIn(root)!;
  const bundled = Object.keys(own.devDependencies ?? {}).filter((name) => isImported(name, join(root, "renderer")));
  const found = new Map<string, { line: string; text: string }>();
  const visit = (name: string, from: string): void => {
    const folder = packageFolder(name, from, root);
    if (folder === null || found.has(folder)) return; // optional, and not for this system
    const manifest = manifestIn(folder)!;
    const licence = typeof manifest.license === "object" ? manifest.license.type : manifest.license;
    const line = `${manifest.name} ${manifest.version} (${licence ?? "see text"})`;
    found.set(folder, { line, text: licenceText(folder) });
    for (const dependency of asks(manifest)) visit(dependency, folder);
  };
  for (const name of [...asks(own), ...bundled]) visit(name, root);
  const texts = new Map<string, Set<string>>();
  for (const { line, text } of found.values()) texts.set(text, (texts.get(text) ?? new Set()).add(line));
  return {
    packages: [...new Set([...found.values()].map(({ line }) => line))].sort(),
    texts: [...texts]
      .map(([text, packages]) => ({ text, packages: [...packages].sort() }))
      .sort((a, b) => a.packages[0]!.localeCompare(b.packages[0]!)),
  };
}

function manifestIn(folder: string): Manifest | null {
  const path = join(folder, "package.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Manifest) : null;
}

/** As Node finds it: beside the package that asks, then further up. */
function packageFolder(name: string, from: string, root: string): string | null {
  for (let folder = from; folder.startsWith(root); folder = join(folder, "..")) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  return null;
}

const TEXT_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

function licenceText(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT_FILE.test(entry.name) && !/\.(js|ts|json)$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim());
  return texts.join("\n\n") || "This package names its licence and carries no text of it.";
}

function isImported(name: string, folder: string): boolean {
  const asked = new RegExp(`["']${name.replaceAll("/", "\\/")}(?:/[^"']*)?["']`);
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) =>
      entry.isFile() &&
      /\.(tsx?|css)$/.test(entry.name) &&
      entry.name !== "vite.config.ts" &&
      asked.test(readFileSync(join(entry.parentPath, entry.name), "utf8")),
  );
}

// Builds what is not built: the page, the container's server, the desktop host. `npm run build` builds all of it.
//
// Each part remembers what it was built from (names, sizes and times of its sources) in `dist/<part>.stamp`, so that a second
// `npm start` builds nothing and an edited file builds its part. Node runs our TypeScript as it is: the browser host and the
// command line need no build of their own, only the desktop host does (Electron's own Node reads no types).

import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { alone } from "./build-lock.ts";
import { gatherLicences } from "./licences.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export type BuildPart = "page" | "server" | "desktop";

interface Part {
  readonly sources: readonly string[];
  readonly title: string;
  build(): Promise<void>;
}

const PARTS: Record<BuildPart, Part> = {
  page: {
    title: "the page",
    sources: [
      "renderer",
      "preload/contract",
      "resources/locales",
      "resources/docs",
      "resources/CHANGELOG.md",
      "package-lock.json",
    ],
    build: buildPage,
  },
  server: {
    title: "the container's server",
    sources: ["main/serving", "main/imaging", "preload/contract", "main/hosts/build-server.ts", "package-lock.json"],
    build: async () => void (await (await import("./build-server.ts")).buildServer()),
  },
  desktop: {
    title: "the desktop host",
    sources: ["main", "preload", "resources/locales", "package-lock.json"],
    build: () => buildDesktop(),
  },
};

/** Builds the parts whose sources changed since they were built; says each on `say`. */
export async function buildParts(parts: readonly BuildPart[], say: (line: string) => void): Promise<void> {
  for (const name of parts) {
    const part = PARTS[name];
    const stampFile = join(ROOT, "dist", `${name}.stamp`);
    const stamp = await sourceStamp(part.sources);
    const isBuilt = async (): Promise<boolean> => (await readFile(stampFile, "utf8").catch(() => "")) === stamp;
    if (await isBuilt()) continue;
    await alone(join(ROOT, "dist", `${name}.lock`), async () => {
      if (await isBuilt()) return;
      say(`Building ${part.title} …`);
      await rm(stampFile, { force: true });
      await part.build();
      await writeFile(stampFile, stamp);
    });
  }
}

async function sourceStamp(sources: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources) {
    const path = join(ROOT, source);
    const facts = await stat(path);
    const files = facts.isDirectory()
      ? (await readdir(path, { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [path];
    for (const file of files) {
      const { size, mtimeMs } = await stat(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

async function buildPage(): Promise<void> {
  const { build } = await import("vite");
  const root = join(ROOT, "renderer");
  process.env.NODE_ENV = "production"; // a test runner's or a developer's value would ship React's development build
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    plugins: [licencesModule()],
    logLevel: "error",
    build: { outDir: join(ROOT, "dist/renderer"), emptyOutDir: true, reportCompressedSize: false },
  });
}

/** `import licences from "virtual:licences"` in the page. */
function licencesModule() {
  const id = "virtual:licences";
  return {
    name: "licences",
    resolveId: (wanted: string) => (wanted === id ? `\0${id}` : undefined),
    load: (wanted: string) =>
      wanted === `\0${id}` ? `export default ${JSON.stringify(gatherLicences(ROOT))}` : undefined,
  };
}

/** Our own code, bundled; packages stay in node_modules, where their native parts are. `outDir`: elsewhere than dist, for tests. */
export async function buildDesktop(outDir = join(ROOT, "dist")): Promise<void> {
  const { build } = await import("vite");
  const common = { root: ROOT, configFile: false, logLevel: "error", publicDir: false } as const;
  await build({
    ...common,
    build: {
      ssr: true,
      target: "node24",
      outDir: join(outDir, "main"),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: {
          electron: join(ROOT, "main/hosts/electron.ts"),
          worker: join(ROOT, "main/jobs/worker.ts"),
          "preparation-thread": join(ROOT, "main/training/preparation-thread.ts"),
        },
        external: ["electron"],
        // Threads are found beside the file that starts them.
        output: { chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  // A sandboxed preload script is CommonJS and one file.
  await build({
    ...common,
    build: {
      ssr: true,
      target: "node24",
      outDir: join(outDir, "preload"),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: { index: join(ROOT, "preload/index.ts") },
        external: ["electron"],
        output: { format: "cjs", entryFileNames: "[name].cjs" },
      },
    },
  });
}

if (import.meta.main) await buildParts(["page", "server", "desktop"], console.log);

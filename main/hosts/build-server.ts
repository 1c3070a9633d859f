// Builds main/serving into a folder that runs with Node and onnxruntime-node alone: `server.mjs`, its inference thread, the page's files
// and the codecs' WebAssembly. main/shipping puts that folder into the container image as it is.

import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { CODECS } from "../imaging/codecs.ts";

const SERVING = fileURLToPath(new URL("../serving", import.meta.url));
const OUT = fileURLToPath(new URL("../../dist/serving", import.meta.url));

/** Replaces `outDir`. Everything is bundled but ONNX Runtime, whose native library cannot be. */
export async function buildServer(outDir = OUT): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await build({
    configFile: false,
    root: SERVING,
    logLevel: "error",
    // Entries side by side, shared parts too: the thread, the page and the codecs are found beside the module that asks for them.
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: "node22",
      minify: true,
      rolldownOptions: {
        input: { server: join(SERVING, "server.ts"), "inference-thread": join(SERVING, "inference-thread.ts") },
        output: { format: "es", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
    // The codecs are CommonJS and ask for their folder, which a module has under another name.
    define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
    ssr: { noExternal: true, external: ["onnxruntime-node"], target: "node" },
  });
  await cp(join(SERVING, "page"), join(outDir, "page"), { recursive: true });
  await mkdir(join(outDir, "codecs"), { recursive: true });
  const require = createRequire(import.meta.url);
  for (const [name, { wasm }] of Object.entries(CODECS)) {
    await copyFile(require.resolve(wasm), join(outDir, "codecs", `${name}.wasm`));
  }
}

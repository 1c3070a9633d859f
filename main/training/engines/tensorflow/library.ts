// Which TensorFlow.js computes: the native one where its library is installed, otherwise the one in WebAssembly.
//
// TensorFlow.js 4.22 asks Node for `util.isNullOrUndefined`, which Node 23 took away; it is put back for it alone. Its native library is fetched by
// `npm run setup:tensorflow`, never by the studio.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { AppError } from "../../../../preload/contract/index.ts";
import type { TensorFlow } from "./kernel.ts";

export interface Loaded {
  readonly tf: TensorFlow;
  readonly backend: "tensorflow" | "wasm";
}

const require = createRequire(import.meta.url);

/** Where a package lies; null when it is not installed. */
function folderOf(name: string): string | null {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** Whether the addon of @tensorflow/tfjs-node is there; asking the package itself prints to the terminal when it is not. */
export function nativeIsInstalled(): boolean {
  const folder = folderOf("@tensorflow/tfjs-node");
  const binding = folder === null ? "" : join(folder, "lib");
  if (binding === "" || !existsSync(binding)) return false;
  return readdirSync(binding).some((version) => existsSync(join(binding, version, "tfjs_binding.node")));
}

let loaded: Promise<Loaded> | null = null;

/** Loads the library once in a process; `threads` count for the native one. Errors: app/unsupported-platform. */
export function loadTensorFlow(threads: number): Promise<Loaded> {
  loaded ??= (nativeIsInstalled() ? native(threads) : webAssembly()).catch((cause: unknown) => {
    loaded = null;
    throw new AppError("app/unsupported-platform", "TensorFlow.js could not be loaded on this machine.", { cause });
  });
  return loaded;
}

async function native(threads: number): Promise<Loaded> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_NUM_INTEROP_THREADS ??= "1";
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  const tf = require("@tensorflow/tfjs-node") as TensorFlow;
  await tf.setBackend("tensorflow");
  return { tf, backend: "tensorflow" };
}

async function webAssembly(): Promise<Loaded> {
  const tf = require("@tensorflow/tfjs-core") as TensorFlow;
  const wasm = require("@tensorflow/tfjs-backend-wasm") as { setWasmPaths: (prefix: string) => void };
  wasm.setWasmPaths(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  if (!(await tf.setBackend("wasm"))) throw new Error("its WebAssembly backend does not start");
  return { tf, backend: "wasm" };
}

// Where the parts of a container image lie on this machine: Node, ONNX Runtime, the built server, a prepared base.
//
// Everything is already here, because the studio itself runs on it: exporting needs no network and no Docker. What differs is the
// platform: on Linux the machine's own libraries can be taken, elsewhere a release brings a prepared base layer.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { type Architecture, readElf } from "./elf.ts";

export interface ImageSources {
  readonly architecture: Architecture;
  /** root of the system whose libraries are taken; "/" but in tests */
  readonly root: string;
  /** the Node program for Linux, or null where there is none: then a prepared base must bring it */
  readonly node: string | null;
  /** package folders */
  readonly onnxruntime: string;
  readonly onnxruntimeCommon: string;
  /** what `npm run build` wrote from main/serving */
  readonly serving: string;
  /** gzipped tar with loader, libraries and Node, used instead of the machine's when it is there */
  readonly preparedBase: string;
}

/** Node's architecture names, by those of container images. */
export const NODE_ARCHITECTURES: Record<Architecture, "x64" | "arm64"> = { amd64: "x64", arm64: "arm64" };
const OLDEST_NODE = 22;

/** An official build of Node needs these and nothing else; a distribution's also reads files that we would not ship. */
const PLAIN_NODE_NEEDS = /^(ld-linux.*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|atomic))\.so(\.\d+)*$/;

/** Errors: none; what is missing is told by the one who needs it. */
export async function findSources(architecture: Architecture = machineArchitecture()): Promise<ImageSources> {
  const application = applicationFolder();
  const installed = installedResources();
  const require = createRequire(import.meta.url);
  const onnxruntime = require.resolve("onnxruntime-node/package.json");
  // Its package.json is not exported; its CommonJS entry is dist/cjs/index.js.
  const common = createRequire(onnxruntime).resolve("onnxruntime-common");
  return {
    architecture,
    root: "/",
    node: await findNode(architecture, require),
    onnxruntime: dirname(onnxruntime),
    onnxruntimeCommon: resolve(dirname(common), "../.."),
    serving: installed === null ? join(application, "dist/serving") : join(installed, "serving"),
    preparedBase: join(installed ?? join(application, "resources"), `base/linux-${architecture}.tar.gz`),
  };
}

/** Platform of an image that this machine can run without emulation. */
function machineArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

/** The pinned npm package first, then the Node that runs this, if it is one that needs nothing beside itself. */
async function findNode(architecture: Architecture, require: NodeJS.Require): Promise<string | null> {
  try {
    const folder = dirname(require.resolve(`node-linux-${NODE_ARCHITECTURES[architecture]}/package.json`));
    return join(folder, "bin/node");
  } catch {
    const major = Number(process.versions.node.split(".")[0]);
    if (process.platform !== "linux" || process.versions.electron !== undefined || major < OLDEST_NODE) return null;
    const elf = await readElf(process.execPath);
    const plain = elf?.architecture === architecture && elf.needed.every((name) => PLAIN_NODE_NEEDS.test(name));
    return plain ? process.execPath : null;
  }
}

/** Where an installer put what containers are made of: real files beside the program's archive (electron-builder.yml). null: not installed. */
function installedResources(): string | null {
  const { resourcesPath } = process as { resourcesPath?: string };
  return resourcesPath !== undefined && existsSync(join(resourcesPath, "serving")) ? resourcesPath : null;
}

/** The nearest folder above this file that has a package.json, so that source and build find the same places. */
export function applicationFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new AppError("app/internal", "The studio's own folder has no package.json above it.");
    folder = parent;
  }
  return folder;
}

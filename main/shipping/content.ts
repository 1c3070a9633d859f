// What is in each layer of the exported image. The order is by how seldom a layer changes, so that a second export shares the first ones.
//
//   base      loader and C/C++ libraries, users, /tmp        from this machine, or prepared
//   runtime   Node and ONNX Runtime's CPU library
//   server    dist/serving
//   model     model.onnx and model.json
//
// There is no shell, no package manager and no certificate store: the program opens no connection of its own.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { AppError } from "../../preload/contract/errors.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";
import { readElf } from "./elf.ts";
import { librariesOf } from "./libraries.ts";
import type { Layer, LayerEntry } from "./oci/layer.ts";
import { PROGRAM_MODE } from "./oci/layer.ts";
import { type ImageSources, NODE_ARCHITECTURES } from "./sources.ts";

export const NODE_PATH = "usr/bin/node";
export const SERVER_PATH = "srv/server.mjs";
export const MODEL_PATH = "model";
/** The usual "nonroot" of images without a shell. */
export const USER_ID = 65532;

/** Programs look for their loader and libraries in any of these; one folder and links serve every distribution's habit. */
const LIBRARY_LINKS = { lib: "usr/lib", lib64: "usr/lib", "usr/lib64": "lib" };
const LOADER_FOLDERS = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
/** Licence texts of the libraries where Debian and its relatives keep them. */
const LICENCES = ["libc6", "libgcc-s1", "libstdc++6", "gcc-12-base", "gcc-13-base", "gcc-14-base"];

/** Loader, libraries, users. Errors: shipping/base-missing. */
export async function baseEntries(sources: ImageSources): Promise<LayerEntry[]> {
  const node = nodeOf(sources);
  const interpreter = (await readElf(node))?.interpreter ?? "";
  if (!LOADER_FOLDERS.includes(posix.dirname(interpreter))) {
    throw new AppError(
      "shipping/base-missing",
      `This Node needs its loader at ${interpreter}, which the image does not have.`,
    );
  }
  const libraries = await librariesOf([node, ...nativeFiles(sources)], sources.architecture, sources.root);
  return [
    ...["usr", "usr/bin", "usr/lib", "etc", "srv", MODEL_PATH].map((path): LayerEntry => ({ kind: "directory", path })),
    { kind: "directory", path: "tmp", mode: 0o1777 },
    ...Object.entries(LIBRARY_LINKS).map(([path, to]): LayerEntry => ({ kind: "link", path, to })),
    text("etc/passwd", `root:x:0:0:root:/:/nologin\nnonroot:x:${USER_ID}:${USER_ID}:nonroot:/tmp:/nologin\n`),
    text("etc/group", `root:x:0:\nnonroot:x:${USER_ID}:\n`),
    text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    ...libraries.map(
      ({ name, path }): LayerEntry => ({ kind: "file", path: `usr/lib/${name}`, from: path, mode: PROGRAM_MODE }),
    ),
    ...LICENCES.map((name) => ({
      path: `usr/share/doc/${name}/copyright`,
      from: join(sources.root, `usr/share/doc/${name}/copyright`),
    }))
      .filter(({ from }) => isFile(from))
      .map((licence): LayerEntry => ({ kind: "file", ...licence })),
  ];
}

export function nodeEntries(sources: ImageSources): LayerEntry[] {
  const node = nodeOf(sources);
  const licence = join(dirname(dirname(node)), "LICENSE");
  return [
    { kind: "file", path: NODE_PATH, from: node, mode: PROGRAM_MODE },
    ...(isFile(licence) ? [{ kind: "file", path: "usr/share/doc/node/LICENSE", from: licence } as const] : []),
  ];
}

/** The package as Node's resolution finds it from /srv, with the CPU library of one architecture and nothing for other devices. */
export function onnxruntimeEntries(sources: ImageSources): LayerEntry[] {
  const home = "srv/node_modules/onnxruntime-node";
  const common = "srv/node_modules/onnxruntime-common";
  return [
    { kind: "file", path: `${home}/package.json`, from: join(sources.onnxruntime, "package.json") },
    ...filesBelow(join(sources.onnxruntime, "dist"), `${home}/dist`, /\.js$/),
    ...nativeFiles(sources).map(
      (from): LayerEntry => ({
        kind: "file",
        path: `${home}/${nativeFolder(sources)}/${basename(from)}`,
        from,
        mode: PROGRAM_MODE,
      }),
    ),
    { kind: "file", path: `${common}/package.json`, from: join(sources.onnxruntimeCommon, "package.json") },
    ...filesBelow(join(sources.onnxruntimeCommon, "dist/cjs"), `${common}/dist/cjs`, /\.(js|json)$/),
  ];
}

/** Errors: shipping/base-missing when the server has not been built. */
export function serverEntries(sources: ImageSources): LayerEntry[] {
  if (!isFile(join(sources.serving, "server.mjs"))) {
    throw new AppError(
      "shipping/base-missing",
      "The program that goes into the container has not been built yet. Run: npm run build",
    );
  }
  return filesBelow(sources.serving, posix.dirname(SERVER_PATH), /(?<!\.map)$/);
}

export function modelEntries(onnx: Uint8Array, model: ServedModel): LayerEntry[] {
  return [
    { kind: "bytes", path: `${MODEL_PATH}/model.onnx`, bytes: onnx },
    text(`${MODEL_PATH}/model.json`, `${JSON.stringify(model, null, 2)}\n`),
  ];
}

/** Base and Node as a release brings them, taken as they are. Null when there is no such file. */
export async function preparedBase(sources: ImageSources): Promise<Layer | null> {
  if (!isFile(sources.preparedBase)) return null;
  const bytes = await readFile(sources.preparedBase);
  try {
    const tar = gunzipSync(bytes, { maxOutputLength: 1 << 30 });
    return { name: "base", bytes, digest: sha256(bytes), diffId: sha256(tar), unpacked: tar.length };
  } catch (cause) {
    throw new AppError("shipping/base-missing", `${sources.preparedBase} is damaged: it is not a gzipped tar.`, {
      cause,
    });
  }
}

function nodeOf(sources: ImageSources): string {
  if (sources.node !== null && isFile(sources.node)) return sources.node;
  const npm = `node-linux-${NODE_ARCHITECTURES[sources.architecture]}`;
  throw new AppError(
    "shipping/base-missing",
    `There is no Node for linux/${sources.architecture} on this computer. Put a prepared base layer into resources/base, or export on Linux with the package ${npm} installed.`,
  );
}

function nativeFolder(sources: ImageSources): string {
  return `bin/napi-v6/linux/${NODE_ARCHITECTURES[sources.architecture]}`;
}

/** The binding and the library it loads; providers for graphics cards lie beside them where they were installed, and stay there. */
function nativeFiles(sources: ImageSources): string[] {
  const folder = join(sources.onnxruntime, nativeFolder(sources));
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.node$|^libonnxruntime\.so/.test(name))
    : [];
  if (files.length < 2) {
    throw new AppError(
      "shipping/base-missing",
      `ONNX Runtime for linux/${sources.architecture} is not in the installed onnxruntime-node package.`,
    );
  }
  return files.sort().map((name) => join(folder, name));
}

function filesBelow(folder: string, into: string, wanted: RegExp): LayerEntry[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => wanted.test(name) && isFile(join(folder, name)))
    .map((name) => ({ kind: "file", path: posix.join(into, name.replaceAll("\\", "/")), from: join(folder, name) }));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function text(path: string, content: string): LayerEntry {
  return { kind: "bytes", path, bytes: Buffer.from(content) };
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

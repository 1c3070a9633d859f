// Archives written from a small made-up machine: same code, same format, without 120 MB of Node in every test.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ExportRequest, exportImage, nextVersion, prepareBase } from "../../main/shipping/export.ts";
import { findSources, type ImageSources } from "../../main/shipping/sources.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";
import { elfFile } from "./elf-file.ts";

const model: ServedModel = {
  name: "胸片 chest",
  version: "2.1",
  input: { size: 64, low: -1000, high: 400 },
  classes: ["a", "b"],
  threshold: 0.3,
};
const onnx = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

let folder = "";
let sources: ImageSources;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loupe-export-"));
  sources = smallMachine();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("no two images of a name get the same tag, and other names do not count", () => {
  const before = ["chest:1", "chest:2", "chest-demo:1", "brain:1"].map((tag) => ({
    reference: `localhost/loupe/${tag}`,
  }));
  expect(["chest", "chest-demo", "hand"].map((name) => nextVersion(name, before))).toEqual(["3", "2", "1"]);
});

function put(path: string, bytes: Uint8Array | string): string {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, bytes);
  return full;
}

function smallMachine(): ImageSources {
  put("root/lib64/ld-linux-x86-64.so.2", elfFile({}));
  put("root/lib64/libc.so.6", elfFile({ needed: ["ld-linux-x86-64.so.2"] }));
  put("root/lib64/libstdc++.so.6", elfFile({ needed: ["libc.so.6"] }));
  const native = "ort/bin/napi-v6/linux/x64";
  put(`${native}/onnxruntime_binding.node`, elfFile({ needed: ["libonnxruntime.so.1"], runpath: "$ORIGIN/" }));
  put(`${native}/libonnxruntime.so.1`, elfFile({ needed: ["libstdc++.so.6"] }));
  put(`${native}/libonnxruntime_providers_cuda.so`, elfFile({ needed: ["libcudart.so.12"] }));
  put("ort/bin/napi-v6/win32/x64/onnxruntime.dll", "another system");
  put("ort/package.json", "{}");
  put("ort/dist/index.js", "// index");
  put("ort/dist/index.d.ts", "// types");
  put("common/package.json", "{}");
  put("common/dist/cjs/index.js", "// common");
  put("serving/server.mjs", "// server");
  put("serving/server.mjs.map", "{}");
  put("serving/page/index.html", "<!doctype html>");
  return {
    architecture: "amd64",
    root: join(folder, "root"),
    node: put("node/bin/node", elfFile({ interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6"] })),
    onnxruntime: join(folder, "ort"),
    onnxruntimeCommon: join(folder, "common"),
    serving: join(folder, "serving"),
    preparedBase: join(folder, "base/linux-amd64.tar.gz"),
  };
}

function write(more: Partial<ExportRequest> = {}): ReturnType<typeof exportImage> {
  const target = join(folder, "out/image.tar");
  mkdirSync(join(folder, "out"), { recursive: true });
  return exportImage({
    onnx,
    manifest: model,
    target,
    name: "chest",
    sources,
    created: "2026-11-23T10:00:00Z",
    ...more,
  });
}

type Entries = Map<string, { header: Header; bytes: Buffer }>;

async function untar(bytes: Uint8Array): Promise<Entries> {
  const entries: Entries = new Map();
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    entries.set(entry.header.name, { header: entry.header, bytes: Buffer.concat(chunks) });
  }
  return entries;
}

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const blob = (archive: Entries, digest: string) =>
  archive.get(`blobs/${digest.replace(":", "/")}`)?.bytes ?? Buffer.alloc(0);

describe("the archive", () => {
  test("is an OCI image layout: every descriptor has the size and digest of its blob", async () => {
    const report = await write();
    const bytes = readFileSync(report.path);
    expect(report.bytes).toBe(bytes.length);
    const archive = await untar(bytes);
    expect(JSON.parse(archive.get("oci-layout")!.bytes.toString())).toEqual({ imageLayoutVersion: "1.0.0" });
    const index = JSON.parse(archive.get("index.json")!.bytes.toString());
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" });
    const [image] = index.manifests;
    expect(image.digest).toBe(report.digest);
    expect(image.platform).toEqual({ architecture: "amd64", os: "linux" });
    expect(image.annotations["org.opencontainers.image.ref.name"]).toBe("localhost/loupe/chest:2.1");
    const manifest = JSON.parse(blob(archive, image.digest).toString());
    expect(manifest.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
    const descriptors = [image, manifest.config, ...manifest.layers];
    for (const { digest, size } of descriptors) {
      expect(blob(archive, digest).length).toBe(size);
      expect(sha256(blob(archive, digest))).toBe(digest);
    }
    const config = JSON.parse(blob(archive, manifest.config.digest).toString());
    const layers = manifest.layers.map(({ digest }: { digest: string }) => sha256(gunzipSync(blob(archive, digest))));
    expect(config.rootfs).toEqual({ type: "layers", diff_ids: layers });
    expect(report.layers.map(({ name }) => name)).toEqual(["base", "runtime", "server", "model"]);
    expect(report.layers.map(({ digest, bytes: size }) => ({ digest, size }))).toEqual(
      manifest.layers.map(({ digest, size }: { digest: string; size: number }) => ({ digest, size })),
    );
  });

  test("is what docker load takes as well: manifest.json names the same configuration and layers", async () => {
    const archive = await untar(readFileSync((await write()).path));
    const [image] = JSON.parse(archive.get("manifest.json")!.bytes.toString());
    expect(image.RepoTags).toEqual(["localhost/loupe/chest:2.1"]);
    expect(archive.has(image.Config)).toBe(true);
    expect(image.Layers).toHaveLength(4);
    for (const layer of image.Layers) expect(archive.has(layer)).toBe(true);
  });

  test("runs as a user without rights, from a fixed program, on one port", async () => {
    const archive = await untar(readFileSync((await write()).path));
    const [{ Config }] = JSON.parse(archive.get("manifest.json")!.bytes.toString());
    const { config, created, os, architecture } = JSON.parse(archive.get(Config)!.bytes.toString());
    expect({ created, os, architecture }).toEqual({
      created: "2026-11-23T10:00:00Z",
      os: "linux",
      architecture: "amd64",
    });
    expect(config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/usr/bin/node", "/srv/server.mjs"],
      ExposedPorts: { "8080/tcp": {} },
      StopSignal: "SIGTERM",
    });
    expect(config.Labels["org.opencontainers.image.title"]).toBe(model.name);
  });

  test("holds the libraries, Node, ONNX Runtime for one platform, the server, the model, and nothing else", async () => {
    const report = await write();
    const archive = await untar(readFileSync(report.path));
    const content: Entries = new Map();
    for (const { digest } of report.layers) {
      const layer = await untar(gunzipSync(blob(archive, digest)));
      for (const [path, entry] of layer) {
        content.set(path, entry);
        const parent = path.replace(/[^/]+\/?$/, "");
        if (parent)
          expect(layer.get(parent)?.header, `folder of ${path}`).toMatchObject({ type: "directory", mode: 0o755 });
      }
    }
    const ofType = (type: string) =>
      [...content].filter(([, { header }]) => header.type === type).map(([path]) => path);
    expect(ofType("file").sort()).toEqual([
      "etc/group",
      "etc/nsswitch.conf",
      "etc/passwd",
      "model/model.json",
      "model/model.onnx",
      "srv/node_modules/onnxruntime-common/dist/cjs/index.js",
      "srv/node_modules/onnxruntime-common/package.json",
      "srv/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1",
      "srv/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node",
      "srv/node_modules/onnxruntime-node/dist/index.js",
      "srv/node_modules/onnxruntime-node/package.json",
      "srv/page/index.html",
      "srv/server.mjs",
      "usr/bin/node",
      "usr/lib/ld-linux-x86-64.so.2",
      "usr/lib/libc.so.6",
      "usr/lib/libstdc++.so.6",
    ]);
    const links = ofType("symlink").map((path) => [path, content.get(path)!.header.linkname]);
    expect(links).toEqual([
      ["lib", "usr/lib"],
      ["lib64", "usr/lib"],
      ["usr/lib64", "lib"],
    ]);
    expect(content.get("usr/bin/node")!.header.mode).toBe(0o755);
    expect(content.get("model/model.onnx")!.header.mode).toBe(0o644);
    expect(content.get("tmp/")!.header).toMatchObject({ type: "directory", mode: 0o1777 });
    for (const { header } of content.values()) {
      expect(header).toMatchObject({ uid: 0, gid: 0 });
      expect(header.mtime?.getTime()).toBe(0);
    }
    expect(new Uint8Array(content.get("model/model.onnx")!.bytes)).toEqual(onnx);
    expect(JSON.parse(content.get("model/model.json")!.bytes.toString())).toEqual(model);
  });

  test("is the same to the byte when written again, also over files with other times and rights", async () => {
    const first = await write();
    const before = readFileSync(first.path);
    for (const path of ["serving/server.mjs", "ort/dist/index.js"]) {
      writeFileSync(join(folder, path), readFileSync(join(folder, path)));
      chmodSync(join(folder, path), 0o600);
    }
    const second = await write({ overwrite: true });
    expect(second).toEqual(first);
    expect(readFileSync(second.path).equals(before)).toBe(true);
    const other = await write({ overwrite: true, onnx: onnx.slice(1) });
    expect(other.digest).not.toBe(first.digest);
    expect(other.layers.slice(0, 3)).toEqual(first.layers.slice(0, 3));
  });

  test("the commands load and run exactly this image, without rights or a writable file", async () => {
    const { commands, path, reference } = await write();
    for (const tool of ["podman", "docker"]) {
      expect(commands).toContain(`${tool} load -i "${path}"`);
      const run = commands.find((command) => command.startsWith(`${tool} run `));
      for (const part of ["--read-only", "--cap-drop=ALL", "127.0.0.1:8080:8080", reference])
        expect(run).toContain(part);
    }
  });
});

describe("a prepared base", () => {
  test("replaces the machine's libraries and Node, so that neither needs to be there", async () => {
    const layer = await prepareBase(sources);
    put("base/linux-amd64.tar.gz", layer.bytes);
    const bare = { ...sources, node: null, root: join(folder, "empty") };
    const report = await write({ sources: bare });
    expect(report.layers[0]).toEqual({ name: "base", bytes: layer.bytes.length, digest: layer.digest });
    const content = await untar(gunzipSync(blob(await untar(readFileSync(report.path)), layer.digest)));
    expect(content.has("usr/bin/node")).toBe(true);
    expect(content.has("usr/lib/libc.so.6")).toBe(true);
  });

  test("is refused when it is damaged", async () => {
    put("base/linux-amd64.tar.gz", (await prepareBase(sources)).bytes.slice(0, 400));
    await expect(write()).rejects.toMatchObject({ code: "shipping/base-missing" });
  });
});

describe("refusals leave the folder as it was", () => {
  const left = () => readdirSync(join(folder, "out"));

  test.each<[string, (from: ImageSources) => Partial<ImageSources>, RegExp]>([
    ["no library", () => ({ root: join(folder, "empty") }), /libc\.so\.6|ld-linux.*prepared base layer/],
    ["no Node", () => ({ node: null }), /no Node for linux\/amd64.*prepared base layer/],
    ["no ONNX Runtime", () => ({ onnxruntime: join(folder, "empty") }), /ONNX Runtime for linux\/amd64/],
    ["no server", () => ({ serving: join(folder, "empty") }), /npm run build/],
    ["Node for another platform", () => ({ architecture: "arm64" }), /linux\/arm64/],
  ])("with %s: shipping/base-missing says what to do", async (_, change, message) => {
    await expect(write({ sources: { ...sources, ...change(sources) } })).rejects.toMatchObject({
      code: "shipping/base-missing",
      message: expect.stringMatching(message),
    });
    expect(left()).toEqual([]);
  });

  test("an existing file stays unless it may be replaced", async () => {
    const target = put("out/image.tar", "mine");
    await expect(write()).rejects.toMatchObject({ code: "shipping/target-exists" });
    expect(readFileSync(target, "utf8")).toBe("mine");
    await write({ overwrite: true });
    expect(readFileSync(target).length).toBeGreaterThan(5000);
    expect(left()).toEqual(["image.tar"]);
  });

  test("cancelled at any moment, nothing is written and an older archive stays", async () => {
    const target = put("out/image.tar", "older");
    const steps: number[] = [];
    await write({ overwrite: true, target: join(folder, "out/other.tar"), onProgress: (done) => steps.push(done) });
    rmSync(join(folder, "out/other.tar"));
    for (const stop of [0, ...steps]) {
      const control = new AbortController();
      if (stop === 0) control.abort();
      const onProgress = (done: number) => done >= stop && control.abort();
      const attempt = write({ overwrite: true, signal: control.signal, onProgress });
      await expect(attempt).rejects.toMatchObject({ code: "app/aborted" });
      expect(left()).toEqual(["image.tar"]);
      expect(readFileSync(target, "utf8")).toBe("older");
    }
  });

  test("progress goes up to all of it", async () => {
    const seen: [number, number][] = [];
    await write({ onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
  });

  test("a folder that is not there, a name that is none, and a model without classes are refused", async () => {
    await expect(write({ target: join(folder, "nowhere/image.tar") })).rejects.toMatchObject({ code: "app/not-found" });
    for (const name of ["", "Chest", "a/b", "a..b", "../x", "a b"]) {
      await expect(write({ name })).rejects.toMatchObject({ code: "app/invalid-input" });
    }
    await expect(write({ manifest: { ...model, classes: [] } })).rejects.toMatchObject({ code: "app/invalid-input" });
    await expect(write({ manifest: { ...model, version: "no tag" } })).rejects.toMatchObject({
      code: "app/invalid-input",
    });
    expect(left()).toEqual([]);
  });

  test("a full disk is named and leaves nothing, where a small one can be mounted", async ({ skip }) => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("/bin/mount", ["-t", "tmpfs", "-o", "size=4k", "none", disk]).status === 0;
    skip(!mounted, "mounting needs rights that this user does not have");
    try {
      const attempt = write({ target: join(disk, "image.tar") });
      await expect(attempt).rejects.toMatchObject({ code: "project/disk-full" });
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      spawnSync("/bin/umount", [disk]);
    }
  });
});

describe("this machine", () => {
  test.skipIf(process.platform !== "linux")(
    "has a Node and an ONNX Runtime to ship, and every library they need",
    async () => {
      const found = await findSources();
      expect(found.node).not.toBeNull();
      const { unpacked } = await prepareBase(found);
      expect(unpacked).toBeGreaterThan(50e6);
    },
  );
});

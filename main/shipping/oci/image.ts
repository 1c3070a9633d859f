// Layers and a configuration → the records of an OCI image, and the archive that holds them.
//
// The archive is an OCI image layout in a tar, and at the same time what `docker save` writes: manifest.json names the same blobs, so
// that Docker versions that do not know the layout load it too. Specifications, version 1.1.1 of the OCI image-spec:
// image-layout.md, manifest.md, config.md, image-index.md, annotations.md (https://github.com/opencontainers/image-spec/tree/v1.1.1);
// manifest.json: https://github.com/moby/moby/blob/v28.0.0/image/spec/spec.md, "Combined Image JSON + Filesystem Changeset Format".

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { Architecture } from "../elf.ts";
import { DIRECTORY_MODE, FILE_MODE, type Layer } from "./layer.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

/** The part of the configuration that says how the program is run; names as in config.md. */
export interface RunConfig {
  readonly User: string;
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
  /** Not in the OCI configuration: Docker reads it there, others ignore unknown members as config.md asks. Times in nanoseconds. */
  readonly Healthcheck: {
    readonly Test: readonly string[];
    readonly Interval: number;
    readonly Timeout: number;
    readonly StartPeriod: number;
  };
}

export interface ImageArchive {
  /** sha256:… of the manifest: the image's name that no tag can move */
  readonly digest: string;
  /** Bytes of the archive. */
  readonly size: number;
  stream(): Readable;
}

interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** `created` is an RFC 3339 time and part of the digest: pass the model's, not the clock's. `reference` is name:tag. */
export function imageArchive(image: {
  readonly layers: readonly Layer[];
  readonly config: RunConfig;
  readonly architecture: Architecture;
  readonly created: string;
  readonly reference: string;
}): ImageArchive {
  const { layers, reference, created } = image;
  const config = jsonBlob({
    created,
    architecture: image.architecture,
    os: "linux",
    config: image.config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({ created, created_by: `loupe: ${name}` })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(CONFIG_TYPE, config),
    layers: layers.map((layer) => descriptor(LAYER_TYPE, layer)),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [
      {
        ...descriptor(MANIFEST_TYPE, manifest),
        platform: { architecture: image.architecture, os: "linux" },
        // The first is OCI's and read by podman and skopeo, the second is containerd's and read by Docker since 25.
        annotations: { "org.opencontainers.image.ref.name": reference, "io.containerd.image.name": reference },
      },
    ],
  });
  const dockerManifest = json([
    { Config: blobPath(config), RepoTags: [reference], Layers: layers.map((layer) => blobPath(layer)) },
  ]);

  // Small records first: a reader that streams knows what comes.
  const blobs = new Map([config, manifest, ...layers].map((blob) => [blob.digest, blob]));
  const files: { name: string; bytes: Uint8Array }[] = [
    { name: "oci-layout", bytes: json({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", bytes: index },
    { name: "manifest.json", bytes: dockerManifest },
    ...[...blobs.values()].map((blob) => ({ name: blobPath(blob), bytes: blob.bytes })),
  ];
  const folders = ["blobs/", "blobs/sha256/"];
  const blocks = files.reduce((sum, { bytes }) => sum + 1 + Math.ceil(bytes.length / 512), folders.length + 2);
  return {
    digest: manifest.digest,
    size: blocks * 512,
    stream: () => archiveStream(folders, files),
  };
}

function archiveStream(folders: readonly string[], files: readonly { name: string; bytes: Uint8Array }[]): Readable {
  const tar = pack();
  const common = { mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
  for (const name of folders) tar.entry({ ...common, name, type: "directory", mode: DIRECTORY_MODE });
  for (const { name, bytes } of files)
    tar.entry({ ...common, name, mode: FILE_MODE }, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  tar.finalize();
  return Readable.from(tar as AsyncIterable<Buffer>, { objectMode: false });
}

function descriptor(mediaType: string, blob: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: blob.digest, size: blob.bytes.length };
}

function blobPath({ digest }: Blob): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function jsonBlob(value: unknown): Blob {
  const bytes = json(value);
  return { bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}

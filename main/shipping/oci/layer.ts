// One OCI layer: a list of entries → a compressed tar whose bytes depend on the entries alone.
//
// The same entries give the same digest: entries are sorted, owners are 0, times are 1970, and the gzip header names no system. The
// compressed layer is held in memory (tens of megabytes) because its digest is its name in the archive, before its bytes.
// Layer format: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

/** Path in the container without a leading slash. `file` is copied from this machine, `bytes` are written as they are. */
export type LayerEntry = { readonly path: string } & (
  | { readonly kind: "directory"; readonly mode?: number }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "file"; readonly from: string; readonly mode?: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly mode?: number }
);

export interface Layer {
  readonly name: string;
  /** sha256:… of the compressed tar, as the manifest names it */
  readonly digest: string;
  /** sha256:… of the tar itself, as the configuration names it */
  readonly diffId: string;
  /** uncompressed bytes of the tar */
  readonly unpacked: number;
  readonly bytes: Uint8Array;
}

export const DIRECTORY_MODE = 0o755;
export const FILE_MODE = 0o644;
export const PROGRAM_MODE = 0o755;
const GZIP_LEVEL = 6;

export interface Step {
  readonly signal?: AbortSignal;
  /** called with the number of input bytes that were just read */
  readonly onBytes?: (bytes: number) => void;
}

/** Errors: those of reading the files; AbortError when the signal says so. */
export async function buildLayer(name: string, entries: readonly LayerEntry[], step: Step = {}): Promise<Layer> {
  const tar = pack();
  const plain = createHash("sha256");
  const packed = createHash("sha256");
  const chunks: Buffer[] = [];
  let unpacked = 0;

  const measured = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      plain.update(chunk);
      unpacked += chunk.length;
      yield chunk;
    }
  };
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // Byte 9 of a gzip header is the system that wrote it (RFC 1952, 2.3.1). 255, unknown, makes all systems agree.
      if (chunks.length === 0) chunk[9] = 255;
      packed.update(chunk);
      chunks.push(chunk);
      done();
    },
  });
  const sorted = withParents(entries).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  await Promise.all([
    pipeline(measured, createGzip({ level: GZIP_LEVEL }), collect, { signal: step.signal }),
    writeEntries(tar, sorted, step).catch((error: unknown) => {
      tar.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }),
  ]);
  return {
    name,
    digest: `sha256:${packed.digest("hex")}`,
    diffId: `sha256:${plain.digest("hex")}`,
    unpacked,
    bytes: Buffer.concat(chunks),
  };
}

/** Folders that are only implied get rights of the loader's choosing: Docker 20.10 makes them for root alone. So each one is written. */
function withParents(entries: readonly LayerEntry[]): LayerEntry[] {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (!all.has(parent)) all.set(parent, { kind: "directory", path: parent });
    }
  }
  return [...all.values()];
}

async function writeEntries(tar: ReturnType<typeof pack>, entries: readonly LayerEntry[], step: Step): Promise<void> {
  const common = { mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
  for (const entry of entries) {
    step.signal?.throwIfAborted();
    if (entry.kind === "directory") {
      tar.entry({ ...common, name: `${entry.path}/`, type: "directory", mode: entry.mode ?? DIRECTORY_MODE });
    } else if (entry.kind === "link") {
      tar.entry({ ...common, name: entry.path, type: "symlink", linkname: entry.to, mode: 0o777 });
    } else {
      const size = entry.kind === "bytes" ? entry.bytes.length : (await stat(entry.from)).size;
      const source = entry.kind === "bytes" ? [entry.bytes] : createReadStream(entry.from, { highWaterMark: 1 << 20 });
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source) {
          step.onBytes?.(chunk.length);
          yield chunk;
        }
      };
      const sink = tar.entry({ ...common, name: entry.path, size, mode: entry.mode ?? FILE_MODE });
      await pipeline(counted, sink as unknown as NodeJS.WritableStream, { signal: step.signal });
    }
  }
  tar.finalize();
}

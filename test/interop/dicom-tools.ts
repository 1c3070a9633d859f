// Other people's DICOM tools, asked by the tests beside this file: pydicom with gdcm and Pillow, and dcmtk's dcm2pnm.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { fromBytes } from "../../main/imaging/samples.ts";
import type { SampleArray } from "../../main/imaging/types.ts";
import { pixelTypeSchema } from "../../preload/contract/pixels.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./dicom-pixels.py", import.meta.url));
const SHARED = fileURLToPath(new URL("../../../shared/data/dicom", import.meta.url));

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

/**
 * Every file of the shared DICOM folder in the order of its name; none where the folder is not there. `plain` is the path for tools that do not
 * read gzip files: what is in one is written to `folder`.
 */
export function sharedFiles(folder: string): { path: string; plain: string; name: string }[] {
  if (!existsSync(SHARED)) return [];
  return walk(SHARED)
    .sort()
    .map((path) => {
      if (!path.endsWith(".gz")) return { path, plain: path, name: path.slice(SHARED.length + 1) };
      const plain = join(folder, basename(path, ".gz"));
      writeFileSync(plain, gunzipSync(readFileSync(path)));
      return { path, plain, name: path.slice(SHARED.length + 1) };
    });
}

export interface Theirs {
  file: string;
  error?: string;
  dtype: string;
  tags: Record<string, string>;
  /** the same pixels in a file that dcmtk can read */
  uncompressed?: string;
}

/** What pydicom makes of the files, in their order. `folder` takes what it writes. */
export function askPydicom(files: string[], folder: string): { theirs: Theirs; pixels: SampleArray | null }[] {
  const { stdout } = spawnSync(PYTHON, [SCRIPT, folder, ...files], { encoding: "utf8", maxBuffer: 1 << 26 });
  const lines = stdout.trim().split("\n");
  return lines.map((line, n) => {
    const theirs = JSON.parse(line) as Theirs;
    if (theirs.error) return { theirs, pixels: null };
    const raw = new Uint8Array(readFileSync(join(folder, `${n}.raw`)));
    return { theirs, pixels: fromBytes(raw, pixelTypeSchema.parse(theirs.dtype)) };
  });
}

export interface Pnm {
  readonly columns: number;
  readonly rows: number;
  readonly samples: 1 | 3;
  readonly values: Uint8Array;
}

/** The same program for native and RLE, for JPEG, and for JPEG-LS data. */
const DCM2PNM = ["dcm2pnm", "dcmj2pnm", "dcml2pnm"];

/** The 8-bit picture that dcm2pnm draws of one frame; what it says where it refuses. */
export function askDcm2pnm(file: string, frame: number, options: readonly string[]): Pnm | string {
  const args = ["--write-raw-pnm", "--frame", String(frame + 1), ...options, file];
  let said = "";
  for (const program of DCM2PNM) {
    const { stdout, stderr, status } = spawnSync(program, args, { maxBuffer: 1 << 26 });
    if (status === 0) return readPnm(stdout);
    said = stderr.toString("latin1").trim();
  }
  return said;
}

function readPnm(stdout: Buffer): Pnm | string {
  const header = /^P([56])\s(?:#[^\n]*\n)?(\d+)\s+(\d+)\s+255\s/.exec(stdout.subarray(0, 200).toString("latin1"));
  if (!header) return "no PNM of 8 bits";
  const [, kind, columns, rows] = header;
  return {
    columns: Number(columns),
    rows: Number(rows),
    samples: kind === "5" ? 1 : 3,
    values: new Uint8Array(stdout.subarray(header[0].length)),
  };
}

// Where an export's files go: a folder that is whole or not there.
//
// Files are written below a hidden draft beside the target, which gets its name when everything is written. Nothing that exists is ever
// touched: a target that is there is refused before the first byte and again before the renaming. Paths are relative, with "/".
// Not flushed to the disk file by file: what leaves is a copy, and 100 000 small files would take minutes more.

import { randomUUID } from "node:crypto";
import { closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../../preload/contract/errors.ts";

export interface Sink {
  /** A new file; its text is UTF-8. Throws where the export has written it already: a mistake of the format. */
  open(path: string): FileWriter;
  /** A whole file at once. */
  write(path: string, content: string | Uint8Array): void;
}

const BUFFERED = 1 << 16;

export class FileWriter {
  readonly #descriptor: number;
  readonly #count: (bytes: number) => void;
  #text: string[] = [];
  #length = 0;

  constructor(path: string, count: (bytes: number) => void) {
    this.#descriptor = refusing(() => openSync(path, "wx", 0o600));
    this.#count = count;
  }

  write(content: string | Uint8Array): void {
    if (typeof content !== "string") {
      this.#flush();
      this.#out(content);
      return;
    }
    this.#text.push(content);
    this.#length += content.length;
    if (this.#length >= BUFFERED) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    if (this.#text.length === 0) return;
    const bytes = Buffer.from(this.#text.join(""));
    this.#text = [];
    this.#length = 0;
    this.#out(bytes);
  }

  #out(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += refusing(() => writeSync(this.#descriptor, bytes, at));
    this.#count(bytes.length);
  }
}

export class FolderSink implements Sink {
  readonly target: string;
  readonly #draft: string;
  readonly #made = new Set<string>();
  files = 0;
  bytes = 0;

  /** Throws labels/target-exists, project/read-only, project/disk-full. */
  constructor(folder: string) {
    this.target = resolve(folder);
    this.#refuseTarget();
    const parent = dirname(this.target);
    this.#draft = join(parent, `.${basename(this.target)}-draft-${randomUUID()}`);
    refusing(() => {
      mkdirSync(parent, { recursive: true });
      mkdirSync(this.#draft, { mode: 0o700 });
    });
  }

  open(path: string): FileWriter {
    const whole = join(this.#draft, ...path.split("/"));
    const folder = dirname(whole);
    if (!this.#made.has(folder)) {
      refusing(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
      this.#made.add(folder);
    }
    this.files++;
    return new FileWriter(whole, (bytes) => {
      this.bytes += bytes;
    });
  }

  write(path: string, content: string | Uint8Array): void {
    const file = this.open(path);
    file.write(content);
    file.close();
  }

  /** Gives the folder its name. */
  finish(): void {
    this.#refuseTarget();
    refusing(() => renameSync(this.#draft, this.target));
  }

  discard(): void {
    rmSync(this.#draft, { recursive: true, force: true });
  }

  #refuseTarget(): void {
    if (lstatSync(this.target, { throwIfNoEntry: false }) === undefined) return;
    throw new AppError(
      "labels/target-exists",
      "There is already something of this name: labels are written to a new folder.",
    );
  }
}

/** What the file system refuses, as a refusal of ours. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new AppError("project/disk-full", "The disk is full: the labels were not written.", { cause });
    }
    if (code === "EEXIST") throw cause;
    throw new AppError("project/read-only", "The folder for the labels cannot be written: choose another.", { cause });
  }
}

// Objects that an archive sends, into the project: one by one, each in a transaction of its own.
//
// Each goes the way of an imported file: without who the patient is (PS3.15), unless somebody chose otherwise. An object that is no image (a
// report, a plan) or cannot be read is listed with the reason, by its UID, or by its number where UIDs may not be kept. Only a project that
// cannot be written stops the work, and then the archive hears that nothing was kept.

import { AppError, type PacsReport } from "../../../preload/contract/index.ts";
import type { DeidentifyOnRead } from "../../imaging/deidentify/at-import.ts";
import { readImages } from "../../imaging/read.ts";
import type { ObjectAbout } from "../../network/incoming.ts";
import type { TaskContext } from "./context.ts";
import { Importer } from "./importer.ts";

/** Refused objects that are told one by one; a node may be sent rubbish for weeks. */
const LISTED = 100;
/** Windows are told that there are more images no more often than this. */
const ANNOUNCE_EVERY_MS = 1000;

export class Received {
  objects = 0;
  failed = 0;
  readonly #context: TaskContext;
  readonly #deidentify: DeidentifyOnRead | null;
  readonly #importer: Importer;
  #refused: PacsReport["refused"] = [];
  #unlisted = 0;
  #announcedAt = Number.NEGATIVE_INFINITY;

  constructor(context: TaskContext, deidentify: DeidentifyOnRead | null) {
    this.#context = context;
    this.#deidentify = deidentify;
    this.#importer = new Importer(context.project);
  }

  /** Keeps an object; answers why it was not kept, or null. Throws what the project throws. */
  take(bytes: Uint8Array, { sopInstance }: ObjectAbout): AppError | null {
    this.objects += 1;
    const refusal = takeFile(this.#importer, { name: `${sopInstance}.dcm`, bytes }, this.#deidentify);
    if (refusal) {
      if (this.#refused.length < LISTED) {
        const file = this.#deidentify ? `object ${this.objects}` : sopInstance;
        this.#refused.push({ file, code: refusal.code, message: refusal.message });
      } else this.#unlisted += 1;
    } else if (performance.now() - this.#announcedAt > ANNOUNCE_EVERY_MS) {
      this.#announcedAt = performance.now();
      this.#context.changed("images");
    }
    return refusal;
  }

  report(): PacsReport {
    const { objects, failed } = this;
    return { ...this.#importer.report, refused: this.#refused, unlisted: this.#unlisted, objects, failed };
  }
}

/** One file's bytes into the project: the way of every import. Answers why it cannot be an image; throws what the project throws. */
function takeFile(
  importer: Importer,
  file: { name: string; bytes: Uint8Array },
  deidentify: DeidentifyOnRead | null,
): AppError | null {
  try {
    importer.addAll(readImages(file, { deidentify }).map((image) => ({ image, labels: { className: null } })));
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith("imaging/")) return error;
    throw error;
  }
}

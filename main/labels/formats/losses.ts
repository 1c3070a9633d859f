// Counts what a format cannot carry, before an export and again while it is made.

import type { Carriage, ExportLoss, ExportLossCode, Geometry } from "../../../preload/contract/index.ts";
import { maskBounds } from "../masks/runs.ts";
import type { LabelFormat, LabelledImage } from "./format.ts";

export class LossCounter {
  readonly #once = new Set<string>();
  readonly #counts = new Map<string, { code: ExportLossCode; kind: string | null; count: number }>();

  add(code: ExportLossCode, kind: string | null = null, count = 1): void {
    if (count === 0) return;
    const key = `${code} ${kind ?? ""}`;
    const present = this.#counts.get(key);
    if (present) present.count += count;
    else this.#counts.set(key, { code, kind, count });
  }

  /** Counted when `what` comes for the first time: an answer about a patient is met at each of their images. */
  addOnce(code: ExportLossCode, what: string): void {
    if (this.#once.has(what)) return;
    this.#once.add(what);
    this.add(code);
  }

  /** By code, then by kind. */
  list(): ExportLoss[] {
    return [...this.#counts.values()].sort(
      (a, b) => a.code.localeCompare(b.code) || (a.kind ?? "").localeCompare(b.kind ?? ""),
    );
  }
}

/** What the format loses of a group, by its own table and by what it adds to that. */
export function countLosses(
  format: LabelFormat,
  group: readonly LabelledImage[],
  names: ReadonlyMap<string, string>,
  count: LossCounter,
): void {
  const written = group.filter(({ image, classId, shapes }) => {
    const why = format.refuses?.(image) ?? null;
    // An image without labels loses none.
    if (why !== null && (classId !== null || shapes.length > 0)) count.add(why);
    return why === null;
  });
  for (const labelled of written) countOfImage(format, labelled, count);
  format.losses?.(written, count, names);
}

export function carriageOf(format: LabelFormat, geometry: Geometry): Carriage {
  if (geometry.kind === "mask" && !format.keepsEmptyMasks && maskBounds(geometry) === null) return "dropped";
  return format.carriageOf?.(geometry) ?? format.carries.kinds[geometry.kind];
}

function countOfImage(format: LabelFormat, { classId, shapes, answers }: LabelledImage, count: LossCounter): void {
  const { carries } = format;
  for (const answer of answers) count.addOnce("answer-dropped", answer);
  if (classId !== null && !carries.imageClass) count.add("image-class-dropped");
  for (const { geometry, attributes, track, source } of shapes) {
    const carriage = carriageOf(format, geometry);
    if (carriage === "dropped") {
      count.add("shape-dropped", geometry.kind);
      continue;
    }
    if (carriage === "approximated") count.add("shape-approximated", geometry.kind);
    if (!carries.attributes && Object.keys(attributes).length > 0) count.add("attributes-dropped");
    if (!carries.tracks && track !== null) count.add("track-dropped");
    if (!carries.source && source !== null) count.add("source-dropped");
    if (!carries.reader) count.add("reader-dropped");
  }
}

// Labels from files of other programs, all or nothing.
//
// Everything is read and judged before the project is touched; then classes and shapes go in by one transaction, in nobody's undo. A file that is
// damaged stops the import. A shape that does not fit its image, and a name that no image has, are left out and reported.

import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { AppError } from "../../../preload/contract/errors.ts";
import {
  attributeValueSchema,
  type Geometry,
  geometrySchema,
  type LabelFileReport,
  type LabelFormatId,
  type RefusedLabel,
  type ShapeInput,
} from "../../../preload/contract/index.ts";
import { assertClass, assertFits, type Project } from "../../project/index.ts";
import type { ReadItem, ReadShape } from "./format.ts";
import { ProjectImages } from "./image-index.ts";
import { formatOf } from "./index.ts";
import { type LabelFiles, openLabelFiles } from "./label-files.ts";

export interface ImportOptions {
  readonly format: LabelFormatId;
  readonly signal?: AbortSignal;
  /** things read so far */
  readonly onProgress?: (done: number) => void;
}

const SHOWN = 100;
const TURN = 200;
const NAME_LENGTH = 120;
/** Shapes and classes of one import; they are held in memory until all of them are known to be good. */
const MOST_ITEMS = 2_000_000;
/** Files count from pixel centres, from 1, or round: what lies this little outside an image is moved to its edge. */
const EDGE = 1;

/** Throws labels/file-invalid, labels/csv-invalid, app/not-found, app/aborted, app/invalid-input for a format that is only written. */
export function importLabels(
  project: Project,
  options: ImportOptions & { readonly path: string },
): Promise<LabelFileReport> {
  return importLabelFiles(project, openLabelFiles(options.path), options);
}

export async function importLabelFiles(
  project: Project,
  files: LabelFiles,
  { format: id, signal, onProgress }: ImportOptions,
): Promise<LabelFileReport> {
  const { read } = formatOf(id);
  if (read === null) throw new AppError("app/invalid-input", "Labels of this format are only written, not read.");
  const images = new ProjectImages(project);
  const reading = new Reading(project);
  let done = 0;
  for (const item of read(files, images)) {
    if (++done % TURN === 0) {
      await setImmediate();
      if (signal?.aborted) throw new AppError("app/aborted", "The import was stopped; nothing was imported.");
      onProgress?.(done);
    }
    if (done > MOST_ITEMS) {
      throw new AppError("labels/file-invalid", `Expected at most ${MOST_ITEMS} labels in one import.`);
    }
    reading.take(item);
  }
  return reading.finish();
}

class Reading {
  readonly #project: Project;
  readonly #classes = new Map<string, { imageId: string; className: string }>();
  readonly #shapes: { readonly shape: ReadShape; readonly geometry: Geometry }[] = [];
  readonly #unmatched = new Set<string>();
  readonly #refused = new Map<string, { file: string; reason: RefusedLabel["reason"]; count: number }>();
  readonly #sizes = new Map<string, Size>();

  constructor(project: Project) {
    this.#project = project;
  }

  take(item: ReadItem): void {
    switch (item.say) {
      case "unmatched":
        this.#unmatched.add(item.file);
        return;
      case "refused":
        this.#refuse(item.file, item.reason);
        return;
      case "class":
        this.#takeClass(item);
        return;
      case "shape":
        this.#takeShape(item);
    }
  }

  #takeClass({ file, imageId, className }: Extract<ReadItem, { say: "class" }>): void {
    const name = tidyName(className);
    if (name === null) {
      this.#refuse(file, "class-name-invalid");
      return;
    }
    const earlier = this.#classes.get(imageId);
    if (earlier !== undefined && nameKey(earlier.className) !== nameKey(name)) {
      throw new AppError("labels/file-invalid", `${file}: The files give one image two classes: remove one of them.`);
    }
    this.#classes.set(imageId, { imageId, className: name });
  }

  #takeShape(given: ReadShape): void {
    const className = given.className === null ? null : tidyName(given.className);
    if (className === null && given.className !== null) {
      this.#refuse(given.file, "class-name-invalid");
      return;
    }
    const shape = { ...given, className };
    const judged = judge(shape, this.#size(given.imageId));
    if (typeof judged === "string") this.#refuse(given.file, judged);
    else this.#shapes.push({ shape, geometry: judged });
  }

  /** Writes everything in one transaction. */
  finish(): LabelFileReport {
    const project = this.#project;
    return project.transaction(() => {
      const given = [...this.#classes.values()];
      const { labelled, newClasses } = project.labels.importClasses(given);
      const ids = new Map(project.labels.classes().map(({ id, name }) => [nameKey(name), id]));
      const inputs = this.#shapes.map(({ shape, geometry }): ShapeInput => {
        const { imageId, frame, className, attributes = {}, track = null } = shape;
        let classId: string | null = null;
        if (className !== null) {
          classId = ids.get(nameKey(className)) ?? null;
          if (classId === null) {
            classId = project.labels.saveClass({ name: className }).id;
            ids.set(nameKey(className), classId);
            newClasses.push(className);
          }
        }
        const id = randomUUID();
        const said = classId === null ? { ...attributes } : project.attributes.fromWords(classId, attributes);
        return { id, imageId, frame, classId, geometry, attributes: said, track, source: "import" };
      });
      project.labels.importShapes(inputs);
      return {
        labelled,
        shapes: inputs.length,
        unmatched: [...this.#unmatched].slice(0, SHOWN),
        newClasses,
        refused: [...this.#refused.values()].slice(0, SHOWN),
      };
    });
  }

  #refuse(file: string, reason: RefusedLabel["reason"]): void {
    const key = `${reason} ${file}`;
    const present = this.#refused.get(key);
    if (present) present.count++;
    else this.#refused.set(key, { file, reason, count: 1 });
  }

  #size(imageId: string): Size {
    let size = this.#sizes.get(imageId);
    if (size === undefined) {
      const { rows, columns, frames } = this.#project.images.get(imageId);
      size = { rows, columns, frames };
      this.#sizes.set(imageId, size);
    }
    return size;
  }
}

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
}

/** The figure as it will be kept, or why it will not. */
function judge(shape: ReadShape, size: Size): Geometry | RefusedLabel["reason"] {
  const { frame, className, attributes = {}, track = null } = shape;
  if (!Number.isInteger(frame) || frame < 0 || frame >= size.frames) return "frame-missing";
  const named = Object.entries(attributes).every(
    ([name, value]) => name.length <= NAME_LENGTH && attributeValueSchema.safeParse(value).success,
  );
  if (!named || (track !== null && track.length > NAME_LENGTH)) return "attribute-invalid";
  const { success, data } = geometrySchema.safeParse(clamped(shape.geometry, size));
  if (!success) return "geometry-invalid";
  if (!accepts(() => assertClass(data.kind, className))) return "class-missing";
  if (accepts(() => assertFits(size, frame, data))) return data;
  return data.kind === "mask" ? "size-differs" : "outside-image";
}

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "labels/geometry-invalid") return false;
    throw error;
  }
}

const nameKey = (name: string) => name.normalize("NFC").toLowerCase();

/** null for a name that no class can have. */
function tidyName(given: string): string | null {
  const name = given.normalize("NFC").trim();
  return name === "" || name.length > NAME_LENGTH ? null : name;
}

/** Within `EDGE` pixels of the image means on its edge; everything else stays, and is refused if it must be. */
function clamped(geometry: Geometry, { rows, columns }: Size): Geometry {
  const held = (value: number, most: number) =>
    value < 0 && value >= -EDGE ? 0 : value > most && value <= most + EDGE ? most : value;
  switch (geometry.kind) {
    case "box": {
      const [left, top] = [held(geometry.x, columns), held(geometry.y, rows)];
      const [right, bottom] = [geometry.x + geometry.width, geometry.y + geometry.height];
      const moved = left !== geometry.x || top !== geometry.y || right > columns || bottom > rows;
      if (!moved) return geometry;
      return { kind: "box", x: left, y: top, width: held(right, columns) - left, height: held(bottom, rows) - top };
    }
    case "point":
      return { kind: "point", x: held(geometry.x, columns), y: held(geometry.y, rows) };
    case "mask":
    case "ellipse":
      return geometry;
    default:
      return { ...geometry, points: geometry.points.map((value, i) => held(value, i % 2 === 0 ? columns : rows)) };
  }
}

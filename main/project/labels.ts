// What readers say about images: an append-only log of changes, and the present state derived from it in the same transaction.
//
// Each change in the log has what was there before and what is there after, with the reader of each: nothing anybody said is
// ever lost, also where someone else says something else later. What an image's label *is* now is the last thing said.
//
// Undo and redo belong to a member and are in the database, so they survive a restart. They only ever take back the member's
// own last word on a thing: as soon as someone else (or an import) changes the same thing, it leaves the member's undo, because
// taking it back would silently erase the other's work. So what `history` counts can always be taken.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { Box, ImageLabels, LabelChange, LabelClass, Mask } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import { type ClassInput, LabelClasses } from "./label-classes.ts";

type Cause = "edit" | "undo" | "redo" | "import";

interface ClassState {
  readonly classId: string;
  readonly reader: string;
}
interface BoxState extends ClassState {
  readonly id: string;
  readonly frame: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** number of the change that drew it: boxes keep this order whatever happens to them */
  readonly drawn: number;
}
interface ImageRow {
  readonly number: number;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
}
/** One thing that has a state: an image's class, or a box. */
type Change = { readonly image: number } & (
  | { readonly kind: "class"; readonly before: ClassState | null; readonly after: ClassState | null }
  | { readonly kind: "box"; readonly id: string; readonly before: BoxState | null; readonly after: BoxState | null }
);

/** Rounding of coordinates that went through a page's zoom, in image pixels. */
const EDGE_TOLERANCE = 1e-6;

const targetOf = (change: Change) => (change.kind === "class" ? `class ${change.image}` : `box ${change.id}`);
const textOf = (state: ClassState | BoxState | null) => (state === null ? null : canonicalJson({ ...state }));

export class Labels {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #classes: LabelClasses;
  readonly #member: string;

  /** `member`: id of who labels through this connection. */
  constructor(database: ProjectDatabase, audit: Audit, member: string) {
    this.#database = database;
    this.#audit = audit;
    this.#classes = new LabelClasses(database, audit);
    this.#member = member;
  }

  classes(): LabelClass[] {
    return this.#classes.list();
  }

  /** See LabelClasses.save. */
  saveClass(input: ClassInput): LabelClass {
    return this.#classes.save(input);
  }

  /** See LabelClasses.delete. */
  deleteClass(id: string): void {
    this.#classes.delete(id);
  }

  /** Throws app/not-found. */
  forImage(imageId: string): ImageLabels {
    return this.#database.read(() => this.#labelsOf(this.#image(imageId).number));
  }

  /** Gives or (null) takes back the image label. Throws app/not-found, labels/class-unknown. */
  setClass(imageId: string, classId: string | null): ImageLabels {
    return this.#database.transaction(() => {
      const image = this.#image(imageId).number;
      if (classId !== null) this.#classes.get(classId);
      const after = classId === null ? null : { classId, reader: this.#member };
      const change = { kind: "class", image, before: this.#classState(image), after } as const;
      if (this.#apply(change, "edit")) this.#audit.record("label/set-class", imageId, { classId });
      return this.#labelsOf(image);
    });
  }

  /**
   * Image labels by class name, as an import brings them; classes that are missing are made. All in one audit entry, and not in
   * anybody's undo. `labelled` counts the images whose label is a new one.
   */
  importClasses(items: readonly { imageId: string; className: string }[]): { labelled: number; newClasses: string[] } {
    return this.#database.transaction(() => {
      const newClasses: string[] = [];
      const classes = new Map<string, LabelClass>();
      let labelled = 0;
      for (const { imageId, className } of items) {
        let named = classes.get(className);
        if (named === undefined) {
          const { found, added } = this.#classes.named(className);
          named = found;
          classes.set(className, named);
          if (added) newClasses.push(named.name);
        }
        const image = this.#image(imageId).number;
        const before = this.#classState(image);
        if (before?.classId === named.id) continue;
        this.#apply({ kind: "class", image, before, after: { classId: named.id, reader: this.#member } }, "import");
        labelled++;
      }
      if (labelled > 0) this.#audit.record("label/import", "", { labelled });
      return { labelled, newClasses };
    });
  }

  /** Draws a box (no id) or changes one. Throws app/not-found, labels/class-unknown, labels/geometry-invalid. */
  saveBox(input: Omit<Box, "id" | "reader"> & { id?: string }): ImageLabels {
    return this.#putBox(input, "edit");
  }

  /** Adds a box, as an import brings it; not in anybody's undo. Throws as saveBox does. */
  addBox(input: Omit<Box, "id" | "reader">): ImageLabels {
    return this.#putBox({ ...input, id: undefined }, "import");
  }

  /** Throws app/not-found. */
  deleteBox(id: string): ImageLabels {
    return this.#database.transaction(() => {
      const owner = this.#database.one<{ image: number }>("SELECT image FROM boxes WHERE id = ?", id);
      if (owner === undefined) throw noBox();
      const before = this.#boxState(id, owner.image);
      this.#apply({ kind: "box", image: owner.image, id, before, after: null }, "edit");
      const labels = this.#labelsOf(owner.image);
      this.#audit.record("label/delete-box", labels.imageId, { box: id });
      return labels;
    });
  }

  /** Adds a mask, as an import brings it; not in anybody's undo. Throws app/not-found, labels/class-unknown, labels/geometry-invalid. */
  addMask(input: Omit<Mask, "id" | "reader">): ImageLabels {
    return this.#database.transaction(() => {
      const image = this.#image(input.imageId);
      this.#classes.get(input.classId);
      assertMaskFits(image, input);
      const { frame, classId, rows, columns, runs } = input;
      const id = randomUUID();
      const reader = this.#member;
      this.#database.run(
        "INSERT INTO masks (id, image, frame, class, rows, columns, runs, reader) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        image.number,
        frame,
        classId,
        rows,
        columns,
        JSON.stringify(runs),
        reader,
      );
      this.#log(
        image.number,
        "mask",
        `mask ${id}`,
        null,
        canonicalJson({ id, frame, classId, rows, columns, runs, reader }),
        "import",
      );
      this.#audit.record("label/add-mask", input.imageId, { mask: id, classId });
      return this.#labelsOf(image.number);
    });
  }

  /** Takes back the member's last change, wherever it was; null where there is none. */
  undo(): LabelChange | null {
    return this.#step("undo");
  }

  /** Does again what was last undone; null where there is nothing. */
  redo(): LabelChange | null {
    return this.#step("redo");
  }

  /** How many changes undo and redo can still take. */
  history(): { undo: number; redo: number } {
    return this.#database.one<{ undo: number; redo: number }>(
      `SELECT count(*) FILTER (WHERE undone = 0) AS undo, count(*) FILTER (WHERE undone = 1) AS redo
      FROM undo_entries WHERE member = ?`,
      this.#member,
    )!;
  }

  #putBox(input: Omit<Box, "id" | "reader"> & { id?: string }, cause: Cause): ImageLabels {
    return this.#database.transaction(() => {
      const image = this.#image(input.imageId);
      this.#classes.get(input.classId);
      const { frame, classId, x, y, width, height } = input;
      assertInside(image, input);
      const before = input.id === undefined ? null : this.#boxState(input.id, image.number);
      const after: BoxState = {
        id: before?.id ?? randomUUID(),
        frame,
        classId,
        x,
        y,
        width,
        height,
        reader: this.#member,
        drawn: before?.drawn ?? this.#nextChange(),
      };
      const change = { kind: "box", image: image.number, id: after.id, before, after } as const;
      if (this.#apply(change, cause)) this.#audit.record("label/save-box", input.imageId, { box: after.id, classId });
      return this.#labelsOf(image.number);
    });
  }

  #step(direction: "undo" | "redo"): LabelChange | null {
    const undo = direction === "undo";
    return this.#database.transaction(() => {
      const entry = this.#database.one<{
        change: number;
        image: number;
        kind: "class" | "box";
        target: string;
        before: string | null;
        after: string | null;
      }>(
        `SELECT undo_entries.change, image, kind, undo_entries.target, before, after FROM undo_entries
        JOIN label_changes ON label_changes.sequence = undo_entries.change
        WHERE member = ? AND undone = ? ORDER BY change ${undo ? "DESC" : "ASC"} LIMIT 1`,
        this.#member,
        undo ? 0 : 1,
      );
      if (entry === undefined) return null;
      const { image, kind, target } = entry;
      const from = undo ? entry.after : entry.before;
      const to = undo ? entry.before : entry.after;
      this.#log(image, kind, target, from, to, direction);
      if (kind === "class") this.#writeClass(image, to === null ? null : (JSON.parse(to) as ClassState));
      else this.#writeBox(image, target.slice("box ".length), to === null ? null : (JSON.parse(to) as BoxState));
      this.#database.run(
        "UPDATE undo_entries SET undone = ? WHERE member = ? AND undone = ? AND change = ?",
        undo ? 1 : 0,
        this.#member,
        undo ? 0 : 1,
        entry.change,
      );
      const labels = this.#labelsOf(image);
      this.#audit.record(`label/${direction}`, labels.imageId, { kind });
      return { imageId: labels.imageId, kind, labels };
    });
  }

  /** Logs a change and makes it so; false where nothing would change. Only an edit can be undone, and it clears redo. */
  #apply(change: Change, cause: Cause): boolean {
    const before = textOf(change.before);
    const after = textOf(change.after);
    if (before === after) return false;
    const target = targetOf(change);
    const sequence = this.#log(change.image, change.kind, target, before, after, cause);
    if (change.kind === "class") this.#writeClass(change.image, change.after);
    else this.#writeBox(change.image, change.id, change.after);
    if (cause === "edit") {
      this.#forgetUndo(target, this.#member);
      this.#database.run("DELETE FROM undo_entries WHERE member = ? AND undone = 1", this.#member);
      this.#database.run(
        "INSERT INTO undo_entries (member, change, target) VALUES (?, ?, ?)",
        this.#member,
        sequence,
        target,
      );
    } else {
      this.#forgetUndo(target, null);
    }
    return true;
  }

  /** Takes a thing out of everybody's undo and redo but one member's. */
  #forgetUndo(target: string, keep: string | null): void {
    this.#database.run("DELETE FROM undo_entries WHERE target = ? AND member IS NOT ?", target, keep);
  }

  #log(image: number, kind: string, target: string, before: string | null, after: string | null, cause: Cause): number {
    return this.#database.run(
      `INSERT INTO label_changes (at, reader, image, kind, target, before, after, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      new Date().toISOString(),
      this.#member,
      image,
      kind,
      target,
      before,
      after,
      cause,
    ).row;
  }

  /** Number that the next entry of the log will have; nobody else can take it inside this transaction. */
  #nextChange(): number {
    return this.#database.one<{ next: number }>("SELECT coalesce(max(sequence), 0) + 1 AS next FROM label_changes")!
      .next;
  }

  #writeClass(image: number, state: ClassState | null): void {
    this.#database.run(
      "UPDATE images SET class = ?, class_reader = ? WHERE number = ?",
      state?.classId ?? null,
      state?.reader ?? null,
      image,
    );
  }

  #writeBox(image: number, id: string, state: BoxState | null): void {
    this.#database.run("DELETE FROM boxes WHERE id = ?", id);
    if (state === null) return;
    this.#database.run(
      `INSERT INTO boxes (id, image, frame, class, x, y, width, height, reader, drawn)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      image,
      state.frame,
      state.classId,
      state.x,
      state.y,
      state.width,
      state.height,
      state.reader,
      state.drawn,
    );
  }

  #image(id: string): ImageRow {
    const image = this.#database.one<ImageRow>("SELECT number, rows, columns, frames FROM images WHERE id = ?", id);
    if (image === undefined) throw new AppError("app/not-found", "This image is not in the project.");
    return image;
  }

  #classState(image: number): ClassState | null {
    return (
      this.#database.one<ClassState>(
        "SELECT class AS classId, class_reader AS reader FROM images WHERE number = ? AND class IS NOT NULL",
        image,
      ) ?? null
    );
  }

  #boxState(id: string, image: number): BoxState {
    const box = this.#database.one<BoxState>(
      `SELECT id, frame, class AS classId, x, y, width, height, reader, drawn
      FROM boxes WHERE id = ? AND image = ?`,
      id,
      image,
    );
    if (box === undefined) throw noBox();
    return box;
  }

  #labelsOf(image: number): ImageLabels {
    const { imageId, classId, classReader } = this.#database.one<Omit<ImageLabels, "boxes" | "masks">>(
      `SELECT images.id AS imageId, images.class AS classId, members.name AS classReader FROM images
      LEFT JOIN members ON members.id = images.class_reader WHERE images.number = ?`,
      image,
    )!;
    const boxes = this.#database.all<Omit<Box, "imageId">>(
      `SELECT boxes.id, frame, class AS classId, x, y, width, height, members.name AS reader
      FROM boxes JOIN members ON members.id = boxes.reader WHERE image = ? ORDER BY drawn, boxes.id`,
      image,
    );
    const masks = this.#database.all<Omit<Mask, "imageId" | "runs"> & { runs: string }>(
      `SELECT masks.id, frame, class AS classId, rows, columns, runs, members.name AS reader
      FROM masks JOIN members ON members.id = masks.reader WHERE image = ? ORDER BY masks.number`,
      image,
    );
    return {
      imageId,
      classId,
      classReader,
      boxes: boxes.map((box) => ({ ...box, imageId })),
      masks: masks.map((mask) => ({ ...mask, imageId, runs: JSON.parse(mask.runs) })),
    };
  }
}

function noBox(): AppError {
  return new AppError("app/not-found", "This box is not on the image any more.");
}

function assertFrame(image: ImageRow, frame: number): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= image.frames) {
    throw new AppError(
      "labels/geometry-invalid",
      `The image has ${image.frames} frames; there is none with this number.`,
    );
  }
}

function assertInside(image: ImageRow, box: Pick<Box, "frame" | "x" | "y" | "width" | "height">): void {
  assertFrame(image, box.frame);
  const { x, y, width, height } = box;
  if (![x, y, width, height].every(Number.isFinite) || width <= 0 || height <= 0) {
    throw new AppError("labels/geometry-invalid", "A box needs a place and a size above zero.");
  }
  if (
    x < -EDGE_TOLERANCE ||
    y < -EDGE_TOLERANCE ||
    x + width > image.columns + EDGE_TOLERANCE ||
    y + height > image.rows + EDGE_TOLERANCE
  ) {
    throw new AppError(
      "labels/geometry-invalid",
      `The box lies outside the image, which is ${image.columns} × ${image.rows} pixels.`,
    );
  }
}

function assertMaskFits(image: ImageRow, mask: Pick<Mask, "frame" | "rows" | "columns" | "runs">): void {
  assertFrame(image, mask.frame);
  const covered = mask.runs.reduce((sum, run) => (Number.isInteger(run) && run >= 0 ? sum + run : Number.NaN), 0);
  if (mask.rows !== image.rows || mask.columns !== image.columns || covered !== image.rows * image.columns) {
    throw new AppError(
      "labels/geometry-invalid",
      `The mask does not cover the image, which is ${image.columns} × ${image.rows} pixels.`,
    );
  }
}

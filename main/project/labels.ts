// What readers say about images: an append-only log of changes, and the present state derived from it in the same transaction.
//
// Each change in the log has what was there before and what is there after, with the reader of each: nothing anybody said is
// ever lost, also where someone else says something else later. What an image's label *is* now is the last thing said in its layer.
// Layers: SHARED_LAYER is what everybody sees and training uses; every other layer is one reader's read of a case (reads.ts).
//
// Undo and redo belong to a member and a layer and are in the database, so they survive a restart. A step takes back everything that
// was said at once. They only ever take back the member's own last word on a thing: as soon as someone else (or an import)
// changes the same thing, it leaves the member's undo, because taking it back would silently erase the other's work. So what
// `history` counts can always be taken.

import { createHash, randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  Geometry,
  ImageLabels,
  LabelChange,
  LabelClass,
  LabelEdit,
  Shape,
  ShapeInput,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import { assertClass, assertFits, type ImageSize } from "./geometry.ts";
import { type ClassInput, LabelClasses } from "./label-classes.ts";
import { assertReadable, assertWritable, type Person } from "./layers.ts";

type Cause = "edit" | "undo" | "redo" | "import";

interface ClassState {
  readonly classId: string;
  readonly reader: string;
}
type ShapeState = Omit<Shape, "imageId"> & {
  /** number of the change that drew it: shapes keep this order whatever happens to them */
  readonly drawn: number;
};
interface ImageRow extends ImageSize {
  readonly number: number;
}
/** One thing that has a state: an image's class, or a shape. */
type Change = { readonly image: number; readonly layer: string } & (
  | { readonly kind: "class"; readonly before: ClassState | null; readonly after: ClassState | null }
  | {
      readonly kind: "shape";
      readonly id: string;
      readonly before: ShapeState | null;
      readonly after: ShapeState | null;
    }
);

const SHAPE_TARGET = "shape ";
const targetOf = (change: Change) =>
  change.kind === "shape" ? SHAPE_TARGET + change.id : `class ${change.image} ${change.layer}`.trimEnd();
const textOf = (state: ClassState | ShapeState | null) => (state === null ? null : canonicalJson({ ...state }));

interface ShapeRow extends Omit<Shape, "geometry" | "attributes"> {
  readonly geometry: string;
  readonly attributes: string;
}
const readShape = ({ geometry, attributes, ...row }: ShapeRow): Shape => ({
  ...row,
  geometry: JSON.parse(geometry) as Geometry,
  attributes: JSON.parse(attributes) as Shape["attributes"],
});
const SHAPE_COLUMNS = `shapes.id, images.id AS imageId, shapes.frame, shapes.class AS classId, geometry, attributes, track, source,
  members.name AS reader FROM shapes JOIN images ON images.number = shapes.image JOIN members ON members.id = shapes.reader`;

export class Labels {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #classes: LabelClasses;
  readonly #member: string;
  readonly #person: Person;

  /** `person`: who labels through this connection. */
  constructor(database: ProjectDatabase, audit: Audit, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#classes = new LabelClasses(database, audit);
    this.#member = person.id;
    this.#person = person;
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

  /** Throws app/not-found, reading/hidden. */
  forImage(imageId: string, layer = SHARED_LAYER): ImageLabels {
    return this.#database.read(() => {
      const image = this.#image(imageId).number;
      assertReadable(this.#database, this.#person, layer, image);
      const shapes = this.shapesIn([image], layer);
      const { classId, classReader } = this.#classOf(image, imageId, layer);
      return { imageId, layer, classId, classReader, shapes };
    });
  }

  /**
   * All of the edits or none; together one step of undo. An edit that changes nothing is left out.
   * Throws app/not-found, labels/class-unknown, labels/geometry-invalid, reading/not-yours, reading/committed.
   */
  apply(edits: readonly LabelEdit[], layer = SHARED_LAYER): LabelChange {
    return this.#database.transaction(() => {
      assertWritable(this.#database, this.#person, layer);
      const done = new Changed(layer);
      let step: number | null = null;
      for (const edit of edits) {
        const change = this.#changeOf(edit, layer);
        const sequence = this.#apply(change, "edit");
        if (sequence !== null) {
          if (step === null) this.#forgetRedo(layer);
          step ??= sequence;
          this.#remember(change, step, sequence);
        }
        done.add(change);
      }
      if (step !== null) this.#audit.record("label/edit", this.#imageId(done.first), done.summary());
      return this.#describe(done);
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
        const { id: classId } = named;
        const change = this.#changeOf({ do: "class", imageId, classId }, SHARED_LAYER);
        if (change.kind !== "class" || change.before?.classId === classId) continue;
        this.#apply(change, "import");
        labelled++;
      }
      if (labelled > 0) this.#audit.record("label/import", "", { labelled });
      return { labelled, newClasses };
    });
  }

  /** Adds shapes, as an import brings them; not in anybody's undo. Throws as apply does. */
  importShapes(shapes: readonly ShapeInput[]): void {
    this.#database.transaction(() => {
      for (const shape of shapes) this.#apply(this.#changeOf({ do: "put", shape }, SHARED_LAYER), "import");
      if (shapes.length > 0) this.#audit.record("label/import", "", { shapes: shapes.length });
    });
  }

  /** Takes back the member's last step in the layer, wherever it was; null where there is none. */
  undo(layer = SHARED_LAYER): LabelChange | null {
    return this.#step("undo", layer);
  }

  /** Does again what was last undone; null where there is nothing. */
  redo(layer = SHARED_LAYER): LabelChange | null {
    return this.#step("redo", layer);
  }

  /** How many steps undo and redo can still take. */
  history(layer = SHARED_LAYER): { undo: number; redo: number } {
    return this.#database.one<{ undo: number; redo: number }>(
      `SELECT count(DISTINCT step) FILTER (WHERE undone = 0) AS undo, count(DISTINCT step) FILTER (WHERE undone = 1) AS redo
      FROM undo_entries WHERE member = ? AND layer = ?`,
      this.#member,
      layer,
    )!;
  }

  /** Class of an image (by number) in a layer, whoever asks: for this room. */
  classIn(image: number, layer: string): string | null {
    return this.#classState(image, layer)?.classId ?? null;
  }

  /** Shapes of images (by number) in a layer, in the order in which they were drawn, whoever asks: for this room. */
  shapesIn(images: readonly number[], layer: string): Shape[] {
    return this.#database
      .all<ShapeRow>(
        `SELECT ${SHAPE_COLUMNS} WHERE shapes.image IN (SELECT value FROM json_each(?)) AND layer = ? ORDER BY drawn, shapes.number`,
        JSON.stringify(images),
        layer,
      )
      .map(readShape);
  }

  /** What one layer says of images (by number) is said in another too; in nobody's undo. */
  copy(images: readonly number[], from: string, to: string): void {
    this.#database.transaction(() => {
      for (const image of images) {
        const state = this.#classState(image, from);
        if (state) this.#apply({ kind: "class", image, layer: to, before: null, after: state }, "import");
      }
      for (const { reader: _, ...shape } of this.shapesIn(images, from)) {
        this.#apply(this.#changeOf({ do: "put", shape: { ...shape, id: randomUUID() } }, to), "import");
      }
    });
  }

  /** Nothing of a layer can be undone by the member any more: it was committed. */
  forgetHistory(layer: string): void {
    this.#database.run("DELETE FROM undo_entries WHERE member = ? AND layer = ?", this.#member, layer);
  }

  #changeOf(edit: LabelEdit, layer: string): Change {
    switch (edit.do) {
      case "class": {
        const image = this.#image(edit.imageId).number;
        if (edit.classId !== null) this.#classes.get(edit.classId);
        const after = edit.classId === null ? null : { classId: edit.classId, reader: this.#member };
        return { kind: "class", image, layer, before: this.#classState(image, layer), after };
      }
      case "put":
        return this.#putChange(edit.shape, layer);
      case "remove": {
        const image = this.#image(edit.imageId).number;
        return {
          kind: "shape",
          image,
          layer,
          id: edit.id,
          before: this.#shapeState(edit.id, image, layer),
          after: null,
        };
      }
    }
  }

  #putChange(shape: ShapeInput, layer: string): Change {
    const image = this.#image(shape.imageId);
    const { id, frame, classId, geometry, attributes, track, source } = shape;
    if (classId !== null) this.#classes.get(classId);
    assertClass(geometry.kind, classId);
    assertFits(image, frame, geometry);
    const before = this.#shapeState(id, image.number, layer);
    const drawn = before?.drawn ?? this.#nextChange();
    const said = { id, frame, classId, geometry, attributes, track, source, drawn };
    const same = before !== null && canonicalJson({ ...said, reader: before.reader }) === textOf(before);
    const after = same ? before : { ...said, reader: this.#member };
    return { kind: "shape", image: image.number, layer, id, before, after };
  }

  #step(direction: "undo" | "redo", layer: string): LabelChange | null {
    const undo = direction === "undo";
    const which = [this.#member, layer, undo ? 0 : 1] as const;
    return this.#database.transaction(() => {
      assertWritable(this.#database, this.#person, layer);
      const entries = this.#database.all<{
        change: number;
        image: number;
        kind: "class" | "shape";
        target: string;
        before: string | null;
        after: string | null;
      }>(
        `SELECT undo_entries.change, image, kind, undo_entries.target, before, after FROM undo_entries
        JOIN label_changes ON label_changes.sequence = undo_entries.change
        WHERE member = ? AND undo_entries.layer = ? AND undone = ?
          AND step = (SELECT ${undo ? "max" : "min"}(step) FROM undo_entries WHERE member = ? AND layer = ? AND undone = ?)
        ORDER BY change ${undo ? "DESC" : "ASC"}`,
        ...which,
        ...which,
      );
      if (entries.length === 0) return null;
      const done = new Changed(layer);
      for (const { change, image, kind, target, ...texts } of entries) {
        const [before, after] = (undo ? [texts.after, texts.before] : [texts.before, texts.after]).map((text) =>
          text === null ? null : JSON.parse(text),
        );
        const taken: Change = { kind, image, layer, id: target.slice(SHAPE_TARGET.length), before, after };
        this.#log(taken, direction);
        this.#write(taken);
        done.add(taken);
        this.#database.run(
          "UPDATE undo_entries SET undone = ? WHERE member = ? AND layer = ? AND change = ?",
          undo ? 1 : 0,
          this.#member,
          layer,
          change,
        );
      }
      this.#audit.record(`label/${direction}`, this.#imageId(done.first), done.summary());
      return this.#describe(done);
    });
  }

  /** Logs a change and makes it so; its number in the log, or null where nothing would change. Only an edit can be undone. */
  #apply(change: Change, cause: "edit" | "import"): number | null {
    if (textOf(change.before) === textOf(change.after)) return null;
    const sequence = this.#log(change, cause);
    this.#write(change);
    this.#forgetUndo(targetOf(change), cause === "edit" ? this.#member : null);
    return sequence;
  }

  #remember(change: Change, step: number, sequence: number): void {
    this.#database.run(
      "INSERT INTO undo_entries (member, layer, undone, step, change, target) VALUES (?, ?, 0, ?, ?, ?)",
      this.#member,
      change.layer,
      step,
      sequence,
      targetOf(change),
    );
  }

  /** Takes a thing out of everybody's undo and redo but one member's. */
  #forgetUndo(target: string, keep: string | null): void {
    this.#database.run("DELETE FROM undo_entries WHERE target = ? AND member IS NOT ?", target, keep);
  }

  #forgetRedo(layer: string): void {
    this.#database.run("DELETE FROM undo_entries WHERE member = ? AND layer = ? AND undone = 1", this.#member, layer);
  }

  #log(change: Change, cause: Cause): number {
    return this.#database.run(
      `INSERT INTO label_changes (at, reader, image, layer, kind, target, before, after, cause)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      new Date().toISOString(),
      this.#member,
      change.image,
      change.layer,
      change.kind,
      targetOf(change),
      textOf(change.before),
      textOf(change.after),
      cause,
    ).row;
  }

  /** Number that the next entry of the log will have; nobody else can take it inside this transaction. */
  #nextChange(): number {
    return this.#database.one<{ next: number }>("SELECT coalesce(max(sequence), 0) + 1 AS next FROM label_changes")!
      .next;
  }

  #write(change: Change): void {
    if (change.kind === "shape") this.#writeShape(change.image, change.layer, change.id, change.after);
    else this.#writeClass(change.image, change.layer, change.after);
  }

  #writeClass(image: number, layer: string, state: ClassState | null): void {
    if (layer === SHARED_LAYER) {
      this.#database.run(
        "UPDATE images SET class = ?, class_reader = ? WHERE number = ?",
        state?.classId ?? null,
        state?.reader ?? null,
        image,
      );
      return;
    }
    this.#database.run("DELETE FROM layer_classes WHERE layer = ? AND image = ?", layer, image);
    if (state === null) return;
    this.#database.run("INSERT INTO layer_classes VALUES (?, ?, ?, ?)", layer, image, state.classId, state.reader);
  }

  #writeShape(image: number, layer: string, id: string, state: ShapeState | null): void {
    this.#database.run("DELETE FROM shapes WHERE id = ?", id);
    if (state === null) return;
    this.#database.run(
      `INSERT INTO shapes (id, layer, image, frame, class, geometry, attributes, track, source, reader, drawn)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      layer,
      image,
      state.frame,
      state.classId,
      canonicalJson(state.geometry),
      canonicalJson(state.attributes),
      state.track,
      state.source,
      state.reader,
      state.drawn,
    );
  }

  #image(id: string): ImageRow {
    const image = this.#database.one<ImageRow>("SELECT number, rows, columns, frames FROM images WHERE id = ?", id);
    if (image === undefined) throw new AppError("app/not-found", "This image is not in the project.");
    return image;
  }

  #imageId(image: number): string {
    return this.#database.one<{ id: string }>("SELECT id FROM images WHERE number = ?", image)!.id;
  }

  #classState(image: number, layer: string): ClassState | null {
    const found =
      layer === SHARED_LAYER
        ? this.#database.one<ClassState>(
            "SELECT class AS classId, class_reader AS reader FROM images WHERE number = ? AND class IS NOT NULL",
            image,
          )
        : this.#database.one<ClassState>(
            "SELECT class AS classId, reader FROM layer_classes WHERE layer = ? AND image = ?",
            layer,
            image,
          );
    return found ?? null;
  }

  #classOf(image: number, imageId: string, layer: string): LabelChange["classes"][number] {
    const state = this.#classState(image, layer);
    const reader =
      state === null
        ? undefined
        : this.#database.one<{ name: string }>("SELECT name FROM members WHERE id = ?", state.reader);
    return { imageId, classId: state?.classId ?? null, classReader: reader?.name ?? null };
  }

  /** Null where there is none; throws app/not-found where the id is a shape of another image or layer. */
  #shapeState(id: string, image: number, layer: string): ShapeState | null {
    const row = this.#database.one<
      Omit<ShapeState, "geometry" | "attributes"> & {
        geometry: string;
        attributes: string;
        image: number;
        layer: string;
      }
    >(
      `SELECT id, image, layer, frame, class AS classId, geometry, attributes, track, source, reader, drawn FROM shapes WHERE id = ?`,
      id,
    );
    if (row === undefined) return null;
    if (row.image !== image || row.layer !== layer) {
      throw new AppError("app/not-found", "This shape belongs to another image or to another reader.");
    }
    const { image: _image, layer: _layer, geometry, attributes, ...state } = row;
    return { ...state, geometry: JSON.parse(geometry), attributes: JSON.parse(attributes) };
  }

  #describe(done: Changed): LabelChange {
    const ids = new Map([...done.images].map((image) => [image, this.#imageId(image)]));
    const put: Shape[] = [];
    const removed: LabelChange["removed"] = [];
    for (const [id, image] of done.shapes) {
      const row = this.#database.one<ShapeRow>(`SELECT ${SHAPE_COLUMNS} WHERE shapes.id = ?`, id);
      if (row === undefined) removed.push({ imageId: ids.get(image)!, id });
      else put.push(readShape(row));
    }
    return {
      imageId: ids.get(done.first)!,
      frame: done.frame,
      layer: done.layer,
      classes: [...done.classes].map((image) => this.#classOf(image, ids.get(image)!, done.layer)),
      put,
      removed,
    };
  }
}

/** What a step touched, each thing once. */
class Changed {
  readonly layer: string;
  readonly classes = new Set<number>();
  /** id → image */
  readonly shapes = new Map<string, number>();
  readonly images = new Set<number>();
  readonly #hash = createHash("sha256");
  first = 0;
  frame = 0;

  constructor(layer: string) {
    this.layer = layer;
  }

  add(change: Change): void {
    if (this.images.size === 0) {
      this.first = change.image;
      if (change.kind === "shape") this.frame = (change.after ?? change.before)?.frame ?? 0;
    }
    this.#hash.update(`${targetOf(change)}\n${textOf(change.before) ?? ""}\n${textOf(change.after) ?? ""}\n`);
    this.images.add(change.image);
    if (change.kind === "shape") this.shapes.set(change.id, change.image);
    else this.classes.add(change.image);
  }

  /** For the audit: how much, and a digest of what, so that the chain of hashes covers the log too. */
  summary(): { classes: number; shapes: number; images: number; digest: string } {
    const { classes, shapes, images } = this;
    return { classes: classes.size, shapes: shapes.size, images: images.size, digest: this.#hash.digest("hex") };
  }
}

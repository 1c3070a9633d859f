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

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  ImageLabels,
  LabelChange,
  LabelClass,
  LabelEdit,
  QuestionAnswer,
  Shape,
  ShapeInput,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import { Answers } from "./answers.ts";
import { assertAttributes } from "./attributes.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import { assertClass, assertFits, type ImageSize } from "./geometry.ts";
import {
  type Cause,
  type Change,
  Changed,
  type ChangeRow,
  type ClassState,
  changeFrom,
  targetOf,
  textOf,
} from "./label-changes.ts";
import { type ClassInput, LabelClasses } from "./label-classes.ts";
import { assertReadable, assertWritable, type Person } from "./layers.ts";
import { turnMerge } from "./merges.ts";
import { attributeRows } from "./schema-rows.ts";
import { shapeOf, shapeState, shapesOf, writeShape } from "./shape-rows.ts";

interface ImageRow extends ImageSize {
  readonly number: number;
  readonly id: string;
  readonly series: string;
  readonly patient: string;
}

export class Labels {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #classes: LabelClasses;
  readonly #answers: Answers;
  readonly #member: string;
  readonly #person: Person;

  /** `person`: who labels through this connection. */
  constructor(database: ProjectDatabase, audit: Audit, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#classes = new LabelClasses(database, audit);
    this.#answers = new Answers(database, person);
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
      const image = this.#image(imageId);
      assertReadable(this.#database, this.#person, layer, image.number);
      const shapes = this.shapesIn([image.number], layer);
      const { classId, classReader } = this.#classOf(image.number, imageId, layer);
      const { series, patient } = image;
      const answers = this.#answers.of(image, layer);
      return { imageId, layer, subjects: { series, patient }, answers, classId, classReader, shapes };
    });
  }

  /**
   * All of the edits or none; together one step of undo. An edit that changes nothing is left out. `carried`: answers were said elsewhere
   * before, so archived options are taken too. Throws app/not-found, labels/class-unknown, labels/geometry-invalid,
   * labels/question-unknown, labels/answer-invalid, reading/not-yours, reading/committed.
   */
  apply(edits: readonly LabelEdit[], layer = SHARED_LAYER, carried = false): LabelChange {
    return this.#database.transaction(() => {
      assertWritable(this.#database, this.#person, layer);
      const done = new Changed(layer);
      let step: number | null = null;
      for (const edit of edits) {
        const change = this.#changeOf(edit, layer, carried);
        const sequence = this.#apply(change, "edit");
        if (sequence !== null) {
          if (step === null) this.#forgetRedo(layer);
          step ??= sequence;
          this.#remember(change, layer, step, sequence);
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
    return shapesOf(this.#database, images, layer);
  }

  /** Answers about an image (by id), its series and its patient: for this room. */
  answersOf(imageId: string, layer: string): QuestionAnswer[] {
    return this.#answers.of(this.#image(imageId), layer);
  }

  /** Answers in the layer of a read, whoever asks: for this room. */
  answersIn(layer: string): QuestionAnswer[] {
    return this.#answers.inLayer(layer).map(({ answer }) => answer);
  }

  /** How many required questions about an image (by id) have no answer in a layer: for this room. */
  missingAnswers(imageId: string, layer: string): number {
    return this.#answers.missing(this.#image(imageId), layer);
  }

  /**
   * Says in other words what was said, in every layer, because the schema changed; readers stay who they were. `undoable`: it is one
   * step of the member's undo in the shared layer. Answers the step, or null where nothing changed.
   */
  rewrite(changes: readonly Change[], undoable: boolean): number | null {
    return this.#database.transaction(() => {
      let step: number | null = null;
      for (const change of changes) {
        if (textOf(change.before) === textOf(change.after)) continue;
        const sequence = this.#log(change, "schema");
        this.#write(change);
        // What was said before in a layer of its own is in that layer's undo, which does not know of this step.
        const keep = undoable && change.layer === SHARED_LAYER ? this.#member : null;
        this.#forgetUndo(targetOf(change), keep);
        if (step === null && undoable) this.#forgetRedo(SHARED_LAYER);
        step ??= sequence;
        if (undoable) this.#remember(change, SHARED_LAYER, step, sequence);
      }
      return step;
    });
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
      for (const { image, answer } of this.#answers.inLayer(from)) {
        const { questionId, subject } = answer;
        const after = this.#answers.state(questionId, from, subject);
        this.#apply({ kind: "answer", image, layer: to, questionId, subject, before: null, after }, "import");
      }
    });
  }

  /**
   * Makes what was said elsewhere so, with its reader and its time; in nobody's undo. Answers the state as it is kept: shapes are numbered
   * in the order of this log. The caller has checked it and records it in the audit: for this room.
   */
  receive(change: Change, said: { at: string; reader: string }): Change["after"] {
    const numbered =
      change.kind === "shape" && change.after !== null
        ? { ...change, after: { ...change.after, drawn: change.before?.drawn ?? this.#nextChange() } }
        : change;
    this.#log(numbered, "import", said);
    this.#write(numbered);
    this.#forgetUndo(targetOf(numbered), null);
    return numbered.after;
  }

  /** Nothing of a layer can be undone by the member any more: it was committed. */
  forgetHistory(layer: string): void {
    this.#database.run("DELETE FROM undo_entries WHERE member = ? AND layer = ?", this.#member, layer);
  }

  #changeOf(edit: LabelEdit, layer: string, carried = false): Change {
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
        const before = shapeState(this.#database, edit.id, image, layer);
        return { kind: "shape", image, layer, id: edit.id, before, after: null };
      }
      case "answer":
        return this.#answers.changeOf(edit, this.#image(edit.imageId), layer, carried);
    }
  }

  #putChange(shape: ShapeInput, layer: string): Change {
    const image = this.#image(shape.imageId);
    const { id, frame, classId, geometry, attributes, track, source } = shape;
    if (classId !== null) this.#classes.get(classId);
    assertClass(geometry.kind, classId);
    assertFits(image, frame, geometry);
    const before = shapeState(this.#database, id, image.number, layer);
    if (classId !== null && Object.keys(attributes).length > 0) {
      assertAttributes(attributeRows(this.#database, classId), attributes, before?.attributes ?? {});
    }
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
      const entries = this.#database.all<ChangeRow & { change: number; step: number; cause: Cause }>(
        `SELECT undo_entries.change, step, cause, image, label_changes.layer, kind, undo_entries.target, before, after FROM undo_entries
        JOIN label_changes ON label_changes.sequence = undo_entries.change
        WHERE member = ? AND undo_entries.layer = ? AND undone = ?
          AND step = (SELECT ${undo ? "max" : "min"}(step) FROM undo_entries WHERE member = ? AND layer = ? AND undone = ?)
        ORDER BY change ${undo ? "DESC" : "ASC"}`,
        ...which,
        ...which,
      );
      if (entries.length === 0) return null;
      const done = new Changed(layer);
      for (const { change, step, cause, ...row } of entries) {
        const taken = changeFrom(row, undo);
        if (cause === "schema" && !this.#isNow(taken)) {
          // Its reader has answered anew in a layer of their own since.
          this.#database.run("DELETE FROM undo_entries WHERE target = ? AND change = ?", row.target, change);
          continue;
        }
        if (cause === "schema" && !done.schema) turnMerge(this.#database, this.#audit, step, undo);
        done.schema ||= cause === "schema";
        this.#log(taken, direction);
        this.#write(taken);
        done.add(taken);
        // The whole key: a step may have a hundred thousand changes.
        this.#database.run(
          "UPDATE undo_entries SET undone = ? WHERE member = ? AND layer = ? AND undone = ? AND step = ? AND change = ?",
          undo ? 1 : 0,
          this.#member,
          layer,
          undo ? 0 : 1,
          step,
          change,
        );
      }
      if (done.images.size === 0) return this.#step(direction, layer);
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

  /** Whether the thing that a change is about is as the change expects it. */
  #isNow(change: Change): boolean {
    const { image, layer } = change;
    const present =
      change.kind === "class"
        ? this.#classState(image, layer)
        : change.kind === "shape"
          ? shapeState(this.#database, change.id, image, layer)
          : this.#answers.state(change.questionId, layer, change.subject);
    return textOf(present) === textOf(change.before);
  }

  /** `history`: layer whose undo it belongs to. */
  #remember(change: Change, history: string, step: number, sequence: number): void {
    this.#database.run(
      "INSERT INTO undo_entries (member, layer, undone, step, change, target) VALUES (?, ?, 0, ?, ?, ?)",
      this.#member,
      history,
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

  #log(change: Change, cause: Cause, said = { at: new Date().toISOString(), reader: this.#member }): number {
    return this.#database.run(
      `INSERT INTO label_changes (at, reader, image, layer, kind, target, before, after, cause)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      said.at,
      said.reader,
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
    if (change.kind === "shape") writeShape(this.#database, change);
    else if (change.kind === "answer") this.#answers.write(change);
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

  #image(id: string): ImageRow {
    const image = this.#database.one<ImageRow>(
      "SELECT number, id, series, patient, rows, columns, frames FROM images WHERE id = ?",
      id,
    );
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

  #describe(done: Changed): LabelChange {
    if (done.schema) {
      // Possibly every answer of the project: who shows some asks again.
      const nothing = { classes: [], put: [], removed: [], answers: [] };
      return { ...done.about(), ...nothing, imageId: this.#imageId(done.first) };
    }
    const ids = new Map([...done.images].map((image) => [image, this.#imageId(image)]));
    const put: Shape[] = [];
    const removed: LabelChange["removed"] = [];
    for (const [id, image] of done.shapes) {
      const shape = shapeOf(this.#database, id);
      if (shape === undefined) removed.push({ imageId: ids.get(image)!, id });
      else put.push(shape);
    }
    return {
      ...done.about(),
      imageId: ids.get(done.first)!,
      classes: [...done.classes].map((image) => this.#classOf(image, ids.get(image)!, done.layer)),
      put,
      removed,
      answers: this.#answers.after([...done.answers.values()]),
    };
  }
}

// Copies of the project: what was taken in, what they said differently (both sides stay kept, a person chooses), what a part is made of.

import { AppError } from "../../preload/contract/errors.ts";
import type {
  AnswerValue,
  ChosenImages,
  Conflict,
  ConflictSide,
  ImageFilter,
  MergeReport,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { wordsOfAnswer } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import { type AnswerState, type Change, type ClassState, changeFrom, type ShapeState } from "./label-changes.ts";
import type { Labels } from "./labels.ts";
import { assertNothingHidden, assertReadable, assertWritable, HIDDEN_IMAGES, type Person } from "./layers.ts";
import { type Said, sameState } from "./merge-history.ts";
import type { State } from "./merge-words.ts";
import { questionRow } from "./schema-rows.ts";

interface Row {
  readonly number: number;
  readonly id: string;
  readonly state: Conflict["state"];
  readonly source: string;
  readonly image: number;
  readonly imageId: string;
  readonly imageName: string;
  readonly layer: string;
  readonly kind: Change["kind"];
  readonly target: string;
  readonly ours: string;
  readonly oursAt: string;
  readonly oursBy: string;
  readonly theirs: string;
  readonly said: string;
}

const ROW = `SELECT merge_differences.number, merge_differences.id, state, source, image, images.id AS imageId, images.name AS imageName, layer,
  kind, target, ours, ours_at AS oursAt, ours_by AS oursBy, theirs, said FROM merge_differences JOIN images ON images.number = merge_differences.image`;
const DECIDED = "state IN ('ours', 'theirs')";

export class Copies {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #labels: Labels;
  readonly #person: Person;

  constructor(database: ProjectDatabase, audit: Audit, labels: Labels, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#labels = labels;
    this.#person = person;
  }

  /** What was taken in, newest first. */
  merges(): MergeReport[] {
    return this.#database
      .all<{ report: string }>("SELECT report FROM merges ORDER BY number DESC")
      .map(({ report }) => JSON.parse(report) as MergeReport);
  }

  /** A page of those that are open or decided. Cases that the person has yet to read blindly are left out, also of the counts. */
  list(decided: boolean, offset: number, limit: number): { total: number; open: number; items: Conflict[] } {
    return this.#database.read(() => {
      const visible = `image NOT IN (${HIDDEN_IMAGES}) AND (layer = '' OR ? <> 'reader')`;
      const values = [this.#person.id, this.#person.role] as const;
      const count = (which: string) =>
        this.#database.one<{ count: number }>(
          `SELECT count(*) AS count FROM merge_differences WHERE ${which} AND ${visible}`,
          ...values,
        )!.count;
      const which = decided ? DECIDED : "state = 'open'";
      const items = this.#database
        .all<Row>(
          `${ROW} WHERE ${which} AND ${visible} ORDER BY merge_differences.number DESC LIMIT ? OFFSET ?`,
          ...values,
          limit,
          offset,
        )
        .map((row) => this.#shown(row));
      return { total: count(which), open: count("state = 'open'"), items };
    });
  }

  /** Throws app/not-found, merge/changed-since, labels/class-unknown, reading/hidden, reading/committed, reading/not-yours. */
  choose(id: string, choice: "ours" | "theirs"): Conflict {
    return this.#database.transaction(() => {
      const row = this.#row(id);
      assertReadable(this.#database, this.#person, row.layer, row.image);
      assertWritable(this.#database, this.#person, row.layer);
      const [ours, theirs] = [JSON.parse(row.ours) as State, JSON.parse(row.theirs) as State];
      const present = this.#present(row);
      if (!sameState(present, ours) && !sameState(present, theirs)) {
        throw new AppError(
          "merge/changed-since",
          "Somebody has said something else of this since, and that stays: look at the image, then say there what holds.",
        );
      }
      const wanted = choice === "ours" ? ours : theirs;
      const classId = (wanted as { classId?: string | null } | null)?.classId;
      if (classId && this.#labels.classes().every((one) => one.id !== classId)) {
        throw new AppError("labels/class-unknown", "The class that was given there is not in the project any more.");
      }
      if (!sameState(present, wanted)) {
        const { image, layer, kind, target } = row;
        const texts = { before: JSON.stringify(present), after: JSON.stringify(wanted) };
        const change = changeFrom({ image, layer, kind, target, ...texts }, false);
        this.#labels.receive(change, { at: new Date().toISOString(), reader: this.#person.id });
      }
      this.#database.run(
        "UPDATE merge_differences SET state = ?, decided_by = ?, decided_at = ? WHERE number = ?",
        choice,
        this.#person.id,
        new Date().toISOString(),
        row.number,
      );
      this.#audit.record("merge/choose", row.imageId, { kind: row.kind, choice });
      return this.#shown(this.#row(id));
    });
  }

  /** Ids of images that are given away, with all slices of their stacks. Throws app/not-found. */
  imagesOf(chosen: ChosenImages, filtered: (filter: ImageFilter) => string[]): string[] {
    if (chosen.by === "filter") return filtered(chosen.filter);
    const sql =
      chosen.by === "list"
        ? `SELECT slices.id FROM work_lists JOIN work_cases ON work_cases.list = work_lists.number JOIN images ON images.number = work_cases.image
          JOIN images AS slices ON slices.number = images.number OR (images.series <> '' AND slices.series = images.series)
          WHERE work_lists.id = ? AND removed = 0`
        : `SELECT images.id FROM snapshots JOIN snapshot_items ON snapshot_items.snapshot = snapshots.number
          JOIN images ON images.number = snapshot_items.image WHERE snapshots.id = ?`;
    const found = this.#database.all<{ id: string }>(sql, chosen.by === "list" ? chosen.listId : chosen.snapshotId);
    if (found.length === 0) throw new AppError("app/not-found", "This list or snapshot has no images.");
    return [...new Set(found.map(({ id }) => id))];
  }

  /**
   * A part shows whoever opens it what is hidden from its giver here. So who has yet to read cases blindly gives neither those away nor any
   * reads. Throws reading/hidden.
   */
  assertGivable(ids: readonly string[], layers: boolean): void {
    const hidden = this.#database.one(
      `SELECT 1 FROM images WHERE id IN (SELECT value FROM json_each(?)) AND number IN (${HIDDEN_IMAGES}) LIMIT 1`,
      JSON.stringify(ids),
      this.#person.id,
    );
    if (hidden !== undefined || layers) assertNothingHidden(this.#database, this.#person);
  }

  /** Some images were given away. */
  recordPart(detail: { images: number; changes: number; name: string; project: string; layers: boolean }): void {
    this.#audit.record("part/give", detail.project, detail);
  }

  #row(id: string): Row {
    const row = this.#database.one<Row>(
      `${ROW} WHERE merge_differences.id = ? AND state IN ('open', 'ours', 'theirs')`,
      id,
    );
    if (row === undefined)
      throw new AppError("app/not-found", "This difference is not in the project, or a newer one took its place.");
    return row;
  }

  /** What holds now: the last thing said in the log. */
  #present({ target, image, kind }: Row): State {
    const last = this.#database.one<{ after: string | null }>(
      `SELECT after FROM label_changes WHERE target = ? AND ${kind === "answer" ? "kind = 'answer'" : "image = ?"} ORDER BY sequence DESC LIMIT 1`,
      ...(kind === "answer" ? [target] : [target, image]),
    );
    return last === undefined || last.after === null ? null : (JSON.parse(last.after) as State);
  }

  #shown(row: Row): Conflict {
    const { id, state, source, imageId, imageName, kind } = row;
    const said = JSON.parse(row.said) as Said[];
    const ours = this.#side(row, JSON.parse(row.ours) as State, { at: row.oursAt, reader: row.oursBy });
    const theirs = this.#side(row, JSON.parse(row.theirs) as State, said.at(-1)!);
    return { id, state, source, imageId, imageName, kind, question: this.#question(row), ours, theirs };
  }

  #question({ kind, ours, theirs }: Row): string | null {
    if (kind !== "answer") return null;
    const { questionId } = (JSON.parse(ours) ?? JSON.parse(theirs)) as AnswerState;
    return questionRow(this.#database, questionId).name;
  }

  #side({ kind }: Row, state: State, by: { at: string; reader: string }): ConflictSide {
    const { name } = this.#database.one<{ name: string }>(
      "SELECT name FROM members WHERE id = ?",
      state?.reader ?? by.reader,
    )!;
    const common = { said: state !== null, reader: name, at: by.at };
    if (state === null) return { ...common, words: null, geometry: null };
    if (kind === "answer") {
      const { questionId, value } = state as AnswerState;
      const words = wordsOfAnswer(questionRow(this.#database, questionId), value as AnswerValue);
      return { ...common, words, geometry: null };
    }
    const { classId } = state as ClassState | ShapeState;
    const words =
      classId === null
        ? null
        : (this.#database.one<{ name: string }>("SELECT name FROM label_classes WHERE id = ?", classId)?.name ?? null);
    return { ...common, words, geometry: kind === "shape" ? (state as ShapeState).geometry.kind : null };
  }
}

// The rows behind work lists: a read, its case and what was said in it; whose reads may be seen. reading.ts and adjudication.ts build on it.

import { AppError } from "../../preload/contract/errors.ts";
import type { QuestionAnswer, Read, Shape, Suggestion } from "../../preload/contract/index.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Labels } from "./labels.ts";
import { afterLayer, type Person } from "./layers.ts";

export interface ReadRow {
  readonly id: string;
  readonly listId: string;
  readonly list: number;
  readonly position: number;
  readonly imageId: string;
  readonly image: number;
  readonly reader: string;
  readonly readerId: string;
  readonly state: Read["state"];
  readonly openedAt: string | null;
  readonly committedAt: string | null;
  readonly seconds: number | null;
  readonly secondsAfter: number | null;
  readonly suggestion: string | null;
  readonly changedMind: number | null;
  readonly commitFirst: number;
}

/** Ends after the joins: a WHERE may follow. */
export const READ = `
  SELECT reads.id, work_lists.id AS listId, reads.list, reads.position, images.id AS imageId, images.number AS image,
    members.name AS reader, reads.reader AS readerId, state, opened_at AS openedAt, committed_at AS committedAt, seconds,
    seconds_after AS secondsAfter, suggestion, changed_mind AS changedMind, commit_first AS commitFirst
  FROM reads JOIN work_lists ON work_lists.number = reads.list AND removed = 0
  JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
  JOIN images ON images.number = work_cases.image JOIN members ON members.id = reads.reader`;

export class ReadRows {
  readonly #database: ProjectDatabase;
  readonly #labels: Labels;
  readonly #person: Person;

  constructor(database: ProjectDatabase, labels: Labels, person: Person) {
    this.#database = database;
    this.#labels = labels;
    this.#person = person;
  }

  /** A read of the person who asks. Throws app/not-found, reading/not-yours. */
  mine(readId: string): ReadRow {
    const read = this.#database.one<ReadRow>(`${READ} WHERE reads.id = ?`, readId);
    if (read === undefined) throw new AppError("app/not-found", "This read is not in the project any more.");
    if (read.readerId !== this.#person.id)
      throw new AppError("reading/not-yours", "This read belongs to another reader.");
    return read;
  }

  /** Of a list in its table. Throws app/not-found. */
  number(listId: string): number {
    const row = this.#database.one<{ number: number }>(
      "SELECT number FROM work_lists WHERE id = ? AND removed = 0",
      listId,
    );
    if (row === undefined) throw new AppError("app/not-found", "This work list is not in the project any more.");
    return row.number;
  }

  /**
   * Others' reads are for adjudicators; for readers only where nothing is blinded. Nobody who still has to read blindly sees them.
   * Throws reading/hidden.
   */
  assertAdjudicator(list: number): void {
    const row = this.#database.one<{ blinded: number; open: number }>(
      `SELECT blinded, (SELECT count(*) FROM reads WHERE list = number AND reader = ? AND state <> 'done') AS open
      FROM work_lists WHERE number = ?`,
      this.#person.id,
      list,
    )!;
    if (row.blinded === 1 && (this.#person.role === "reader" || row.open > 0)) {
      throw new AppError(
        "reading/hidden",
        "This list is blinded: others' reads are shown to adjudicators, and only when their own reads are done.",
      );
    }
  }

  /** Number of the image whose class is the answer to a case. */
  caseImage(list: number, position: number): number {
    return this.#database.one<{ image: number }>(
      "SELECT image FROM work_cases WHERE list = ? AND position = ?",
      list,
      position,
    )!.image;
  }

  /** Where the last word of a read lies. */
  finalLayer(readId: string): string {
    const { changed } = this.#database.one<{ changed: number | null }>(
      "SELECT changed_mind AS changed FROM reads WHERE id = ?",
      readId,
    )!;
    return changed === null ? readId : afterLayer(readId);
  }

  /** In the layer of a read. */
  said(image: number, layer: string): { classId: string | null; shapes: Shape[]; answers: QuestionAnswer[] } {
    return {
      classId: this.#labels.classIn(image, layer),
      shapes: this.#labels.shapesIn(this.slices(image), layer),
      answers: this.#labels.answersIn(layer),
    };
  }

  /** Numbers of the images that are read together with a case's image. */
  slices(image: number): number[] {
    return this.#database
      .all<{ number: number }>(
        `SELECT slices.number FROM images JOIN images AS slices
          ON slices.number = images.number OR (images.series <> '' AND slices.series = images.series)
        WHERE images.number = ? ORDER BY slices.number`,
        image,
      )
      .map(({ number }) => number);
  }

  /** Whether two layers say different things: another class, other answers, or shapes that are not the same. */
  differ(image: number, a: string, b: string): boolean {
    const key = (layer: string) => {
      const { classId, shapes, answers } = this.said(image, layer);
      const drawn = shapes.map(({ id: _, reader: __, source: ___, ...shape }) => canonicalJson(shape));
      return canonicalJson({ classId, shapes: drawn.sort(), ...bare(answers) });
    };
    return key(a) !== key(b);
  }
}

export function readOf(row: ReadRow): Read {
  const { list: _, image: __, openedAt: ___, committedAt: ____, commitFirst, suggestion, changedMind, ...read } = row;
  const hidden = commitFirst === 1 && (read.state === "assigned" || read.state === "open");
  const after = read.state === "committed" || changedMind !== null;
  return {
    ...read,
    layer: after ? afterLayer(read.id) : read.id,
    suggestion: hidden || suggestion === null ? null : suggestionOf(suggestion),
    changedMind: changedMind === null ? null : changedMind === 1,
  };
}

/** Suggestions kept before there were rules say nothing of them. */
function suggestionOf(kept: string): Suggestion {
  return { rules: null, ...(JSON.parse(kept) as Omit<Suggestion, "rules"> & Partial<Suggestion>) };
}

/** Answers without who gave them: to compare. */
export const bare = (answers: readonly QuestionAnswer[]) => ({
  answers: answers.map(({ questionId, subject, value }) => ({ questionId, subject, value })),
});

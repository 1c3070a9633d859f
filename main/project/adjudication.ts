// What was said about each case, and what an adjudicator decides: one read's labels, or an own answer, become the shared labels.
//
// A decision remembers what was shared before, so it can be taken back.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { LabelChange, LabelEdit, QuestionAnswer, ReadingCase, Shape } from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Labels } from "./labels.ts";
import type { Person } from "./layers.ts";
import { bare, READ, type ReadRow, ReadRows } from "./read-rows.ts";

interface Decided {
  readonly read: string | null;
  readonly class: string | null;
  readonly by: string;
  readonly at: string;
  readonly before: string;
}

/** What was shared before a decision, and the shapes that it brought. */
interface Before {
  readonly classId: string | null;
  readonly shapes: readonly { readonly imageId: string; readonly id: string }[];
  /** to the questions that the read answered; decisions from before there were questions have none */
  readonly answers?: readonly { readonly questionId: string; readonly value: QuestionAnswer["value"] | null }[];
}

/** A committed answer, for figures of agreement. */
export interface Answer {
  readonly position: number;
  readonly patient: string;
  readonly reader: string;
  readonly classId: string | null;
  readonly shapes: readonly Shape[];
}

export class Adjudication {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #labels: Labels;
  readonly #person: Person;
  readonly #rows: ReadRows;

  constructor(database: ProjectDatabase, audit: Audit, labels: Labels, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#labels = labels;
    this.#person = person;
    this.#rows = new ReadRows(database, labels, person);
  }

  /** Throws app/not-found, reading/hidden. */
  cases(listId: string, only: "all" | "differing" | "undecided"): ReadingCase[] {
    return this.#database.read(() => {
      const list = this.#rows.number(listId);
      this.#rows.assertAdjudicator(list);
      const found = this.#database
        .all<{ position: number }>("SELECT position FROM work_cases WHERE list = ? ORDER BY position", list)
        .map(({ position }) => this.#case(list, listId, position));
      if (only === "all") return found;
      if (only === "differing") return found.filter(({ differs }) => differs);
      return found.filter(({ complete, decision }) => complete && decision === null);
    });
  }

  /** Throws app/not-found, reading/hidden, reading/not-complete, labels/class-unknown. */
  adjudicate(
    listId: string,
    position: number,
    choice: { readId: string | null; classId: string | null },
  ): { case: ReadingCase; change: LabelChange } {
    return this.#database.transaction(() => {
      const list = this.#rows.number(listId);
      this.#rows.assertAdjudicator(list);
      const present = this.#case(list, listId, position);
      if (!present.complete) {
        throw new AppError("reading/not-complete", "Not every reader of this case has committed yet.");
      }
      if (present.decision !== null) this.#takeBack(list, position);
      const image = this.#rows.caseImage(list, position);
      const chosen = present.answers.find(({ readId }) => readId === choice.readId);
      if (choice.readId !== null && chosen === undefined) {
        throw new AppError("app/not-found", "This read is not one of the case.");
      }
      const classId = chosen ? chosen.classId : choice.classId;
      const before = this.#labels.classIn(image, SHARED_LAYER);
      const { shapes, answers: given } = chosen
        ? this.#rows.said(image, this.#rows.finalLayer(chosen.readId))
        : NOTHING;
      const answers = given.filter(({ level, subject }) => level !== "image" || subject === present.imageId);
      const shared = this.#labels.answersOf(present.imageId, SHARED_LAYER);
      const brought = shapes.map(({ reader: _, ...shape }) => ({ ...shape, id: randomUUID() }));
      const edits: LabelEdit[] = [
        { do: "class", imageId: present.imageId, classId },
        ...brought.map((shape): LabelEdit => ({ do: "put", shape })),
        ...answers.map(({ questionId, value }) => answerEdit(present.imageId, questionId, value)),
      ];
      const change = this.#labels.apply(edits, SHARED_LAYER, true);
      const kept: Before = {
        classId: before,
        shapes: brought.map(({ imageId, id }) => ({ imageId, id })),
        answers: answers.map(({ questionId }) => ({
          questionId,
          value: shared.find((one) => one.questionId === questionId)?.value ?? null,
        })),
      };
      this.#database.run(
        "INSERT INTO decisions (list, position, read, class, member, at, before) VALUES (?, ?, ?, ?, ?, ?, ?)",
        list,
        position,
        choice.readId,
        classId,
        this.#person.id,
        new Date().toISOString(),
        JSON.stringify(kept),
      );
      this.#audit.record("reading/adjudicate", listId, {
        position,
        before: { classId: before },
        after: { classId, read: choice.readId },
      });
      return { case: this.#case(list, listId, position), change };
    });
  }

  /** Throws app/not-found, reading/hidden. */
  takeBack(listId: string, position: number): { case: ReadingCase; change: LabelChange } {
    return this.#database.transaction(() => {
      const list = this.#rows.number(listId);
      this.#rows.assertAdjudicator(list);
      const decided = this.#decision(list, position);
      const change = this.#takeBack(list, position);
      this.#audit.record("reading/take-back", listId, {
        position,
        before: { classId: decided?.class ?? null, read: decided?.read ?? null },
        after: { classId: this.#labels.classIn(this.#rows.caseImage(list, position), SHARED_LAYER) },
      });
      return { case: this.#case(list, listId, position), change };
    });
  }

  /** Committed answers of a list: the last word of each reader on each case. Throws app/not-found, reading/hidden. */
  answers(listId: string): Answer[] {
    return this.#database.read(() => {
      const list = this.#rows.number(listId);
      this.#rows.assertAdjudicator(list);
      return this.#database
        .all<ReadRow & { patient: string }>(
          `${READ.replace("SELECT", "SELECT images.patient,")} WHERE reads.list = ? AND state IN ('committed', 'done') ORDER BY reads.position, reads.number`,
          list,
        )
        .map(({ position, patient, reader, image, id }) => ({
          position,
          patient,
          reader,
          ...this.#rows.said(image, this.#rows.finalLayer(id)),
        }));
    });
  }

  #takeBack(list: number, position: number): LabelChange {
    const decided = this.#decision(list, position);
    if (decided === undefined) throw new AppError("app/not-found", "Nothing has been decided about this case.");
    const { classId, shapes, answers = [] } = JSON.parse(decided.before) as Before;
    const { id: imageId } = this.#database.one<{ id: string }>(
      "SELECT id FROM images WHERE number = ?",
      this.#rows.caseImage(list, position),
    )!;
    this.#database.run("DELETE FROM decisions WHERE list = ? AND position = ?", list, position);
    const edits: LabelEdit[] = [
      { do: "class", imageId, classId },
      ...shapes.map((shape): LabelEdit => ({ do: "remove", ...shape })),
      ...answers.map(({ questionId, value }) => answerEdit(imageId, questionId, value)),
    ];
    return this.#labels.apply(edits, SHARED_LAYER, true);
  }

  #case(list: number, listId: string, position: number): ReadingCase {
    const row = this.#database.one<{ imageId: string; image: number; name: string; patient: string }>(
      `SELECT images.id AS imageId, images.number AS image, name, patient FROM work_cases
      JOIN images ON images.number = work_cases.image WHERE list = ? AND position = ?`,
      list,
      position,
    );
    if (row === undefined) throw new AppError("app/not-found", "This case is not in the list.");
    const { image, ...about } = row;
    const reads = this.#database.all<ReadRow>(
      `${READ} WHERE reads.list = ? AND reads.position = ? ORDER BY reads.number`,
      list,
      position,
    );
    const answers = reads
      .filter(({ state }) => state === "committed" || state === "done")
      .map((read) => {
        const layer = this.#rows.finalLayer(read.id);
        const { classId, shapes, answers } = this.#rows.said(image, layer);
        const firstClassId = this.#labels.classIn(image, read.id);
        const { id: readId, reader, seconds } = read;
        return { readId, layer, reader, classId, firstClassId, shapes: shapes.length, answers, seconds };
      });
    const decision = this.#decision(list, position);
    return {
      listId,
      position,
      ...about,
      answers,
      complete: reads.every(({ state }) => state === "done"),
      differs:
        new Set(answers.map((answer) => canonicalJson({ classId: answer.classId, ...bare(answer.answers) }))).size > 1,
      decision: decision ? { readId: decision.read, classId: decision.class, by: decision.by, at: decision.at } : null,
    };
  }

  #decision(list: number, position: number): Decided | undefined {
    return this.#database.one<Decided>(
      `SELECT read, class, members.name AS by, at, before FROM decisions JOIN members ON members.id = decisions.member
      WHERE list = ? AND position = ?`,
      list,
      position,
    );
  }
}

const NOTHING = { shapes: [], answers: [] };

const answerEdit = (imageId: string, questionId: string, value: QuestionAnswer["value"] | null): LabelEdit => ({
  do: "answer",
  imageId,
  questionId,
  value,
});

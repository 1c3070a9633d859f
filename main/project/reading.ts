// Work lists: which cases are read by whom, when each answer was committed, and what an adjudicator decided.
//
// A case is an image with the slices of its stack; its class is the class of that image. What a reader says lies in the layer of the
// read (layers.ts), so reads of several people stand beside each other until one of them, or the adjudicator's own answer, becomes
// the shared label. A decision remembers what was shared before, so it can be taken back.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  LabelChange,
  LabelEdit,
  QuestionAnswer,
  Read,
  ReadingCase,
  Shape,
  Suggestion,
  WorkList,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { Audit } from "./audit.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Labels } from "./labels.ts";
import { afterLayer, type Person } from "./layers.ts";

export interface WorkListInput {
  readonly name: string;
  readonly imageIds: readonly string[];
  /** ids of members */
  readonly readers: readonly string[];
  readonly readsPerCase: number;
  readonly blinded: boolean;
  readonly commitFirst: boolean;
  readonly modelId: string | null;
}

interface ReadRow {
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

const READ = `
  SELECT reads.id, work_lists.id AS listId, reads.list, reads.position, images.id AS imageId, images.number AS image,
    members.name AS reader, reads.reader AS readerId, state, opened_at AS openedAt, committed_at AS committedAt, seconds,
    seconds_after AS secondsAfter, suggestion, changed_mind AS changedMind, commit_first AS commitFirst
  FROM reads JOIN work_lists ON work_lists.number = reads.list AND removed = 0
  JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
  JOIN images ON images.number = work_cases.image JOIN members ON members.id = reads.reader`;

const secondsSince = (at: string | null) => (at === null ? null : (Date.now() - Date.parse(at)) / 1000);

export class Reading {
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

  /** Newest first. */
  lists(): WorkList[] {
    return this.#database.read(() =>
      this.#database
        .all<{ number: number }>("SELECT number FROM work_lists WHERE removed = 0 ORDER BY number DESC")
        .map(({ number }) => this.#list(number)),
    );
  }

  /** Images of one series are one case. Throws reading/readers-missing, reading/empty, app/not-found. */
  create(input: WorkListInput): WorkList {
    const readers = [...new Set(input.readers)];
    if (input.imageIds.length === 0) {
      throw new AppError("reading/empty", "A work list needs at least one image, and no image fits.");
    }
    if (readers.length < input.readsPerCase) {
      throw new AppError(
        "reading/readers-missing",
        `Each case is to be read ${input.readsPerCase} times, but there are ${readers.length} readers.`,
      );
    }
    return this.#database.transaction(() => {
      for (const reader of readers) {
        const known = this.#database.one("SELECT 1 FROM members WHERE id = ?", reader);
        if (known === undefined) throw new AppError("app/not-found", "One of the readers is not in the project.");
      }
      const id = randomUUID();
      const { row: list } = this.#database.run(
        `INSERT INTO work_lists (id, name, created_at, reads_per_case, blinded, commit_first, model) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        input.name.trim(),
        new Date().toISOString(),
        input.readsPerCase,
        input.blinded ? 1 : 0,
        input.commitFirst ? 1 : 0,
        input.modelId,
      );
      const seen = new Set<string>();
      let position = 0;
      for (const imageId of input.imageIds) {
        const image = this.#database.one<{ number: number; series: string; modality: string }>(
          "SELECT number, series, modality FROM images WHERE id = ?",
          imageId,
        );
        if (image === undefined) throw new AppError("app/not-found", "One of the images is not in the project.");
        const key = STACKED.has(image.modality) && image.series !== "" ? image.series : imageId;
        if (seen.has(key)) continue;
        seen.add(key);
        this.#database.run(
          "INSERT INTO work_cases (list, position, image) VALUES (?, ?, ?)",
          list,
          position,
          image.number,
        );
        // In turn, so that everybody reads as much and every pair of readers meets.
        for (let turn = 0; turn < input.readsPerCase; turn++) {
          const reader =
            readers[(position * input.readsPerCase + turn + shift(position, readers.length)) % readers.length]!;
          this.#database.run(
            "INSERT OR IGNORE INTO reads (id, list, position, reader, state) VALUES (?, ?, ?, ?, 'assigned')",
            randomUUID(),
            list,
            position,
            reader,
          );
        }
        position++;
      }
      this.#audit.record("reading/create", id, { cases: position, readers: readers.length });
      return this.#list(list);
    });
  }

  /** Throws app/not-found. */
  remove(id: string): void {
    this.#database.transaction(() => {
      this.#database.run("UPDATE work_lists SET removed = 1 WHERE number = ?", this.#number(id));
      this.#audit.record("reading/remove", id);
    });
  }

  /** The member's own reads, in order of cases. Throws app/not-found. */
  mine(listId: string): Read[] {
    return this.#database
      .all<ReadRow>(
        `${READ} WHERE reads.list = ? AND reads.reader = ? ORDER BY reads.position`,
        this.#number(listId),
        this.#person.id,
      )
      .map(readOf);
  }

  /** Begins the clock. Throws app/not-found, reading/not-yours. */
  open(readId: string): Read {
    return this.#database.transaction(() => {
      const { state } = this.#mine(readId);
      if (state === "assigned" || state === "open") {
        this.#database.run(
          "UPDATE reads SET state = 'open', opened_at = ? WHERE id = ?",
          new Date().toISOString(),
          readId,
        );
      }
      return readOf(this.#mine(readId));
    });
  }

  /** What a model says of a read's case; kept once, so that everybody is shown the same. */
  suggest(readId: string, suggestion: Suggestion): void {
    this.#database.run(
      "UPDATE reads SET suggestion = ? WHERE id = ? AND suggestion IS NULL",
      JSON.stringify(suggestion),
      readId,
    );
  }

  /** Whether a suggestion is still to be made for a read, and by which model. */
  wantsSuggestion(readId: string): { modelId: string; imageId: string } | null {
    return (
      this.#database.one<{ modelId: string; imageId: string }>(
        `SELECT model AS modelId, images.id AS imageId FROM reads JOIN work_lists ON work_lists.number = reads.list
        JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
        JOIN images ON images.number = work_cases.image WHERE reads.id = ? AND suggestion IS NULL AND model IS NOT NULL`,
        readId,
      ) ?? null
    );
  }

  /** Throws app/not-found, reading/not-yours, reading/committed, reading/no-answer, reading/required-missing. */
  commit(readId: string): Read {
    return this.#database.transaction(() => {
      const read = this.#mine(readId);
      if (read.state === "done") {
        throw new AppError("reading/committed", "This answer has been committed: it does not change any more.");
      }
      const first = read.state !== "committed";
      const layer = first ? readId : afterLayer(readId);
      const said = this.#said(read.image, layer);
      if (said.classId === null && said.shapes.length === 0 && said.answers.length === 0) {
        throw new AppError(
          "reading/no-answer",
          "There is nothing to commit: give the case a label or draw something first.",
        );
      }
      const missing = this.#labels.missingAnswers(read.imageId, layer);
      if (missing > 0) {
        throw new AppError(
          "reading/required-missing",
          `${missing} questions that need an answer have none yet: answer them, then commit.`,
        );
      }
      const now = new Date().toISOString();
      if (first) {
        const reveals = read.commitFirst === 1 && read.suggestion !== null;
        this.#database.run(
          "UPDATE reads SET state = ?, committed_at = ?, seconds = ? WHERE id = ?",
          reveals ? "committed" : "done",
          now,
          secondsSince(read.openedAt),
          readId,
        );
        if (reveals) this.#labels.copy(this.#slices(read.image), readId, afterLayer(readId));
      } else {
        this.#database.run(
          "UPDATE reads SET state = 'done', seconds_after = ?, changed_mind = ? WHERE id = ?",
          secondsSince(read.committedAt),
          this.#differ(read.image, readId, afterLayer(readId)) ? 1 : 0,
          readId,
        );
      }
      this.#labels.forgetHistory(layer);
      this.#audit.record("reading/commit", readId, {
        first,
        classId: said.classId,
        shapes: said.shapes.length,
        answers: said.answers.length,
      });
      return readOf(this.#mine(readId));
    });
  }

  /** Throws app/not-found, reading/hidden. */
  cases(listId: string, only: "all" | "differing" | "undecided"): ReadingCase[] {
    return this.#database.read(() => {
      const list = this.#number(listId);
      this.#assertAdjudicator(list);
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
      const list = this.#number(listId);
      this.#assertAdjudicator(list);
      const present = this.#case(list, listId, position);
      if (!present.complete) {
        throw new AppError("reading/not-complete", "Not every reader of this case has committed yet.");
      }
      if (present.decision !== null) this.#takeBack(list, position);
      const image = this.#caseImage(list, position);
      const chosen = present.answers.find(({ readId }) => readId === choice.readId);
      if (choice.readId !== null && chosen === undefined) {
        throw new AppError("app/not-found", "This read is not one of the case.");
      }
      const classId = chosen ? chosen.classId : choice.classId;
      const before = this.#labels.classIn(image, SHARED_LAYER);
      const { shapes, answers: given } = chosen ? this.#said(image, this.#finalLayer(chosen.readId)) : NOTHING;
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
      this.#audit.record("reading/adjudicate", listId, { position, read: choice.readId, classId });
      return { case: this.#case(list, listId, position), change };
    });
  }

  /** Throws app/not-found, reading/hidden. */
  takeBack(listId: string, position: number): { case: ReadingCase; change: LabelChange } {
    return this.#database.transaction(() => {
      const list = this.#number(listId);
      this.#assertAdjudicator(list);
      const change = this.#takeBack(list, position);
      this.#audit.record("reading/take-back", listId, { position });
      return { case: this.#case(list, listId, position), change };
    });
  }

  /** Committed answers of a list: the last word of each reader on each case. Throws app/not-found, reading/hidden. */
  answers(listId: string): Answer[] {
    return this.#database.read(() => {
      const list = this.#number(listId);
      this.#assertAdjudicator(list);
      return this.#database
        .all<ReadRow & { patient: string }>(
          `${READ.replace("SELECT", "SELECT images.patient,")} WHERE reads.list = ? AND state IN ('committed', 'done') ORDER BY reads.position, reads.number`,
          list,
        )
        .map(({ position, patient, reader, image, id }) => ({
          position,
          patient,
          reader,
          ...this.#said(image, this.#finalLayer(id)),
        }));
    });
  }

  #takeBack(list: number, position: number): LabelChange {
    const decided = this.#decision(list, position);
    if (decided === undefined) throw new AppError("app/not-found", "Nothing has been decided about this case.");
    const { classId, shapes, answers = [] } = JSON.parse(decided.before) as Before;
    const { id: imageId } = this.#database.one<{ id: string }>(
      "SELECT id FROM images WHERE number = ?",
      this.#caseImage(list, position),
    )!;
    this.#database.run("DELETE FROM decisions WHERE list = ? AND position = ?", list, position);
    const edits: LabelEdit[] = [
      { do: "class", imageId, classId },
      ...shapes.map((shape): LabelEdit => ({ do: "remove", ...shape })),
      ...answers.map(({ questionId, value }) => answerEdit(imageId, questionId, value)),
    ];
    return this.#labels.apply(edits, SHARED_LAYER, true);
  }

  #list(number: number): WorkList {
    const row = this.#database.one<
      Omit<WorkList, "blinded" | "commitFirst" | "readers"> & { blinded: number; commitFirst: number }
    >(
      `SELECT id, name, created_at AS createdAt, reads_per_case AS readsPerCase, blinded, commit_first AS commitFirst, model AS modelId,
        (SELECT count(*) FROM work_cases WHERE list = number) AS cases,
        (SELECT count(*) FROM decisions WHERE list = number) AS adjudicated, 0 AS discrepancies
      FROM work_lists WHERE number = ?`,
      number,
    )!;
    const reads = this.#database.all<{ id: string; name: string; state: string; seconds: number | null }>(
      `SELECT members.id, members.name, state, seconds FROM reads JOIN members ON members.id = reads.reader
      WHERE list = ? ORDER BY members.number`,
      number,
    );
    const readers = [...new Set(reads.map(({ id }) => id))].map((id) => {
      const own = reads.filter((read) => read.id === id);
      const seconds = own.flatMap((read) => (read.seconds === null ? [] : [read.seconds]));
      const committed = own.filter(({ state }) => state === "done").length;
      return { id, name: own[0]!.name, committed, assigned: own.length, medianSeconds: median(seconds) };
    });
    const mayKnow = row.blinded === 0 || this.#person.role !== "reader";
    const differing = mayKnow ? this.#differing(number) : 0;
    return {
      ...row,
      blinded: row.blinded === 1,
      commitFirst: row.commitFirst === 1,
      readers,
      discrepancies: differing,
    };
  }

  /** Cases whose committed reads name different classes or answer differently, and that nobody has decided. */
  #differing(list: number): number {
    return this.#database.one<{ count: number }>(
      `SELECT count(*) AS count FROM (
        SELECT reads.position FROM reads
        JOIN work_cases ON work_cases.list = reads.list AND work_cases.position = reads.position
        LEFT JOIN layer_classes ON layer_classes.image = work_cases.image AND layer_classes.layer =
          CASE WHEN changed_mind IS NULL THEN reads.id ELSE reads.id || '/after' END
        WHERE reads.list = ? AND state = 'done' AND NOT EXISTS (
          SELECT 1 FROM decisions WHERE decisions.list = reads.list AND decisions.position = reads.position)
        GROUP BY reads.position HAVING count(DISTINCT coalesce(class, '') || ' ' || (
          SELECT coalesce(group_concat(question || ' ' || value, ' ' ORDER BY question), '') FROM answers WHERE answers.layer =
            CASE WHEN changed_mind IS NULL THEN reads.id ELSE reads.id || '/after' END)) > 1)`,
      list,
    )!.count;
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
        const layer = this.#finalLayer(read.id);
        const { classId, shapes, answers } = this.#said(image, layer);
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

  #mine(readId: string): ReadRow {
    const read = this.#database.one<ReadRow>(`${READ} WHERE reads.id = ?`, readId);
    if (read === undefined) throw new AppError("app/not-found", "This read is not in the project any more.");
    if (read.readerId !== this.#person.id)
      throw new AppError("reading/not-yours", "This read belongs to another reader.");
    return read;
  }

  #number(listId: string): number {
    const row = this.#database.one<{ number: number }>(
      "SELECT number FROM work_lists WHERE id = ? AND removed = 0",
      listId,
    );
    if (row === undefined) throw new AppError("app/not-found", "This work list is not in the project any more.");
    return row.number;
  }

  /** Others' reads are for adjudicators; for readers only where nothing is blinded. Nobody who still has to read blindly sees them. */
  #assertAdjudicator(list: number): void {
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

  #caseImage(list: number, position: number): number {
    return this.#database.one<{ image: number }>(
      "SELECT image FROM work_cases WHERE list = ? AND position = ?",
      list,
      position,
    )!.image;
  }

  #finalLayer(readId: string): string {
    const { changed } = this.#database.one<{ changed: number | null }>(
      "SELECT changed_mind AS changed FROM reads WHERE id = ?",
      readId,
    )!;
    return changed === null ? readId : afterLayer(readId);
  }

  /** In the layer of a read. */
  #said(image: number, layer: string): { classId: string | null; shapes: Shape[]; answers: QuestionAnswer[] } {
    return {
      classId: this.#labels.classIn(image, layer),
      shapes: this.#labels.shapesIn(this.#slices(image), layer),
      answers: this.#labels.answersIn(layer),
    };
  }

  /** Numbers of the images that are read together with a case's image. */
  #slices(image: number): number[] {
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
  #differ(image: number, a: string, b: string): boolean {
    const key = (layer: string) => {
      const { classId, shapes, answers } = this.#said(image, layer);
      const drawn = shapes.map(({ id: _, reader: __, source: ___, ...shape }) => canonicalJson(shape));
      return canonicalJson({ classId, shapes: drawn.sort(), ...bare(answers) });
    };
    return key(a) !== key(b);
  }
}

const NOTHING = { shapes: [], answers: [] };

const answerEdit = (imageId: string, questionId: string, value: QuestionAnswer["value"] | null): LabelEdit => ({
  do: "answer",
  imageId,
  questionId,
  value,
});

/** Answers without who gave them: to compare. */
const bare = (answers: readonly QuestionAnswer[]) => ({
  answers: answers.map(({ questionId, subject, value }) => ({ questionId, subject, value })),
});

/** Series of these are stacks (as api/stack.ts has it). */
export const STACKED: ReadonlySet<string> = new Set(["CT", "MR", "PT"]);

/** Turns the order of readers from round to round, so that not the same pairs meet. */
const shift = (position: number, readers: number) => Math.floor(position / readers);

function readOf(row: ReadRow): Read {
  const { list: _, image: __, openedAt: ___, committedAt: ____, commitFirst, suggestion, changedMind, ...read } = row;
  const hidden = commitFirst === 1 && (read.state === "assigned" || read.state === "open");
  const after = read.state === "committed" || changedMind !== null;
  return {
    ...read,
    layer: after ? afterLayer(read.id) : read.id,
    suggestion: hidden || suggestion === null ? null : JSON.parse(suggestion),
    changedMind: changedMind === null ? null : changedMind === 1,
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

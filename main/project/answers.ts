// Answers to the questions of the schema: about an image, its series or its patient, in the layers that all labels have.
//
// The present state; the log is in labels.ts, which writes both in one transaction. An edit names an image and the question's level
// says what of it the answer is about, so nothing can be said of a series or patient that is not there.

import { AppError } from "../../preload/contract/errors.ts";
import type {
  AnswerValue,
  LabelChange,
  LabelEdit,
  Level,
  Question,
  QuestionAnswer,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import { inOrder } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import type { AnswerState, Change } from "./label-changes.ts";
import { HIDDEN_IMAGES, hasHidden, type Person } from "./layers.ts";
import { questionRow } from "./schema-rows.ts";

/** An image, and what of it an answer can be about; empty where it has none. */
export interface Subjects {
  readonly number: number;
  readonly id: string;
  readonly series: string;
  readonly patient: string;
}

type AnswerEdit = Extract<LabelEdit, { do: "answer" }>;
type AnswerChange = Extract<Change, { kind: "answer" }>;

interface AnswerRow extends Omit<QuestionAnswer, "value"> {
  readonly value: string;
  readonly image: number;
}
const readAnswer = ({ value, image: _, ...row }: AnswerRow): QuestionAnswer => ({ ...row, value: JSON.parse(value) });

const COLUMNS = "SELECT questions.id AS questionId, level, subject, value, answers.image, members.name AS reader";
const READER = "JOIN members ON members.id = answers.reader";
const SUBJECT = "CASE level WHEN 'image' THEN ? WHEN 'series' THEN ? ELSE ? END";
const REASONS: Record<Exclude<Level, "image">, string> = {
  series: "The image has no series UID, so nothing can be said of its series.",
  patient: "The image has no patient ID, so nothing can be said of its patient.",
};

export class Answers {
  readonly #database: ProjectDatabase;
  readonly #person: Person;

  constructor(database: ProjectDatabase, person: Person) {
    this.#database = database;
    this.#person = person;
  }

  /** About an image, its series and its patient, in the order of the questions. What the person must not see yet is left out. */
  of(image: Subjects, layer: string): QuestionAnswer[] {
    const found = this.#database.all<AnswerRow>(
      // CROSS JOIN keeps SQLite to this order: a few questions, and for each the one row that the primary key finds.
      `${COLUMNS} FROM questions CROSS JOIN answers ON answers.question = questions.id AND answers.layer = ?
        AND subject = ${SUBJECT} ${READER} ORDER BY questions.position, questions.number`,
      layer,
      image.id,
      image.series,
      image.patient,
    );
    const veiled = found.some(({ level }) => level !== "image") && layer === SHARED_LAYER && this.#hides(image);
    return found.filter(({ level }) => level === "image" || !veiled).map(readAnswer);
  }

  /** Everything that is said in the layer of a read, with the number of the image at which it was said. */
  inLayer(layer: string): { image: number; answer: QuestionAnswer }[] {
    return this.#database
      .all<AnswerRow>(
        `${COLUMNS} FROM answers JOIN questions ON questions.id = answers.question ${READER}
        WHERE answers.layer = ? ORDER BY questions.position, questions.number, subject`,
        layer,
      )
      .map((row) => ({ image: row.image, answer: readAnswer(row) }));
  }

  /** Required questions about an image that have no answer in a layer. */
  missing(image: Subjects, layer: string): number {
    return this.#database.one<{ missing: number }>(
      `SELECT count(*) AS missing FROM questions WHERE required = 1 AND archived = 0 AND ${SUBJECT} <> '' AND NOT EXISTS (
        SELECT 1 FROM answers WHERE question = questions.id AND layer = ? AND subject = ${SUBJECT})`,
      image.id,
      image.series,
      image.patient,
      layer,
      image.id,
      image.series,
      image.patient,
    )!.missing;
  }

  /**
   * What an edit changes. `carried`: it was said elsewhere before, so archived options and questions may be said again.
   * Throws labels/question-unknown, labels/answer-invalid.
   */
  changeOf({ questionId, value }: AnswerEdit, image: Subjects, layer: string, carried: boolean): AnswerChange {
    const question = questionRow(this.#database, questionId);
    const subject = subjectOf(question.level, image);
    const before = this.state(questionId, layer, subject);
    const common = { kind: "answer", image: image.number, layer, questionId, subject, before } as const;
    const said = value === null ? null : checked(question, value, carried ? null : (before?.value ?? []));
    if (said === null) return { ...common, after: null };
    if (JSON.stringify(said) === JSON.stringify(before?.value)) return { ...common, after: before };
    return { ...common, after: { questionId, subject, value: said, reader: this.#person.id } };
  }

  state(questionId: string, layer: string, subject: string): AnswerState | null {
    const row = this.#database.one<{ value: string; reader: string }>(
      "SELECT value, reader FROM answers WHERE question = ? AND layer = ? AND subject = ?",
      questionId,
      layer,
      subject,
    );
    return row === undefined ? null : { questionId, subject, value: JSON.parse(row.value), reader: row.reader };
  }

  /** What changes made of answers, for whoever shows them. */
  after(changes: readonly AnswerChange[]): LabelChange["answers"] {
    return changes.map(({ questionId, subject, layer }) => {
      const { level } = questionRow(this.#database, questionId);
      const state = this.state(questionId, layer, subject);
      const reader =
        state && this.#database.one<{ name: string }>("SELECT name FROM members WHERE id = ?", state.reader)!.name;
      return { questionId, level, subject, value: state?.value ?? null, reader };
    });
  }

  write({ questionId, layer, subject, image, after }: AnswerChange): void {
    this.#database.run(
      "DELETE FROM answers WHERE question = ? AND layer = ? AND subject = ?",
      questionId,
      layer,
      subject,
    );
    if (after === null) return;
    this.#database.run(
      "INSERT INTO answers (question, layer, subject, image, value, reader) VALUES (?, ?, ?, ?, ?, ?)",
      questionId,
      layer,
      subject,
      image,
      JSON.stringify(after.value),
      after.reader,
    );
  }

  /** Series and patients of cases that the person has yet to read blindly. */
  #hides({ series, patient }: Subjects): boolean {
    if (!hasHidden(this.#database, this.#person)) return false;
    return (
      this.#database.one(
        `SELECT 1 FROM images WHERE ((patient <> '' AND patient = ?) OR (series <> '' AND series = ?))
          AND number IN (${HIDDEN_IMAGES}) LIMIT 1`,
        patient,
        series,
        this.#person.id,
      ) !== undefined
    );
  }
}

function subjectOf(level: Level, image: Subjects): string {
  if (level === "image") return image.id;
  if (image[level] === "") refuse(REASONS[level]);
  return image[level];
}

/** The value as it is kept, or null for nothing. `before`: what archived options may be kept from; null: any. */
function checked(question: Question, value: AnswerValue, before: AnswerValue | null): AnswerValue | null {
  if (question.archived && before !== null)
    refuse("This question is archived: earlier answers stay, new ones are not given.");
  if (question.kind === "text") {
    if (typeof value !== "string") refuse("This question is answered with text.");
    return value.trim() === "" ? null : value.trim();
  }
  if (question.kind === "multi" ? typeof value === "string" : typeof value !== "string") {
    refuse(`This question is answered with ${question.kind === "multi" ? "a list of options" : "one option"}.`);
  }
  const ids = [value].flat();
  for (const id of ids) {
    const option = question.options.find((one) => one.id === id);
    if (option === undefined) refuse("This option is not one of the question.");
    if (option.archived && before !== null && ![before].flat().includes(id)) {
      refuse("This option is archived: earlier answers keep it, new ones are not given.");
    }
  }
  return question.kind === "multi" ? (ids.length === 0 ? null : inOrder(question.options, ids)) : value;
}

function refuse(message: string): never {
  throw new AppError("labels/answer-invalid", message);
}

// Rows of the schema: questions, and the attributes of classes. What was said with them is in answers.ts and labels.ts.

import { AppError } from "../../preload/contract/errors.ts";
import type { AttributeDefinition, Question } from "../../preload/contract/index.ts";
import type { ProjectDatabase } from "./database.ts";

interface QuestionRow extends Omit<Question, "options" | "required" | "archived"> {
  readonly options: string;
  readonly required: number;
  readonly archived: number;
}

const COLUMNS = "id, name, level, kind, options, required, help, archived";

const readQuestion = ({ options, required, archived, ...row }: QuestionRow): Question => ({
  ...row,
  options: JSON.parse(options) as Question["options"],
  required: required === 1,
  archived: archived === 1,
});

/** In their order. */
export function questionRows(database: ProjectDatabase): Question[] {
  return database.all<QuestionRow>(`SELECT ${COLUMNS} FROM questions ORDER BY position, number`).map(readQuestion);
}

/** Throws labels/question-unknown. */
export function questionRow(database: ProjectDatabase, id: string): Question {
  const row = database.one<QuestionRow>(`SELECT ${COLUMNS} FROM questions WHERE id = ?`, id);
  if (row === undefined) throw new AppError("labels/question-unknown", "This question is not in the project.");
  return readQuestion(row);
}

/** A new one comes last. */
export function writeQuestion(database: ProjectDatabase, question: Question): void {
  const { id, name, level, kind, options, required, help, archived } = question;
  database.run(
    `INSERT INTO questions (id, position, name, level, kind, options, required, help, archived)
    VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM questions), ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, kind = excluded.kind, options = excluded.options,
      required = excluded.required, help = excluded.help, archived = excluded.archived`,
    id,
    name,
    level,
    kind,
    JSON.stringify(options),
    required ? 1 : 0,
    help,
    archived ? 1 : 0,
  );
}

/** Throws labels/class-unknown. Also of a deleted class: its shapes are gone, its log is not. */
export function attributeRows(database: ProjectDatabase, classId: string): AttributeDefinition[] {
  const row = database.one<{ attributes: string }>("SELECT attributes FROM label_classes WHERE id = ?", classId);
  if (row === undefined) throw new AppError("labels/class-unknown", "This class is not in the project.");
  return JSON.parse(row.attributes) as AttributeDefinition[];
}

export function writeAttributes(
  database: ProjectDatabase,
  classId: string,
  attributes: readonly AttributeDefinition[],
): void {
  database.run("UPDATE label_classes SET attributes = ? WHERE id = ?", JSON.stringify(attributes), classId);
}

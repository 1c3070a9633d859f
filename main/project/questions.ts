// The questions of the project, beside the class of an image, and changes of them that never orphan an answer.
//
// Renaming keeps ids. A question or option that was ever answered is archived, never deleted: the log still names it. Another kind is
// taken only where every answer has a place in it. Two options become one by rewriting the answers in the log, as one step of undo.
// Both rewrite the layers of reads too, also committed ones: what the words mean has changed, not what the reader said, and the
// log keeps their words (decision 9 in README.md).

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  AnswerValue,
  KindPreview,
  Question,
  QuestionInput,
  QuestionKind,
  SchemaUsage,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { Audit } from "./audit.ts";
import { convertAnswer, inOrder, nextChoices, previewOf, sameName, wordsOfAnswer } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import { type AnswerState, answerTargets, type Change } from "./label-changes.ts";
import type { Labels } from "./labels.ts";
import { assertNothingHidden, hasHidden, type Person } from "./layers.ts";
import { merge } from "./merges.ts";
import { questionRow, questionRows, writeQuestion } from "./schema-rows.ts";

const MOST_TYPED = 200;

interface AnswerRow {
  readonly image: number;
  readonly layer: string;
  readonly subject: string;
  readonly value: string;
  readonly reader: string;
}

export class Questions {
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

  /** In their order, archived ones too. */
  list(): Question[] {
    return questionRows(this.#database);
  }

  /**
   * Adds a question (no id) or changes one. Throws labels/question-unknown; labels/schema-in-use where level, kind or an option that was
   * ever answered would change or go; app/invalid-input for names and digits that are there twice.
   */
  save(input: QuestionInput): Question {
    return this.#database.transaction(() => {
      const old = input.id === undefined ? null : questionRow(this.#database, input.id);
      const { choices, gone } = nextChoices(old?.options ?? [], input.options);
      const keys = choices.filter(({ archived, key }) => !archived && key !== null).map(({ key }) => key);
      if (new Set(keys).size !== keys.length) refuse("app/invalid-input", "Two options have the same digit.");
      const options = choices.map((option) => (option.archived ? { ...option, key: null } : option));
      const { name, level, kind, required, help, archived } = input;
      if (name.trim() === "") refuse("app/invalid-input", "A question needs a name.");
      const taken = this.list().some((other) => other.id !== old?.id && !other.archived && sameName(other.name, name));
      if (taken && !archived) refuse("app/invalid-input", "There is already a question of this name.");
      if (old !== null) {
        const said = this.#said(old.id);
        if (said.any && (level !== old.level || kind !== old.kind)) {
          refuse(
            "labels/schema-in-use",
            "This question has been answered: its level stays, its kind is changed by a preview.",
          );
        }
        if (gone.some((id) => said.options.has(id))) {
          refuse("labels/schema-in-use", "An option that was ever answered is not deleted: archive it instead.");
        }
      }
      const saved: Question = {
        id: old?.id ?? randomUUID(),
        name: name.trim(),
        level,
        kind,
        options,
        required,
        help: help.trim(),
        archived,
      };
      writeQuestion(this.#database, saved);
      this.#audit.record("question/save", saved.id, { before: old === null ? null : { ...old }, after: { ...saved } });
      return saved;
    });
  }

  /** Only one that was never answered. Throws labels/question-unknown, labels/schema-in-use. */
  delete(id: string): void {
    this.#database.transaction(() => {
      const old = questionRow(this.#database, id);
      if (this.#said(id).any) {
        refuse("labels/schema-in-use", "A question that was ever answered is not deleted: archive it instead.");
      }
      this.#database.run("DELETE FROM questions WHERE id = ?", id);
      this.#audit.record("question/delete", id, { before: { ...old }, after: null });
    });
  }

  /** Questions that are not named keep their order behind those that are. Throws labels/question-unknown. */
  order(ids: readonly string[]): void {
    this.#database.transaction(() => {
      for (const id of ids) questionRow(this.#database, id);
      const before = this.list().map(({ id }) => id);
      const all = [...new Set([...ids, ...before])];
      all.forEach((id, position) => {
        this.#database.run("UPDATE questions SET position = ? WHERE id = ?", position + 1, id);
      });
      this.#audit.record("question/order", "", { before, after: all });
    });
  }

  /** How often it and each of its options is said now, in every layer, and whether it ever was. Throws labels/question-unknown. */
  usage(id: string): SchemaUsage {
    return this.#database.read(() => {
      const question = questionRow(this.#database, id);
      const said = this.#said(id);
      const given = this.#given(id);
      const count = (fits: (value: AnswerValue) => boolean) =>
        given.reduce((sum, one) => sum + (fits(one.value) ? one.count : 0), 0);
      const choices = question.options.map((option) => ({
        id: option.id,
        count: question.kind === "text" ? 0 : count((value) => [value].flat().includes(option.id)),
        said: said.options.has(option.id),
      }));
      return { id, count: count(() => true), said: said.any, choices };
    });
  }

  /** What another kind would make of the answers. Throws labels/question-unknown, reading/hidden. */
  previewKind(id: string, kind: QuestionKind): KindPreview {
    return this.#database.read(() => {
      assertNothingHidden(this.#database, this.#person);
      const question = questionRow(this.#database, id);
      return previewOf(
        this.#given(id),
        (value) => convertAnswer(question, kind, value),
        (value) => wordsOfAnswer(question, value),
        (value) => wordsOfAnswer({ ...question, kind }, convertAnswer(question, kind, value) ?? ""),
      );
    });
  }

  /** Throws labels/question-unknown, labels/schema-conflict, reading/hidden. Earlier answers leave everybody's undo. */
  changeKind(id: string, kind: QuestionKind): Question {
    return this.#database.transaction(() => {
      const { invalid, changed } = this.previewKind(id, kind);
      const question = questionRow(this.#database, id);
      if (invalid > 0) {
        refuse("labels/schema-conflict", `${invalid} answers have no place in this kind: change those answers first.`);
      }
      const saved = { ...question, kind };
      this.#rewrite(id, (value) => convertAnswer(question, kind, value), false);
      writeQuestion(this.#database, saved);
      // Undo would bring back answers in the form of the other kind.
      const targets = answerTargets(id);
      this.#database.run("DELETE FROM undo_entries WHERE target >= ? AND target < ?", targets, after(targets));
      this.#audit.record("question/kind", id, { before: question.kind, after: kind, changed });
      return saved;
    });
  }

  /**
   * Answers with `from` become answers with `into`, in every layer; `from` is archived. One step of the member's undo, which also offers
   * `from` again. Answers how many were rewritten. Throws labels/question-unknown, app/not-found, reading/hidden.
   */
  mergeOptions(id: string, from: string, into: string): number {
    return this.#database.transaction(() => {
      assertNothingHidden(this.#database, this.#person);
      const question = questionRow(this.#database, id);
      const [gone, stays] = [from, into].map((one) => question.options.find((option) => option.id === one));
      if (!gone || !stays || gone === stays || stays.archived || question.kind === "text") {
        refuse("app/not-found", "Choose two options of the question; the one that stays must not be archived.");
      }
      const said = (value: AnswerValue) => [value].flat().map((one) => (one === from ? into : one));
      const { step, count } = this.#rewrite(
        id,
        (value) => (typeof value === "string" ? said(value)[0]! : inOrder(question.options, said(value))),
        true,
      );
      merge(this.#database, this.#audit, { owner: id, attribute: null, gone: from, stays: into }, step);
      return count;
    });
  }

  /** What was typed, the most frequent first; only the member's own while reads are hidden from them. Throws labels/question-unknown. */
  typed(id: string): string[] {
    return this.#database.read(() => {
      if (questionRow(this.#database, id).kind !== "text") return [];
      // What one said in the shared layer can be overwritten there by others, which would show here.
      const hidden = hasHidden(this.#database, this.#person) ? 1 : 0;
      return this.#database
        .all<{ value: string }>(
          `SELECT value FROM answers WHERE question = ? AND ((reader = ? AND (layer <> '' OR ? = 0)) OR (layer = '' AND ? = 0))
          GROUP BY value ORDER BY count(*) DESC, value LIMIT ${MOST_TYPED}`,
          id,
          this.#person.id,
          hidden,
          hidden,
        )
        .map(({ value }) => JSON.parse(value));
    });
  }

  /** Answers in every layer, each value with how often. */
  #given(id: string): { value: AnswerValue; count: number }[] {
    return this.#database
      .all<{ value: string; count: number }>(
        "SELECT value, count(*) AS count FROM answers WHERE question = ? GROUP BY value",
        id,
      )
      .map(({ value, count }) => ({ value: JSON.parse(value), count }));
  }

  /** What the log has ever said of a question. */
  #said(id: string): { any: boolean; options: ReadonlySet<string> } {
    const targets = answerTargets(id);
    const values = this.#database.all<{ value: string }>(
      `SELECT DISTINCT after -> '$.value' AS value FROM label_changes
      WHERE kind = 'answer' AND target >= ? AND target < ? AND after IS NOT NULL`,
      targets,
      after(targets),
    );
    return {
      any: values.length > 0,
      options: new Set(values.flatMap(({ value }): string[] => [JSON.parse(value)].flat())),
    };
  }

  #rewrite(
    id: string,
    convert: (value: AnswerValue) => AnswerValue | null,
    undoable: boolean,
  ): { step: number | null; count: number } {
    const changes = this.#database
      .all<AnswerRow>("SELECT image, layer, subject, value, reader FROM answers WHERE question = ?", id)
      .flatMap(({ image, layer, subject, value: text, reader }): Change[] => {
        const value = JSON.parse(text) as AnswerValue;
        const next = convert(value);
        if (next === null || JSON.stringify(next) === text) return [];
        const before: AnswerState = { questionId: id, subject, value, reader };
        const common = { kind: "answer", image, layer, questionId: id, subject } as const;
        return [{ ...common, before, after: { ...before, value: next } }];
      });
    // The shared layer first: the step is described by where it began.
    changes.sort((a, b) => Number(a.layer !== SHARED_LAYER) - Number(b.layer !== SHARED_LAYER));
    return { step: this.#labels.rewrite(changes, undoable), count: changes.length };
  }
}

/** The first text that does not begin with `prefix`, which ends in a space. */
const after = (prefix: string) => `${prefix.slice(0, -1)}!`;

function refuse(code: ConstructorParameters<typeof AppError>[0], message: string): never {
  throw new AppError(code, message);
}

// The words of another copy in ours: which of their members, classes, attributes, questions and options are which of our own.
//
// By id, then by name; what we do not have is added, with its own id. What was found by name is remembered, so that taking the same copy in
// again finds the same, whatever was renamed in between. A member is only ever found by id: a name proves nothing, so a stranger of
// the same name stays a stranger, named with the copy they come from.

import { randomUUID } from "node:crypto";
import type { AttributeDefinition, Choice, Question } from "../../preload/contract/index.ts";
import { canonicalJson } from "./canonical-json.ts";
import { sameName } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import type { AnswerState, ClassState, ShapeState } from "./label-changes.ts";
import { attributeRows, questionRow, questionRows, writeAttributes, writeQuestion } from "./schema-rows.ts";

type Kind = "image" | "class" | "attribute" | "question" | "option";

interface ClassRow {
  readonly id: string;
  readonly name: string;
  readonly name_key: string;
  readonly color: string;
  readonly key: number | null;
  readonly deleted: number;
}

export type State = ClassState | ShapeState | AnswerState | null;

export interface AddedWords {
  readonly members: string[];
  readonly classes: string[];
  readonly questions: string[];
}

/** Ids of both sides; every method may add to ours, so it is called inside a transaction. */
export class MergeWords {
  readonly added: AddedWords = { members: [], classes: [], questions: [] };
  readonly #ours: ProjectDatabase;
  readonly #theirs: ProjectDatabase;
  /** their project's name, for what has to be told apart */
  readonly #copy: string;
  readonly #known = new Map<string, string>();

  constructor(ours: ProjectDatabase, theirs: ProjectDatabase, copy: string) {
    this.#ours = ours;
    this.#theirs = theirs;
    this.#copy = copy;
  }

  member(id: string): string {
    return this.#once(`member ${id}`, () => {
      if (this.#ours.one("SELECT 1 FROM members WHERE id = ?", id) !== undefined) return id;
      const { name } = this.#theirs.one<{ name: string }>("SELECT name FROM members WHERE id = ?", id)!;
      const taken = (wanted: string) => this.#ours.one("SELECT 1 FROM members WHERE name = ?", wanted) !== undefined;
      let unique = name;
      for (let turn = 1; taken(unique); turn++) unique = `${name} (${this.#copy}${turn === 1 ? "" : ` ${turn}`})`;
      const now = new Date().toISOString();
      // Removed from the first moment: they never had our key.
      this.#ours.run(
        "INSERT INTO members (id, name, role, created_at, removed_at) VALUES (?, ?, 'reader', ?, ?)",
        id,
        unique,
        now,
        now,
      );
      this.added.members.push(id);
      return id;
    });
  }

  class(id: string): string {
    return this.#once(`class ${id}`, () => {
      const row = this.#theirs.one<ClassRow>(
        "SELECT id, name, name_key, color, key, deleted FROM label_classes WHERE id = ?",
        id,
      )!;
      const ours = this.#find("class", id, "label_classes", () =>
        this.#ours.one<{ id: string }>("SELECT id FROM label_classes WHERE name_key = ? AND deleted = 0", row.name_key),
      );
      if (ours === null) {
        const keyTaken = this.#ours.one("SELECT 1 FROM label_classes WHERE key = ? AND deleted = 0", row.key);
        this.#ours.run(
          "INSERT INTO label_classes (id, name, name_key, color, key, deleted) VALUES (?, ?, ?, ?, ?, ?)",
          id,
          row.name,
          row.name_key,
          row.color,
          keyTaken === undefined ? row.key : null,
          row.deleted,
        );
        this.added.classes.push(id);
      }
      const kept = ours ?? id;
      this.#attributes(id, kept);
      return kept;
    });
  }

  /** One of our classes is given anew, so it is offered again where we had deleted it. */
  revive(id: string): void {
    const row = this.#ours.one<ClassRow>("SELECT * FROM label_classes WHERE id = ? AND deleted = 1", id);
    if (row === undefined) return;
    const taken = (key: string) =>
      this.#ours.one("SELECT 1 FROM label_classes WHERE name_key = ? AND deleted = 0", key) !== undefined;
    const suffix = taken(row.name_key) ? ` (${this.#copy} ${id.slice(0, 4)})` : "";
    this.#ours.run(
      "UPDATE label_classes SET deleted = 0, name = ?, name_key = ? WHERE id = ?",
      row.name + suffix,
      (row.name_key + suffix).normalize("NFC").toLowerCase(),
      id,
    );
    this.added.classes.push(id);
  }

  question(id: string): string {
    return this.#once(`question ${id}`, () => {
      const theirs = questionRow(this.#theirs, id);
      const fits = (one: Question) => one.kind === theirs.kind && one.level === theirs.level;
      const present = questionRows(this.#ours);
      const remembered = this.#remembered("question", id);
      const ours =
        present.find((one) => one.id === (remembered ?? id) && fits(one)) ??
        present.find((one) => !one.archived && fits(one) && sameName(one.name, theirs.name));
      if (ours === undefined) {
        // The same id with another kind or level is another question by now.
        const free = present.every((one) => one.id !== id);
        const kept = free ? id : randomUUID();
        const taken = present.some((one) => !one.archived && sameName(one.name, theirs.name));
        writeQuestion(this.#ours, {
          ...theirs,
          id: kept,
          name: taken ? `${theirs.name} (${this.#copy})` : theirs.name,
        });
        if (!free) this.#remember("question", id, kept);
        this.added.questions.push(kept);
        return kept;
      }
      if (ours.id !== id) this.#remember("question", id, ours.id);
      const options = this.#choices(ours.options, theirs.options, (option) => ({ ...option, key: null }));
      if (options !== null) writeQuestion(this.#ours, { ...ours, options });
      return ours.id;
    });
  }

  /** Id of one of their images that is known to be `ours`. */
  image(theirs: string, ours: string): void {
    this.#known.set(`image ${theirs}`, ours);
  }

  /** What they say, in our ids. `drawn` is a number of their log and means nothing here: 0. */
  state(kind: "class" | "shape" | "answer", state: State): State {
    if (state === null) return null;
    const reader = this.member(state.reader);
    if (kind === "class") return { classId: this.class((state as ClassState).classId), reader };
    if (kind === "shape") {
      const shape = state as ShapeState;
      const classId = shape.classId === null ? null : this.class(shape.classId);
      const attributes = Object.fromEntries(
        Object.entries(shape.attributes).map(([id, value]) => [
          this.#remembered("attribute", id) ?? id,
          typeof value === "string" ? (this.#remembered("option", value) ?? value) : value,
        ]),
      );
      return { ...shape, classId, attributes, reader, drawn: 0 };
    }
    const answer = state as AnswerState;
    const questionId = this.question(answer.questionId);
    const { kind: form, level } = questionRow(this.#theirs, answer.questionId);
    const option = (id: string) => this.#remembered("option", id) ?? id;
    const value =
      form === "text"
        ? answer.value
        : Array.isArray(answer.value)
          ? answer.value.map(option)
          : option(answer.value as string);
    return { questionId, subject: this.#subject(level, answer.subject), value, reader };
  }

  /** What one of their questions is asked about, in our ids. */
  subject(theirQuestion: string, subject: string): string {
    return this.#subject(questionRow(this.#theirs, theirQuestion).level, subject);
  }

  #subject(level: Question["level"], subject: string): string {
    return level === "image" ? (this.#known.get(`image ${subject}`) ?? subject) : subject;
  }

  /** Their attributes of a class, added to ours. */
  #attributes(theirs: string, ours: string): void {
    const present = attributeRows(this.#ours, ours);
    let next: AttributeDefinition[] = present;
    for (const definition of attributeRows(this.#theirs, theirs)) {
      const { id } = definition;
      const known =
        next.find((one) => one.id === (this.#remembered("attribute", id) ?? id)) ??
        next.find((one) => !one.archived && one.kind === definition.kind && sameName(one.name, definition.name));
      if (known === undefined) {
        next = [...next, definition];
        continue;
      }
      if (known.id !== id) this.#remember("attribute", id, known.id);
      const options = this.#choices(known.options, definition.options, (option) => option);
      if (options !== null) next = next.map((one) => (one === known ? { ...known, options } : one));
    }
    if (canonicalJson(next as never) !== canonicalJson(present as never)) writeAttributes(this.#ours, ours, next);
  }

  /** Our choices with those of theirs that we do not have, or null where we have all. */
  #choices<Kept extends Choice>(
    ours: readonly Kept[],
    theirs: readonly Kept[],
    asNew: (choice: Kept) => Kept,
  ): Kept[] | null {
    const more: Kept[] = [];
    for (const choice of theirs) {
      const id = this.#remembered("option", choice.id) ?? choice.id;
      if (ours.some((one) => one.id === id)) continue;
      const named = ours.find((one) => !one.archived && sameName(one.name, choice.name));
      if (named === undefined) more.push(asNew(choice));
      else this.#remember("option", choice.id, named.id);
    }
    return more.length === 0 ? null : [...ours, ...more];
  }

  /** Ours by id, by what is remembered, or by name (then remembered); null where there is none. */
  #find(kind: Kind, id: string, table: "label_classes", byName: () => { id: string } | undefined): string | null {
    if (this.#ours.one(`SELECT 1 FROM ${table} WHERE id = ?`, id) !== undefined) return id;
    const remembered = this.#remembered(kind, id);
    if (remembered !== null) return remembered;
    const named = byName();
    if (named === undefined) return null;
    this.#remember(kind, id, named.id);
    return named.id;
  }

  #remembered(kind: Kind, theirs: string): string | null {
    return (
      this.#ours.one<{ ours: string }>("SELECT ours FROM merged_ids WHERE kind = ? AND theirs = ?", kind, theirs)
        ?.ours ?? null
    );
  }

  #remember(kind: Kind, theirs: string, ours: string): void {
    this.#ours.run("INSERT OR REPLACE INTO merged_ids (kind, theirs, ours) VALUES (?, ?, ?)", kind, theirs, ours);
  }

  #once(key: string, find: () => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = find();
    this.#known.set(key, found);
    return found;
  }
}

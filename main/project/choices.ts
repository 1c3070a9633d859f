// Choices of questions and attributes, and what was said with them: pure. An id never changes and never means something else; what
// another kind makes of a value is decided here, for the preview and for the change alike.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  AnswerValue,
  AttributeDefinition,
  AttributeKind,
  AttributeValue,
  Choice,
  KindPreview,
  Question,
  QuestionKind,
} from "../../preload/contract/index.ts";

/** As the contract has it. */
const TEXT_LENGTH = 10_000;
const BETWEEN_NAMES = "; ";
const PREVIEW_ROWS = 20;

interface ChoiceInput {
  readonly id?: string;
  readonly name: string;
  readonly archived: boolean;
}

export const sameName = (a: string, b: string) =>
  a.trim().normalize("NFC").toLowerCase() === b.trim().normalize("NFC").toLowerCase();

/**
 * What an editor sends, as it is kept: known ids stay, new choices get one; a restored choice is merged into nothing. `gone`: ids that are
 * left out, for the caller to ask whether that may be. Throws app/invalid-input for ids that are not known or twice, and for names twice.
 */
export function nextChoices<Kept extends Choice>(
  old: readonly Kept[],
  input: readonly (ChoiceInput & Omit<Kept, keyof Choice>)[],
): { choices: Kept[]; gone: string[] } {
  const known = new Map(old.map((choice) => [choice.id, choice]));
  const choices = input.map((choice) => {
    const before = choice.id === undefined ? undefined : known.get(choice.id);
    if (choice.id !== undefined && before === undefined) {
      throw new AppError("app/invalid-input", "One of the choices is not in the project: reload the editor.");
    }
    const mergedInto = choice.archived ? (before?.mergedInto ?? null) : null;
    return { ...choice, id: before?.id ?? randomUUID(), name: choice.name.trim(), mergedInto } as unknown as Kept;
  });
  const offered = choices.filter(({ archived }) => !archived);
  if (new Set(choices.map(({ id }) => id)).size !== choices.length) {
    throw new AppError("app/invalid-input", "A choice is in the list twice.");
  }
  offered.forEach(({ name }, index) => {
    if (name === "") throw new AppError("app/invalid-input", "A choice needs a name.");
    if (offered.slice(0, index).some((other) => sameName(other.name, name))) {
      throw new AppError("app/invalid-input", "Two choices have the same name.");
    }
  });
  return { choices, gone: old.map(({ id }) => id).filter((id) => choices.every((choice) => choice.id !== id)) };
}

/** The list with one choice merged into another, or (null) offered again where no other has its name. */
export function withMerge<Kept extends Choice>(choices: readonly Kept[], gone: string, stays: string | null): Kept[] {
  return choices.map((choice) => {
    if (choice.id !== gone) return choice;
    if (stays !== null) return { ...choice, archived: true, mergedInto: stays, ...("key" in choice && { key: null }) };
    const taken = choices.some((other) => other.id !== gone && !other.archived && sameName(other.name, choice.name));
    return { ...choice, archived: taken, mergedInto: null };
  });
}

/** Ids in the order of the options, each once. */
export function inOrder(choices: readonly Choice[], ids: Iterable<string>): string[] {
  const wanted = new Set(ids);
  return choices.map(({ id }) => id).filter((id) => wanted.has(id));
}

/** As a person reads it. */
export function wordsOfAnswer(question: Question, value: AnswerValue): string {
  if (question.kind === "text") return String(value);
  return [value]
    .flat()
    .map((id) => nameOf(question.options, id))
    .join(BETWEEN_NAMES);
}

/** The answer in the form of another kind; null where it has no place in it. */
export function convertAnswer(question: Question, kind: QuestionKind, value: AnswerValue): AnswerValue | null {
  if (kind === question.kind) return value;
  if (kind === "text") {
    const words = wordsOfAnswer(question, value);
    return words.length > TEXT_LENGTH ? null : words;
  }
  const ids =
    question.kind === "text"
      ? question.options.filter(({ name }) => name === value).map(({ id }) => id)
      : [value].flat();
  if (kind === "multi") return ids.length > 0 ? inOrder(question.options, ids) : null;
  return ids.length === 1 ? ids[0]! : null;
}

/** As a person reads it. */
export function wordsOfAttribute(definition: AttributeDefinition, value: AttributeValue): string {
  return definition.kind === "choice" ? nameOf(definition.options, String(value)) : String(value);
}

/** The value in the form of another kind, by way of its words; null where it has no place in it. */
export function convertAttribute(
  definition: AttributeDefinition,
  kind: AttributeKind,
  value: AttributeValue,
): AttributeValue | null {
  if (kind === definition.kind) return value;
  const words = wordsOfAttribute(definition, value);
  switch (kind) {
    case "text":
      return words === "" || words.length > TEXT_LENGTH ? null : words;
    case "choice":
      return definition.options.find(({ name }) => name === words)?.id ?? null;
    case "flag":
      return words === "true" ? true : words === "false" ? false : null;
    case "number": {
      const number = words.trim() === "" ? Number.NaN : Number(words);
      return isWithin(definition, number) ? number : null;
    }
  }
}

export const isWithin = ({ min, max }: Pick<AttributeDefinition, "min" | "max">, value: number) =>
  Number.isFinite(value) && value >= (min ?? value) && value <= (max ?? value);

/** What a change would make of values that were given, each with how often. */
export function previewOf<Value>(
  given: readonly { readonly value: Value; readonly count: number }[],
  convert: (value: Value) => Value | null,
  words: (value: Value) => string,
  wordsAfter: (value: Value) => string,
): KindPreview {
  const preview = { answers: 0, changed: 0, invalid: 0 };
  const rows = given.map(({ value, count }) => {
    const after = convert(value);
    preview.answers += count;
    if (after === null) preview.invalid += count;
    else if (JSON.stringify(after) !== JSON.stringify(value)) preview.changed += count;
    return { before: words(value), after: after === null ? null : wordsAfter(after), count };
  });
  // What stands in the way comes first.
  rows.sort((a, b) => Number(a.after !== null) - Number(b.after !== null) || b.count - a.count);
  return { ...preview, rows: rows.slice(0, PREVIEW_ROWS) };
}

function nameOf(choices: readonly Choice[], id: string): string {
  return choices.find((choice) => choice.id === id)?.name ?? id;
}

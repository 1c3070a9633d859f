// What an editor of the schema has in hand before it is saved: pure.
import type {
  AttributeDefinition,
  AttributeInput,
  Choice,
  Question,
  QuestionInput,
} from "../../../preload/contract/index.ts";

/** A choice being edited; one without an id is new. */
export interface DraftChoice {
  /** stays the same while it is edited */
  readonly row: string;
  readonly id: string | null;
  readonly name: string;
  readonly key: number | null;
  readonly archived: boolean;
  readonly mergedInto: string | null;
}
export type QuestionDraft = Omit<Question, "id" | "options"> & { readonly options: readonly DraftChoice[] };
export type AttributeDraft = Omit<AttributeDefinition, "id" | "options"> & {
  readonly row: string;
  readonly id: string | null;
  readonly options: readonly DraftChoice[];
};

const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const choiceDraft = (choice: Choice & { key?: number | null }): DraftChoice => ({
  key: null,
  ...choice,
  row: choice.id,
});

export function questionDraft(question: Question | null): QuestionDraft {
  if (question === null) {
    return {
      name: "",
      level: "image",
      kind: "single",
      required: false,
      help: "",
      archived: false,
      options: withChoice(withChoice([])),
    };
  }
  const { id: _, options, ...about } = question;
  return { ...about, options: options.map(choiceDraft) };
}

export function attributeDraft(definition: AttributeDefinition | null): AttributeDraft {
  const row = definition?.id ?? crypto.randomUUID();
  if (definition === null) {
    const about = { name: "", kind: "choice", min: null, max: null, unit: "", archived: false } as const;
    return { ...about, row, id: null, options: withChoice(withChoice([])) };
  }
  return { ...definition, row, options: definition.options.map(choiceDraft) };
}

/** With a new choice at the end, which has the first free digit. */
export function withChoice(choices: readonly DraftChoice[]): DraftChoice[] {
  const key = KEYS.find((digit) => choices.every((choice) => choice.archived || choice.key !== digit)) ?? null;
  return [...choices, { row: crypto.randomUUID(), id: null, name: "", key, archived: false, mergedInto: null }];
}

export function changed<Item extends { readonly row: string }>(
  items: readonly Item[],
  row: string,
  change: Partial<Item>,
): Item[] {
  return items.map((item) => (item.row === row ? { ...item, ...change } : item));
}

/** The list with one item a place up (-1) or down (1). */
export function moved<Item>(items: readonly Item[], at: number, step: 1 | -1): Item[] {
  const next = [...items];
  const [item] = next.splice(at, 1);
  if (item === undefined || at + step < 0 || at + step > next.length) return [...items];
  next.splice(at + step, 0, item);
  return next;
}

/** New choices that were left empty are not meant. */
const meant = (choices: readonly DraftChoice[]) => choices.filter(({ id, name }) => id !== null || name.trim() !== "");

export function questionInput(draft: QuestionDraft, id: string | null): QuestionInput {
  const options = meant(draft.options).map((choice) => ({
    ...(choice.id !== null && { id: choice.id }),
    name: choice.name.trim(),
    key: choice.archived ? null : choice.key,
    archived: choice.archived,
  }));
  return { ...draft, ...(id !== null && { id }), options };
}

export function attributeInput({ id, row: _, options, ...about }: AttributeDraft): AttributeInput {
  const choices = meant(options).map((choice) => ({
    ...(choice.id !== null && { id: choice.id }),
    name: choice.name.trim(),
    archived: choice.archived,
  }));
  return { ...about, ...(id !== null && { id }), options: choices };
}

export type Problem = "name" | "choices" | "choiceName" | "twice" | "limits";

const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** What keeps a draft from being saved, or null. */
export function problemOf(draft: Pick<QuestionDraft, "name" | "options"> & { kind: string }): Problem | null {
  if (draft.name.trim() === "") return "name";
  if (draft.kind === "number" || draft.kind === "flag") return null;
  const choices = meant(draft.options);
  if (choices.some(({ name }) => name.trim() === "")) return "choiceName";
  const offered = choices.filter(({ archived }) => !archived);
  if (offered.some(({ name }, at) => offered.slice(0, at).some((other) => same(other.name, name)))) return "twice";
  return draft.kind !== "text" && offered.length === 0 ? "choices" : null;
}

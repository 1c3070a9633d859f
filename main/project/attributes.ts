// What can be said of shapes of a class beside the class: definitions, and changes of them that never orphan a value.
//
// The same rules as for questions (questions.ts). Values that no definition of the class names stay as they are: an import may bring them,
// and a shape keeps what was said of it when its class changes.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type {
  AttributeDefinition,
  AttributeInput,
  AttributeKind,
  AttributeValue,
  ClassAttributes,
  KindPreview,
  SchemaUsage,
  Shape,
} from "../../preload/contract/index.ts";
import { fromWords, inWords } from "./attribute-words.ts";
import type { Audit } from "./audit.ts";
import { convertAttribute, isWithin, nextChoices, previewOf, sameName, wordsOfAttribute } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Change } from "./label-changes.ts";
import { assertNothingHidden, type Person } from "./layers.ts";
import { merge } from "./merges.ts";
import { attributeRows, writeAttributes } from "./schema-rows.ts";
import { attributeChanges, attributeValues } from "./shape-rows.ts";

/** What Attributes asks of Labels. */
interface Rewriter {
  rewrite(changes: readonly Change[], undoable: boolean): number | null;
}

export class Attributes {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #labels: Rewriter;
  readonly #person: Person;

  constructor(database: ProjectDatabase, audit: Audit, labels: Rewriter, person: Person) {
    this.#database = database;
    this.#audit = audit;
    this.#labels = labels;
    this.#person = person;
  }

  /** Of every class, in the order of keys. */
  list(): ClassAttributes[] {
    return this.#database
      .all<{ classId: string }>(
        "SELECT id AS classId FROM label_classes WHERE deleted = 0 ORDER BY key IS NULL, key, number",
      )
      .map(({ classId }) => ({ classId, attributes: attributeRows(this.#database, classId) }));
  }

  /**
   * The attributes of a class, in their order; ids that are left out are deleted. Throws labels/class-unknown; labels/schema-in-use where
   * a kind that has values would change, or something that was ever said would go; labels/schema-conflict where a value would lie
   * outside new limits; app/invalid-input.
   */
  save(classId: string, input: readonly AttributeInput[]): ClassAttributes {
    return this.#database.transaction(() => {
      const old = attributeRows(this.#database, classId);
      const attributes = input.map((one) => this.#next(old, one));
      if (new Set(attributes.map(({ id }) => id)).size !== attributes.length) {
        refuse("app/invalid-input", "An attribute is in the list twice.");
      }
      const offered = attributes.filter(({ archived }) => !archived);
      if (offered.some(({ name }, index) => offered.slice(0, index).some((other) => sameName(other.name, name)))) {
        refuse("app/invalid-input", "Two attributes have the same name.");
      }
      for (const { id } of old) {
        if (attributes.every((one) => one.id !== id) && this.#everSaid(id)) {
          refuse("labels/schema-in-use", "An attribute that was ever said is not deleted: archive it instead.");
        }
      }
      return this.#write(classId, old, attributes);
    });
  }

  /** How often each attribute and choice is said now, in every layer; `said` is whether it is. Throws labels/class-unknown. */
  usage(classId: string): SchemaUsage[] {
    return this.#database.read(() =>
      attributeRows(this.#database, classId).map(({ id, kind, options }) => {
        const given = attributeValues(this.#database, id);
        const usageOf = (of: string, fits: (value: AttributeValue) => boolean) => {
          const count = given.reduce((sum, one) => sum + (fits(one.value) ? one.count : 0), 0);
          return { id: of, count, said: count > 0 };
        };
        const choices = options.map((option) =>
          usageOf(option.id, (value) => kind === "choice" && value === option.id),
        );
        return { ...usageOf(id, () => true), choices };
      }),
    );
  }

  /** Throws labels/class-unknown, app/not-found, reading/hidden. */
  previewKind(classId: string, attributeId: string, kind: AttributeKind): KindPreview {
    return this.#database.read(() => {
      assertNothingHidden(this.#database, this.#person);
      const definition = this.#get(classId, attributeId);
      return previewOf(
        attributeValues(this.#database, attributeId),
        (value) => convertAttribute(definition, kind, value),
        (value) => wordsOfAttribute(definition, value),
        (value) => wordsOfAttribute({ ...definition, kind }, convertAttribute(definition, kind, value) ?? ""),
      );
    });
  }

  /** Throws labels/class-unknown, app/not-found, labels/schema-conflict, reading/hidden. Earlier values leave everybody's undo. */
  changeKind(classId: string, attributeId: string, kind: AttributeKind): ClassAttributes {
    return this.#database.transaction(() => {
      const { invalid } = this.previewKind(classId, attributeId, kind);
      const definition = this.#get(classId, attributeId);
      if (invalid > 0) {
        refuse(
          "labels/schema-conflict",
          `${invalid} shapes have a value with no place in this kind: change those first.`,
        );
      }
      const changes = attributeChanges(
        this.#database,
        attributeId,
        (value) => convertAttribute(definition, kind, value) ?? undefined,
      );
      this.#labels.rewrite(changes, false);
      // Undo would bring back shapes with values of the other kind, also shapes that are gone.
      this.#database.run(
        `DELETE FROM undo_entries WHERE change IN (
          SELECT undo_entries.change FROM undo_entries JOIN label_changes ON label_changes.sequence = undo_entries.change
          WHERE instr(coalesce(before, '') || coalesce(after, ''), ?) > 0)`,
        quoted(attributeId),
      );
      const old = attributeRows(this.#database, classId);
      return this.#write(
        classId,
        old,
        old.map((one) => (one.id === attributeId ? { ...one, kind } : one)),
      );
    });
  }

  /** See Questions.mergeOptions. Throws labels/class-unknown, app/not-found, reading/hidden. */
  mergeChoices(classId: string, attributeId: string, from: string, into: string): number {
    return this.#database.transaction(() => {
      assertNothingHidden(this.#database, this.#person);
      const { options, kind } = this.#get(classId, attributeId);
      const [gone, stays] = [from, into].map((id) => options.find((option) => option.id === id));
      if (!gone || !stays || gone === stays || stays.archived || kind !== "choice") {
        refuse("app/not-found", "Choose two choices of the attribute; the one that stays must not be archived.");
      }
      const changes = attributeChanges(this.#database, attributeId, (value) => (value === from ? into : undefined));
      const step = this.#labels.rewrite(changes, true);
      merge(this.#database, this.#audit, { owner: classId, attribute: attributeId, gone: from, stays: into }, step);
      return changes.length;
    });
  }

  /** For files outside the project: what shapes say, with the names that the schema has now instead of ids. */
  words(): (values: Shape["attributes"]) => Shape["attributes"] {
    const definitions = new Map(
      this.list().flatMap(({ attributes }) => attributes.map((one) => [one.id, one] as const)),
    );
    return (values) => inWords(definitions, values);
  }

  /** The other way, for shapes of a class that come from a file. Throws labels/class-unknown. */
  fromWords(classId: string, values: Shape["attributes"]): Shape["attributes"] {
    return Object.keys(values).length === 0 ? {} : fromWords(attributeRows(this.#database, classId), values);
  }

  #next(old: readonly AttributeDefinition[], input: AttributeInput): AttributeDefinition {
    const before = input.id === undefined ? undefined : old.find(({ id }) => id === input.id);
    if (input.id !== undefined && before === undefined) {
      refuse("app/invalid-input", "One of the attributes is not in the project: reload the editor.");
    }
    const { choices, gone } = nextChoices(before?.options ?? [], input.options);
    const { kind, min, max, archived } = input;
    if (input.name.trim() === "") refuse("app/invalid-input", "An attribute needs a name.");
    if (min !== null && max !== null && min > max) refuse("app/invalid-input", "The least value is above the most.");
    if (before !== undefined) {
      const values = attributeValues(this.#database, before.id);
      if (kind !== before.kind && (values.length > 0 || this.#everSaid(before.id))) {
        refuse("labels/schema-in-use", "This attribute has values: its kind is changed by a preview.");
      }
      const outside = values.reduce((sum, { value, count }) => sum + (isWithin(input, Number(value)) ? 0 : count), 0);
      if (kind === "number" && outside > 0) {
        refuse("labels/schema-conflict", `${outside} shapes have a value outside these limits: change those first.`);
      }
      if (gone.some((id) => this.#everSaid(id))) {
        refuse("labels/schema-in-use", "A choice that was ever said is not deleted: archive it instead.");
      }
    }
    const about = { name: input.name.trim(), kind, min, max, unit: input.unit.trim(), archived };
    return { id: before?.id ?? randomUUID(), ...about, options: choices };
  }

  #get(classId: string, attributeId: string): AttributeDefinition {
    const found = attributeRows(this.#database, classId).find(({ id }) => id === attributeId);
    if (found === undefined) throw new AppError("app/not-found", "This attribute is not in the project.");
    return found;
  }

  /** Whether the log names an attribute or a choice. Reads the whole log, so it is asked only before something goes. */
  #everSaid(id: string): boolean {
    return (
      this.#database.one(
        "SELECT 1 FROM label_changes WHERE kind = 'shape' AND instr(after, ?) > 0 LIMIT 1",
        quoted(id),
      ) !== undefined
    );
  }

  #write(
    classId: string,
    before: readonly AttributeDefinition[],
    attributes: readonly AttributeDefinition[],
  ): ClassAttributes {
    writeAttributes(this.#database, classId, attributes);
    this.#audit.record("class/attributes", classId, { before: [...before], after: [...attributes] });
    return { classId, attributes: [...attributes] };
  }
}

/** Throws labels/answer-invalid where a value that is said anew does not fit its definition. What was said before stays. */
export function assertAttributes(
  definitions: readonly AttributeDefinition[],
  given: Shape["attributes"],
  before: Shape["attributes"],
): void {
  for (const definition of definitions) {
    const value = given[definition.id];
    if (value === undefined || value === before[definition.id]) continue;
    if (definition.archived) refuse("labels/answer-invalid", "This attribute is archived: it takes no new values.");
    const fits = {
      choice: () => definition.options.some(({ id, archived }) => id === value && !archived),
      number: () => typeof value === "number" && isWithin(definition, value),
      text: () => typeof value === "string" && value.trim() !== "",
      flag: () => typeof value === "boolean",
    }[definition.kind]();
    if (!fits) refuse("labels/answer-invalid", "The value of an attribute does not fit what the schema says of it.");
  }
}

/** As an id stands in the log. */
const quoted = (id: string) => `"${id}"`;

function refuse(code: ConstructorParameters<typeof AppError>[0], message: string): never {
  throw new AppError(code, message);
}

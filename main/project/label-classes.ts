// The answers readers can give: name, colour, and the digit that gives it in the viewer.
//
// A deleted class keeps its row, because the log of label changes still names it; it is only never shown or given again.

import { randomUUID } from "node:crypto";
import { AppError } from "../../preload/contract/errors.ts";
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";

/** Okabe and Ito's colours (jfly.uni-koeln.de/color), told apart with every kind of colour vision, and two of Tol's. */
const COLORS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#f0e442",
  "#882255",
  "#999933",
] as const;
/** As the contract has it. */
const NAME_LENGTH = 120;
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const nameKey = (name: string) => name.normalize("NFC").toLowerCase();

export interface ClassInput {
  readonly id?: string;
  readonly name: string;
  readonly color?: string;
  readonly key?: number | null;
}

export class LabelClasses {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  /** In the order of their keys; those without a key last, oldest first. */
  list(): LabelClass[] {
    return this.#database.all(
      "SELECT id, name, color, key FROM label_classes WHERE deleted = 0 ORDER BY key IS NULL, key, number",
    );
  }

  /** Throws labels/class-unknown. */
  get(id: string): LabelClass {
    const found = this.#database.one<LabelClass>(
      "SELECT id, name, color, key FROM label_classes WHERE id = ? AND deleted = 0",
      id,
    );
    if (found === undefined) throw new AppError("labels/class-unknown", "This class is not in the project.");
    return found;
  }

  /** The class of this name in any case, made where there is none. A folder's name that is too long for a class is cut. */
  named(given: string): { found: LabelClass; added: boolean } {
    const name = given.trim().slice(0, NAME_LENGTH);
    return this.#database.transaction(() => {
      const present = this.#database.one<LabelClass>(
        "SELECT id, name, color, key FROM label_classes WHERE name_key = ? AND deleted = 0",
        nameKey(name),
      );
      return present === undefined ? { found: this.save({ name }), added: true } : { found: present, added: false };
    });
  }

  /**
   * Adds a class (no id) or changes one; what is left out is kept, or chosen for a new one: the first free digit and the colour
   * used least. A digit that another class has moves to this one. Throws labels/class-unknown, app/invalid-input.
   */
  save(input: ClassInput): LabelClass {
    const name = input.name.trim();
    if (name === "") throw new AppError("app/invalid-input", "A class needs a name.");
    if (input.color !== undefined && !/^#[0-9a-f]{6}$/i.test(input.color)) {
      throw new AppError("app/invalid-input", "A class's colour is written like #0072b2.");
    }
    return this.#database.transaction(() => {
      const present = this.list();
      const old = input.id === undefined ? null : this.get(input.id);
      if (present.some((other) => other.id !== input.id && nameKey(other.name) === nameKey(name))) {
        throw new AppError("app/invalid-input", "There is already a class of this name.");
      }
      const saved: LabelClass = {
        id: old?.id ?? randomUUID(),
        name,
        color: input.color?.toLowerCase() ?? old?.color ?? leastUsedColor(present),
        key: input.key !== undefined ? input.key : old === null ? firstFreeKey(present) : old.key,
      };
      const keyFrom = present.find(({ id, key }) => key !== null && key === saved.key && id !== saved.id)?.id;
      if (saved.key !== null) {
        this.#database.run("UPDATE label_classes SET key = NULL WHERE key = ? AND id <> ?", saved.key, saved.id);
      }
      this.#database.run(
        `INSERT INTO label_classes (id, name, name_key, color, key) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, color = excluded.color,
          key = excluded.key`,
        saved.id,
        saved.name,
        nameKey(saved.name),
        saved.color,
        saved.key,
      );
      this.#audit.record("class/save", saved.id, {
        before: old === null ? null : { ...old },
        after: { ...saved },
        keyFrom,
      });
      return saved;
    });
  }

  /** Throws labels/class-unknown, labels/class-in-use. Changes that name it can no longer be undone or redone. */
  delete(id: string): void {
    this.#database.transaction(() => {
      const old = this.get(id);
      const used = this.#database.one<{ used: number }>(
        `SELECT (SELECT count(*) FROM images WHERE class = ?) + (SELECT count(*) FROM shapes WHERE class = ?)
          + (SELECT count(*) FROM layer_classes WHERE class = ?) AS used`,
        id,
        id,
        id,
      )!.used;
      if (used > 0) {
        throw new AppError(
          "labels/class-in-use",
          `This class is on ${used} labels: give them another class before deleting it.`,
        );
      }
      this.#database.run("UPDATE label_classes SET deleted = 1, key = NULL WHERE id = ?", id);
      this.#database.run(
        `DELETE FROM undo_entries WHERE target IN (
          SELECT undo_entries.target FROM undo_entries JOIN label_changes ON label_changes.sequence = undo_entries.change
          WHERE json_extract(before, '$.classId') = ? OR json_extract(after, '$.classId') = ?)`,
        id,
        id,
      );
      this.#audit.record("class/delete", id, { before: { ...old }, after: null });
    });
  }
}

function firstFreeKey(classes: readonly LabelClass[]): number | null {
  return KEYS.find((key) => classes.every((other) => other.key !== key)) ?? null;
}

function leastUsedColor(classes: readonly LabelClass[]): string {
  const used = (color: string) => classes.filter((other) => other.color === color).length;
  return COLORS.reduce((best, color) => (used(color) < used(best) ? color : best));
}

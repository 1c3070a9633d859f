// Merged choices, so that undoing the step of the log that rewrote the answers offers the choice again, and redoing it does not.

import type { Choice } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { withMerge } from "./choices.ts";
import type { ProjectDatabase } from "./database.ts";
import { attributeRows, questionRow, writeAttributes, writeQuestion } from "./schema-rows.ts";

export interface Merge {
  /** id of a question, or of the class whose attribute it is */
  readonly owner: string;
  readonly attribute: string | null;
  /** ids of the choice that is archived, and of the one that takes over */
  readonly gone: string;
  readonly stays: string;
}

/** Archives a choice; `step` of the log that rewrote what was said with it, null where nothing was. */
export function merge(database: ProjectDatabase, audit: Audit, merged: Merge, step: number | null): void {
  const { owner, attribute, gone, stays } = merged;
  write(database, merged, stays);
  audit.record("schema/merge", owner, { attribute, before: gone, after: stays });
  if (step === null) return;
  database.run("INSERT INTO schema_merges VALUES (?, ?, ?, ?, ?)", step, owner, attribute, gone, stays);
}

/** Takes back what a step merged (`undone`), or merges it again. */
export function turnMerge(database: ProjectDatabase, audit: Audit, step: number, undone: boolean): void {
  const merged = database.one<Merge>("SELECT owner, attribute, gone, stays FROM schema_merges WHERE step = ?", step);
  if (merged === undefined) return;
  const { owner, attribute, gone, stays } = merged;
  // Redone after the choice that takes over was merged away itself: then this one stays as it is.
  const target = choicesOf(database, merged).find(({ id }) => id === stays);
  if (!undone && (target === undefined || target.archived)) return;
  write(database, merged, undone ? null : stays);
  const [before, after] = undone ? [stays, gone] : [gone, stays];
  audit.record(undone ? "schema/unmerge" : "schema/merge", owner, { attribute, before, after });
}

function choicesOf(database: ProjectDatabase, { owner, attribute }: Merge): readonly Choice[] {
  if (attribute === null) return questionRow(database, owner).options;
  return attributeRows(database, owner).find(({ id }) => id === attribute)?.options ?? [];
}

function write(database: ProjectDatabase, { owner, attribute, gone }: Merge, stays: string | null): void {
  if (attribute === null) {
    const question = questionRow(database, owner);
    writeQuestion(database, { ...question, options: withMerge(question.options, gone, stays) });
    return;
  }
  const attributes = attributeRows(database, owner).map((definition) =>
    definition.id === attribute ? { ...definition, options: withMerge(definition.options, gone, stays) } : definition,
  );
  writeAttributes(database, owner, attributes);
}

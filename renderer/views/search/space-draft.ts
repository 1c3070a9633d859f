// A space while a person writes it: numbers may be missing, what is wrong is named by its row.
import {
  isSearchable,
  SEARCHABLE,
  type SearchableName,
  type SearchParameter,
  type SearchValue,
} from "../../../preload/contract/index.ts";

export interface RangeDraft {
  readonly name: SearchableName;
  readonly kind: "float" | "integer";
  readonly low: number | null;
  readonly high: number | null;
  readonly log: boolean;
}
export interface ChoiceDraft {
  readonly name: SearchableName;
  readonly kind: "choice";
  readonly options: readonly SearchValue[];
}
export type ParameterDraft = RangeDraft | ChoiceDraft;

export type SpaceProblem = "needed" | "order" | "limits" | "logarithm" | "options";

/** What a parameter may vary over at most. */
export function limitsOf(name: SearchableName): { low: number; high: number } | null {
  const row = SEARCHABLE[name];
  return row.kind === "choice" ? null : { low: row.low, high: row.high };
}

/** A parameter that was just added, over all that it may be. */
export function newParameter(name: SearchableName): ParameterDraft {
  const row = SEARCHABLE[name];
  if (row.kind === "choice") return { name, kind: "choice", options: row.options };
  return { name, kind: row.kind, low: row.low, high: row.high, log: "log" in row };
}

export function draftOf(space: readonly SearchParameter[]): ParameterDraft[] {
  return space.flatMap((parameter): ParameterDraft[] => {
    const { name } = parameter;
    if (!isSearchable(name)) return [];
    if (parameter.kind === "choice") return [{ name, kind: "choice", options: parameter.options }];
    const { kind, low, high, log = false } = parameter;
    return [{ name, kind, low, high, log }];
  });
}

export function problemOf(draft: ParameterDraft): SpaceProblem | null {
  if (draft.kind === "choice") return draft.options.length === 0 ? "options" : null;
  const { low, high, log, name } = draft;
  if (low === null || high === null) return "needed";
  if (low >= high) return "order";
  const limits = limitsOf(name)!;
  if (low < limits.low || high > limits.high) return "limits";
  return log && low <= 0 ? "logarithm" : null;
}

/** Null while something is wrong. */
export function spaceOf(drafts: readonly ParameterDraft[]): SearchParameter[] | null {
  if (drafts.length === 0 || drafts.some((draft) => problemOf(draft) !== null)) return null;
  return drafts.map((draft): SearchParameter => {
    if (draft.kind === "choice") return { name: draft.name, kind: "choice", options: [...draft.options] };
    return { ...draft, low: draft.low!, high: draft.high! };
  });
}

// What an entry of the log says changed, field by field, and where its subject can be looked at. Pure.
import { AUDIT_ACTIONS, type AuditAction, type AuditLine } from "../../../preload/contract/index.ts";
import type { Route } from "../../state/route.ts";

export interface FieldChange {
  /** empty: the thing as a whole */
  readonly field: string;
  /** undefined: nothing is said about before */
  readonly before?: string;
  readonly after: string;
}

const NOTHING = "–";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isKnownAction(action: string): action is AuditAction {
  return Object.hasOwn(AUDIT_ACTIONS, action);
}

/** A value as a person reads it: ids and hashes by their beginning. */
function textOf(value: unknown): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  if (typeof value === "string") {
    return UUID.test(value) || /^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 8)}…` : value;
  }
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : value.map(textOf).join(", ");
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${textOf(inner)}`)
    .join("; ");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Fields whose value is another one now, then what else the entry tells; fields that stayed are left out. */
export function changesOf(detail: string): FieldChange[] {
  let said: unknown;
  try {
    said = JSON.parse(detail);
  } catch {
    return [{ field: "", after: detail }];
  }
  if (!isRecord(said)) return [{ field: "", after: textOf(said) }];
  const { before, after, log: _, ...rest } = said;
  const changes: FieldChange[] = [];
  if (isRecord(before) || isRecord(after)) {
    const [was, is] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
    for (const field of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (JSON.stringify(was[field]) === JSON.stringify(is[field])) continue;
      // What was made anew has nothing before it.
      const made = before === null ? {} : { before: textOf(was[field]) };
      changes.push({ field, ...made, after: textOf(is[field]) });
    }
  } else if ("before" in said || "after" in said) {
    changes.push({ field: "", before: textOf(before), after: textOf(after) });
  }
  // A count of nothing says nothing.
  for (const [field, value] of Object.entries(rest)) if (value !== 0) changes.push({ field, after: textOf(value) });
  return changes;
}

/** Whether the entry covers lines of the label log. */
export function coversLabels(detail: string): boolean {
  return /[{,]"log":\{/.test(detail);
}

/** Where the subject of an entry can be looked at; null where there is no such place, or it is gone. */
export function placeOf({ action, subject, subjectName }: AuditLine): Route | null {
  if (subjectName === null || !isKnownAction(action)) return null;
  switch (AUDIT_ACTIONS[action]) {
    case "image":
      return { view: "viewer", imageId: subject, frame: 0 };
    case "run":
      return { view: "runs", runId: subject };
    case "search":
      return { view: "search", searchId: subject };
    case "model":
      return action === "model/import" ? { view: "runs", runId: null } : { view: "models", modelId: subject };
    case "list":
      return { view: "reading", listId: subject, position: null };
    case "snapshot":
      return { view: "data" };
    case "class":
    case "question":
      return { view: "schema" };
    case "archive":
      return { view: "pacs" };
    case "member":
      return { view: "project", section: "members" };
    default:
      return null;
  }
}

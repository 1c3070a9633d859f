// A rule while it is being written: every field of every kind of condition, so that going back to a kind loses nothing, and what is still wrong where.
import { type ModelRule, type RuleBody, type RuleCondition, ruleBodySchema } from "../../../preload/contract/index.ts";

export const CONDITION_KINDS = [
  "age",
  "tag",
  "unknown",
  "probability",
  "predicted",
  "unsure",
] as const satisfies readonly RuleCondition["kind"][];
export type ConditionKind = (typeof CONDITION_KINDS)[number];

export interface ConditionDraft {
  readonly key: number;
  readonly kind: ConditionKind;
  readonly attribute: string;
  readonly values: readonly string[];
  readonly not: boolean;
  readonly class: string;
  /** Years. */
  readonly ageFrom: number | null;
  readonly ageBelow: number | null;
  /** Per cent, as people type them. */
  readonly from: number | null;
  readonly to: number | null;
  readonly below: number | null;
}

export interface RuleDraft {
  readonly name: string;
  readonly match: RuleBody["match"];
  readonly action: RuleBody["action"];
  readonly conditions: readonly ConditionDraft[];
}

export type RuleProblem = "name" | "needed" | "age" | "ageOrder" | "values" | "order" | "share";
/** By the place of the field: `name`, or `<condition>.<field>`. */
export type RuleProblems = Readonly<Record<string, RuleProblem>>;

let lastKey = 0;

export function newCondition(className: string): ConditionDraft {
  lastKey++;
  return {
    ...{ key: lastKey, kind: "age", attribute: "sex", values: [], not: false, class: className },
    ...{ ageFrom: null, ageBelow: null, from: 40, to: 60, below: 70 },
  };
}

export function ruleDraft(rule: ModelRule["rule"] | null, className: string): RuleDraft {
  if (rule === null) return { name: "", match: "all", action: "refer", conditions: [newCondition(className)] };
  return { ...rule, conditions: rule.conditions.map((condition) => conditionDraft(condition, className)) };
}

function conditionDraft(condition: RuleCondition, className: string): ConditionDraft {
  const blank = { ...newCondition(className), kind: condition.kind };
  switch (condition.kind) {
    case "age":
      return { ...blank, ageFrom: condition.from, ageBelow: condition.below };
    case "tag":
    case "unknown":
    case "predicted":
      return { ...blank, ...condition };
    case "probability":
      return { ...blank, class: condition.class, from: percent(condition.from), to: percent(condition.to) };
    case "unsure":
      return { ...blank, below: percent(condition.below) };
  }
}

const percent = (share: number) => Math.round(share * 1e6) / 1e4;
const share = (value: number | null) => (value === null ? null : value / 100);

/** The rule, or what is wrong with the draft. */
export function checkRule(
  draft: RuleDraft,
): { rule: RuleBody; problems: null } | { rule: null; problems: RuleProblems } {
  const parsed = ruleBodySchema.safeParse({ ...draft, conditions: draft.conditions.map(asCondition) });
  if (parsed.success) return { rule: parsed.data, problems: null };
  const problems: Record<string, RuleProblem> = {};
  for (const { path, code } of parsed.error.issues) {
    const [first, index, field] = path;
    if (first === "name") problems.name ??= "name";
    if (first !== "conditions" || typeof index !== "number") continue;
    problems[`${index}.${String(field)}`] ??= problemOf(draft.conditions[index], String(field), code);
  }
  return { rule: null, problems };
}

function problemOf({ kind, ageFrom, ageBelow }: ConditionDraft, field: string, code: string): RuleProblem {
  if (kind === "age") return code === "custom" && ageFrom !== null && ageBelow !== null ? "ageOrder" : "age";
  if (field === "values") return "values";
  if (kind === "probability" || kind === "unsure") return code === "custom" ? "order" : "share";
  return "needed";
}

function asCondition(draft: ConditionDraft): object {
  const { kind, attribute, values, not, class: className, ageFrom, ageBelow, from, to, below } = draft;
  switch (kind) {
    case "age":
      return { kind, from: ageFrom, below: ageBelow };
    case "tag":
      return { kind, attribute: attribute === "age" ? "sex" : attribute, values, not };
    case "unknown":
      return { kind, attribute };
    case "probability":
      return { kind, class: className, from: share(from), to: share(to) };
    case "predicted":
      return { kind, class: className };
    case "unsure":
      return { kind, below: share(below) };
  }
}

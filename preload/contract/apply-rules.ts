// What the rules of a model say of one case: pure, and the same function in the studio and in the container.
//
// Three answers, not two (Kleene's logic): a condition about something that nobody knows is neither true nor false. A rule that hangs on it is
// undecided, which is told; it is never quietly taken for "does not apply". Where other conditions decide the rule all the same, they do.
import { ageOf, type CaseTags, tagValue } from "./case-tags.ts";
import { type Rule, type RuleCondition, type RuleOutcome, ruleOutcomeSchema, type Verdict } from "./rule-document.ts";

/** One case: what its file says and what the model said. `classes`: names in output order; `predicted`: index of the class decided for. */
export interface RuleCase {
  readonly tags: CaseTags;
  readonly classes: readonly string[];
  readonly probabilities: readonly number[];
  readonly predicted: number;
}

/** true, false, or what it would have to know. */
type Answer = boolean | string;

/** float32 probabilities are compared as people write them: 0.4 as float32 is not below 0.4. */
const ROUNDING = 1e-6;

/** The strongest outcome of all rules that catch the case, with every rule that does or that cannot be decided, in their order. */
export function applyRules(rules: readonly Rule[], one: RuleCase): Verdict {
  const found = rules.flatMap(({ id, name, action, match, conditions }): Verdict["rules"] => {
    const answers = conditions.map((condition) => answerOf(condition, one));
    const decided = answers.includes(match === "any");
    const missing = answers.filter((answer) => typeof answer === "string");
    if (!decided && missing.length > 0) {
      return [{ id, name, action, result: "undecided", missing: [...new Set(missing)] }];
    }
    const caught = match === "any" ? decided : !decided;
    return caught ? [{ id, name, action, result: "caught", missing: [] }] : [];
  });
  const caught = new Set(found.filter(({ result }) => result === "caught").map(({ action }) => action));
  return { outcome: ruleOutcomeSchema.options.find((outcome) => caught.has(outcome)) ?? null, rules: found };
}

/** Whether a case with this outcome is no longer the model's alone. */
export function leavesTheModel(outcome: RuleOutcome | null): boolean {
  return outcome === "refer" || outcome === "second-reader";
}

function answerOf(condition: RuleCondition, { tags, classes, probabilities, predicted }: RuleCase): Answer {
  switch (condition.kind) {
    case "age": {
      const age = ageOf(tags);
      if (age === null) return "age";
      return (condition.from === null || age >= condition.from) && (condition.below === null || age < condition.below);
    }
    case "tag": {
      const value = tagValue(condition.attribute, tags).toLowerCase();
      if (value === "") return condition.attribute;
      return condition.values.some((wanted) => wanted.trim().toLowerCase() === value) !== condition.not;
    }
    case "unknown":
      return condition.attribute === "age" ? ageOf(tags) === null : tagValue(condition.attribute, tags) === "";
    case "probability": {
      const probability = probabilities[classes.indexOf(condition.class)];
      if (probability === undefined) return `class:${condition.class}`;
      return probability >= condition.from - ROUNDING && probability <= condition.to + ROUNDING;
    }
    case "predicted":
      if (!classes.includes(condition.class)) return `class:${condition.class}`;
      return classes[predicted] === condition.class;
    case "unsure":
      return Math.max(...probabilities) < condition.below - ROUNDING;
  }
}

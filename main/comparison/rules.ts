// What rules would do to the cases of a part, before they do it: how many each one catches, and how many of the model's errors are among them.
import { applyRules, type Evaluation, leavesTheModel, type Rule, type RuleTest } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { type CaseFacts, tagsOf } from "./groups.ts";

export interface RulesTried {
  readonly cases: number;
  readonly errors: number;
  /** Cases that no rule refers or gives to a second reader. */
  readonly left: number;
  readonly leftErrors: number;
  /** In the order of the rules. */
  readonly tests: readonly RuleTest[];
}

type Counts = Record<"caught" | "caughtErrors" | "undecided" | "undecidedErrors", number>;

/** `at`: of the test. Errors: app/not-found for a case without facts. */
export function tryRules(
  rules: readonly Rule[],
  { part, classes, cases }: Pick<Evaluation, "part" | "classes" | "cases">,
  facts: ReadonlyMap<string, CaseFacts>,
  at: string,
): RulesTried {
  const names = classes.map(({ name }) => name);
  const tried = { cases: cases.length, errors: 0, left: 0, leftErrors: 0 };
  const counts = new Map(
    rules.map(({ id }): [string, Counts] => [id, { caught: 0, caughtErrors: 0, undecided: 0, undecidedErrors: 0 }]),
  );
  for (const { imageId, truth, predicted, probabilities } of cases) {
    const known = facts.get(imageId);
    if (known === undefined) throw new AppError("app/not-found", "An image of the evaluation is not in the project.");
    const error = predicted === truth ? 0 : 1;
    const verdict = applyRules(rules, { tags: tagsOf(known), classes: names, probabilities, predicted });
    tried.errors += error;
    if (!leavesTheModel(verdict.outcome)) {
      tried.left++;
      tried.leftErrors += error;
    }
    for (const { id, result } of verdict.rules) {
      const count = counts.get(id)!;
      count[result]++;
      count[`${result}Errors`] += error;
    }
  }
  const { errors } = tried;
  return {
    ...tried,
    tests: rules.map(({ id }) => ({ part, at, cases: cases.length, errors, ...counts.get(id)! })),
  };
}

// `loupe audit rules`: when a model's answer is not enough, in words, and with --test what each rule catches.
import type { ModelRule, Part, Rule, RuleCondition } from "../../../../preload/contract/index.ts";
import { UsageError } from "../usage-error.ts";
import { pickModel, type Workspace } from "../workspace.ts";

export interface RulesOptions {
  model: string;
  part: Part;
  test?: boolean;
}

export async function rules(workspace: Workspace, { model, part, test }: RulesOptions): Promise<void> {
  const { client, terminal } = workspace;
  const { id: modelId } = await pickModel(workspace, model);
  if (!test) {
    const found = await client.rules.list({ modelId });
    terminal.answer({ rules: found }, found.length === 0 ? ["The model has no rules."] : found.flatMap(describe));
    return;
  }
  if (part === "train")
    throw new UsageError("Rules are tested on cases the model has not learnt from: validation or test.");
  const report = await client.rules.test({ modelId, part });
  const { cases, errors, left, leftErrors } = report;
  terminal.answer(report, [
    ...report.rules.flatMap(describe),
    `With all rules, ${left} of ${cases} cases are left to the model; it is wrong on ${leftErrors}, rather than on ${errors} of all.`,
  ]);
}

function describe({ rule, live, test }: ModelRule): string[] {
  const tested =
    test === null
      ? "not tested as it is now"
      : `on ${test.part}: catches ${test.caught} of ${test.cases} cases, ${test.caughtErrors} of ${test.errors} errors; cannot tell for ${test.undecided}`;
  return [`${rule.name} (${live ? "live" : "off"}): if ${when(rule)}, ${rule.action}`, `  ${tested}`];
}

const when = ({ conditions, match }: Rule): string => conditions.map(words).join(match === "all" ? " and " : " or ");

function words(condition: RuleCondition): string {
  switch (condition.kind) {
    case "age": {
      const { from, below } = condition;
      return `age is ${[from === null ? "" : `from ${from}`, below === null ? "" : `under ${below}`].filter(Boolean).join(" and ")}`;
    }
    case "tag":
      return `${condition.attribute} is ${condition.not ? "not " : ""}${condition.values.join(" or ")}`;
    case "unknown":
      return `${condition.attribute} is not known`;
    case "probability":
      return `${condition.class} is between ${condition.from} and ${condition.to}`;
    case "predicted":
      return `the model decides for ${condition.class}`;
    case "unsure":
      return `no class reaches ${condition.below}`;
  }
}

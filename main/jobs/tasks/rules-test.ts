// A model's rules tried on a part of its snapshot; what each one caught is kept with it, because only then it may be switched on.
import { GROUP_TAGS, type RulesReport } from "../../../preload/contract/index.ts";
import { tryRules } from "../../comparison/rules.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function testModelRules(
  { modelId, part }: TaskOf<"rules-test">,
  { project, signal, progress }: TaskContext,
): Promise<RulesReport> {
  const evaluation = await evaluateModel({ project, modelId, part, signal, onProgress: progress });
  const facts = project.snapshots.facts(project.models.get(modelId).snapshotId, part, GROUP_TAGS);
  const rules = project.rules.list(modelId).map(({ rule }) => rule);
  const byImage = new Map(facts.map((one) => [one.imageId, one]));
  const { tests, ...tried } = tryRules(rules, evaluation, byImage, new Date().toISOString());
  const kept = project.rules.saveTests(
    modelId,
    rules.map((rule, i) => ({ rule, test: tests[i]! })),
  );
  return { ...tried, part, rules: kept };
}

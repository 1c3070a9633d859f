// Groups of patients: who is in a snapshot, and how one model does for them: its evaluation, made where it is missing, then main/comparison on what the project knows of the cases.
import { type BalanceReport, type FairnessReport, GROUP_TAGS } from "../../../preload/contract/index.ts";
import { describeBalance } from "../../comparison/balance.ts";
import { auditFairness } from "../../comparison/fairness.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function auditModel(task: TaskOf<"fairness">, context: TaskContext): Promise<FairnessReport> {
  const { project, signal, progress } = context;
  const { modelId, part, ...settings } = task;
  const evaluation = await evaluateModel({ project, modelId, part, signal, onProgress: progress });
  const { snapshotId } = project.models.get(modelId);
  const factsOf = (of: typeof part) =>
    new Map(project.snapshots.facts(snapshotId, of, GROUP_TAGS).map((one) => [one.imageId, one]));
  const facts = factsOf(part);
  // Thresholds are chosen on validation whatever part is asked about.
  const validation =
    part === "validation"
      ? evaluation
      : await evaluateModel({ project, modelId, part: "validation", signal, onProgress: progress });
  const questions = questionsOf(project);
  return auditFairness(evaluation, facts, questions, {
    ...settings,
    chosenOn: [validation, part === "validation" ? facts : factsOf("validation")],
    rules: project.rules.live(modelId),
  });
}

/** Who is in a snapshot, from what the project knows of its images. */
export async function balanceOf(
  { snapshotId, ...settings }: TaskOf<"balance">,
  { project }: TaskContext,
): Promise<BalanceReport> {
  const { classes } = project.snapshots.get(snapshotId);
  const facts = PARTS.flatMap((part) => project.snapshots.facts(snapshotId, part, GROUP_TAGS));
  const byImage = new Map(facts.map((one) => [one.imageId, one]));
  const items = project.snapshots.traces(snapshotId).map((item) => ({ ...item, facts: byImage.get(item.imageId)! }));
  return { snapshotId, ...describeBalance(items, classes.length, questionsOf(project), settings) };
}

/** Questions with one answer, by id. */
function questionsOf(project: TaskContext["project"]): Map<string, string> {
  return new Map(
    project.questions
      .list()
      .filter(({ kind, archived }) => (kind === "single" || kind === "ordinal") && !archived)
      .map(({ id, name }) => [id, name]),
  );
}

const PARTS = ["train", "validation", "test"] as const;

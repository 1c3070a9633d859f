// One model for groups of patients: its evaluation, made where it is missing, then main/comparison on what the project knows of the cases.
import { type FairnessReport, GROUP_TAGS } from "../../../preload/contract/index.ts";
import { auditFairness } from "../../comparison/fairness.ts";
import { evaluateModel } from "../../training/evaluate.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";

export async function auditModel(task: TaskOf<"fairness">, context: TaskContext): Promise<FairnessReport> {
  const { project, signal, progress } = context;
  const { modelId, part, ...settings } = task;
  const evaluation = await evaluateModel({ project, modelId, part, signal, onProgress: progress });
  const facts = project.snapshots.facts(project.models.get(modelId).snapshotId, part, GROUP_TAGS);
  const questions = new Map(
    project.questions
      .list()
      .filter(({ kind, archived }) => (kind === "single" || kind === "ordinal") && !archived)
      .map(({ id, name }) => [id, name]),
  );
  return auditFairness(evaluation, new Map(facts.map((one) => [one.imageId, one])), questions, {
    ...settings,
    rules: project.rules.live(modelId),
  });
}

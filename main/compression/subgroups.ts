// The group of patients that a model serves worst: groups are those of the fairness audit, their figure the share of right answers.
import {
  AppError,
  type CompressionLimits,
  type CompressionReport,
  type Evaluation,
  GROUP_TAGS,
  groupValue,
  type Model,
} from "../../preload/contract/index.ts";
import type { Project } from "../project/project.ts";

export interface Groups {
  /** Values of the attributes of each image of the validation part. */
  readonly of: ReadonlyMap<string, readonly string[]>;
  /** Cases that a group needs to count. */
  readonly minimum: number;
}

/** What the limits look at; null where they set none on groups. Errors: app/invalid-input for a limit on groups that says no attribute. */
export function groupsOf(project: Project, model: Model, limits: CompressionLimits): Groups | null {
  const { maxWorstGroupDrop, groupBy, groupMinimum } = limits;
  if (groupBy.length === 0) {
    if (maxWorstGroupDrop === null) return null;
    throw new AppError(
      "app/invalid-input",
      "A limit on the worst group needs what patients are told apart by: say at least one attribute, such as sex or age.",
    );
  }
  const { fold } = project.runs.get(model.runId).recipe;
  // A fold validates on images of both parts.
  const parts = fold === null ? (["validation"] as const) : (["train", "validation"] as const);
  const facts = parts.flatMap((part) => project.snapshots.facts(model.snapshotId, part, GROUP_TAGS));
  const of = facts.map((one) => [one.imageId, groupBy.map((attribute) => groupValue(attribute, one))] as const);
  return { of: new Map(of), minimum: groupMinimum };
}

/** The group with the smallest share of right answers among those with enough cases. Errors: compression/refused where none has. */
export function worstGroup(
  evaluation: Evaluation,
  { of, minimum }: Groups,
): NonNullable<CompressionReport["before"]["worstGroup"]> {
  const groups = new Map<string, { values: readonly string[]; right: number; cases: number }>();
  for (const { imageId, truth, predicted } of evaluation.cases) {
    const values = of.get(imageId)!;
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, right: 0, cases: 0 };
    groups.set(key, { values, right: group.right + Number(truth === predicted), cases: group.cases + 1 });
  }
  const counted = [...groups.values()].filter((group) => group.cases >= minimum);
  if (counted.length === 0) {
    throw new AppError(
      "compression/refused",
      `No group of patients has ${minimum} cases in the validation part, so the worst group cannot be compared: ask for fewer, or by another attribute.`,
    );
  }
  const found = counted.map(({ values, right, cases: all }) => ({
    values: [...values],
    accuracy: right / all,
    cases: all,
  }));
  return found.reduce((worst, group) => (group.accuracy < worst.accuracy ? group : worst));
}

// Figures read off a ROC curve and a confusion matrix.
import type { Evaluation } from "../../../preload/contract/index.ts";

/** [false positive rate, true positive rate, threshold], from (0, 0) to (1, 1), thresholds descending. */
export type RocPoint = Evaluation["roc"][number]["points"][number];

export interface Rates {
  /** Sensitivity: true positives of all positives. */
  truePositiveRate: number;
  /** 1 - specificity: false positives of all negatives. */
  falsePositiveRate: number;
}

/** Where the model stands when it answers the most probable class; null when the class, or every other class, has no case. */
export function operatingPoint(confusion: readonly (readonly number[])[], classIndex: number): Rates | null {
  let positives = 0;
  let negatives = 0;
  let truePositives = 0;
  let falsePositives = 0;
  confusion.forEach((row, truth) => {
    row.forEach((count, predicted) => {
      if (truth === classIndex) positives += count;
      else negatives += count;
      if (predicted !== classIndex) return;
      if (truth === classIndex) truePositives += count;
      else falsePositives += count;
    });
  });
  if (positives === 0 || negatives === 0) return null;
  return { truePositiveRate: truePositives / positives, falsePositiveRate: falsePositives / negatives };
}

/**
 * The curve of a class against the rest; empty where the evaluation has none. With two classes the evaluation carries one curve; the
 * other class's is its mirror image, since its probability is one minus the first's.
 */
export function rocOf(evaluation: Pick<Evaluation, "roc" | "classes">, classIndex: number): RocPoint[] {
  const own = evaluation.roc.find((roc) => roc.classIndex === classIndex);
  if (own) return own.points;
  const other = evaluation.classes.length === 2 ? evaluation.roc[0] : undefined;
  if (!other) return [];
  return other.points.map(([fpr, tpr, threshold]): RocPoint => [1 - tpr, 1 - fpr, 1 - threshold]).reverse();
}

/** Area under a curve by the trapezoidal rule, which is the AUC with ties counted half. */
export function areaUnder(points: readonly RocPoint[]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    area += ((points[i][0] - points[i - 1][0]) * (points[i][1] + points[i - 1][1])) / 2;
  }
  return area;
}

/** Names of the class without a finding, in the languages of the interface and the data sets we know. */
const WITHOUT_FINDING = /^(normal|negative|healthy|benign|control|none|no\b|正常|阴性|良性|健康|无)/i;

/** The class whose curve is shown first: the first with a finding, as far as the names tell. The person can choose another. */
export function defaultPositiveClass(classes: readonly { id: string; name: string }[]): string {
  return (classes.find(({ name }) => !WITHOUT_FINDING.test(name.trim())) ?? classes[0]).id;
}

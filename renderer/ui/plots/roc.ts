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

/** Where the model would stand if it answered the class from this probability on. `points` is not empty. */
export function ratesAtThreshold(points: readonly RocPoint[], threshold: number): Rates {
  let found: RocPoint = points[0];
  for (const point of points) {
    if (point[2] < threshold) break;
    found = point;
  }
  // Below the first threshold's case nothing is called positive.
  if (points[0][2] < threshold) return { truePositiveRate: 0, falsePositiveRate: 0 };
  return { truePositiveRate: found[1], falsePositiveRate: found[0] };
}

/** Names of the class without a finding, in the languages of the interface and the data sets we know. */
const WITHOUT_FINDING = /^(normal|negative|healthy|benign|control|none|no\b|正常|阴性|良性|健康|无)/i;

/** The class whose curve is shown first: the first with a finding, as far as the names tell. The person can choose another. */
export function defaultPositiveClass(classes: readonly { id: string; name: string }[]): string {
  return (classes.find(({ name }) => !WITHOUT_FINDING.test(name.trim())) ?? classes[0]).id;
}

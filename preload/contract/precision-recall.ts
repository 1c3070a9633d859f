// Precision against recall for one class, and the average precision that sums it up.
//
// Where a class is rare, ROC looks good whatever a doctor sees; precision says how many of the called cases are real. Average precision is the step sum of
// precision over recall, as scikit-learn has it: straight lines between points would promise what no threshold gives (Davis and Goadrich 2006).

/** [recall, precision, threshold], from the highest threshold down; a case is called when its score is at least the threshold. */
export type PrecisionRecallPoint = [number, number, number];

export interface PrecisionRecall {
  points: PrecisionRecallPoint[];
  averagePrecision: number;
}

/** null without a positive case. Tied scores are one point. */
export function precisionRecall(positive: readonly boolean[], scores: readonly number[]): PrecisionRecall | null {
  const positives = positive.filter(Boolean).length;
  if (positives === 0) return null;
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const points: PrecisionRecallPoint[] = [];
  let [hits, averagePrecision, recallBefore] = [0, 0, 0];
  for (const [at, i] of order.entries()) {
    if (positive[i]) hits++;
    if (at + 1 < order.length && scores[order[at + 1]] === scores[i]) continue;
    const [recall, precision] = [hits / positives, hits / (at + 1)];
    averagePrecision += (recall - recallBefore) * precision;
    recallBefore = recall;
    points.push([recall, precision, scores[i]]);
  }
  return { points, averagePrecision };
}

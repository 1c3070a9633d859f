// Shape of the figures that test/models/fixtures/generate_metrics.py writes, and what "the same" means.
import { expect } from "vitest";
import type { evaluate, Prediction } from "../../main/models/metrics.ts";

export interface MetricsReference {
  title: string;
  truth: number[];
  probabilities: number[][];
  reference: {
    accuracy: number[];
    auc: number[];
    confusion: number[][];
    loss: number;
    ece: number;
    roc?: [number, number, number][];
  };
}

/** Both sides compute in float64; sums run in another order. */
const FLOAT64_SUM = 12;

export function predictionsOf({
  truth,
  probabilities,
}: Pick<MetricsReference, "truth" | "probabilities">): Prediction[] {
  return truth.map((t, i) => ({ imageId: `${i}`, truth: t, probabilities: probabilities[i]! }));
}

export function sameFigures(ours: ReturnType<typeof evaluate>, theirs: MetricsReference["reference"]): void {
  const { value, low, high } = ours.accuracy;
  expect([value, low, high].map((x) => x.toFixed(FLOAT64_SUM))).toEqual(
    theirs.accuracy.map((x) => Math.min(1, Math.max(0, x)).toFixed(FLOAT64_SUM)),
  );
  expect(ours.confusion).toEqual(theirs.confusion);
  expect(ours.calibration.ece).toBeCloseTo(theirs.ece, FLOAT64_SUM);
  const auc = ours.auc!;
  for (const [i, expected] of theirs.auc.entries()) {
    expect([auc.value, auc.low, auc.high][i]).toBeCloseTo(expected, FLOAT64_SUM);
  }
  // scikit-learn clips at its own epsilon, so a zero probability for the truth makes its mean loss incomparable.
  if (ours.cases.every((one) => one.probabilities[one.truth]! > 0)) {
    const loss = ours.cases.reduce((sum, one) => sum + one.loss, 0) / ours.cases.length;
    expect(loss).toBeCloseTo(theirs.loss, FLOAT64_SUM);
  }
  if (theirs.roc) expect(ours.roc[0]!.points).toEqual(theirs.roc);
}

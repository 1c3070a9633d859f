// Do the probabilities mean what they say? Of the cases answered with 0.8, 80 % should be right.
//
// Confidence is the probability of the predicted class. Expected calibration error (ECE): the gap between mean confidence and accuracy
// in ten equal bins, weighted by the cases in each (Guo et al., ICML 2017).

export interface CalibrationBin {
  /** Mean confidence of the bin's cases. */
  confidence: number;
  /** Part of them that is right. */
  accuracy: number;
  count: number;
}

const BINS = 10;

/** Bins are (0, 0.1], (0.1, 0.2] ... (0.9, 1]; an empty one is left out, since it has neither a mean nor an accuracy. */
export function calibrate(confidence: readonly number[], correct: readonly boolean[]) {
  const sums = Array.from({ length: BINS }, () => ({ confidence: 0, correct: 0, count: 0 }));
  for (const [i, value] of confidence.entries()) {
    const bin = sums[Math.max(0, Math.ceil(value * BINS) - 1)]!;
    bin.confidence += value;
    bin.correct += correct[i] ? 1 : 0;
    bin.count += 1;
  }
  const bins: CalibrationBin[] = [];
  let ece = 0;
  for (const { confidence: total, correct: right, count } of sums) {
    if (count === 0) continue;
    bins.push({ confidence: total / count, accuracy: right / count, count });
    ece += Math.abs(total - right) / confidence.length;
  }
  return { bins, ece };
}

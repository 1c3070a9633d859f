// Decision curves: is a model worth acting on? Net benefit per case at every threshold probability a doctor may have.
//
// Whoever acts above probability t holds one missed case to be worth (1 - t) / t needless actions; net benefit counts both in true positives per case
// (Vickers and Elkin, Medical Decision Making 26, 2006, https://doi.org/10.1177/0272989X06295361). A model is useful at t only where its curve lies above both
// "act on everybody" and "act on nobody" (0). It needs calibrated probabilities, unlike AUC.

/** Threshold probabilities of the curve: 1 % to 99 %. At 0 and 1 there is nothing to weigh. */
export const THRESHOLDS: readonly number[] = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** True positives per case at each of `THRESHOLDS`, needless actions paid for. A case is acted on when its probability is at least the threshold. */
export function netBenefit(positive: readonly boolean[], probabilities: ArrayLike<number>): number[] {
  return THRESHOLDS.map((threshold) => {
    let [truePositives, falsePositives] = [0, 0];
    for (const [i, yes] of positive.entries()) {
      if (probabilities[i] < threshold) continue;
      if (yes) truePositives++;
      else falsePositives++;
    }
    return (truePositives - falsePositives * (threshold / (1 - threshold))) / positive.length;
  });
}

/** The same for acting on everybody: what a model has to beat. */
export function netBenefitOfAll(positive: readonly boolean[]): number[] {
  return netBenefit(positive, new Float64Array(positive.length).fill(1));
}

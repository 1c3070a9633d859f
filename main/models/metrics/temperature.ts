// One number that makes probabilities mean what they say, chosen on cases that the model did not learn from.
//
// Logits are divided by a temperature before the softmax (Guo et al. 2017, https://arxiv.org/abs/1706.04599): the order of the classes stays. The temperature makes the
// mean cross-entropy smallest; the cost is convex in its inverse, so a golden section over its logarithm finds it.
import type { Prediction } from "./evaluation.ts";

const [COLDEST, HOTTEST] = [1 / 20, 20];
const ROUNDS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const LEAST = 1e-12;

/** Between 1/20 and 20; 1 without cases. */
export function chooseTemperature(predictions: readonly Prediction[]): number {
  if (predictions.length === 0) return 1;
  const cases = predictions.map(({ truth, probabilities }) => ({
    truth,
    logits: probabilities.map((p) => Math.log(Math.max(p, LEAST))),
  }));
  const cost = (logarithm: number): number => {
    const cold = Math.exp(-logarithm);
    return cases.reduce((sum, { truth, logits }) => {
      const most = Math.max(...logits) * cold;
      const total = logits.reduce((all, logit) => all + Math.exp(logit * cold - most), 0);
      return sum + most + Math.log(total) - logits[truth]! * cold;
    }, 0);
  };
  let [low, high] = [Math.log(COLDEST), Math.log(HOTTEST)];
  for (let round = 0; round < ROUNDS; round++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (cost(left) < cost(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

// From which probability on a case counts as the second of two classes, chosen on cases that the model did not learn from.
//
// The raw curve of sensitivity and specificity over a few hundred cases is a staircase, and its highest step is often the luck of one case. So both are
// smoothed with a kernel before their sum, Youden's index, is made largest (Fluss, Faraggi and Reiser 2005, Biometrical Journal 47:458). The smoothing
// happens on logits, where scores near 0 and 1 do not pile up. Youden's index does not depend on how frequent the classes are among these cases.
import { DEFAULT_THRESHOLD } from "../../../preload/contract/index.ts";
import type { Prediction } from "./evaluation.ts";

/** Places between the lowest and the highest logit that are tried. */
const PLACES = 1000;
/** Keeps logits finite: float32 softmax rounds to 0 and to 1. */
const NEAREST = 1e-7;
/** A logistic kernel this much narrower resembles the Gaussian that the bandwidth rule is for: both have variance 1. */
const LOGISTIC_SCALE = Math.sqrt(3) / Math.PI;

/**
 * The threshold for `predictedClass` that makes smoothed sensitivity + specificity largest. One half for other than two classes and where a class is absent.
 */
export function chooseThreshold(predictions: readonly Prediction[]): number {
  const [negative, positive] = [0, 1].map((truth) =>
    predictions.filter((one) => one.truth === truth).map(({ probabilities }) => logit(probabilities[1]!)),
  ) as [number[], number[]];
  const isTwo = predictions.every(({ probabilities }) => probabilities.length === 2);
  if (!isTwo || negative.length === 0 || positive.length === 0) return DEFAULT_THRESHOLD;
  const below = { negative: shareBelow(negative), positive: shareBelow(positive) };
  const all = [...negative, ...positive];
  const low = all.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = all.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let best = { at: (low + high) / 2, index: Number.NEGATIVE_INFINITY };
  for (let place = 0; place <= PLACES; place++) {
    const at = low + ((high - low) * place) / PLACES;
    const index = below.negative(at) - below.positive(at);
    if (index > best.index) best = { at, index };
  }
  return 1 / (1 + Math.exp(-best.at));
}

function logit(probability: number): number {
  const p = Math.min(1 - NEAREST, Math.max(NEAREST, probability));
  return Math.log(p / (1 - p));
}

/** The smoothed part of the scores that lies below a place; bandwidth by Silverman's rule (1986, equation 3.31). */
function shareBelow(scores: readonly number[]): (place: number) => number {
  const sorted = scores.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length);
  const quartile = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!;
  const spread = Math.min(deviation, (quartile(0.75) - quartile(0.25)) / 1.34) || deviation;
  const width = Math.max(0.9 * spread * sorted.length ** -0.2 * LOGISTIC_SCALE, 1e-6);
  return (place) => sorted.reduce((sum, value) => sum + 1 / (1 + Math.exp((value - place) / width)), 0) / sorted.length;
}

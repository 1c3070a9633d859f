// From which probability on a case counts as the second of two classes, chosen on cases that the model did not learn from.
//
// The raw curve of sensitivity and specificity over a few hundred cases is a staircase, and its highest step is often the luck of one case. So both are
// smoothed with a kernel before their sum, Youden's index, is made largest (Fluss, Faraggi and Reiser 2005, Biometrical Journal 47:458). The smoothing
// happens on logits, where scores near 0 and 1 do not pile up. Youden's index does not depend on how frequent the classes are among these cases.
// Of the places that lie within one standard error of the largest, the one nearest to one half is taken (the rule of Breiman et al. 1984 for choosing among
// equals): what the cases cannot tell apart is no reason to leave it.
import { DEFAULT_THRESHOLD } from "../../../preload/contract/index.ts";
import type { Prediction } from "./evaluation.ts";

/** Places between the lowest and the highest logit that are tried. */
const PLACES = 1000;
/** Keeps logits finite: float32 softmax rounds to 0 and to 1. */
const NEAREST = 1e-7;
/** A logistic kernel this much narrower resembles the Gaussian that the bandwidth rule is for: both have variance 1. */
const LOGISTIC_SCALE = Math.sqrt(3) / Math.PI;

/**
 * The threshold for `predictedClass`: of those whose smoothed sensitivity + specificity is the largest within its standard error, the one nearest to one half.
 * One half for other than two classes and where a class is absent.
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
  const index = (at: number): number => below.negative(at) - below.positive(at);
  const places = Array.from({ length: PLACES + 1 }, (_, place) => low + ((high - low) * place) / PLACES);
  const best = places.reduce((most, at) => (index(at) > index(most) ? at : most), places[0]!);
  const share = (p: number, n: number): number => (p * (1 - p)) / n;
  const error = Math.sqrt(share(below.negative(best), negative.length) + share(below.positive(best), positive.length));
  const near = places.filter((at) => index(at) >= index(best) - error);
  const chosen = near.reduce((least, at) => (Math.abs(at) < Math.abs(least) ? at : least), best);
  return 1 / (1 + Math.exp(-chosen));
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

// How much a label of an image would teach, by what models say of it: the higher the score, the more.
//
// Uncertainty of one model: entropy, margin and least confident (Settles, Active Learning Literature Survey, 2009, section 3.1; all between 0 and 1
// here, so that figures of models with other numbers of classes can be compared). Disagreement of several models: vote entropy (Seung, Opper
// and Sompolinsky, COLT 1992; Dagan and Engelson, ICML 1995) and the mean divergence from the consensus (McCallum and Nigam, ICML 1998).
// Probabilities are refused where they are none: a NaN would sort anywhere.

import { AppError } from "../../../preload/contract/errors.ts";

export type UncertaintyMeasure = "entropy" | "margin" | "least-confident";
export type DisagreementMeasure = "vote-entropy" | "divergence";

/** Probabilities are float32 outputs of a model: they add up to 1 up to this. */
const SUM_TOLERANCE = 1e-3;

/** One score an image; with a single class nothing is uncertain, so all are 0. Throws active/not-probabilities. */
export function uncertainty(measure: UncertaintyMeasure, probabilities: readonly (readonly number[])[]): number[] {
  assertProbabilities(probabilities);
  return probabilities.map((p) => {
    if (p.length < 2) return 0;
    const [first, second] = p.toSorted((a, b) => b - a);
    if (measure === "entropy") return within(entropy(p) / Math.log(p.length));
    if (measure === "margin") return within(1 - (first - second));
    return within(((1 - first) * p.length) / (p.length - 1));
  });
}

/**
 * One score an image, between 0 and 1 for votes. `models[m]` are the probabilities of a model for all images. A vote is the likeliest class, shared
 * evenly where several are equally likely. Throws active/not-probabilities, active/models-few.
 */
export function disagreement(
  measure: DisagreementMeasure,
  models: readonly (readonly (readonly number[])[])[],
): number[] {
  assertCommittee(models);
  return models[0].map((_, image) => {
    const said = models.map((probabilities) => probabilities[image]);
    if (said[0].length < 2) return 0;
    if (measure === "vote-entropy") {
      const votes = mean(said.map(votesOf));
      return within(entropy(votes) / Math.log(Math.min(models.length, votes.length)));
    }
    const consensus = mean(said);
    return Math.max(0, said.reduce((sum, p) => sum + divergence(p, consensus), 0) / said.length);
  });
}

/** The mean of what several models say, image by image. Throws active/not-probabilities. */
export function consensusOf(models: readonly (readonly (readonly number[])[])[]): number[][] {
  for (const probabilities of models) assertProbabilities(probabilities);
  return models[0].map((_, image) => mean(models.map((probabilities) => probabilities[image])));
}

function assertCommittee(models: readonly (readonly (readonly number[])[])[]): void {
  if (models.length < 2) {
    throw new AppError("active/models-few", "Disagreement needs at least two models that know the same classes.");
  }
  for (const probabilities of models) assertProbabilities(probabilities);
  const [first] = models;
  const alike = models.every(
    (model) => model.length === first.length && model.every((p, image) => p.length === first[image].length),
  );
  if (!alike) throw notProbabilities("the models answered for other images or other classes");
}

function assertProbabilities(probabilities: readonly (readonly number[])[]): void {
  for (const p of probabilities) {
    const sum = p.reduce((total, value) => total + (value >= 0 && value <= 1 + SUM_TOLERANCE ? value : Number.NaN), 0);
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) throw notProbabilities("an answer's values do not add up to 1");
    if (p.length !== probabilities[0].length) throw notProbabilities("answers have different numbers of classes");
  }
}

const notProbabilities = (why: string) =>
  new AppError("active/not-probabilities", `The model's answers are no probabilities: ${why}.`);

/** In nats; 0 · ln 0 is 0. */
const entropy = (p: readonly number[]) => -p.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0);

/** Of p from q, in nats; q is a mean that p is part of, so it is above 0 wherever p is. */
const divergence = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, value, i) => sum + (value > 0 ? value * Math.log(value / q[i]) : 0), 0);

function votesOf(p: readonly number[]): number[] {
  const most = Math.max(...p);
  const winners = p.filter((value) => value === most).length;
  return p.map((value) => (value === most ? 1 / winners : 0));
}

const mean = (rows: readonly (readonly number[])[]): number[] =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

/** Rounding can leave the unit interval by a hair. */
const within = (score: number) => Math.min(1, Math.max(0, score));

// From the model's probabilities for each case of a part to everything that the studio says about it.
//
// Pure: no model, no files, no clock. The same cases give the same figures.
import {
  AppError,
  DEFAULT_THRESHOLD,
  type Evaluation,
  likeliestClass,
  predictedClass,
} from "../../../preload/contract/index.ts";
import { calibrate } from "./calibration.ts";
import { aucDeLong, aucMacro, type Interval, rocCurve, Z_95 } from "./ranking.ts";

/** One case before judgement. `probabilities` are in the order of the classes and sum to 1. */
export interface Prediction {
  imageId: string;
  truth: number;
  probabilities: readonly number[];
}

/** How far probabilities may sum from 1: float32 softmax over at most thousands of classes stays well inside. */
const SUM_TOLERANCE = 1e-3;
/** A float32 softmax or sigmoid can round the truth to exactly 0; its loss is then that of this probability: 34.5 nats rather than infinity. */
export const LEAST_PROBABILITY = 1e-15;
const BOOTSTRAP_SEED = 1;

/**
 * Judges predictions. With two classes AUC and the one ROC curve are those of the second class (index 1); with more there is a curve for each
 * class that has cases. `threshold` decides between two classes (`predictedClass`); calibration is about the likeliest class, whatever it is. Errors: snapshot/part-empty without cases; app/invalid-input for a probability that is none, or NaN.
 */
export function evaluate(
  classes: Evaluation["classes"],
  predictions: readonly Prediction[],
  threshold = DEFAULT_THRESHOLD,
): Omit<Evaluation, "modelId" | "part"> {
  if (predictions.length === 0) throw new AppError("snapshot/part-empty", "There is no case to evaluate in this part.");
  for (const prediction of predictions) requireProbabilities(prediction, classes.length);

  const cases = predictions.map(({ imageId, truth, probabilities }) => ({
    imageId,
    truth,
    predicted: predictedClass(probabilities, threshold),
    probabilities: [...probabilities],
    loss: Math.max(0, -Math.log(Math.max(probabilities[truth]!, LEAST_PROBABILITY))),
  }));
  const truth = cases.map((one) => one.truth);
  const scores = classes.map((_, c) => Float64Array.from(cases, (one) => one.probabilities[c]!));
  const correct = cases.map((one) => one.predicted === one.truth);
  const confusion = classes.map(() => classes.map(() => 0));
  for (const one of cases) confusion[one.truth]![one.predicted]!++;

  const curves = classes.length === 2 ? [1] : classes.map((_, c) => c);
  return {
    classes: [...classes],
    accuracy: wilson(correct.filter(Boolean).length, cases.length),
    auc:
      classes.length === 2
        ? aucDeLong(
            truth.map((t) => t === 1),
            scores[1]!,
          )
        : aucMacro(truth, scores, BOOTSTRAP_SEED),
    roc: curves
      .map((classIndex) => ({
        classIndex,
        points: rocCurve(
          truth.map((t) => t === classIndex),
          scores[classIndex]!,
        ),
      }))
      .filter(({ points }) => points.length > 0),
    confusion,
    threshold,
    calibration: calibrate(
      cases.map((one) => Math.max(...one.probabilities)),
      cases.map((one) => likeliestClass(one.probabilities) === one.truth),
    ),
    cases: cases.sort((a, b) => b.loss - a.loss || (a.imageId < b.imageId ? -1 : 1)),
  };
}

function requireProbabilities({ truth, probabilities }: Prediction, classes: number): void {
  if (!Number.isInteger(truth) || truth < 0 || truth >= classes) {
    throw new AppError("app/invalid-input", `Expected a class index below ${classes}, found ${truth}.`);
  }
  const sum = probabilities.reduce((total, p) => total + (p >= 0 && p <= 1 ? p : Number.NaN), 0);
  if (probabilities.length !== classes || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new AppError(
      "app/invalid-input",
      `Expected ${classes} probabilities between 0 and 1 that sum to 1, found ${probabilities.length} with sum ${sum}.`,
    );
  }
}

/** A proportion with Wilson's 95 % interval (Wilson, JASA 22, 1927), which stays inside [0, 1] and has width at 0 and at 1. */
export function wilson(successes: number, trials: number): Interval {
  const p = successes / trials;
  const scale = 1 + Z_95 ** 2 / trials;
  const center = (p + Z_95 ** 2 / (2 * trials)) / scale;
  const half = (Z_95 / scale) * Math.sqrt((p * (1 - p)) / trials + Z_95 ** 2 / (4 * trials ** 2));
  return { value: p, low: Math.max(0, Math.min(p, center - half)), high: Math.min(1, Math.max(p, center + half)) };
}

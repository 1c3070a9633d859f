// Two or more models on the same cases: every pair with the tests a reviewer asks for, corrected for how many pairs there are.
//
// Only cases count that every model was judged on with the same truth; classes are matched by id, since snapshots may order them differently. Intervals come
// from drawing whole patients again (BCa bootstrap), because pictures of one patient resemble each other. Seeded: the same evaluations give the same figures.
import { AppError, type Comparison, type Evaluation } from "../../preload/contract/index.ts";
import { bootstrapAll, type Estimate } from "../labels/agreement/bootstrap.ts";
import { ascending, weightedAuc } from "../models/metrics.ts";
import { aucDifference } from "./auc-difference.ts";
import { benjaminiHochberg, holm } from "./correction.ts";
import { netBenefit, netBenefitOfAll, THRESHOLDS } from "./decision-curve.ts";
import { mcNemar } from "./mcnemar.ts";
import { pairedPermutation } from "./permutation.ts";

const SEED = 1;
/** With more patients the percentile interval: BCa agrees with it, and leaving out each patient in turn would take longer. */
const MOST_FOR_BCA = 1000;

/** What one model said of the shared cases, in their order, classes in the order of the first model. */
interface Answers {
  readonly modelId: string;
  /** By class, then case. */
  readonly scores: Float64Array[];
  readonly right: boolean[];
  readonly loss: number[];
}

/**
 * `patients` gives the patient of an image, or "" where nobody knows; such an image stands alone. Errors: app/invalid-input for fewer than two evaluations
 * or other classes; comparison/nothing-shared where no case is in all of them with the same truth.
 */
export function compareEvaluations(
  evaluations: readonly Evaluation[],
  patients: ReadonlyMap<string, string>,
): Comparison {
  const { classes, part } = requireAlike(evaluations);
  const cases = sharedCases(evaluations);
  if (cases.length === 0) {
    throw new AppError(
      "comparison/nothing-shared",
      "The models were not judged on a single case in common with the same truth, so nothing can be compared. Choose runs on the same snapshot.",
    );
  }
  const answers = evaluations.map((evaluation) => answersOf(evaluation, classes, cases));
  const truth = cases.map(({ truth }) => truth);
  const units = unitsOf(cases.map(({ imageId }, i) => patients.get(imageId) || `\0${i}`));
  const pairs = pairsOf(answers.length);
  const differences = bootstrappedDifferences(answers, truth, units, pairs);
  const judged = pairs.map(([i, j], pair) => judge(answers[i], answers[j], truth, units, differences[pair]));
  return {
    part,
    modelIds: answers.map(({ modelId }) => modelId),
    cases: cases.length,
    patients: units.length,
    classes,
    pairs: corrected(judged),
    decision: {
      thresholds: [...THRESHOLDS],
      classes: classes.map((_, c) => {
        const positive = truth.map((t) => t === c);
        return { all: netBenefitOfAll(positive), models: answers.map(({ scores }) => netBenefit(positive, scores[c])) };
      }),
    },
  };
}

function requireAlike(evaluations: readonly Evaluation[]): Pick<Evaluation, "classes" | "part"> {
  const [first, ...others] = evaluations;
  if (first === undefined || others.length === 0) {
    throw new AppError("app/invalid-input", `Comparing takes two models or more, found ${evaluations.length}.`);
  }
  const ids = ({ classes }: Evaluation): string =>
    classes
      .map(({ id }) => id)
      .sort()
      .join();
  if (others.some((other) => ids(other) !== ids(first))) {
    throw new AppError(
      "comparison/other-classes",
      "The models tell other classes apart, so their answers cannot be compared.",
    );
  }
  return first;
}

interface SharedCase {
  imageId: string;
  /** Index into the classes of the first evaluation. */
  truth: number;
}

/** In the order of the images' ids, which no model decides. */
function sharedCases([first, ...others]: readonly Evaluation[]): SharedCase[] {
  const truths = others.map(({ classes, cases }) => new Map(cases.map((one) => [one.imageId, classes[one.truth].id])));
  return first.cases
    .filter(({ imageId, truth }) => truths.every((known) => known.get(imageId) === first.classes[truth].id))
    .map(({ imageId, truth }) => ({ imageId, truth }))
    .sort((a, b) => (a.imageId < b.imageId ? -1 : 1));
}

function answersOf(evaluation: Evaluation, classes: Evaluation["classes"], shared: readonly SharedCase[]): Answers {
  const own = classes.map(({ id }) => evaluation.classes.findIndex((one) => one.id === id));
  const byImage = new Map(evaluation.cases.map((one) => [one.imageId, one]));
  const cases = shared.map(({ imageId }) => byImage.get(imageId)!);
  return {
    modelId: evaluation.modelId,
    scores: own.map((index) => Float64Array.from(cases, ({ probabilities }) => probabilities[index])),
    right: cases.map(({ truth, predicted }) => truth === predicted),
    loss: cases.map(({ loss }) => loss),
  };
}

function unitsOf(keys: readonly string[]): number[][] {
  const units = new Map<string, number[]>();
  for (const [i, key] of keys.entries()) {
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [i]);
    else unit.push(i);
  }
  return [...units.values()];
}

/** (0, 1), (0, 2) … first: differences to the first model lead. */
function pairsOf(models: number): [number, number][] {
  return Array.from({ length: models }, (_, i) => i).flatMap((i) =>
    Array.from({ length: models - i - 1 }, (_, k): [number, number] => [i, i + 1 + k]),
  );
}

interface Differences {
  auc: Estimate | null;
  accuracy: Estimate | null;
  loss: Estimate | null;
}

/** First minus second of every pair, all over the same resamples. */
function bootstrappedDifferences(
  answers: readonly Answers[],
  truth: readonly number[],
  units: readonly (readonly number[])[],
  pairs: readonly [number, number][],
): Differences[] {
  const classes = answers[0].scores.length;
  // With two classes the AUC of one is the AUC of the other.
  const ranked = classes === 2 ? [1] : answers[0].scores.map((_, c) => c);
  const orders = answers.map(({ scores }) => ranked.map((c) => ascending(scores[c])));
  const weights = new Uint16Array(truth.length);
  const statistics = (chosen: Int32Array): (number | null)[] => {
    weights.fill(0);
    for (const i of chosen) weights[i]++;
    const figures = answers.map(({ scores, right, loss }, model) => {
      const aucs = ranked.map((c, k) => weightedAuc(orders[model][k], scores[c], truth, c, weights));
      let [correct, losses] = [0, 0];
      for (const i of chosen) {
        if (right[i]) correct++;
        losses += loss[i];
      }
      return [aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length, correct / chosen.length, losses / chosen.length];
    });
    return pairs.flatMap(([i, j]) =>
      figures[i].map((value, figure) => {
        const difference = value - figures[j][figure];
        return Number.isFinite(difference) ? difference : null;
      }),
    );
  };
  const method = units.length <= MOST_FOR_BCA ? "bca" : "percentile";
  const estimates = bootstrapAll(units, statistics, { seed: SEED, method });
  return pairs.map((_, pair) => {
    const [auc, accuracy, loss] = estimates.slice(3 * pair, 3 * pair + 3);
    return { auc, accuracy, loss };
  });
}

type Pair = Comparison["pairs"][number];
type Uncorrected = Omit<Pair, "auc" | "accuracy" | "loss"> & {
  [Figure in "auc" | "accuracy" | "loss"]: Omit<Pair[Figure], "holm" | "falseDiscovery">;
};

function judge(
  a: Answers,
  b: Answers,
  truth: readonly number[],
  units: readonly (readonly number[])[],
  differences: Differences,
): Uncorrected {
  const delong =
    a.scores.length === 2
      ? aucDifference(
          truth.map((t) => t === 1),
          a.scores[1],
          b.scores[1],
        )
      : null;
  const { p: accuracyP, ...only } = mcNemar(a.right, b.right);
  return {
    first: a.modelId,
    second: b.modelId,
    auc: { estimate: differences.auc, delong: delong && { low: delong.low, high: delong.high }, p: delong?.p ?? null },
    accuracy: { estimate: differences.accuracy, ...only, p: accuracyP },
    loss: { estimate: differences.loss, p: pairedPermutation(a.loss, b.loss, units, SEED)?.p ?? null },
  };
}

/** Each figure is a family of its own: as many tests as there are pairs. */
function corrected(pairs: readonly Uncorrected[]): Pair[] {
  const adjusted = (figure: "auc" | "accuracy" | "loss") => {
    const tested = pairs.flatMap((pair, i) => (pair[figure].p === null ? [] : [{ i, p: pair[figure].p }]));
    const [byHolm, byRate] = [holm, benjaminiHochberg].map((correct) => correct(tested.map(({ p }) => p)));
    const at = new Map(tested.map(({ i }, k) => [i, { holm: byHolm[k], falseDiscovery: byRate[k] }]));
    return (i: number) => at.get(i) ?? { holm: null, falseDiscovery: null };
  };
  const [auc, accuracy, loss] = [adjusted("auc"), adjusted("accuracy"), adjusted("loss")];
  return pairs.map((pair, i) => ({
    ...pair,
    auc: { ...pair.auc, ...auc(i) },
    accuracy: { ...pair.accuracy, ...accuracy(i) },
    loss: { ...pair.loss, ...loss(i) },
  }));
}

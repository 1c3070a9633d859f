// Several questions about each image, answered by heads on the same features; any case may lack the truth of any of them.
//
// Each head learns from the cases whose truth is known. Epochs are compared by the mean of what the heads score: AUC for classes and labels, the
// coefficient of determination for numbers.
import { AppError, type Recipe } from "../../../preload/contract/index.ts";
import { floatTensor, type Tensor } from "../../graph/graph.ts";
import { buildArchitecture } from "../../models/build-model.ts";
import { aucDeLong, determination, LEAST_PROBABILITY, meanAbsoluteError } from "../../models/metrics.ts";
import type { Answer, Head, Normalisation } from "../../models/model-graph.ts";
import { type HeadLoss, headsObjective } from "../../models/objectives.ts";
import { trainingStep } from "../../models/training-step.ts";
import { createAugmenter } from "../augmenter.ts";
import { gather, statistics } from "../dataset.ts";
import type { DeviceId, Values } from "../engines/session.ts";
import { EVALUATION_BATCH } from "../evaluate.ts";
import { type Inference, scoreOf, type Task, type TaskRecipe, type Validation } from "../task.ts";
import { judge as judgeClasses } from "./classification.ts";

/** What is known about one question, case by case. */
export type Truths =
  /** `index` [count], -1 where nobody knows. */
  | { readonly kind: "class"; readonly classes: number; readonly index: Int32Array }
  /** `holds` [count, labels]: 1 or 0, -1 where nobody knows. */
  | { readonly kind: "labels"; readonly labels: number; readonly holds: Int8Array }
  /** `numbers` [count, values], NaN where nobody knows. */
  | { readonly kind: "value"; readonly values: number; readonly numbers: Float32Array };

/** Images and what is known about them. */
export interface QuestionedPart {
  /** [count, size, size], values in [0, 1]. */
  readonly pixels: Float32Array;
  /** By question, the same ones in the same order in every part. */
  readonly truths: Readonly<Record<string, Truths>>;
}

export interface MultiTaskInput {
  /** Everything else that a recipe may say (smoothing, mixing, balance, probe, copies, temperature) is of classification alone. */
  readonly recipe: TaskRecipe &
    Pick<
      Recipe,
      | "architecture"
      | "inputSize"
      | "width"
      | "dropout"
      | "stochasticDepth"
      | "frozenLayers"
      | "layerDecay"
      | "momentum"
      | "nesterov"
      | "l1"
    >;
  /** By question; cross-entropy or squared error, all weighing the same, where nothing is said. */
  readonly losses?: Readonly<Record<string, HeadLoss>>;
  readonly train: QuestionedPart;
  readonly validation: QuestionedPart;
  readonly device: DeviceId;
  readonly threads: number;
}

/** The task on images with several questions. Errors: app/invalid-input for a question that no training image answers. */
export async function multiTask(input: MultiTaskInput): Promise<Task> {
  const { recipe, losses = {}, train, validation, device, threads } = input;
  const { architecture, inputSize: size, width, seed, dropout, stochasticDepth } = recipe;
  const heads = Object.entries(train.truths).map(([name, truths]): Head => ({ name, answer: answerTo(name, truths) }));
  const model = buildArchitecture(
    architecture,
    {
      input: { kind: "image", channels: 1, size: [size, size] },
      output: { kind: "heads", heads },
      normalise: statistics(train),
      seed,
      dropout,
      stochasticDepth,
    },
    width,
  );
  const count = train.pixels.length / size ** 2;
  const shape = { batch: Math.min(recipe.batchSize, count), rows: size, columns: size };
  const augmenter = recipe.augment && (await createAugmenter(recipe.augment, shape, { device, threads }));
  return {
    count,
    classIndex: new Uint8Array(count),
    model,
    step: (batchSize, target) => {
      const objective = headsObjective(heads, losses);
      const average = recipe.average !== "none";
      return trainingStep(model, { ...recipe, batchSize, objective, average }, target);
    },
    feeds: async (cases, random) => {
      const plain = gather(train, size, cases);
      const image = augmenter && random ? (await augmenter.vary(plain, null, random)).image : plain;
      const truths = Object.entries(train.truths).map(([name, known]) => truthsOf(name, known, cases));
      return Object.assign({ image }, ...truths) as Values;
    },
    validate: (inference) => judge(inference, validation, heads, { size, losses }),
    dispose: async () => {
      await augmenter?.dispose();
    },
  };
}

function answerTo(name: string, truths: Truths): Answer {
  const known = truths.kind === "value" ? truths.numbers.some(Number.isFinite) : flat(truths).some((one) => one >= 0);
  if (!known) {
    throw new AppError("app/invalid-input", `No training image says anything about "${name}": leave the question out.`);
  }
  switch (truths.kind) {
    case "class":
      return { kind: "class", classes: truths.classes };
    case "labels":
      return { kind: "labels", labels: truths.labels };
    case "value":
      return { kind: "value", values: truths.values, scale: scaleOf(truths) };
  }
}

const flat = (truths: Exclude<Truths, { kind: "value" }>): Int32Array | Int8Array =>
  truths.kind === "class" ? truths.index : truths.holds;

/** Mean and standard deviation of what is known of each number; a constant one gets deviation 1, one that nobody knows stays as it is. */
function scaleOf({ values, numbers }: Extract<Truths, { kind: "value" }>): Normalisation[] {
  return Array.from({ length: values }, (_, v) => {
    const known = numbers.filter((number, i) => i % values === v && Number.isFinite(number));
    if (known.length === 0) return { mean: 0, std: 1 };
    const mean = known.reduce((sum, number) => sum + number, 0) / known.length;
    const std = Math.sqrt(known.reduce((sum, number) => sum + (number - mean) ** 2, 0) / known.length);
    return { mean, std: std > 1e-6 * Math.max(1, Math.abs(mean)) ? std : 1 };
  });
}

/** The truths of some cases as the objective of a head reads them. */
function truthsOf(name: string, truths: Truths, cases: Uint32Array): Record<string, Tensor> {
  const target = `${name}/target`;
  switch (truths.kind) {
    case "class": {
      const rows = new Float32Array(cases.length * truths.classes);
      cases.forEach((index, row) => {
        const known = truths.index[index]!;
        if (known >= 0) rows[row * truths.classes + known] = 1;
      });
      return { [target]: floatTensor([cases.length, truths.classes], rows) };
    }
    case "labels": {
      const { labels, holds } = truths;
      const rows = Float32Array.from({ length: cases.length * labels }, (_, at) => {
        return holds[cases[Math.floor(at / labels)]! * labels + (at % labels)]!;
      });
      return { [target]: floatTensor([cases.length, labels], rows) };
    }
    case "value": {
      const { values, numbers } = truths;
      const rows = Float32Array.from({ length: cases.length * values }, (_, at) => {
        return numbers[cases[Math.floor(at / values)]! * values + (at % values)]!;
      });
      const dims = [cases.length, values];
      return {
        [target]: floatTensor(
          dims,
          rows.map((number) => (Number.isFinite(number) ? number : 0)),
        ),
        [`${name}/known`]: floatTensor(
          dims,
          rows.map((number) => Number(Number.isFinite(number))),
        ),
      };
    }
  }
}

type Asked = { readonly size: number; readonly losses: Readonly<Record<string, HeadLoss>> };

/** The weighted sum of the heads' losses, and the mean of the scores of those that have one. */
async function judge(
  inference: Inference,
  part: QuestionedPart,
  heads: readonly Head[],
  { size, losses }: Asked,
): Promise<Validation> {
  const answers = await answersAbout(inference, part, heads, size);
  let loss = 0;
  const scores: NonNullable<Validation["score"]>[] = [];
  const figures: Record<string, number> = {};
  for (const { name, answer } of heads) {
    const said = judgeHead(answers.get(name)!, part.truths[name]!, answer);
    loss += said.loss * (losses[name]?.weight ?? 1);
    if (said.score) scores.push(said.score);
    for (const [figure, value] of Object.entries(said.figures)) figures[`${name}/${figure}`] = value;
  }
  return { loss, score: meanScore(scores), figures: { loss, ...figures } };
}

/** Probabilities or values [count, ...] of each head over a whole part. */
async function answersAbout(
  inference: Inference,
  { pixels }: QuestionedPart,
  heads: readonly Head[],
  size: number,
): Promise<ReadonlyMap<string, Float32Array>> {
  const count = pixels.length / size ** 2;
  const wanted = heads.map(({ name, answer }) => `${name}/${answer.kind === "value" ? "values" : "probabilities"}`);
  const rows = heads.map(() => [] as number[]);
  for (let start = 0; start < count; start += EVALUATION_BATCH) {
    const end = Math.min(start + EVALUATION_BATCH, count);
    const cases = Uint32Array.from({ length: end - start }, (_, i) => start + i);
    const said = await inference.run({ image: gather({ pixels }, size, cases) }, wanted);
    wanted.forEach((output, i) => {
      for (const value of said[output]!.data as Float32Array) rows[i]!.push(value);
    });
  }
  return new Map(heads.map(({ name }, i) => [name, Float32Array.from(rows[i]!)]));
}

/** What one head makes of the cases whose truth is known; no loss and no score where there are none. */
function judgeHead(answers: Float32Array, truths: Truths, answer: Answer): Validation {
  switch (truths.kind) {
    case "class": {
      const { classes, index } = truths;
      const known = Array.from(index.keys()).filter((i) => index[i]! >= 0);
      if (known.length === 0) return NOTHING_KNOWN;
      return judgeClasses(
        known.map((i) => ({
          imageId: `${i}`,
          truth: index[i]!,
          probabilities: Array.from(answers.subarray(i * classes, (i + 1) * classes)),
        })),
        classes,
      );
    }
    case "labels":
      return judgeLabels(answers, truths);
    case "value":
      return judgeNumbers(answers, truths, answer.kind === "value" ? (answer.scale ?? []) : []);
  }
}

const NOTHING_KNOWN: Validation = { loss: 0, score: null, figures: {} };

/** Binary cross-entropy over known truths, and the mean AUC of the labels of which both cases are known. */
function judgeLabels(answers: Float32Array, { labels, holds }: Extract<Truths, { kind: "labels" }>): Validation {
  if (!answers.every(Number.isFinite)) return { loss: Number.NaN, score: null, figures: {} };
  let [cost, known] = [0, 0];
  holds.forEach((truth, at) => {
    if (truth < 0) return;
    cost -= Math.log(Math.max(LEAST_PROBABILITY, truth === 1 ? answers[at]! : 1 - answers[at]!));
    known++;
  });
  if (known === 0) return NOTHING_KNOWN;
  const scores = Array.from({ length: labels }, (_, label) => {
    const at = Array.from({ length: holds.length / labels }, (__, i) => i * labels + label).filter(
      (i) => holds[i]! >= 0,
    );
    const auc = aucDeLong(
      at.map((i) => holds[i] === 1),
      at.map((i) => answers[i]!),
    );
    return scoreOf(auc);
  }).filter((one) => one !== null);
  const score = meanScore(scores);
  return { loss: cost / known, score, figures: { loss: cost / known, ...(score ? { auc: score.value } : {}) } };
}

/** The squared error in standard deviations, the mean absolute error in the numbers' unit, and the coefficient of determination. */
function judgeNumbers(
  answers: Float32Array,
  { values, numbers }: Extract<Truths, { kind: "value" }>,
  scale: readonly Normalisation[],
): Validation {
  if (!answers.every(Number.isFinite)) return { loss: Number.NaN, score: null, figures: {} };
  const known = Array.from(numbers.keys()).filter((i) => Number.isFinite(numbers[i]!));
  if (known.length === 0) return NOTHING_KNOWN;
  const off = (i: number): number => (answers[i]! - numbers[i]!) / (scale[i % values]?.std ?? 1);
  const loss = known.reduce((sum, i) => sum + off(i) ** 2, 0) / known.length;
  const pick = (from: Float32Array, at: readonly number[]): number[] => at.map((i) => from[i]!);
  const scores = Array.from({ length: values }, (_, value) => {
    const at = known.filter((i) => i % values === value);
    const fit = determination(pick(numbers, at), pick(answers, at));
    const score = scoreOf(fit);
    // Worse than the mean is no better than the mean: one head's first epochs must not outweigh all others.
    return score && { ...score, value: Math.max(0, score.value) };
  }).filter((one) => one !== null);
  const score = meanScore(scores);
  const mae = meanAbsoluteError(pick(numbers, known), pick(answers, known));
  return { loss, score, figures: { loss, mae, ...(score ? { r2: score.value } : {}) } };
}

/** The mean of independent scores; null of none. */
function meanScore(scores: readonly NonNullable<Validation["score"]>[]): Validation["score"] {
  if (scores.length === 0) return null;
  const sum = scores.reduce((total, { value }) => total + value, 0);
  const variance = scores.reduce((total, { standardError }) => total + standardError ** 2, 0);
  return { value: sum / scores.length, standardError: Math.sqrt(variance) / scores.length };
}

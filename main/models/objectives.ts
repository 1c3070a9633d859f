// What a training step makes small: truths as inputs of the graph, and the one number `loss`.
//
// An objective reads the outputs of a model by the names that its kind of output gives them, and declares what the loop must feed beside the cases.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { fixedDims, floatTensor, type Tensor } from "../graph/graph.ts";
import {
  binaryCosts,
  binaryCrossEntropy,
  type CrossEntropyOptions,
  diceLoss,
  generalisedOverlap,
  huber,
  lovaszLoss,
  softmaxCrossEntropy,
  softTargetsLoss,
  squaredError,
  type TverskyOptions,
  tverskyLoss,
} from "./losses.ts";
import type { Answer, Head, Normalisation } from "./model-graph.ts";

export interface Objective {
  /** Writes the loss of a forward graph whose number of cases is fixed; adds the inputs that hold the truths. */
  readonly write: (b: GraphBuilder) => Value;
  /** What it remembers from step to step: an input of this name, which `write` adds, and `next/` and the name for the value after the step. */
  readonly state?: readonly { readonly name: string; readonly initial: Tensor }[];
}

/** What group DRO remembers. */
const GROUP_WEIGHTS = "group_weights";

/**
 * Group distributionally robust optimisation (Sagawa et al. 2020, https://arxiv.org/abs/1911.08731): the sum of the groups' mean cross-entropies, each times its weight; after the
 * step a weight has grown by exp(`step` x loss of its group), and all add up to 1. A step uses the weights from before it, one step behind the paper's algorithm, so that they are constants of
 * its gradient. A group without a case in the batch keeps its share. Inputs `target` [N, K], as of classObjective, and `group` [N, groups], one-hot.
 */
export function groupRobustObjective({
  groups,
  step,
  smoothing = 0,
}: { groups: number; step: number } & Pick<CrossEntropyOptions, "smoothing">): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const [batch, classes] = fixedDims(logits.shape, "The answers") as [number, number];
      const target = truth(b, "target", logits);
      const group = b.input("group", "float32", [batch, groups]);
      const weights = b.input(GROUP_WEIGHTS, "float32", [groups]);
      const spread = smoothing === 0 ? target : b.add(b.mul(target, 1 - smoothing), smoothing / classes);
      const costs = b.neg(b.reduceSum(b.mul(spread, b.logSoftmax(logits, 1)), [1]));
      const members = b.op("Max", [b.reduceSum(group, [0], false), b.scalar(1)]);
      const losses = b.div(b.reduceSum(b.mul(group, costs), [0], false), members);
      const grown = b.mul(weights, b.exp(b.mul(losses, step)));
      b.as(`next/${GROUP_WEIGHTS}`).div(grown, b.reduceSum(grown, [0]));
      return b.reduceSum(b.mul(weights, losses), [0], false);
    },
    state: [{ name: GROUP_WEIGHTS, initial: floatTensor([groups], new Array<number>(groups).fill(1 / groups)) }],
  };
}

/** Input `target` [N, K]: a distribution over the classes for each case, one-hot or mixed. */
export function classObjective(options: CrossEntropyOptions = {}): Objective {
  return { write: (b) => classLoss(b, "", options) };
}

/**
 * Distillation: as classObjective, and beside it input `teacher` [N, K], a teacher's distributions softened by the same temperature. The mean of both losses, the
 * teacher's with `weight`.
 */
export function distilledObjective({ temperature, weight, ...options }: DistilledLoss): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const taught = softTargetsLoss(b, logits, truth(b, "teacher", logits), temperature);
      return b.add(b.mul(classLoss(b, "", options), 1 - weight), b.mul(taught, weight));
    },
  };
}

export interface DistilledLoss extends CrossEntropyOptions {
  /** Above 0. */
  readonly temperature: number;
  /** 0 to 1. */
  readonly weight: number;
}

/** Input `target` [N, L]: 1 where a label holds, 0 where not, -1 where nobody knows. */
export function labelsObjective(options: LabelsLoss = {}): Objective {
  return { write: (b) => labelsLoss(b, "", options) };
}

/** Input `target` [N, V], in the unit of the values. */
export function valueObjective(options: ValueLoss = {}): Objective {
  return { write: (b) => valueLoss(b, "", options) };
}

export interface LabelsLoss {
  /** As of cross-entropy. */
  readonly gamma?: number;
}

export interface ValueLoss {
  /** Makes it Huber's loss instead of the squared error; in standard deviations where there is a `scale`. */
  readonly delta?: number;
  /** The answer's: what is off is counted in its standard deviations. */
  readonly scale?: readonly Normalisation[] | undefined;
}

/** How a head's loss is taken, by its kind of answer, and what it counts for in the sum; 1 when absent. */
export type HeadLoss = CrossEntropyOptions & LabelsLoss & Pick<ValueLoss, "delta"> & { readonly weight?: number };

/**
 * The weighted sum of the heads' losses, each the mean over those cases of the batch whose truth is known; a head of which nothing is known in a batch adds 0 and learns
 * nothing from it. Inputs for each head: `NAME/target`, as of the objective of its kind, with 0 for every class where the class is not known; for values also
 * `NAME/known` [N, V], 1 or 0.
 */
export function headsObjective(heads: readonly Head[], losses: Readonly<Record<string, HeadLoss>> = {}): Objective {
  return {
    write: (b) => {
      const parts = heads.map(({ name, answer }) => {
        const { weight = 1, ...options } = losses[name] ?? {};
        return b.mul(headLoss(b, `${name}/`, answer, options), weight);
      });
      return parts.reduce((sum, part) => b.add(sum, part));
    },
  };
}

function headLoss(b: GraphBuilder, prefix: string, answer: Answer, options: HeadLoss): Value {
  switch (answer.kind) {
    case "class":
      return classLoss(b, prefix, { ...options, unknowns: true });
    case "labels":
      return labelsLoss(b, prefix, options);
    case "value":
      return valueLoss(b, prefix, { ...options, scale: answer.scale }, true);
  }
}

/** An input shaped like an answer. */
const truth = (b: GraphBuilder, name: string, like: Value): Value =>
  b.input(name, "float32", fixedDims(like.shape, "The answers"));

function classLoss(b: GraphBuilder, prefix: string, options: CrossEntropyOptions): Value {
  const logits = b.value(`${prefix}logits`);
  return softmaxCrossEntropy(b, logits, truth(b, `${prefix}target`, logits), options);
}

function labelsLoss(b: GraphBuilder, prefix: string, { gamma = 0 }: LabelsLoss): Value {
  const logits = b.value(`${prefix}logits`);
  return binaryCrossEntropy(b, logits, truth(b, `${prefix}target`, logits), { gamma });
}

function valueLoss(b: GraphBuilder, prefix: string, { delta, scale }: ValueLoss, unknowns = false): Value {
  const values = b.value(`${prefix}values`);
  const off = b.sub(values, truth(b, `${prefix}target`, values));
  const known = unknowns ? truth(b, `${prefix}known`, values) : null;
  const deviations =
    scale &&
    floatTensor(
      [scale.length],
      scale.map(({ std }) => std),
    );
  const counted = deviations ? b.div(off, b.constant(deviations)) : off;
  return delta === undefined ? squaredError(b, counted, known) : huber(b, counted, delta, known);
}

export interface MaskLoss extends CrossEntropyOptions, TverskyOptions {
  readonly kind: "cross-entropy" | "focal" | "dice" | "dice-cross-entropy" | "tversky" | "lovasz";
}

/** Focal loss as published. */
const FOCAL_GAMMA = 2;

/** Input `target` float32 [N, ...size]: the class of each pixel, -1 where nobody knows. */
export function maskObjective({ kind, ...options }: MaskLoss): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const [batch, classes, ...size] = fixedDims(logits.shape, "The masks") as [number, number, ...number[]];
      const target = b.input("target", "float32", [batch, ...size]);
      const numbers = floatTensor(
        [classes, ...size.map(() => 1)],
        Array.from({ length: classes }, (_, i) => i),
      );
      const each = b.cast(b.equal(b.unsqueeze(target, [1]), b.constant(numbers)), logits.type);
      switch (kind) {
        case "cross-entropy":
          return softmaxCrossEntropy(b, logits, each, options);
        case "focal":
          return softmaxCrossEntropy(b, logits, each, { ...options, gamma: FOCAL_GAMMA });
        case "dice":
          return diceLoss(b, logits, each);
        case "dice-cross-entropy":
          return b.add(diceLoss(b, logits, each), softmaxCrossEntropy(b, logits, each, options));
        case "tversky":
          return tverskyLoss(b, logits, each, options);
        case "lovasz":
          return lovaszLoss(b, logits, each);
      }
    },
  };
}

/** As published: what is there counts a quarter, because there is so little of it and focusing favours it. */
const FOCAL_ALPHA = 0.25;

/**
 * FCOS (Tian et al. 2019, https://arxiv.org/abs/1904.01355), inputs as `placeTargets` gives them: `classes` [N, P, C], `reach` [N, P, 4], `centre` [N, P, 1].
 * The sum of focal loss over all places, of 1 - GIoU over places that belong to a box, weighted by centre-ness, and of the binary cross-entropy of
 * centre-ness there; each divided by what there is of it in the batch.
 */
export function boxesObjective(): Objective {
  return {
    write: (b) => {
      const [logits, distances, centreness] = ["logits", "distances", "centreness"].map((name) => b.value(name)) as [
        Value,
        Value,
        Value,
      ];
      const classes = truth(b, "classes", logits);
      const reach = truth(b, "reach", distances);
      const centre = truth(b, "centre", centreness);
      const total = (value: Value): Value => b.reduceSum(value, [0, 1, 2], false);
      const atLeast = (value: Value): Value => b.op("Max", [value, b.scalar(1)]);
      const belongs = b.reduceSum(classes, [2]);
      const places = atLeast(total(belongs));
      const focal = total(binaryCosts(b, logits, classes, { gamma: FOCAL_GAMMA, alpha: FOCAL_ALPHA }));
      const apart = total(b.mul(b.sub(1, generalisedOverlap(b, distances, reach)), centre));
      const central = total(b.mul(binaryCosts(b, centreness, centre), belongs));
      const weight = b.add(total(centre), NO_CENTRE);
      return b.add(b.div(b.add(focal, central), places), b.div(apart, weight));
    },
  };
}

/** Keeps a batch without boxes from dividing by 0. */
const NO_CENTRE = 1e-3;

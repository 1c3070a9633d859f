// Losses: functions that write nodes and return one number, the mean over what was asked.
//
// Truths come as the outputs are shaped: [N, K] rows for answers about a case, class maps for masks. Logits come unsquashed, so that exponentials stay
// inside kernels that are safe for large numbers.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { elementCount, fixedDims, floatTensor } from "../graph/graph.ts";

export interface CrossEntropyOptions {
  /** Part of the truth that is spread evenly over all classes (Szegedy et al. 2015, https://arxiv.org/abs/1512.00567). */
  readonly smoothing?: number;
  /** Weights of the classes; the mean is over weights, as PyTorch's. */
  readonly classWeights?: readonly number[] | undefined;
  /** Whether a case's target may be 0 for all classes: it is then unknown and does not count. Known for masks. */
  readonly unknowns?: boolean;
  /** Focal loss: what is already right counts less, by (1 - p)^gamma (Lin et al. 2017, https://arxiv.org/abs/1708.02002). */
  readonly gamma?: number;
}

/**
 * Cross-entropy in nats between `target` and softmax(logits) over axis 1; both [N, K] or [N, K, ...size], all sizes fixed. A target is a distribution over
 * classes at every place; a place whose target is 0 for all classes does not count, of [N, K] only with `unknowns`.
 */
export function softmaxCrossEntropy(
  b: GraphBuilder,
  logits: Value,
  target: Value,
  { smoothing = 0, classWeights, gamma = 0, unknowns = false }: CrossEntropyOptions = {},
): Value {
  const dims = fixedDims(logits.shape, "The loss");
  const [batch, classes] = dims as [number, number];
  const all = dims.map((_, axis) => axis);
  const logged = b.logSoftmax(logits, 1);
  // Without options a case's truths add up to 1 and the divisor is known.
  const plain = smoothing === 0 && !classWeights && !unknowns && dims.length === 2;
  const weights = classWeights && b.constant(floatTensor([classes, ...dims.slice(2).map(() => 1)], classWeights));
  const counted = weights ? b.mul(target, weights) : target;
  const certainty = gamma > 0 ? b.pow(b.sub(1, b.exp(logged)), gamma) : null;
  const costs = certainty ? b.mul(logged, certainty) : logged;
  const hits = b.reduceSum(b.mul(counted, costs), all, false);
  if (plain) return b.div(hits, -batch);
  const mass = b.add(b.reduceSum(counted, all, false), NOTHING);
  if (smoothing === 0) return b.neg(b.div(hits, mass));
  // The spread part costs the mean over classes at every place that counts.
  const spread = weights ? b.mul(costs, weights) : costs;
  const labelled = b.reduceSum(target, [1]);
  const evenly = b.div(b.reduceSum(b.mul(spread, labelled), all, false), classes);
  return b.neg(b.div(b.add(b.mul(hits, 1 - smoothing), b.mul(evenly, smoothing)), mass));
}

/** Keeps 0 out of a division. */
const NOTHING = 1e-7;

/**
 * Cross-entropy in nats between a teacher's distributions and those of the logits, [N, K], both softened by a temperature; times its square, so that gradients keep their
 * size whatever the temperature (Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531, section 2).
 * @param teacher softmax of the teacher's logits over the temperature
 */
export function softTargetsLoss(b: GraphBuilder, logits: Value, teacher: Value, temperature: number): Value {
  return b.mul(softmaxCrossEntropy(b, b.div(logits, temperature), teacher), temperature ** 2);
}

/**
 * Binary cross-entropy in nats between `target` and sigmoid(logits), both of the same fixed shape: the mean over known truths. A truth below 0 is unknown and
 * does not count. `gamma` makes it the focal loss, `alpha` then weighs what is there against what is not.
 */
export function binaryCrossEntropy(
  b: GraphBuilder,
  logits: Value,
  target: Value,
  { gamma = 0, alpha }: { gamma?: number; alpha?: number } = {},
): Value {
  const costs = binaryCosts(b, logits, target, { gamma, alpha });
  const all = logits.shape.map((_, axis) => axis);
  const known = b.cast(b.greater(target, -0.5), logits.type);
  return b.div(b.reduceSum(b.mul(costs, known), all, false), b.add(b.reduceSum(known, all, false), NOTHING));
}

/** The cost of every element: softplus(z) - z t, times (1 - p_t)^gamma and alpha_t for the focal loss. */
export function binaryCosts(
  b: GraphBuilder,
  logits: Value,
  target: Value,
  { gamma = 0, alpha }: { gamma?: number; alpha?: number | undefined } = {},
): Value {
  // log(1 + e^z) as max(z, 0) + log(1 + e^-|z|): ONNX Runtime's Softplus gives the same, but not on every device.
  const softplus = b.op("Softplus", [logits]);
  const costs = b.sub(softplus, b.mul(logits, target));
  if (gamma === 0) return costs;
  const p = b.sigmoid(logits);
  // 1 - p_t = p + t - 2 p t for a truth of 0 or 1.
  const wrong = b.sub(b.add(p, target), b.mul(b.mul(p, target), 2));
  const focused = b.mul(costs, gamma === 2 ? b.mul(wrong, wrong) : b.pow(wrong, gamma));
  return alpha === undefined ? focused : b.mul(focused, b.add(b.mul(target, 2 * alpha - 1), 1 - alpha));
}

/** The mean of the squares of `off`, of a fixed shape; with `known`, 1 or 0 for each, over what is known. */
export function squaredError(b: GraphBuilder, off: Value, known: Value | null = null): Value {
  return meanOf(b, b.mul(off, off), known);
}

/** Huber's loss (1964): squared up to `delta`, straight beyond: 0.5 e^2 or delta (|e| - delta / 2); its mean, as squaredError's. */
export function huber(b: GraphBuilder, off: Value, delta = 1, known: Value | null = null): Value {
  const size = b.op("Abs", [off]);
  // With c = min(|e|, delta): c (|e| - c / 2) is both branches in one.
  const capped = b.op("Min", [size, b.scalar(delta, size.type)]);
  return meanOf(b, b.mul(capped, b.sub(size, b.mul(capped, 0.5))), known);
}

function meanOf(b: GraphBuilder, costs: Value, known: Value | null): Value {
  const all = costs.shape.map((_, axis) => axis);
  if (!known) return b.reduceMean(costs, all, false);
  return b.div(b.reduceSum(b.mul(costs, known), all, false), b.add(b.reduceSum(known, all, false), NOTHING));
}

export interface TverskyOptions {
  /** Weight of what was found and is not there. */
  readonly alpha?: number;
  /** Weight of what is there and was not found. 0.5 and 0.5 make it the Dice loss. */
  readonly beta?: number;
}

/**
 * 1 - Tversky index (Salehi et al. 2017, https://arxiv.org/abs/1706.05721), the mean over classes but the background (class 0), each class over the whole
 * batch. logits and target [N, K, ...size]; a place whose target is 0 for all classes does not count. With one class beside the background and no pixel of
 * it in batch and answer the loss is 0.
 */
export function tverskyLoss(
  b: GraphBuilder,
  logits: Value,
  target: Value,
  { alpha = 0.5, beta = 0.5 }: TverskyOptions = {},
): Value {
  const { p, t } = foreground(b, logits, target);
  const axes = p.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const both = b.reduceSum(b.mul(p, t), axes, false);
  const found = b.reduceSum(p, axes, false);
  const there = b.reduceSum(t, axes, false);
  const wrong = b.add(b.mul(b.sub(found, both), alpha), b.mul(b.sub(there, both), beta));
  const index = b.div(b.add(both, SMOOTH), b.add(b.add(both, wrong), SMOOTH));
  return b.sub(1, b.reduceMean(index, [0], false));
}

/** As if this many pixels were found and there: a class that is nowhere then costs nothing. */
const SMOOTH = 1;

/** 1 - Dice coefficient, soft (Milletari et al. 2016, https://arxiv.org/abs/1606.04797). */
export function diceLoss(b: GraphBuilder, logits: Value, target: Value): Value {
  return tverskyLoss(b, logits, target);
}

/**
 * Lovasz-softmax loss (Berman et al. 2018, https://arxiv.org/abs/1705.08790), the convex extension of 1 - Jaccard: errors of a class in falling order,
 * each weighted by what it adds to the Jaccard loss. The mean over classes but the background, over the whole batch.
 */
export function lovaszLoss(b: GraphBuilder, logits: Value, target: Value): Value {
  const { p, t } = foreground(b, logits, target);
  const [, classes, ...size] = fixedDims(p.shape, "The loss") as [number, number, ...number[]];
  const count = elementCount([fixedDims(p.shape, "The loss")[0]!, ...size]);
  const byClass = (value: Value): Value =>
    b.reshape(b.transpose(value, [1, 0, ...size.map((_, i) => i + 2)]), [classes, count]);
  const [errors, truth] = [b.op("Abs", [b.sub(byClass(t), byClass(p))]), byClass(t)];
  const [sorted, order] = b.node("TopK", [errors, b.ints([count])], { axis: 1 }, 2) as [Value, Value];
  const ranked = b.op("GatherElements", [truth, order], { axis: 1 });
  const running = (value: Value): Value => b.op("CumSum", [value, b.ints([1])]);
  const total = b.reduceSum(truth, [1]);
  const left = b.sub(total, running(ranked));
  const union = b.add(total, running(b.sub(1, ranked)));
  const jaccard = b.sub(1, b.div(left, union));
  const before = b.pad(b.slice(jaccard, [0], [count - 1], [1]), [0, 1, 0, 0]);
  return b.reduceMean(b.reduceSum(b.mul(sorted, b.sub(jaccard, before)), [1], false), [0], false);
}

/**
 * Generalised intersection over union (Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630), from -1 to 1, of boxes that share a place inside them:
 * [N, P, 4] and [N, P, 4], distances from the place to the left, top, right and bottom, not below 0; gives [N, P, 1].
 */
export function generalisedOverlap(b: GraphBuilder, distances: Value, truth: Value): Value {
  const side = (value: Value, at: number): Value => b.slice(value, [at], [at + 1], [2]);
  const sides = (value: Value) =>
    [b.add(side(value, 0), side(value, 2)), b.add(side(value, 1), side(value, 3))] as const;
  const product = ([width, height]: readonly [Value, Value]): Value => b.mul(width, height);
  const both = product(sides(b.op("Min", [distances, truth])));
  const around = b.add(product(sides(b.op("Max", [distances, truth]))), NOTHING);
  const either = b.sub(b.add(product(sides(distances)), product(sides(truth))), both);
  const overlap = b.div(both, b.add(either, NOTHING));
  return b.sub(overlap, b.div(b.sub(around, either), around));
}

/** Probabilities and truths of the classes but the background, where a truth is known. */
function foreground(b: GraphBuilder, logits: Value, target: Value): { p: Value; t: Value } {
  const [, classes] = fixedDims(logits.shape, "The loss") as [number, number];
  const known = b.reduceSum(target, [1]);
  const cut = (value: Value): Value => b.slice(value, [1], [classes], [1]);
  return { p: b.mul(cut(b.softmax(logits, 1)), known), t: cut(target) };
}

// Losses: functions that write nodes and return one number.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { fixedDims } from "../graph/graph.ts";

/**
 * Mean over the batch of the cross-entropy between `target` and softmax(logits), in nats; both [batch, classes], the batch fixed.
 * A target row is a distribution (one-hot, smoothed) or one scaled by the weight of its case.
 */
export function softmaxCrossEntropy(b: GraphBuilder, logits: Value, target: Value, name: string): Value {
  const [batch] = fixedDims(logits.shape, "The loss") as [number, number];
  const total = b.reduceSum(b.mul(target, b.logSoftmax(logits)), [0, 1], false);
  return b.as(name).div(total, -batch);
}

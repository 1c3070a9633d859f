// A convolutional net that judges every place by itself: each gets a score of each class, and a case's logit is the log-sum-exp of its places' scores
// (Pinheiro and Collobert 2015, https://arxiv.org/abs/1411.6228), a soft maximum.
//
// For small findings, and for maps that point. A mean over places pays for every place that has the finding somewhere in its field of view, so such nets learn
// plateaus as wide as that field, and the highest point of a plateau is anywhere. A soft maximum pays for the best place alone.
import { fixedDims } from "../../graph/graph.ts";
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** Channels of each stage in widths; the first two halve the map, so that a place is 4 pixels wide and sees 34. */
const STAGES = [1, 2, 4, 4, 4] as const;
const HALVINGS = 2;

export function places(shape: ModelShape, width: number): ModelGraph {
  const { output } = shape;
  if (output.kind !== "class" && output.kind !== "labels") throw new Error("a net of places tells classes apart");
  const m = new ModelBuilder("places", shape);
  let x = m.input();
  for (const [i, widths] of STAGES.entries()) {
    const name = `stage${i + 1}`;
    x = m.batchNorm(`${name}.norm`, m.conv(`${name}.conv`, x, widths * width, { bias: false }));
    x = m.b.relu(i < HALVINGS ? m.b.maxPool(x, [2, 2], { strides: [2, 2] }) : x);
  }
  const features = m.dropout("features.dropout", x, shape.dropout ?? 0);
  const classes = output.kind === "class" ? output.classes : output.labels;
  const scores = m.conv("places", features, classes, { kernel: 1 });
  const [rows, columns] = fixedDims(scores.shape.slice(2), "The map of places") as [number, number];
  // The mean of exponentials: equal scores everywhere are the case's own.
  const soft = m.b.op("ReduceLogSumExp", [scores], { axes: [2, 3], keepdims: 0 });
  const logits = m.b.as("logits").sub(soft, Math.log(rows * columns));
  m.b.output(logits);
  const named = m.b.as("probabilities");
  m.b.output(output.kind === "class" ? named.softmax(logits) : named.sigmoid(logits));
  return m.model(x, null);
}

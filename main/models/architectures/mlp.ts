// Multilayer perceptron: dense layers with Relu, for tables and small images.

import { he, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** `layers` hidden layers of `width` units. */
export function mlp(shape: ModelShape, width: number, layers = 2): ModelGraph {
  const m = new ModelBuilder("mlp", shape);
  let x = m.b.flatten(m.input());
  for (let layer = 1; layer <= layers; layer++) x = m.b.relu(m.dense(`hidden${layer}`, x, width, { initial: he }));
  return m.finish(x, null);
}

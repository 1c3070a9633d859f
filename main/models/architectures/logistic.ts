// Logistic regression on the pixels: the baseline every other model has to beat.
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

export function logistic(shape: ModelShape): ModelGraph {
  const m = new ModelBuilder("logistic", shape);
  return m.classify(m.b.flatten(m.image()), null);
}

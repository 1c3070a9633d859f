// Linear models: regression and logistic regression. The baseline every other model has to beat.
//
// Weights start at 0: a combination of pixels that no training case shows would otherwise keep a random weight for ever.

import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** Logistic regression for classes and labels, linear regression for values; the features are the pixels or the columns of the table. */
export function linear(name: string, shape: ModelShape): ModelGraph {
  const m = new ModelBuilder(name, shape);
  return m.finish(m.b.flatten(m.input()), null, () => 0);
}

// The small classic convolutional net: one 3x3 convolution, one pooling, one dense layer, softmax.
import { he, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** Units of the dense layer for each channel of the convolution: 128 at the usual 32 channels. */
const DENSE_PER_CHANNEL = 4;

/** `width` channels, 32 in the textbooks; convolution without padding, 2x2 maximum pooling. */
export function classic(shape: ModelShape, width: number): ModelGraph {
  const m = new ModelBuilder("classic", shape);
  const map = m.b.as("features").relu(m.conv("conv", m.input(), width, { pad: 0 }));
  const pooled = m.b.maxPool(map, [2, 2], { strides: [2, 2] });
  const hidden = m.b.relu(m.dense("hidden", m.b.flatten(pooled), width * DENSE_PER_CHANNEL, { initial: he }));
  return m.finish(hidden, map);
}

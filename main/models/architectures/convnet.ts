// A small convolutional net: stages of convolution, pooling and Relu until the map is small, then the mean of each channel.
//
// Pooling stands before Relu: both are monotone, so the values are the same, and Relu and its gradient run on a quarter of the pixels.
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

/** Stages stop when the map would fall below this many rows, or after five. */
const SMALLEST_MAP = 4;
const MOST_STAGES = 5;

/** Channels double with each stage, starting at `width`; one more convolution on the last map. At most `stages`, fewer where the map gets small. */
export function convnet(shape: ModelShape, width: number, stages = MOST_STAGES): ModelGraph {
  const m = new ModelBuilder("convnet", shape);
  let x = m.input();
  let size = Math.min(...(x.shape.slice(2) as number[]));
  let channels = width;
  for (let stage = 1; stage <= stages && Math.floor(size / 2) >= SMALLEST_MAP; stage++) {
    const convolved = m.batchNorm(`stage${stage}.norm`, m.conv(`stage${stage}.conv`, x, channels, { bias: false }));
    x = m.b.relu(m.b.maxPool(convolved, [2, 2], { strides: [2, 2] }));
    size = Math.floor(size / 2);
    channels *= 2;
  }
  const features = m.b.as("features").relu(m.batchNorm("last.norm", m.conv("last.conv", x, channels, { bias: false })));
  return m.finish(m.b.flatten(m.b.globalAveragePool(features)), features);
}

// DenseNet-121 (Huang et al. 2016, https://arxiv.org/abs/1608.06993): every layer reads the outputs of all layers of its block.
import type { Value } from "../../graph/builder.ts";
import { channelsOf, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

const LAYERS = [6, 12, 24, 16];
const SMALL_IMAGE = 64;

/** `width` channels come out of the stem, half as many out of each layer; width 64 is the published net. */
export function densenet121(shape: ModelShape, width: number): ModelGraph {
  const m = new ModelBuilder("densenet121", shape);
  const growth = width / 2;
  const active = (name: string, x: Value): Value => m.b.relu(m.batchNorm(name, x));
  const image = m.input();
  const small = Math.max(...(image.shape.slice(2) as number[])) <= SMALL_IMAGE;
  const first = m.conv("stem.conv", image, width, { kernel: small ? 3 : 7, stride: small ? 1 : 2, bias: false });
  let x = active("stem.norm", first);
  if (!small) x = m.b.maxPool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
  LAYERS.forEach((layers, i) => {
    for (let layer = 1; layer <= layers; layer++) {
      const name = `block${i + 1}.layer${layer}`;
      const inner = m.conv(`${name}.conv1`, active(`${name}.norm1`, x), 4 * growth, { kernel: 1, bias: false });
      const made = m.conv(`${name}.conv2`, active(`${name}.norm2`, inner), growth, { bias: false });
      x = m.b.concat([x, made], 1);
    }
    if (i === LAYERS.length - 1) return;
    const name = `transition${i + 1}`;
    const half = m.conv(`${name}.conv`, active(`${name}.norm`, x), channelsOf(x) / 2, { kernel: 1, bias: false });
    x = m.b.averagePool(half, [2, 2], { strides: [2, 2] });
  });
  const features = m.b.as("features").relu(m.batchNorm("last.norm", x));
  return m.finish(m.b.flatten(m.b.globalAveragePool(features)), features);
}

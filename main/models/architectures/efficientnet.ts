// EfficientNet-B0 (Tan and Le 2019, https://arxiv.org/abs/1905.11946).
import type { Value } from "../../graph/builder.ts";
import { channelsOf, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";
import { invertedResidual, roundedTo8 } from "./inverted-residual.ts";

/** Expansion, kernel, stride of the first, outputs, blocks. */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;
const WIDTH = 32;
const LAST = 1280;

/** `width` channels come out of the stem; 32 is the published net. */
export function efficientnetB0(shape: ModelShape, width: number): ModelGraph {
  const m = new ModelBuilder("efficientnet-b0", shape);
  const scaled = (channels: number): number => roundedTo8((channels * width) / WIDTH);
  const swish = (x: Value): Value => m.b.mul(x, m.b.sigmoid(x));
  let x = swish(m.batchNorm("stem.norm", m.conv("stem.conv", m.input(), scaled(WIDTH), { stride: 2, bias: false })));
  const all = STAGES.reduce((sum, [, , , , blocks]) => sum + blocks, 0);
  let index = 0;
  STAGES.forEach(([expansion, kernel, stride, outputs, blocks], i) => {
    for (let block = 1; block <= blocks; block++) {
      const inputs = channelsOf(x);
      x = invertedResidual(m, `stage${i + 1}.block${block}`, x, {
        kernel,
        stride: block === 1 ? stride : 1,
        inner: inputs * expansion,
        outputs: scaled(outputs),
        squeezed: Math.max(1, Math.floor(inputs / 4)),
        activation: swish,
        gate: (value) => m.b.sigmoid(value),
        squeezeActivation: swish,
        epsilon: 1e-5,
        index: index++,
        all,
      });
    }
  });
  const wide = m.batchNorm("last.norm", m.conv("last.conv", x, scaled(LAST), { kernel: 1, bias: false }));
  const map = m.b.as("features").mul(wide, m.b.sigmoid(wide));
  return m.finish(m.b.flatten(m.b.globalAveragePool(map)), map);
}

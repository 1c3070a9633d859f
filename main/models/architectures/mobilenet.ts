// MobileNetV3 (Howard et al. 2019, https://arxiv.org/abs/1905.02244), large and small, as torchvision has them.
import type { Value } from "../../graph/builder.ts";
import { he, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";
import { invertedResidual, roundedTo8 } from "./inverted-residual.ts";

type Row = readonly [
  kernel: number,
  inner: number,
  outputs: number,
  squeeze: boolean,
  hardSwish: boolean,
  stride: number,
];

const LARGE: readonly Row[] = [
  [3, 16, 16, false, false, 1],
  [3, 64, 24, false, false, 2],
  [3, 72, 24, false, false, 1],
  [5, 72, 40, true, false, 2],
  [5, 120, 40, true, false, 1],
  [5, 120, 40, true, false, 1],
  [3, 240, 80, false, true, 2],
  [3, 200, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 480, 112, true, true, 1],
  [3, 672, 112, true, true, 1],
  [5, 672, 160, true, true, 2],
  [5, 960, 160, true, true, 1],
  [5, 960, 160, true, true, 1],
];
const SMALL: readonly Row[] = [
  [3, 16, 16, true, false, 2],
  [3, 72, 24, false, false, 2],
  [3, 88, 24, false, false, 1],
  [5, 96, 40, true, true, 2],
  [5, 240, 40, true, true, 1],
  [5, 240, 40, true, true, 1],
  [5, 120, 48, true, true, 1],
  [5, 144, 48, true, true, 1],
  [5, 288, 96, true, true, 2],
  [5, 576, 96, true, true, 1],
  [5, 576, 96, true, true, 1],
];
const NETS = { "mobilenetv3-large": { rows: LARGE, hidden: 1280 }, "mobilenetv3-small": { rows: SMALL, hidden: 1024 } };
const EPSILON = 1e-3;
const WIDTH = 16;

/** `width` channels come out of the stem; 16 is the published net. */
export function mobilenetv3(name: keyof typeof NETS, shape: ModelShape, width: number): ModelGraph {
  const { rows, hidden } = NETS[name];
  const m = new ModelBuilder(name, shape);
  const scaled = (channels: number): number => roundedTo8((channels * width) / WIDTH);
  const hardSwish = (x: Value): Value => m.b.op("HardSwish", [x]);
  const norm = (at: string, x: Value): Value => m.batchNorm(at, x, { epsilon: EPSILON });
  let x = hardSwish(norm("stem.norm", m.conv("stem.conv", m.input(), scaled(WIDTH), { stride: 2, bias: false })));
  rows.forEach(([kernel, inner, outputs, squeeze, swish, stride], index) => {
    x = invertedResidual(m, `block${index + 1}`, x, {
      kernel,
      stride,
      inner: scaled(inner),
      outputs: scaled(outputs),
      squeezed: squeeze ? roundedTo8(scaled(inner) / 4) : null,
      activation: swish ? hardSwish : (value) => m.b.relu(value),
      // alpha 1/6 rather than ONNX's default 0.2.
      gate: (value) => m.b.op("HardSigmoid", [value], { alpha: 1 / 6, beta: 0.5 }),
      squeezeActivation: (value) => m.b.relu(value),
      epsilon: EPSILON,
      index,
      all: rows.length,
    });
  });
  const last = 6 * scaled(rows.at(-1)![2]);
  const map = m.b
    .as("features")
    .op("HardSwish", [norm("last.norm", m.conv("last.conv", x, last, { kernel: 1, bias: false }))]);
  const wide = m.dense("hidden", m.b.flatten(m.b.globalAveragePool(map)), hidden, { initial: he });
  return m.finish(hardSwish(wide), map);
}

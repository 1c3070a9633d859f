// The block that MobileNet and EfficientNet are made of: widen, filter each channel by itself, weigh the channels, narrow.
// (Sandler et al. 2018, https://arxiv.org/abs/1801.04381; Hu et al. 2017, https://arxiv.org/abs/1709.01507)
import type { Value } from "../../graph/builder.ts";
import { channelsOf, type ModelBuilder } from "../layers.ts";

export interface InvertedResidual {
  readonly kernel: number;
  readonly stride: number;
  /** Channels inside; where they are those of the input, nothing widens. */
  readonly inner: number;
  readonly outputs: number;
  /** Channels that the weighing of channels squeezes to; null leaves it out. */
  readonly squeezed: number | null;
  readonly activation: (x: Value) => Value;
  readonly gate: (x: Value) => Value;
  readonly squeezeActivation: (x: Value) => Value;
  readonly epsilon: number;
  /** Which block of how many, for stochastic depth. */
  readonly index: number;
  readonly all: number;
}

export function invertedResidual(m: ModelBuilder, name: string, x: Value, block: InvertedResidual): Value {
  const { kernel, stride, inner, outputs, squeezed, activation, epsilon } = block;
  let y = x;
  if (inner !== channelsOf(x)) {
    const wide = m.conv(`${name}.expand.conv`, y, inner, { kernel: 1, bias: false });
    y = activation(m.batchNorm(`${name}.expand.norm`, wide, { epsilon }));
  }
  const filtered = m.conv(`${name}.depthwise.conv`, y, inner, { kernel, stride, groups: inner, bias: false });
  y = activation(m.batchNorm(`${name}.depthwise.norm`, filtered, { epsilon }));
  if (squeezed !== null) {
    const few = block.squeezeActivation(
      m.conv(`${name}.squeeze.down`, m.b.globalAveragePool(y), squeezed, { kernel: 1 }),
    );
    y = m.b.mul(y, block.gate(m.conv(`${name}.squeeze.up`, few, inner, { kernel: 1 })));
  }
  const narrow = m.conv(`${name}.project.conv`, y, outputs, { kernel: 1, bias: false });
  const made = m.batchNorm(`${name}.project.norm`, narrow, { epsilon });
  if (stride !== 1 || channelsOf(x) !== outputs) return made;
  return m.residual(name, x, made, block.index, block.all);
}

/** The nearest multiple of 8 that is not more than a tenth below (torchvision's `_make_divisible`). */
export function roundedTo8(channels: number): number {
  const rounded = Math.max(8, Math.floor(channels / 8 + 0.5) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

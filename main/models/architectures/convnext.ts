// ConvNeXt-T (Liu et al. 2022, https://arxiv.org/abs/2201.03545): a residual net built with a transformer's habits.
import type { Value } from "../../graph/builder.ts";
import { channelsOf, ModelBuilder, type ModelShape, narrow } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";
import { gelu } from "./transformer.ts";

const BLOCKS = [3, 3, 9, 3];
const EPSILON = 1e-6;
/** A branch begins almost silent (Touvron et al. 2021, https://arxiv.org/abs/2103.17239). */
const LAYER_SCALE = 1e-6;

/** `width` channels in the first stage; 96 is the published net. */
export function convnextTiny(shape: ModelShape, width: number): ModelGraph {
  const m = new ModelBuilder("convnext-tiny", shape);
  const last = (x: Value): Value => m.b.transpose(x, [0, 2, 3, 1]);
  const first = (x: Value): Value => m.b.transpose(x, [0, 3, 1, 2]);
  const norm = (name: string, x: Value): Value => first(m.layerNorm(name, last(x), { epsilon: EPSILON }));
  const image = m.input();
  let x = norm("stem.norm", m.conv("stem.conv", image, width, { kernel: 4, stride: 4, pad: 0, initial: narrow }));
  const all = BLOCKS.reduce((sum, count) => sum + count, 0);
  let index = 0;
  BLOCKS.forEach((blocks, i) => {
    if (i > 0) {
      const normed = norm(`stage${i + 1}.norm`, x);
      const options = { kernel: 2, stride: 2, pad: 0, initial: narrow };
      x = m.conv(`stage${i + 1}.conv`, normed, width * 2 ** i, options);
    }
    for (let block = 1; block <= blocks; block++) {
      const name = `stage${i + 1}.block${block}`;
      const channels = channelsOf(x);
      const filtered = m.conv(`${name}.depthwise`, x, channels, { kernel: 7, groups: channels, initial: narrow });
      const normed = m.layerNorm(`${name}.norm`, last(filtered), { epsilon: EPSILON });
      const wide = gelu(m.b, m.dense(`${name}.expand`, normed, 4 * channels, { initial: narrow }));
      const made = m.dense(`${name}.project`, wide, channels, { initial: narrow });
      const scale = m.filled(`${name}.scale`, [channels], LAYER_SCALE);
      x = m.residual(name, x, first(m.b.mul(made, scale)), index++, all);
    }
  });
  const map = m.b.as("features").identity(x);
  const pooled = m.b.flatten(m.b.globalAveragePool(map));
  return m.finish(m.layerNorm("last.norm", pooled, { epsilon: EPSILON }), map, narrow);
}

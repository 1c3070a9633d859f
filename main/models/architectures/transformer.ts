// Transformers (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762), normalised before each branch: for images in patches (ViT, Dosovitskiy et
// al. 2020, https://arxiv.org/abs/2010.11929), for sequences and tokens, and for tables, whose every column is a token (FT-Transformer,
// Gorishniy et al. 2021, https://arxiv.org/abs/2106.11959).
import type { GraphBuilder, Value } from "../../graph/builder.ts";
import { fixedDims } from "../../graph/graph.ts";
import { ModelBuilder, type ModelShape, narrow } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

const EPSILON = 1e-6;
/** Width of an attention head. */
const HEAD = 64;
/** Inner features of a block's dense layers for each outer one. */
const EXPANSION = 4;
const VIT_BLOCKS = 12;

/** x times the normal distribution function at x, exactly (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415). */
export function gelu(b: GraphBuilder, x: Value): Value {
  return b.mul(b.mul(x, 0.5), b.add(b.op("Erf", [b.mul(x, Math.SQRT1_2)]), 1));
}

/**
 * ViT: `width` features of a patch, 192 in ViT-Ti and 384 in ViT-S, one head for each 64. Patches of 16 pixels; of a sixteenth of the side, from 2, where images
 * are smaller than 256.
 */
export function vit(name: string, shape: ModelShape, width: number, blocks = VIT_BLOCKS, patch?: number): ModelGraph {
  const m = new ModelBuilder(name, shape);
  const image = m.input();
  const [rows] = fixedDims(image.shape.slice(2, 3), "The image") as [number];
  const kernel = patch ?? Math.max(2, Math.min(16, Math.round(rows / 14)));
  const patches = m.conv("patches", image, width, { kernel, stride: kernel, pad: 0, initial: narrow });
  const sequence = m.b.transpose(m.b.reshape(patches, [0, width, -1]), [0, 2, 1]);
  const x = encoder(m, withClassToken(m, sequence, width, "N"), blocks);
  const first = m.b.squeeze(m.b.slice(x, [0], [1], [1]), [1]);
  return m.finish(first, patches, narrow);
}

/** `blocks` encoder blocks over a sequence, tokens or the columns of a table, `width` features each; the class token answers. */
export function transformer(shape: ModelShape, width: number, blocks = 2): ModelGraph {
  const m = new ModelBuilder("transformer", shape);
  const x = encoder(m, withClassToken(m, embedded(m, width), width, "N"), blocks);
  return m.finish(m.b.squeeze(m.b.slice(x, [0], [1], [1]), [1]), null, narrow);
}

function embedded(m: ModelBuilder, width: number): Value {
  const { input } = m.shape;
  const x = m.input();
  if (input.kind === "tokens") return m.embedding("embedding", x, input.vocabulary, width);
  if (input.kind === "sequence") return m.dense("embedding", x, width, { initial: narrow });
  if (input.kind !== "table") throw new Error("images go through vit");
  // Every column has a direction and an offset of its own.
  const directions = m.weight("embedding.weight", [input.features, width], narrow);
  const offsets = m.weight("embedding.bias", [input.features, width], narrow, false);
  return m.b.add(m.b.mul(m.b.unsqueeze(x, [2]), directions), offsets);
}

/** A learnt token in front and learnt positions on all: [N, T, D] to [N, T + 1, D]. */
function withClassToken(m: ModelBuilder, x: Value, width: number, _batch: "N"): Value {
  const [steps] = fixedDims(x.shape.slice(1, 2), "A sequence") as [number];
  const token = m.weight("class.token", [1, 1, width], narrow, false);
  // As many copies as there are cases: the first element of each sequence times 0.
  const copies = m.b.add(m.b.mul(m.b.slice(x, [0], [1], [1]), 0), token);
  const positions = m.weight("positions", [1, steps + 1, width], narrow, false);
  return m.b.add(m.b.concat([copies, x], 1), positions);
}

function encoder(m: ModelBuilder, start: Value, blocks: number): Value {
  const [width] = fixedDims(start.shape.slice(2), "The features") as [number];
  const heads = Math.max(1, Math.floor(width / HEAD));
  let x = start;
  for (let block = 0; block < blocks; block++) {
    const name = `block${block + 1}`;
    const mixed = m.selfAttention(`${name}.attention`, m.layerNorm(`${name}.norm1`, x, { epsilon: EPSILON }), heads);
    x = m.residual(`${name}.attention`, x, mixed, block, blocks);
    const normed = m.layerNorm(`${name}.norm2`, x, { epsilon: EPSILON });
    const wide = gelu(m.b, m.dense(`${name}.expand`, normed, EXPANSION * width, { initial: narrow }));
    x = m.residual(`${name}.dense`, x, m.dense(`${name}.project`, wide, width, { initial: narrow }), block, blocks);
  }
  return m.layerNorm("last.norm", x, { epsilon: EPSILON });
}

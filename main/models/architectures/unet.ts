// U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597), in two or three dimensions: plain, residual (Zhang et al. 2018,
// https://arxiv.org/abs/1711.10684) or with attention gates on the skips (Oktay et al. 2018, https://arxiv.org/abs/1804.03999).
import type { Value } from "../../graph/builder.ts";
import { channelsOf, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

export interface UnetOptions {
  readonly variant?: "plain" | "residual" | "attention";
  /** Times that the map is halved on the way down; as often as the size allows, at most 4, when absent. */
  readonly levels?: number;
  /** Batch statistics suit larger batches, statistics of the case small ones (nnU-Net). */
  readonly norm?: "batch" | "instance";
}

const MOST_LEVELS = 4;
const SMALLEST_MAP = 4;

/** Channels start at `width` and double with each level. Every side must be a multiple of 2^levels. */
export function unet(name: string, shape: ModelShape, width: number, options: UnetOptions = {}): ModelGraph {
  const { variant = "plain", norm = "batch" } = options;
  const m = new ModelBuilder(name, shape);
  const image = m.input();
  const sides = image.shape.slice(2) as number[];
  const levels = options.levels ?? levelsOf(sides);
  const normed = (at: string, x: Value): Value => (norm === "batch" ? m.batchNorm(at, x) : m.instanceNorm(at, x));
  const pair = (at: string, x: Value, channels: number): Value => {
    const conv = (i: number, value: Value) =>
      normed(`${at}.norm${i}`, m.conv(`${at}.conv${i}`, value, channels, { bias: false }));
    const second = conv(2, m.b.relu(conv(1, x)));
    if (variant !== "residual") return m.b.relu(second);
    const same = channelsOf(x) === channels ? x : m.conv(`${at}.shortcut`, x, channels, { kernel: 1, bias: false });
    return m.b.relu(m.b.add(second, same));
  };
  const halves = sides.map(() => 2);
  const skips: Value[] = [];
  let x = image;
  for (let level = 0; level < levels; level++) {
    x = pair(`down${level + 1}`, x, width * 2 ** level);
    skips.push(x);
    x = m.b.maxPool(x, halves, { strides: halves });
  }
  x = pair("bottom", x, width * 2 ** levels);
  const bottom = x;
  for (let level = levels - 1; level >= 0; level--) {
    const up = m.upConv(`up${level + 1}`, x, width * 2 ** level);
    const skip = variant === "attention" ? gated(m, `gate${level + 1}`, skips[level]!, up) : skips[level]!;
    x = pair(`join${level + 1}`, m.b.concat([skip, up], 1), width * 2 ** level);
  }
  const { output } = shape;
  if (output.kind !== "mask") throw new Error(`${name} answers with masks, not ${output.kind}`);
  return m.finishMask(m.conv("head", x, output.classes, { kernel: 1 }), bottom);
}

function levelsOf(sides: readonly number[]): number {
  let levels = 0;
  const fits = (level: number) => sides.every((side) => side % 2 ** level === 0 && side / 2 ** level >= SMALLEST_MAP);
  while (levels < MOST_LEVELS && fits(levels + 1)) levels++;
  return levels;
}

/** The skip, weighed at each pixel by how well it fits what comes from below. */
function gated(m: ModelBuilder, name: string, skip: Value, below: Value): Value {
  const inner = Math.max(1, channelsOf(skip) / 2);
  const project = (at: string, x: Value) =>
    m.batchNorm(`${name}.${at}.norm`, m.conv(`${name}.${at}`, x, inner, { kernel: 1 }));
  const joined = m.b.relu(m.b.add(project("skip", skip), project("below", below)));
  const weight = m.b.sigmoid(m.batchNorm(`${name}.weight.norm`, m.conv(`${name}.weight`, joined, 1, { kernel: 1 })));
  return m.b.mul(skip, weight);
}

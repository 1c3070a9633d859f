// Residual nets (He et al. 2015, https://arxiv.org/abs/1512.03385): four stages of blocks, `width` channels in the first.
//
// Images up to 64 pixels get the stem of the paper's CIFAR nets (3x3, stride 1, no pooling): the original stem would leave a
// 28-pixel image with a map of 7 before the first block. Bottleneck blocks stride in their 3x3 convolution, as torchvision's do.
import type { Value } from "../../graph/builder.ts";
import { channelsOf, ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

const SMALL_IMAGE = 64;
/** Output channels of a bottleneck block for each of its inner ones. */
const EXPANSION = 4;

const NETS = {
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
} as const;

/**
 * width 64 is the published net; 16 or 32 suit small images. `stem` is chosen by the image's size when absent; with `depth` every stage has so many blocks.
 */
export function resnet(
  name: keyof typeof NETS,
  shape: ModelShape,
  width: number,
  { stem, depth }: { stem?: "small" | "large"; depth?: number } = {},
): ModelGraph {
  const { bottleneck } = NETS[name];
  const blocks = NETS[name].blocks.map((published) => depth ?? published);
  const m = new ModelBuilder(name, shape);
  const image = m.input();
  const small = stem ? stem === "small" : Math.max(...(image.shape.slice(2) as number[])) <= SMALL_IMAGE;
  let x = small ? smallStem(m, image, width) : largeStem(m, image, width);
  const all = blocks.reduce((sum: number, count) => sum + count, 0);
  let index = 0;
  blocks.forEach((count, i) => {
    for (let block = 1; block <= count; block++) {
      const stride = block === 1 && i > 0 ? 2 : 1;
      const at = { name: `stage${i + 1}.block${block}`, channels: width * 2 ** i, stride, index: index++, all };
      x = bottleneck ? bottleneckBlock(m, x, at) : basicBlock(m, x, at);
    }
  });
  return m.finish(m.b.flatten(m.b.globalAveragePool(x)), x);
}

function smallStem(m: ModelBuilder, image: Value, width: number): Value {
  return m.b.relu(m.batchNorm("stem.norm", m.conv("stem.conv", image, width, { bias: false })));
}

function largeStem(m: ModelBuilder, image: Value, width: number): Value {
  const wide = m.conv("stem.conv", image, width, { kernel: 7, stride: 2, bias: false });
  return m.b.maxPool(m.b.relu(m.batchNorm("stem.norm", wide)), [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
}

interface Place {
  readonly name: string;
  /** Inner channels. */
  readonly channels: number;
  readonly stride: number;
  /** Which block of how many. */
  readonly index: number;
  readonly all: number;
}

/** relu(x + f(x)) with two 3x3 convolutions in f; where the shape changes, x goes through a 1x1 convolution. */
function basicBlock(m: ModelBuilder, x: Value, { name, channels, stride, index, all }: Place): Value {
  const first = m.conv(`${name}.conv1`, x, channels, { stride, bias: false });
  const inner = m.b.relu(m.batchNorm(`${name}.norm1`, first));
  const second = m.batchNorm(`${name}.norm2`, m.conv(`${name}.conv2`, inner, channels, { bias: false }));
  return m.b.as(`${name}.out`).relu(m.residual(name, shortcut(m, name, x, channels, stride), second, index, all));
}

/** The same with 1x1, 3x3 and 1x1 convolutions in f, wide outside and narrow inside. */
function bottleneckBlock(m: ModelBuilder, x: Value, { name, channels, stride, index, all }: Place): Value {
  const narrow = m.b.relu(
    m.batchNorm(`${name}.norm1`, m.conv(`${name}.conv1`, x, channels, { kernel: 1, bias: false })),
  );
  const inner = m.b.relu(
    m.batchNorm(`${name}.norm2`, m.conv(`${name}.conv2`, narrow, channels, { stride, bias: false })),
  );
  const outputs = channels * EXPANSION;
  const last = m.batchNorm(`${name}.norm3`, m.conv(`${name}.conv3`, inner, outputs, { kernel: 1, bias: false }));
  return m.b.as(`${name}.out`).relu(m.residual(name, shortcut(m, name, x, outputs, stride), last, index, all));
}

function shortcut(m: ModelBuilder, name: string, x: Value, channels: number, stride: number): Value {
  if (stride === 1 && channelsOf(x) === channels) return x;
  const matched = m.conv(`${name}.shortcut.conv`, x, channels, { kernel: 1, stride, bias: false });
  return m.batchNorm(`${name}.shortcut.norm`, matched);
}

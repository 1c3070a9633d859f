// ResNet-18 (He et al. 2015, https://arxiv.org/abs/1512.03385) with a width: four stages of two residual blocks, `width` channels in the first.
//
// Images up to 64 pixels get the stem of the paper's CIFAR nets (3x3, stride 1, no pooling): the original stem would leave a
// 28-pixel image with a map of 7 before the first block.
import type { Value } from "../../graph/builder.ts";
import { ModelBuilder, type ModelShape } from "../layers.ts";
import type { ModelGraph } from "../model-graph.ts";

const SMALL_IMAGE = 64;

/** width 64 is the published net; 16 or 32 suit small images. */
export function resnet18(shape: ModelShape, width: number): ModelGraph {
  const m = new ModelBuilder("resnet18", shape);
  let x = stem(m, m.image(), shape.inputSize, width);
  for (const stage of [1, 2, 3, 4]) {
    const channels = width * 2 ** (stage - 1);
    x = block(m, `stage${stage}.block1`, x, channels, stage === 1 ? 1 : 2);
    x = block(m, `stage${stage}.block2`, x, channels, 1);
  }
  return m.classify(m.b.flatten(m.b.globalAveragePool(x)), x);
}

function stem(m: ModelBuilder, image: Value, size: number, width: number): Value {
  if (size <= SMALL_IMAGE) {
    return m.b.relu(m.batchNorm("stem.norm", m.conv("stem.conv", image, width, { bias: false })));
  }
  const wide = m.conv("stem.conv", image, width, { kernel: 7, stride: 2, bias: false });
  return m.b.maxPool(m.b.relu(m.batchNorm("stem.norm", wide)), [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
}

/** relu(x + f(x)) with two 3x3 convolutions in f; where the shape changes, x goes through a 1x1 convolution. */
function block(m: ModelBuilder, name: string, x: Value, channels: number, stride: number): Value {
  const first = m.conv(`${name}.conv1`, x, channels, { stride, bias: false });
  const inner = m.b.relu(m.batchNorm(`${name}.norm1`, first));
  const second = m.batchNorm(`${name}.norm2`, m.conv(`${name}.conv2`, inner, channels, { bias: false }));
  const same = stride === 1 && x.shape[1] === channels;
  const shortcut = same
    ? x
    : m.batchNorm(
        `${name}.shortcut.norm`,
        m.conv(`${name}.shortcut.conv`, x, channels, { kernel: 1, stride, bias: false }),
      );
  return m.b.as(`${name}.out`).relu(m.b.add(second, shortcut));
}

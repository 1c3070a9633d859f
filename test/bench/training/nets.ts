// The three training steps that `bench training` times, as graphs; step_torch.py holds the same nets for PyTorch.
//
// The nets, layer by layer: "cnn" is models' convnet (convolution, batch norm, 2x2 pooling, Relu per stage), "resnet18" the published ResNet-18 with
// its 7x7 stem and three colour channels, "unet" four levels of two convolutions with batch norm and a transposed convolution on the way up
// (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597). SGD with momentum for the first, Adam for the others.
import type { Value } from "../../../main/graph/builder.ts";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { gradient } from "../../../main/graph/gradient.ts";
import { bindDimensions, floatTensor, type Graph, type Tensor } from "../../../main/graph/graph.ts";
import { withBatchStatistics } from "../../../main/models/batch-statistics.ts";
import { buildModel } from "../../../main/models/build-model.ts";
import { ModelBuilder } from "../../../main/models/layers.ts";
import { LEARNING_RATE, OPTIMISERS, zeros } from "../../../main/models/optimisers.ts";
import { createRandom } from "../../../main/models/random.ts";
import { trainingStep } from "../../../main/models/training-step.ts";

export interface NetCase {
  readonly net: "cnn" | "resnet18" | "unet";
  readonly batch: number;
  /** Rows and columns of an image. */
  readonly size: number;
  /** Channels of the first stage. */
  readonly width: number;
}

export interface Step {
  readonly graph: Graph;
  /** What is fed at the first step: images, truths and state. */
  readonly feeds: Record<string, Tensor>;
  /** Names of a state tensor going in and coming out. */
  readonly state: readonly { readonly name: string; readonly output: string }[];
  readonly scalars: (step: number) => Record<string, Tensor>;
}

const CLASSES = 10;
const RATE = 1e-3;

/** A whole training step for one of the nets, with data drawn at random. */
export function stepOf({ net, batch, size, width }: NetCase): Step {
  if (net === "unet") return segmentationStep(unet(size, width), batch, size);
  const model =
    net === "cnn"
      ? buildModel({ architecture: "convnet", inputSize: size, width }, CLASSES, { mean: 0, std: 1 }, 1)
      : resnet18(size, width);
  const channels = net === "cnn" ? 1 : 3;
  const optimiser = net === "cnn" ? "sgd" : "adam";
  const step = trainingStep(model, { optimiser, batchSize: batch, weightDecay: 0 }, "cpu");
  const target = new Float32Array(batch * CLASSES);
  for (let row = 0; row < batch; row++) target[row * CLASSES + (row % CLASSES)] = 1;
  return {
    graph: step.graph,
    feeds: {
      image: noise([batch, channels, size, size]),
      target: floatTensor([batch, CLASSES], target),
      ...Object.fromEntries(step.state.map(({ name, initial }) => [name, initial])),
    },
    state: step.state,
    scalars: (at) => Object.fromEntries(step.scalars(at, RATE)),
  };
}

function noise(dims: readonly number[]): Tensor {
  const random = createRandom(1, 2);
  return floatTensor(
    dims,
    Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random.uniform()),
  );
}

const shapeOf = (size: number) => ({ classes: CLASSES, inputSize: size, normalise: { mean: 0, std: 1 }, seed: 1 });

function resnet18(size: number, width: number): ReturnType<ModelBuilder["classify"]> {
  const m = new ModelBuilder("resnet18", shapeOf(size));
  const image = m.b.input("image", "float32", ["N", 3, size, size]);
  const stem = m.batchNorm("stem.norm", m.conv("stem.conv", image, width, { kernel: 7, stride: 2, bias: false }));
  let x = m.b.maxPool(m.b.relu(stem), [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
  for (let index = 0; index < 8; index++) {
    const channels = width * 2 ** Math.floor(index / 2);
    const stride = index > 1 && index % 2 === 0 ? 2 : 1;
    const name = `block${index + 1}`;
    const first = m.conv(`${name}.conv1`, x, channels, { stride, bias: false });
    const inner = m.b.relu(m.batchNorm(`${name}.norm1`, first));
    const second = m.batchNorm(`${name}.norm2`, m.conv(`${name}.conv2`, inner, channels, { bias: false }));
    const shortcut =
      stride === 1
        ? x
        : m.batchNorm(`${name}.norm3`, m.conv(`${name}.conv3`, x, channels, { kernel: 1, stride, bias: false }));
    x = m.b.relu(m.b.add(second, shortcut));
  }
  return m.classify(m.b.flatten(m.b.globalAveragePool(x)), x);
}

const LEVELS = 4;

/** Input `image` [N, 1, size, size], output `logits` of the same shape. */
function unet(size: number, width: number): Graph {
  const m = new ModelBuilder("convnet", shapeOf(size));
  const twice = (name: string, x: Value, channels: number): Value =>
    [1, 2].reduce(
      (value, i) =>
        m.b.relu(m.batchNorm(`${name}.norm${i}`, m.conv(`${name}.conv${i}`, value, channels, { bias: false }))),
      x,
    );
  const skips: Value[] = [];
  let x = m.b.input("image", "float32", ["N", 1, size, size]);
  for (let level = 0; level < LEVELS; level++) {
    const skip = twice(`down${level}`, x, width * 2 ** level);
    skips.push(skip);
    x = m.b.maxPool(skip, [2, 2], { strides: [2, 2] });
  }
  x = twice("bottom", x, width * 2 ** LEVELS);
  for (let level = LEVELS - 1; level >= 0; level--) {
    const channels = width * 2 ** level;
    const random = createRandom(1, level);
    const dims = [channels * 2, channels, 2, 2];
    const values = Float32Array.from({ length: channels * channels * 8 }, () => random.normal() / Math.sqrt(channels));
    const weight = m.b.initializer(`up${level}.weight`, floatTensor(dims, values));
    const bias = m.b.initializer(`up${level}.bias`, zeros([channels]));
    const up = m.b.convTranspose(x, weight, bias, { strides: [2, 2] });
    x = twice(`join${level}`, m.b.concat([skips[level]!, up], 1), channels);
  }
  const logits = m.conv("head", x, 1, { kernel: 1 });
  m.b.output(m.b.as("logits").identity(logits));
  return m.b.build();
}

/** Binary cross-entropy over all pixels and Adam around a graph whose constants named .weight, .bias or .scale are learnt. */
function segmentationStep(model: Graph, batch: number, size: number): Step {
  const all = [...model.initializers.keys()];
  const learnt = all.filter((name) => /\.(weight|bias|scale)$/.test(name));
  const running = all.filter((name) => /\.(mean|variance)$/.test(name));
  const kept = [...learnt, ...running];
  const initializers = new Map(model.initializers);
  for (const name of kept) initializers.delete(name);
  const asInputs = kept.map((name) => ({ name, type: "float32" as const, shape: model.initializers.get(name)!.dims }));
  const bound = bindDimensions({ ...model, outputs: [] }, { N: batch });
  const next = (name: string) => `next/${name}`;
  const withInputs = { ...bound, inputs: [...bound.inputs, ...asInputs], initializers };
  const { graph: forward, updated } = withBatchStatistics(withInputs, running, next);

  const dims = [batch, 1, size, size];
  const losing = GraphBuilder.from(forward);
  const z = losing.value("logits");
  const truth = losing.input("target", "float32", dims);
  const costs = losing.sub(losing.op("Softplus", [z]), losing.mul(z, truth));
  losing.output(losing.as("loss").reduceMean(costs, [0, 1, 2, 3], false));
  const { graph: backward, gradients } = gradient(losing.build(), "loss", learnt, "cpu");

  const rule = OPTIMISERS.adam;
  const b = GraphBuilder.from(backward);
  const scalar = new Map([LEARNING_RATE, ...rule.scalars].map((name) => [name, b.input(name, "float32", [])]));
  const feeds: Record<string, Tensor> = { image: noise(dims), target: truths(dims) };
  const state: { name: string; output: string }[] = [];
  const keep = (name: string, initial: Tensor, output: string) => {
    feeds[name] = initial;
    b.output(b.value(output));
    state.push({ name, output });
  };
  for (const name of learnt) {
    const initial = model.initializers.get(name)!;
    const memories = rule.memories.map((memory) => `${memory}/${name}`);
    rule.update(b, {
      parameter: b.value(name),
      gradient: b.value(gradients.get(name)!),
      memories: memories.map((memory) => b.input(memory, "float32", initial.dims)),
      scalar: (wanted) => scalar.get(wanted)!,
      nextParameter: next(name),
      nextMemories: memories.map(next),
    });
    keep(name, initial, next(name));
    for (const memory of memories) keep(memory, zeros(initial.dims), next(memory));
  }
  for (const name of running) keep(name, model.initializers.get(name)!, updated.get(name)!);
  return {
    graph: b.build(),
    feeds,
    state,
    scalars: (at) =>
      Object.fromEntries(
        Object.entries(rule.values(at, RATE)).map(([name, value]) => [name, floatTensor([], [value])]),
      ),
  };
}

function truths(dims: readonly number[]): Tensor {
  const { data } = noise(dims);
  return floatTensor(
    dims,
    Float32Array.from(data as Float32Array, (value) => (value > 0.5 ? 1 : 0)),
  );
}

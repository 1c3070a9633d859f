// The three training steps that `bench training` times; step_torch.py holds the same nets for PyTorch.
//
// "cnn" is models' convnet (convolution, batch norm, 2x2 pooling, Relu per stage), "resnet18" the published ResNet-18 with its 7x7 stem and three colour
// channels, "unet" four levels of two convolutions with batch norm and a transposed convolution on the way up. SGD with momentum for the first, Adam for
// the others.
import { floatTensor, type Graph, type Tensor } from "../../../main/graph/graph.ts";
import type { Target } from "../../../main/graph/operators/rule.ts";
import { resnet } from "../../../main/models/architectures/resnet.ts";
import { buildArchitecture } from "../../../main/models/build-model.ts";
import type { ModelShape } from "../../../main/models/layers.ts";
import type { ModelGraph, ModelOutput } from "../../../main/models/model-graph.ts";
import { maskObjective } from "../../../main/models/objectives.ts";
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

interface Step {
  readonly graph: Graph;
  /** What is fed at the first step: images, truths and state. */
  readonly feeds: Record<string, Tensor>;
  /** Names of a state tensor going in and coming out. */
  readonly state: readonly { readonly name: string; readonly output: string }[];
  readonly scalars: (step: number) => Record<string, Tensor>;
  /** A state that devices can be compared on (`TrainingStep.steady`). */
  readonly steady: () => Record<string, Tensor>;
}

const CLASSES = 10;
const RATE = 1e-3;

/** A whole training step for one of the nets, with data drawn at random. */
export function stepOf(task: NetCase, target: Target = "cpu"): Step {
  const { net, batch, size } = task;
  const model = modelOf(task);
  const objective = net === "unet" ? maskObjective({ kind: "cross-entropy" }) : undefined;
  const settings = { optimiser: net === "cnn" ? "sgd" : "adam", batchSize: batch, weightDecay: 0, objective } as const;
  const step = trainingStep(model, settings, target);
  return {
    graph: step.graph,
    feeds: {
      image: noise([batch, net === "resnet18" ? 3 : 1, size, size]),
      target: net === "unet" ? halves([batch, size, size]) : oneHot(batch),
      ...Object.fromEntries(step.state.map(({ name, initial }) => [name, initial])),
    },
    state: step.state,
    steady: () => Object.fromEntries(step.steady()),
    scalars: (at) => Object.fromEntries(step.scalars(at, RATE)),
  };
}

function modelOf({ net, size, width }: NetCase): ModelGraph {
  const shape = (channels: number, output: ModelOutput): ModelShape => ({
    input: { kind: "image", channels, size: [size, size] },
    output,
    normalise: { mean: 0, std: 1 },
    seed: 1,
  });
  if (net === "cnn") return buildArchitecture("convnet", shape(1, { kind: "class", classes: CLASSES }), width);
  if (net === "unet") return buildArchitecture("unet", shape(1, { kind: "mask", classes: 2 }), width);
  return resnet("resnet18", shape(3, { kind: "class", classes: CLASSES }), width, { stem: "large" });
}

function noise(dims: readonly number[]): Tensor {
  const random = createRandom(1, 2);
  return floatTensor(
    dims,
    Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random.uniform()),
  );
}

function oneHot(batch: number): Tensor {
  const target = new Float32Array(batch * CLASSES);
  for (let row = 0; row < batch; row++) target[row * CLASSES + (row % CLASSES)] = 1;
  return floatTensor([batch, CLASSES], target);
}

/** Class 0 or 1 for each pixel. */
function halves(dims: readonly number[]): Tensor {
  const { data } = noise(dims);
  return floatTensor(
    dims,
    Float32Array.from(data as Float32Array, (value) => (value > 0.5 ? 1 : 0)),
  );
}

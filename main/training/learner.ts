// A model that is learning: its sessions and its state. One call makes one step, another says what it thinks of a part.
//
// Three sessions on one device: augmentation (where the recipe has it), the whole training step, and inference with the weights as inputs, so that
// a look at the validation part costs no loading. They never run at the same time.
import { AppError, type Recipe } from "../../preload/contract/index.ts";
import { floatTensor, type Graph, type Tensor } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { augmentationGraph } from "../models/augmentation.ts";
import { buildModel } from "../models/build-model.ts";
import type { Prediction } from "../models/metrics.ts";
import { inferenceModel, type ModelGraph, parameterCount } from "../models/model-graph.ts";
import { createRandom } from "../models/random.ts";
import { type TrainingStep, trainingStep } from "../models/training-step.ts";
import { drawAugmentation } from "./augmentation.ts";
import type { Tensors } from "./checkpoint.ts";
import { type PreparedPart, statistics } from "./dataset.ts";
import { requireAgreement } from "./engines/agreement.ts";
import { createSession, type DeviceId, type Session, type Values } from "./engines/onnx.ts";
import { predict } from "./evaluate.ts";
import { CHANCE } from "./sampler.ts";

export interface LearnerInput {
  recipe: Recipe;
  /** Number of classes. */
  classes: number;
  train: PreparedPart;
  device: DeviceId;
  threads: number;
}

/** Images of the step that a device is compared with the processor on. */
const AGREEMENT_BATCH = 2;

export class Learner {
  readonly #input: LearnerInput;
  readonly #model: ModelGraph;
  readonly #step: TrainingStep;
  readonly #sessions: { step: Session; inference: Session; augmentation: Session | null };
  #state: Tensors;

  /**
   * The model as its seed draws it, or with the state of a checkpoint. Errors: training/device-disagrees; training/not-resumable when
   * `state` is that of another model; app/unsupported-platform when the device is gone.
   */
  static async create(input: LearnerInput, batchSize: number, state: Tensors | null): Promise<Learner> {
    const { recipe, classes, train, device, threads } = input;
    const model = buildModel(recipe, classes, statistics(train), recipe.seed);
    const target = device === "cpu" ? "cpu" : "portable";
    const stepOf = (batch: number): TrainingStep => trainingStep(model, { ...recipe, batchSize: batch }, target);
    const step = stepOf(batchSize);
    const begin: Tensors = new Map(step.state.map(({ name, initial }) => [name, initial]));
    if (state) requireSameShape(state, begin);
    if (device !== "cpu") {
      const small = stepOf(Math.min(AGREEMENT_BATCH, batchSize));
      const cases = Uint32Array.from({ length: small.batchSize }, (_, i) => i);
      const feeds = {
        ...gather(input, cases),
        ...Object.fromEntries(begin),
        ...Object.fromEntries(small.scalars(1, 1e-3)),
      };
      await requireAgreement(writeOnnx(small.graph), feeds, { device, threads });
    }
    const open = (graph: Graph): Promise<Session> =>
      createSession(writeOnnx(graph), { device, threads, use: "training" });
    const sessions = {
      step: await open(step.graph),
      inference: await open(weightsAsInputs(model)),
      augmentation: recipe.augment ? await open(augmentationGraph({ batch: batchSize, size: recipe.inputSize })) : null,
    };
    return new Learner(input, model, step, sessions, state ?? begin);
  }

  private constructor(
    input: LearnerInput,
    model: ModelGraph,
    step: TrainingStep,
    sessions: { step: Session; inference: Session; augmentation: Session | null },
    state: Tensors,
  ) {
    this.#input = input;
    this.#model = model;
    this.#step = step;
    this.#sessions = sessions;
    this.#state = state;
  }

  /** Trainable numbers. */
  get parameters(): number {
    return parameterCount(this.#model);
  }

  /** Everything that changes from step to step. */
  get state(): Tensors {
    return this.#state;
  }

  /** What inference needs of it: parameters and running statistics. */
  get weights(): Tensors {
    const wanted = this.#step.state.filter(({ kind }) => kind !== "memory");
    return new Map(wanted.map(({ name }) => [name, this.#state.get(name)!]));
  }

  /** Learns from these cases; `step` counts from 0. Gives the mean loss before the step, which may be NaN. */
  async step(cases: Uint32Array, step: number, learningRate: number): Promise<number> {
    const { recipe } = this.#input;
    let { image, target } = gather(this.#input, cases);
    if (recipe.augment && this.#sessions.augmentation) {
      const random = createRandom(recipe.seed, CHANCE.augmentation, step);
      const drawn = drawAugmentation(recipe.augment, cases.length, random);
      image = (await this.#sessions.augmentation.run({ image, ...drawn })).augmented!;
    }
    const feeds: Record<string, Tensor> = {
      image,
      target,
      ...Object.fromEntries(this.#step.scalars(step + 1, learningRate)),
    };
    for (const [name, value] of this.#state) feeds[name] = value;
    const wanted = ["loss", ...this.#step.state.map(({ output }) => output)];
    const answers = await this.#sessions.step.run(feeds, wanted);
    this.#state = new Map(this.#step.state.map(({ name, output }) => [name, answers[output]!]));
    return Number(answers.loss!.data[0]);
  }

  /** Probabilities for every image of a part, with the present weights. */
  predict(part: PreparedPart): Promise<Prediction[]> {
    const { inputSize } = this.#input.recipe;
    return predict(this.#sessions.inference, part, inputSize, { feeds: Object.fromEntries(this.weights) });
  }

  /** The model with these weights as an ONNX file. */
  export(weights: Tensors): Uint8Array {
    return writeOnnx(inferenceModel(this.#model, weights));
  }

  async dispose(): Promise<void> {
    await this.#sessions.step.dispose();
    await this.#sessions.inference.dispose();
    await this.#sessions.augmentation?.dispose();
  }
}

/** Images and one-hot truths of some cases of the training part. */
function gather(
  { train, recipe, classes }: LearnerInput,
  cases: Uint32Array,
): { image: Tensor; target: Tensor } & Values {
  const size = recipe.inputSize;
  const area = size * size;
  const pixels = new Float32Array(cases.length * area);
  const truth = new Float32Array(cases.length * classes);
  for (const [row, index] of cases.entries()) {
    pixels.set(train.pixels.subarray(index * area, (index + 1) * area), row * area);
    truth[row * classes + train.classIndex[index]!] = 1;
  }
  return {
    image: floatTensor([cases.length, 1, size, size], pixels),
    target: floatTensor([cases.length, classes], truth),
  };
}

function weightsAsInputs({ graph, parameters, statistics: running }: ModelGraph): Graph {
  const initializers = new Map(graph.initializers);
  const inputs = [...parameters.map(({ name }) => name), ...running].map((name) => {
    const { type, dims } = initializers.get(name)!;
    initializers.delete(name);
    return { name, type, shape: dims };
  });
  return { ...graph, inputs: [...graph.inputs, ...inputs], initializers };
}

function requireSameShape(state: Tensors, expected: Tensors): void {
  const describe = (tensors: Tensors): string =>
    [...tensors].map(([name, { type, dims }]) => `${name} ${type} [${dims}]`).join("\n");
  if (describe(state) === describe(expected)) return;
  throw new AppError("training/not-resumable", "The checkpoint belongs to another model; start the run again.");
}

// A model that is learning: its sessions and its state. One call makes one step, another says what it thinks of the validation part.
//
// Two sessions on one device: the whole training step, and inference with the weights as inputs, so that a look at the validation part costs no
// loading. They never run at the same time.
import { AppError } from "../../preload/contract/index.ts";
import type { Graph, Tensor } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { inferenceModel, type ModelGraph, parameterCount } from "../models/model-graph.ts";
import { createRandom } from "../models/random.ts";
import type { TrainingStep } from "../models/training-step.ts";
import type { Tensors } from "./checkpoint.ts";
import { firstNonFinite, requireAgreement } from "./engines/agreement.ts";
import { forProcessor } from "./engines/processor.ts";
import { createSession, type DeviceId, type Session, type Values } from "./engines/session.ts";
import { openStep, type StepSession } from "./engines/step-session.ts";
import { CHANCE } from "./sampler.ts";
import type { Task, Validation } from "./task.ts";

export interface LearnerInput {
  readonly task: Task;
  readonly batchSize: number;
  /** Batches whose gradients are averaged before the weights move. */
  readonly accumulate: number;
  /** Of everything that chance decides from step to step. */
  readonly seed: number;
  readonly device: DeviceId;
  readonly threads: number;
}

/** What is decided anew for each step. */
export interface StepRates {
  readonly learningRate: number;
  /** How far the average of the weights moves towards them after the step. */
  readonly averageRate: number;
}

/** Images of the step that a device is compared with the processor on: a batch norm over two values would be nothing but rounding. */
const AGREEMENT_BATCH = 4;

export class Learner {
  readonly #input: LearnerInput;
  readonly #step: TrainingStep;
  readonly #sessions: { step: StepSession; inference: Session };
  /** Feeds of a step whose loss was no number. */
  #failed: Values | null = null;
  #waited = 0;

  /**
   * The model as its seed draws it, or with the state of a checkpoint. Errors: training/device-disagrees; training/not-resumable when
   * `state` is that of another model; app/unsupported-platform when the device is gone.
   */
  static async create(input: LearnerInput, state: Tensors | null): Promise<Learner> {
    const { task, batchSize, device, threads } = input;
    const target = device === "cpu" ? "cpu" : "portable";
    const step = task.step(batchSize, target);
    const begin: Tensors = new Map(step.state.map(({ name, initial }) => [name, initial]));
    if (state) requireSameShape(state, begin);
    if (device !== "cpu") {
      const small = task.step(Math.min(AGREEMENT_BATCH, batchSize), target);
      const feeds = {
        ...(await task.feeds(
          Uint32Array.from({ length: small.batchSize }, (_, i) => i),
          null,
        )),
        ...Object.fromEntries(small.steady()),
        ...Object.fromEntries(small.scalars(1, 1e-3)),
        ...Object.fromEntries(small.chance(createRandom(input.seed, CHANCE.leftOut, 0))),
      };
      await requireAgreement(small.graph, feeds, { device, threads });
    }
    const on = { device, threads };
    const inference = weightsAsInputs(modelInUse(task));
    const sessions = {
      step: await openStep(step.graph, step.state, state ?? begin, on),
      inference: await createSession(writeOnnx(device === "cpu" ? await forProcessor(inference) : inference), {
        ...on,
        use: "training",
      }),
    };
    return new Learner(input, step, sessions);
  }

  private constructor(input: LearnerInput, step: TrainingStep, sessions: { step: StepSession; inference: Session }) {
    this.#input = input;
    this.#step = step;
    this.#sessions = sessions;
  }

  /** Trainable numbers. */
  get parameters(): number {
    return parameterCount(this.#input.task.model);
  }

  /** Milliseconds that steps have waited for what they are fed. */
  get waited(): number {
    return this.#waited;
  }

  /** Everything that changes from step to step; read from the device where it stays there. */
  state(): Promise<Tensors> {
    return this.#sessions.step.state();
  }

  /** What inference needs of it: parameters and running statistics, averaged ones where the recipe wants them. */
  async weights(): Promise<Tensors> {
    return this.#step.weights(await this.state());
  }

  /** Learns from these cases; `step` counts batches from 0. Gives the mean loss before the step, which may be NaN. */
  async step(cases: Uint32Array, step: number, { learningRate, averageRate }: StepRates): Promise<number> {
    const { task, seed, accumulate } = this.#input;
    const [update, micro] = [Math.floor(step / accumulate), step % accumulate];
    const began = performance.now();
    const images = await task.feeds(cases, createRandom(seed, CHANCE.augmentation, step));
    this.#waited += performance.now() - began;
    const feeds: Record<string, Tensor> = {
      ...images,
      ...Object.fromEntries(this.#step.scalars(update + 1, learningRate, { averageRate, micro })),
      ...Object.fromEntries(this.#step.chance(createRandom(seed, CHANCE.leftOut, step))),
    };
    const loss = await this.#sessions.step.step(feeds);
    if (!Number.isFinite(loss)) this.#failed = feeds;
    return loss;
  }

  /** Where the step that gave no number first did so: operator and name, or null. The step is made again on the processor. */
  async whereItFailed(): Promise<{ op: string; name: string } | null> {
    if (!this.#failed) return null;
    const feeds = { ...this.#failed, ...Object.fromEntries(await this.state()) };
    return firstNonFinite(this.#step.graph, feeds, this.#input.threads);
  }

  /** What the validation part says about the present weights. */
  async validate(): Promise<Validation> {
    const weights = Object.fromEntries(await this.weights());
    const { inference } = this.#sessions;
    return this.#input.task.validate({ run: (feeds, outputs) => inference.run({ ...weights, ...feeds }, outputs) });
  }

  /** The model with these weights as an ONNX file. */
  export(weights: Tensors): Uint8Array {
    return writeOnnx(inferenceModel(modelInUse(this.#input.task), weights));
  }

  async dispose(): Promise<void> {
    await this.#sessions.step.dispose();
    await this.#sessions.inference.dispose();
  }
}

function modelInUse({ model, inUse = model.graph }: Task): ModelGraph {
  return { ...model, graph: inUse };
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

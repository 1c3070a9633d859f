// A new last layer on a body that stays as it is: the body answers once for each case, and the last layer learns from what it said.
//
// The head is trained by the step that trains whole models, in the order of batches that the loop has, so its weights are those of the whole graph trained with every
// other layer frozen; only the body's work is done once instead of once an epoch. Features take 4 bytes each in memory: cases x F.
import { AppError } from "../../preload/contract/index.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { inferenceModel, type ModelGraph } from "../models/model-graph.ts";
import { createRandom } from "../models/random.ts";
import { splitAtFeatures } from "../models/split.ts";
import { type StepSettings, trainingStep } from "../models/training-step.ts";
import type { Tensors } from "./checkpoint.ts";
import { requireNotAborted } from "./dataset.ts";
import { createSession, type DeviceId, type Values } from "./engines/session.ts";
import { openStep } from "./engines/step-session.ts";
import { CHANCE, createSampler } from "./sampler.ts";

export interface ProbeCases {
  readonly count: number;
  /** The model's inputs of some cases, as they are in use: what is varied by chance cannot be kept. */
  readonly inputs: (cases: Uint32Array) => Values | Promise<Values>;
  /** What the objective reads of the same cases: `target`. */
  readonly truths: (cases: Uint32Array) => Values;
}

export interface ProbeSettings
  extends Pick<StepSettings, "optimiser" | "batchSize" | "weightDecay" | "l1" | "objective" | "clipNorm"> {
  readonly epochs: number;
  /** The same in every step. */
  readonly learningRate: number;
  /** Of the order of the cases. */
  readonly seed: number;
}

export interface Probe {
  /** Body and learnt head as one graph for use. */
  readonly graph: Graph;
  /** Every parameter and statistic of the model, those of the body as they were. */
  readonly weights: Tensors;
  /** Mean loss of each epoch's batches, before their steps. */
  readonly losses: readonly number[];
}

/**
 * Blocks its thread: child process. Errors: model/not-adoptable for a model without features; snapshot/part-empty without cases; training/diverged; app/aborted.
 */
export async function linearProbe(
  model: ModelGraph,
  cases: ProbeCases,
  settings: ProbeSettings,
  on: { readonly device: DeviceId; readonly threads: number; readonly signal?: AbortSignal },
): Promise<Probe> {
  const { body, head } = splitAtFeatures(model);
  const order = { batchSize: settings.batchSize, balanced: false, seed: settings.seed };
  const sampler = createSampler(new Uint8Array(cases.count), order);
  const table = await featuresOf(body, cases, sampler.batchSize, on);

  const target = on.device === "cpu" ? "cpu" : "portable";
  const step = trainingStep(head, { ...settings, batchSize: sampler.batchSize }, target);
  const initial: Tensors = new Map(step.state.map((tensor) => [tensor.name, tensor.initial]));
  const session = await openStep(step.graph, step.state, initial, on);
  try {
    const losses: number[] = [];
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      let sum = 0;
      for (let batch = 0; batch < sampler.stepsPerEpoch; batch++) {
        if (on.signal) requireNotAborted(on.signal);
        const chosen = sampler.batch(epoch, batch);
        const at = epoch * sampler.stepsPerEpoch + batch;
        const loss = await session.step({
          table: table.rows(chosen),
          ...cases.truths(chosen),
          ...Object.fromEntries(step.scalars(at + 1, settings.learningRate)),
          ...Object.fromEntries(step.chance(createRandom(settings.seed, CHANCE.leftOut, at))),
        });
        if (!Number.isFinite(loss)) {
          throw new AppError(
            "training/diverged",
            `The loss was not a number at step ${at + 1}: the last layer has diverged. Try a learning rate below ${settings.learningRate}.`,
          );
        }
        sum += loss;
      }
      losses.push(sum / sampler.stepsPerEpoch);
    }
    const learnt = step.weights(await session.state());
    const names = [...model.parameters.map(({ name }) => name), ...model.statistics];
    const weights = new Map(names.map((name) => [name, learnt.get(name) ?? model.graph.initializers.get(name)!]));
    return { graph: inferenceModel(model, weights), weights, losses };
  } finally {
    await session.dispose();
  }
}

/** What the body says about every case, asked once for each. */
async function featuresOf(
  body: Graph,
  cases: ProbeCases,
  batchSize: number,
  on: { readonly device: DeviceId; readonly threads: number; readonly signal?: AbortSignal },
) {
  const name = body.outputs[0]!.name;
  const width = body.outputs[0]!.shape[1] as number;
  const kept = new Float32Array(cases.count * width);
  const session = await createSession(writeOnnx(body), { ...on, use: "inference" });
  try {
    for (let start = 0; start < cases.count; start += batchSize) {
      if (on.signal) requireNotAborted(on.signal);
      const count = Math.min(batchSize, cases.count - start);
      const some = Uint32Array.from({ length: count }, (_, i) => start + i);
      const answers = await session.run(await cases.inputs(some));
      kept.set(answers[name]!.data as Float32Array, start * width);
    }
  } finally {
    await session.dispose();
  }
  const rows = (chosen: Uint32Array) => {
    const picked = new Float32Array(chosen.length * width);
    for (const [row, index] of chosen.entries()) {
      picked.set(kept.subarray(index * width, (index + 1) * width), row * width);
    }
    return floatTensor([chosen.length, width], picked);
  };
  return { rows };
}

// What a run learns: everything in the loop that depends on the kind of labels.
//
// The loop (trainer.ts) and the state (learner.ts) know no images, no truths and no figures of merit: they ask the task for feeds of a batch and for
// a judgement of the present weights. One task for each kind of labels, in tasks/.
import type { Recipe } from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { Target } from "../graph/operators/rule.ts";
import { type Interval, Z_95 } from "../models/metrics.ts";
import type { ModelGraph } from "../models/model-graph.ts";
import type { Random } from "../models/random.ts";
import type { TrainingStep } from "../models/training-step.ts";
import type { Session, Values } from "./engines/session.ts";

/** What every task takes from a recipe; augmentation by the kind of labels. */
export type TaskRecipe = Pick<
  Recipe,
  "optimiser" | "batchSize" | "weightDecay" | "accumulate" | "average" | "clipNorm" | "seed" | "augment"
>;

/** The model with the present weights: the inputs and outputs of its graph for use. */
export type Inference = Pick<Session, "run">;

/** What a validation part says about weights. */
export interface Validation {
  /** Mean loss of a case. */
  readonly loss: number;
  /** What epochs are compared by, the higher the better, with the standard error of its value; null where it cannot be had. */
  readonly score: { readonly value: number; readonly standardError: number } | null;
  /** Points of the validation curves by metric, in the order in which they are told. */
  readonly figures: Readonly<Record<string, number>>;
}

/** An estimate as a score; null of null. */
export function scoreOf(estimate: Interval | null): Validation["score"] {
  return estimate && { value: estimate.value, standardError: (estimate.value - estimate.low) / Z_95 };
}

export interface Conclusion {
  readonly onnx: Uint8Array;
  /** For `predictedClass`. */
  readonly threshold: number;
}

export interface Task {
  /** Training cases. */
  readonly count: number;
  /** Class of each training case, for balanced batches; all 0 where cases have none. */
  readonly classIndex: ArrayLike<number>;
  /** What comes equally often in every batch instead of the classes, whatever the recipe says of them: of each training case. */
  readonly strata?: ArrayLike<number> | undefined;
  readonly model: ModelGraph;
  /** How the model answers in use, for validation and for the file, where that is not how it learns: same input, outputs and weights. */
  readonly inUse?: Graph;
  /** The whole training step for batches of this many cases. */
  step(batchSize: number, target: Target): TrainingStep;
  /** Inputs and truths of some training cases, varied by `random`; null leaves them as they are. */
  feeds(cases: Uint32Array, random: Random | null): Promise<Values>;
  /** Judges weights on the validation part. */
  validate(inference: Inference): Promise<Validation>;
  /**
   * What the validation part decides about a model's answers once it has learnt; blocks its thread. Where a task has none, the model is as it was learnt and
   * the likeliest class is predicted.
   */
  conclude?(onnx: Uint8Array): Promise<Conclusion>;
  /** Frees what it holds; it cannot be used after that. */
  dispose(): Promise<void>;
}

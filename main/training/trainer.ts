// The training loop: arrays in, the weights of the best epoch out. It knows no project: what it saves and tells goes through `TrainerEvents`.
//
// Invariants. State lives in the values that go from one step's outputs to the next one's inputs; all else (which images, how they are varied,
// the learning rate) follows from seed, epoch and step. So a run that goes on from any checkpoint ends with the weights, the curves and the
// choice of epoch that it would have had, bit for bit on the CPU with the same number of threads.
// The test part is not known here: choices are made on validation alone.
import { AppError, type Recipe, type RunPoint } from "../../preload/contract/index.ts";
import { averageRateAt } from "./averaging.ts";
import type { Best, Checkpoint, Tensors } from "./checkpoint.ts";
import { requireNotAborted } from "./dataset.ts";
import type { DeviceId } from "./engines/session.ts";
import { Learner } from "./learner.ts";
import { createSampler } from "./sampler.ts";
import { afterEpoch, learningRateAt, NO_PLATEAU } from "./schedule.ts";
import type { Task, Validation } from "./task.ts";

export interface TrainerEvents {
  /** Once, before the first step of a sitting: trainable numbers, and steps planned in all. */
  begin(plan: { parameters: number; steps: number }): void;
  /** New points of the curves, oldest first. After a resume the first ones may repeat what was told before it stopped. */
  points(points: RunPoint[]): void;
  /** After each step. `secondsLeft` is null until there is something to tell it from. */
  progress(progress: {
    step: number;
    steps: number;
    seconds: number;
    /** Seconds of this sitting in which steps waited for their images. */
    waited: number;
    secondsLeft: number | null;
  }): void;
  /** Keep this and drop the one before. */
  checkpoint(checkpoint: Checkpoint): void;
  /** An epoch turned out to be the best so far. */
  best(best: Best): void;
}

export interface TrainerInput {
  recipe: Recipe;
  task: Task;
  device: DeviceId;
  threads: number;
  signal: AbortSignal;
  /** Where to go on, or null to begin. */
  from: Checkpoint | null;
  events: TrainerEvents;
  /** Milliseconds from any origin; only times told depend on it, never results. */
  now?: () => number;
}

export interface Trained {
  best: Best;
  /** The model of the best epoch as an ONNX file. */
  onnx: Uint8Array;
  /** Steps done: fewer than planned where patience ended it. */
  step: number;
  seconds: number;
}

/** Checkpoints: at the end of an epoch unless the last one is this young, and within an epoch when it is that old. */
const CHECKPOINT_AFTER_EPOCH_MS = 2_000;
const CHECKPOINT_WITHIN_EPOCH_MS = 20_000;
/** Points of the training loss over a whole run. */
const LOSS_POINTS = 100;
/** Before so many steps of a sitting nothing is said about the time left. */
const STEPS_BEFORE_ESTIMATE = 5;

/**
 * Trains and gives the best epoch (`betterOf`).
 * Stops between two steps when `signal` aborts, after saving a checkpoint. Errors: app/aborted; training/diverged;
 * training/device-disagrees; training/not-resumable for a checkpoint of something else.
 */
export async function train(input: TrainerInput): Promise<Trained> {
  const { recipe, task, device, threads, signal, from, events, now = () => performance.now() } = input;
  const { strata } = task;
  const sampler = strata
    ? createSampler(strata, { ...recipe, balanced: true })
    : createSampler(task.classIndex, recipe);
  const { stepsPerEpoch } = sampler;
  const steps = stepsPerEpoch * recipe.epochs;
  const { batchSize } = sampler;
  const { seed, accumulate } = recipe;
  const learner = await Learner.create({ task, batchSize, accumulate, seed, device, threads }, from?.state ?? null);
  try {
    let step = from?.step ?? 0;
    let best = from?.best ?? null;
    let plateau = from?.plateau ?? NO_PLATEAU;
    let pending = from?.pending ?? { loss: 0, steps: 0 };
    const [began, firstStep, secondsBefore] = [now(), step, from?.seconds ?? 0];
    const seconds = (): number => secondsBefore + (now() - began) / 1000;
    let savedAt = now();
    const save = async (): Promise<void> => {
      events.checkpoint({ step, state: await learner.state(), best, pending, plateau, seconds: seconds() });
      savedAt = now();
    };
    const point = (part: RunPoint["part"], metric: string, value: number): RunPoint => ({
      step,
      epoch: step / stepsPerEpoch,
      part,
      metric,
      value,
    });
    events.begin({ parameters: learner.parameters, steps });
    const lossEvery = Math.max(1, Math.round(steps / LOSS_POINTS));

    while (step < steps && !isOver(step / stepsPerEpoch, best, recipe)) {
      if (signal.aborted) await save();
      requireNotAborted(signal);
      const epoch = Math.floor(step / stepsPerEpoch);
      const learningRate = learningRateAt(recipe, step, steps, plateau);
      const loss = await learner.step(sampler.batch(epoch, step % stepsPerEpoch), step, {
        learningRate,
        averageRate: averageRateAt(recipe, step, steps),
      });
      step++;
      if (!Number.isFinite(loss)) throw diverged(step, recipe.learningRate, await learner.whereItFailed());
      pending = { loss: pending.loss + loss, steps: pending.steps + 1 };
      if (step % lossEvery === 0 || step === steps) {
        events.points([
          point("train", "loss", pending.loss / pending.steps),
          point("train", "learning-rate", learningRate),
        ]);
        pending = { loss: 0, steps: 0 };
      }
      const endOfEpoch = step % stepsPerEpoch === 0;
      if (endOfEpoch) {
        // A wish to stop waits for the end of this: the checkpoint that answers it stands behind a whole epoch.
        const result = await learner.validate();
        if (!Number.isFinite(result.loss)) throw diverged(step, recipe.learningRate, null);
        events.points(Object.entries(result.figures).map(([metric, value]) => point("validation", metric, value)));
        best = betterOf(best, result, epoch, await learner.weights());
        plateau = afterEpoch(plateau, epoch, best.epoch === epoch);
        if (best.epoch === epoch) events.best(best);
      }
      const perStep = (now() - began) / (step - firstStep) / 1000;
      const secondsLeft = step - firstStep < STEPS_BEFORE_ESTIMATE ? null : perStep * (steps - step);
      events.progress({ step, steps, seconds: seconds(), waited: learner.waited / 1000, secondsLeft });
      if (now() - savedAt >= (endOfEpoch ? CHECKPOINT_AFTER_EPOCH_MS : CHECKPOINT_WITHIN_EPOCH_MS)) await save();
    }
    // A run has an epoch and an epoch ends with a validation, so there is a best one.
    return { best: best!, onnx: learner.export(best!.weights), step, seconds: seconds() };
  } finally {
    await learner.dispose();
  }
}

/** Whether `patience` epochs went by without a better one. Asked at any step, answered from what a checkpoint holds. */
function isOver(epochsDone: number, best: Best | null, { patience }: Recipe): boolean {
  return (
    patience !== null && best !== null && Number.isInteger(epochsDone) && epochsDone - (best.epoch + 1) >= patience
  );
}

/**
 * The best epoch after one more. The score of a validation part scatters by its standard error, so epochs that close to the highest count as equal, and the
 * lowest loss decides: it also asks that probabilities mean what they say. Without a score loss decides alone. The same epoch comes back, with
 * `highest` kept up, when the new one is no better.
 */
function betterOf(best: Best | null, { score, loss }: Validation, epoch: number, weights: Tensors): Best {
  const value = score?.value ?? null;
  const highest = Math.max(value ?? 0, best?.highest ?? 0);
  const near = (other: number | null): boolean =>
    other === null || score === null || other >= highest - score.standardError;
  const wins = best === null || !near(best.score) || (near(value) && loss < best.loss);
  const kept = wins ? { epoch, score: value, loss, weights } : best;
  return { ...kept, highest: value === null ? null : highest };
}

/** `where` is the first operator that gave no number, where that is known. */
function diverged(step: number, learningRate: number, where: { op: string; name: string } | null): AppError {
  const first = where ? `, first in ${where.op} "${where.name}"` : "";
  return new AppError(
    "training/diverged",
    `The loss was not a number at step ${step}${first}: the training has diverged. Try a learning rate below ${learningRate}, for example ${Number((learningRate / 10).toPrecision(2))}.`,
  );
}

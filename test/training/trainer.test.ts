import { describe, expect, test } from "vitest";
import { evaluate } from "../../main/models/metrics.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../../main/training/checkpoint.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { predict } from "../../main/training/evaluate.ts";
import { classification } from "../../main/training/tasks/classification.ts";
import { type Trained, type TrainerEvents, train } from "../../main/training/trainer.ts";
import type { Recipe, RunPoint } from "../../preload/contract/index.ts";
import { BLOB_RECIPE, BLOB_SIZE, drawBlobs } from "./blobs.ts";

const trainPart = drawBlobs(128, 1);
const validation = drawBlobs(64, 2);
const test_ = drawBlobs(128, 3);

interface Told {
  points: RunPoint[];
  checkpoints: Uint8Array[];
}

/** Both engines promise the same. */
const ENGINES = ["cpu", "tensorflow"] as const;

describe.each(ENGINES)("trained on %s", (device) => {
  /** Trains on the blobs; every number of the clock makes a checkpoint due when `tick` is large. */
  async function run(
    recipe: Partial<Recipe> = {},
    options: { from?: Checkpoint; signal?: AbortSignal; tick?: number; events?: Partial<TrainerEvents> } = {},
  ): Promise<Trained & Told> {
    const told: Told = { points: [], checkpoints: [] };
    let clock = 0;
    const whole = { ...BLOB_RECIPE, ...recipe };
    const on = { device, threads: 2 } as const;
    const task = await classification({ recipe: whole, classes: 2, train: trainPart, validation, ...on });
    const trained = await train({
      recipe: whole,
      task,
      ...on,
      signal: options.signal ?? new AbortController().signal,
      from: options.from ?? null,
      now: () => (clock += options.tick ?? 0),
      events: {
        begin: () => {},
        points: (points) => told.points.push(...points),
        progress: () => {},
        checkpoint: (checkpoint) => told.checkpoints.push(writeCheckpoint(checkpoint)),
        best: () => {},
        ...options.events,
      },
    }).finally(() => task.dispose());
    return { ...trained, ...told };
  }

  test("the small net finds blobs it has never seen: AUC above 0.95 after six epochs, and the exported file says so by itself", async () => {
    const { onnx, best, step } = await run();
    expect(step).toBe(48);
    const session = await createSession(onnx, { device: "cpu", threads: 1, use: "inference" });
    const signal = new AbortController().signal;
    const classes = ["0", "1"].map((id) => ({ id, name: id, color: "#000000" }));
    const judge = async (part: typeof validation) =>
      evaluate(classes, await predict(session, part, BLOB_SIZE, { signal }));
    expect((await judge(test_)).auc!.value).toBeGreaterThan(0.95);
    // The file is the epoch that was chosen, with its running statistics.
    expect((await judge(validation)).auc!.value).toBeCloseTo(best.score!, 6);
    await session.dispose();
  });

  test("the same seed gives the same weights and curves bit for bit, another seed others", async () => {
    const [one, two, other] = [await run({ epochs: 2 }), await run({ epochs: 2 }), await run({ epochs: 2, seed: 6 })];
    expect(two.onnx).toEqual(one.onnx);
    expect(two.points).toEqual(one.points);
    expect(other.onnx).not.toEqual(one.onnx);
  });

  test("from any checkpoint, in an epoch or at its end, the run goes on to the weights and curves of the undisturbed one", async () => {
    const undisturbed = await run({ epochs: 3 }, { tick: 30_000 });
    expect(undisturbed.checkpoints.length).toBe(24); // one after each step
    for (const at of [0, 6, 7, 8, 14, 23]) {
      const from = readCheckpoint(undisturbed.checkpoints[at]!);
      expect(from.step).toBe(at + 1);
      const resumed = await run({ epochs: 3 }, { from });
      expect(resumed.onnx, `from step ${from.step}`).toEqual(undisturbed.onnx);
      expect(resumed.points).toEqual(undisturbed.points.filter((point) => point.step > from.step));
      expect(resumed.best.epoch).toBe(undisturbed.best.epoch);
    }
  });

  test("a checkpoint of another model is refused", async () => {
    const [bytes] = (await run({ epochs: 1 }, { tick: 30_000 })).checkpoints;
    await expect(run({ width: 4 }, { from: readCheckpoint(bytes!) })).rejects.toMatchObject({
      code: "training/not-resumable",
    });
  });

  test("stopping takes effect after the step at work and leaves a checkpoint of exactly there", async () => {
    const controller = new AbortController();
    let kept: Checkpoint | null = null;
    const stopped = run(
      {},
      {
        signal: controller.signal,
        events: {
          progress: ({ step }) => step === 11 && controller.abort(),
          checkpoint: (checkpoint) => (kept = checkpoint),
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({ code: "app/aborted" });
    expect(kept!).toMatchObject({ step: 11 });
    expect((await run({}, { from: kept! })).onnx).toEqual((await run()).onnx);
  });

  test("stopping while an epoch is being validated waits for that, and leaves a checkpoint behind the epoch", async () => {
    const controller = new AbortController();
    const kept: Checkpoint[] = [];
    const stopped = run(
      {},
      {
        signal: controller.signal,
        events: {
          // The loss of an epoch's last step is told just before the validation begins.
          points: (points) => points.some(({ part, step }) => part === "train" && step === 8) && controller.abort(),
          checkpoint: (checkpoint) => kept.push(checkpoint),
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({ code: "app/aborted" });
    expect(kept.map(({ step }) => step)).toEqual([8]);
    expect((await run({}, { from: kept[0]! })).onnx).toEqual((await run()).onnx);
  });

  test("a learning rate that is far too high ends as diverged, naming the step, the operator and a lower rate", async () => {
    await expect(
      run({ optimiser: "sgd", learningRate: 10, architecture: "logistic", weightDecay: 1, schedule: "constant" }),
    ).rejects.toMatchObject({
      code: "training/diverged",
      message: expect.stringMatching(/step \d+, first in [A-Z]\w+ "[^"]+".*below 10, for example 1\./),
    });
  });

  test("patience ends a run that no longer improves, also when it is resumed at that very point", async () => {
    const recipe = { epochs: 50, patience: 2, learningRate: 1e-6, augment: null, balanced: false } as const;
    const { points, best, checkpoints, step, onnx } = await run(recipe, { tick: 30_000 });
    const epochs = points.filter((point) => point.metric === "auc").length;
    expect(epochs).toBe(best.epoch + 1 + 2);
    expect(step).toBe(8 * epochs);
    const resumed = await run(recipe, { from: readCheckpoint(checkpoints.at(-1)!) });
    expect(resumed.points).toEqual([]);
    expect(resumed.onnx).toEqual(onnx);
  });

  test("curves: a hundred points of training loss, each epoch's loss, accuracy and AUC on validation, all finite and in order", async () => {
    const { points } = await run();
    const of = (part: string, metric: string) =>
      points.filter((point) => point.part === part && point.metric === metric);
    expect(of("train", "loss").length).toBe(48);
    expect(of("train", "learning-rate").length).toBe(48);
    for (const metric of ["loss", "accuracy", "auc"]) {
      expect(of("validation", metric).map((point) => point.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    }
    expect(points.every(({ value, epoch }) => Number.isFinite(value) && epoch > 0 && epoch <= 6)).toBe(true);
    expect(points.map((point) => point.step)).toEqual(points.map((point) => point.step).sort((a, b) => a - b));
  });

  test("everything that a recipe can add is learnt with, resumed bit for bit, and exported", async () => {
    const recipe = {
      epochs: 8,
      optimiser: "sgd",
      nesterov: true,
      schedule: "plateau",
      learningRate: 0.05,
      accumulate: 2,
      clipNorm: 1,
      layerDecay: 0.9,
      labelSmoothing: 0.1,
      focal: 1,
      classWeights: true,
      dropout: 0.2,
      mixup: 0.2,
      cutmix: 1,
      average: "ema",
      calibrate: true,
    } as const;
    const whole = await run(recipe, { tick: 1e6 });
    const middle = readCheckpoint(whole.checkpoints.at(-20)!);
    expect(middle.step).toBeGreaterThan(0);
    expect(middle.step).toBeLessThan(whole.step);
    const resumed = await run(recipe, { from: middle });
    expect(Buffer.from(resumed.onnx).equals(Buffer.from(whole.onnx))).toBe(true);
    expect(whole.best.score).toBeGreaterThan(0.75);
  });
});

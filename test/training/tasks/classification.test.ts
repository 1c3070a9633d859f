import { expect, test } from "vitest";
import { evaluate } from "../../../main/models/metrics.ts";
import { createSession } from "../../../main/training/engines/session.ts";
import { predict } from "../../../main/training/evaluate.ts";
import { classification } from "../../../main/training/tasks/classification.ts";
import { train } from "../../../main/training/trainer.ts";
import { type RunPoint, recipeSchema } from "../../../preload/contract/index.ts";
import { BLOB_RECIPE, BLOB_SIZE, drawBlobs } from "../blobs.ts";

const ON = { device: "cpu", threads: 2 } as const;
const [trainPart, validation] = [drawBlobs(96, 1), drawBlobs(80, 2)];
const classes = ["0", "1"].map((id) => ({ id, name: id, color: "#000000" }));

test("calibrated probabilities cost less on validation, order the cases as before, and get a threshold of their own", async () => {
  const recipe = { ...BLOB_RECIPE, epochs: 3, labelSmoothing: 0.4, calibrate: true };
  const task = await classification({ recipe, classes: 2, train: trainPart, validation, ...ON });
  try {
    const silent = { begin() {}, points() {}, progress() {}, checkpoint() {}, best() {} };
    const signal = new AbortController().signal;
    const { onnx } = await train({ recipe, task, ...ON, signal, from: null, events: silent });
    const concluded = await task.conclude!(onnx);
    const judge = async (bytes: Uint8Array) => {
      const session = await createSession(bytes, { device: "cpu", threads: 1, use: "inference" });
      const result = evaluate(classes, await predict(session, validation, BLOB_SIZE, {}), concluded.threshold);
      await session.dispose();
      return { ...result, loss: result.cases.reduce((sum, one) => sum + one.loss, 0) / result.cases.length };
    };
    const [before, after] = [await judge(onnx), await judge(concluded.onnx)];
    // So much smoothing leaves probabilities timid: the temperature is far from 1.
    expect(after.loss).toBeLessThan(0.9 * before.loss);
    expect(after.auc!.value).toBeCloseTo(before.auc!.value, 6);
  } finally {
    await task.dispose();
  }
});

test("with test-time augmentation the mean over mirrored copies is judged, calibrated and written", async () => {
  const augment = { shift: 0.05, rotate: 0, scale: 0, flip: true, intensity: 0 };
  const recipe = recipeSchema.parse({
    ...BLOB_RECIPE,
    epochs: 2,
    augment,
    testTimeAugmentation: true,
    calibrate: true,
  });
  const task = await classification({ recipe, classes: 2, train: trainPart, validation, ...ON });
  try {
    const points: RunPoint[] = [];
    const events = {
      begin() {},
      points: (some: RunPoint[]) => points.push(...some),
      progress() {},
      checkpoint() {},
      best() {},
    };
    const signal = new AbortController().signal;
    const { onnx, best } = await train({ recipe, task, ...ON, signal, from: null, events });
    const answers = async (bytes: Uint8Array, pixels: Float32Array) => {
      const session = await createSession(bytes, { device: "cpu", threads: 1, use: "inference" });
      const predictions = await predict(session, { ...validation, pixels }, BLOB_SIZE, {});
      await session.dispose();
      return predictions;
    };
    const mirrored = validation.pixels.map((_, i, all) => all[i - (i % BLOB_SIZE) + BLOB_SIZE - 1 - (i % BLOB_SIZE)]!);
    const concluded = await task.conclude!(onnx);
    for (const bytes of [onnx, concluded.onnx]) {
      const [one, other] = [await answers(bytes, validation.pixels), await answers(bytes, mirrored)];
      for (const [i, { probabilities }] of one.entries()) {
        expect(other[i]!.probabilities[0]).toBeCloseTo(probabilities[0]!, 5);
      }
    }
    // The curve tells what the file answers.
    const { cases } = evaluate(classes, await answers(onnx, validation.pixels));
    const loss = cases.reduce((sum, one) => sum + one.loss, 0) / cases.length;
    const told = points.find(
      ({ part, metric, epoch }) => part === "validation" && metric === "loss" && epoch === best.epoch + 1,
    );
    expect(told!.value).toBeCloseTo(loss, 5);
  } finally {
    await task.dispose();
  }
});

test("a width that an architecture cannot have, and a net without a layer that learns, are refused in words", async () => {
  const refused = (recipe: Partial<typeof BLOB_RECIPE>) =>
    classification({ recipe: { ...BLOB_RECIPE, ...recipe }, classes: 2, train: trainPart, validation, ...ON });
  const code = "app/invalid-input";
  await expect(refused({ architecture: "vit-tiny", width: 100 })).rejects.toMatchObject({ code });
  await expect(refused({ frozenLayers: 1000 })).rejects.toMatchObject({ code });
});

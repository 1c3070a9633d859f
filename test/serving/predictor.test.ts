import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { PredictTask } from "../../main/serving/inference-thread.ts";
import { createPredictor } from "../../main/serving/predictor.ts";
import { blackPng, directly, greyValues, modelFolder, pngFile, servedModel, tinyModel } from "./served-model.ts";

process.env.ORT_DISABLE_TELEMETRY = "1";
const onnx = tinyModel();
const folder = modelFolder(onnx);
afterAll(() => folder.remove());
const data = { modelPath: join(folder.path, "model.onnx"), model: servedModel };
const task = (bytes: Uint8Array): PredictTask => ({ kind: "predict", bytes, frame: 0, preview: false });

describe("the thread that runs the model", () => {
  test("a file that takes too long is refused, its thread is replaced, and those that waited are answered", async () => {
    const predictor = createPredictor(data, 1);
    await predictor.started;
    const slow = predictor.run(task(blackPng(12_000)));
    const values = greyValues(3);
    const waiting = predictor.run(task(pngFile(values)));
    await expect(slow).rejects.toMatchObject({ code: "serving/timeout" });
    expect(predictor.ready).toBe(false);
    const { outputs } = await waiting;
    expect(predictor.ready).toBe(true);
    const expected = await directly(
      onnx,
      Float32Array.from(values, (value) => value / 255),
    );
    for (const [i, value] of expected.probabilities.entries()) expect(outputs.probabilities[i]).toBeCloseTo(value, 6);
    await predictor.close();
  });

  test("answers come back to their own questions, also when some are refused", async () => {
    const predictor = createPredictor(data);
    await predictor.started;
    const files = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 1 ? new Uint8Array(50 + i) : pngFile(greyValues(i + 1)),
    );
    const answers = await Promise.allSettled(files.map((bytes) => predictor.run(task(bytes))));
    for (const [i, answer] of answers.entries()) {
      if (i % 3 === 1) {
        expect(answer).toMatchObject({ status: "rejected", reason: { code: "imaging/format-unknown" } });
      } else {
        const expected = await directly(
          onnx,
          Float32Array.from(greyValues(i + 1), (value) => value / 255),
        );
        const got = answer.status === "fulfilled" ? [...answer.value.outputs.logits] : [];
        for (const [k, value] of expected.logits.entries()) expect(got[k]).toBeCloseTo(value, 5);
      }
    }
    await predictor.close();
    await expect(predictor.run(task(files[0]))).rejects.toMatchObject({ code: "serving/not-ready" });
  });

  test("closing refuses what waits", async () => {
    const predictor = createPredictor(data);
    await predictor.started;
    const asked = Array.from({ length: 3 }, () => predictor.run(task(blackPng(2000))));
    const settled = Promise.allSettled(asked);
    await predictor.close();
    for (const answer of await settled)
      expect(answer).toMatchObject({ status: "rejected", reason: { code: "serving/not-ready" } });
  });
});

// Maps of models in files that answer with a class for each pixel, or with boxes: the question decides which pixels can matter.
import { expect, test } from "vitest";
import { checkFile, explainFile } from "../../main/explanation/explain-file.ts";
import { Explainer } from "../../main/explanation/explainer.ts";
import { foundIn, openFileModel, questionOf } from "../../main/explanation/file-model.ts";
import { lastFeatureMap } from "../../main/explanation/saliency.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { bindDimensions, floatTensor } from "../../main/graph/graph.ts";
import { inferShapes } from "../../main/graph/infer-shapes.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { projectWithBlobs } from "../training/blob-project.ts";
import { BLOB_SIZE } from "../training/blobs.ts";

const SIZE = 16;
const normalise = { mean: 0.5, std: 0.3 };
const input = (size: number) => ({ kind: "image", channels: 1, size: [size, size] }) as const;

/** Class 1 where the 3 by 3 pixels around are brighter than one half on the whole, as other tools export it: other names, one output. */
function brightPixels(size = SIZE): Uint8Array {
  const b = new GraphBuilder("bright");
  const x = b.input("pixels", "float32", ["batch", 1, size, size]);
  const weights = floatTensor([2, 1, 3, 3], new Float32Array(18).fill(1, 9));
  const bias = floatTensor([2], [0, -4.5]);
  const scores = b.conv(x, b.initializer("w", weights), b.initializer("c", bias), { pads: [1, 1, 1, 1] });
  b.output(b.as("mask").softmax(scores, 1));
  return writeOnnx(b.build());
}

/** Bright from row 4 to 7 and column 8 to 11. */
const picture = Float32Array.from({ length: SIZE ** 2 }, (_, i) => {
  const [row, column] = [Math.floor(i / SIZE), i % SIZE];
  return row >= 4 && row < 8 && column >= 8 && column < 12 ? 1 : 0.1;
});

async function maskAtHand() {
  const model = openFileModel(brightPixels());
  const explainer = new Explainer({ graph: model.graph, threads: 1 });
  const [probabilities] = await explainer.probabilities(picture);
  const sides = { rows: SIZE, columns: SIZE };
  // The frame is twice as large as the model's input.
  const frame = { rows: 2 * SIZE, columns: 2 * SIZE };
  return { explainer, at: { model, probabilities: probabilities!, boxes: null, input: sides, frame } };
}

test("of a mask the class's logits over a region are explained: pixels that no answer in the region reads have no influence", async () => {
  const { explainer, at } = await maskAtHand();
  expect(at.model).toMatchObject({ answers: "mask", classes: 2, dims: [2, SIZE, SIZE] });
  // Rows 10 to 13 and columns 2 to 5 of the frame are rows 5 and 6, columns 1 and 2 of the answer.
  const region = { kind: "region", x: 2, y: 10, width: 4, height: 4 } as const;
  const { question, classIndex } = questionOf(at, region, 1);
  expect(classIndex).toBe(1);
  const slopes = await explainer.gradients(picture, question);
  slopes.forEach((slope, i) => {
    const [row, column] = [Math.floor(i / SIZE), i % SIZE];
    // How many of the four answers read this pixel: 1 each, because all weights are 1.
    const answers = [5, 6].flatMap((y) => [1, 2].map((x) => Math.max(Math.abs(y - row), Math.abs(x - column)) <= 1));
    expect(slope).toBeCloseTo(answers.filter(Boolean).length, 5);
  });
  await explainer.dispose();
});

test("without a region a mask is explained where the model found the class, which is said in pixels of the frame", async () => {
  const { explainer, at } = await maskAtHand();
  const [found] = foundIn(at);
  expect(found).toMatchObject({ classIndex: 1, x: 16, y: 8, width: 8, height: 8 });
  const { question, classIndex } = questionOf(at, { kind: "predicted" }, null);
  expect(classIndex).toBe(1);
  const asked = question.weights.reduce((sum, weight) => sum + weight, 0);
  const predicted = at.probabilities.slice(SIZE ** 2).filter((value) => value > 0.5).length;
  expect(asked).toBe(predicted);
  await explainer.dispose();
});

test("a question that the answer has no room for is refused with what to do instead", async () => {
  const { explainer, at } = await maskAtHand();
  const empty = { ...at, probabilities: at.probabilities.map((_, i) => (i < SIZE ** 2 ? 1 : 0)) };
  expect(() => questionOf(empty, { kind: "predicted" }, null)).toThrow(/Name a region/);
  expect(() => questionOf(at, { kind: "box", index: 0 }, null)).toThrow(/mask, not with boxes/);
  expect(() => questionOf(at, { kind: "predicted" }, 7)).toThrow(/2 classes/);
  await explainer.dispose();
});

test("Grad-CAM of a U-Net looks at its coarsest stage, not at the last map before the answer", () => {
  const shape = { input: input(32), output: { kind: "mask", classes: 2 }, normalise, seed: 1 } as const;
  const graph = bindDimensions(buildArchitecture("unet", shape, 4).graph, { N: 1 });
  const rows = inferShapes(graph).get(lastFeatureMap(graph))!.shape[2];
  // 32, halved three times.
  expect(rows).toBe(4);
});

test("of a detector one box is explained by the logit of the place that answered with it", async () => {
  const shape = { input: input(32), output: { kind: "boxes", classes: 2 }, normalise, seed: 1 } as const;
  const model = openFileModel(writeOnnx(buildArchitecture("detector", shape, 4).graph));
  expect(model).toMatchObject({ answers: "boxes", classes: 2, dims: [84, 2] });
  const sides = { rows: 32, columns: 32 };
  const probabilities = new Float32Array(84 * 2).fill(0.01);
  probabilities[2 * 70 + 1] = 0.9;
  probabilities[2 * 20] = 0.6;
  const boxes = new Float32Array(84 * 4);
  boxes.set([2, 4, 10, 12], 4 * 70);
  boxes.set([16, 16, 24, 28], 4 * 20);
  const at = { model, probabilities, boxes, input: sides, frame: { rows: 64, columns: 64 } };
  expect(foundIn(at)[0]).toMatchObject({ classIndex: 1, x: 4, y: 8, width: 16, height: 16 });
  const placeOf = (question: { weights: Float32Array }) => question.weights.indexOf(1);
  expect(placeOf(questionOf(at, { kind: "predicted" }, null).question)).toBe(2 * 70 + 1);
  expect(placeOf(questionOf(at, { kind: "predicted" }, 0).question)).toBe(2 * 20);
  expect(placeOf(questionOf(at, { kind: "box", index: 1 }, null).question)).toBe(2 * 20);
  expect(placeOf(questionOf(at, { kind: "region", x: 34, y: 34, width: 1, height: 1 }, null).question)).toBe(2 * 20);
  expect(() => questionOf(at, { kind: "box", index: 2 }, null)).toThrow(/found 2 boxes/);

  const explainer = new Explainer({ graph: model.graph, threads: 1 });
  const { question } = questionOf(at, { kind: "box", index: 1 }, null);
  const grey = new Float32Array(32 * 32).fill(0.4);
  const stage = await explainer.stage(grey, question, "grad-cam");
  expect([stage.rows, stage.columns]).toEqual([2, 2]);
  const slopes = await explainer.gradients(grey, question);
  expect(slopes.some((slope) => slope !== 0)).toBe(true);
  await explainer.dispose();
});

test("a file's map comes from 0 to 1 with what was found and its trust figures, and nothing of it is kept", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const { imageId } = project.snapshots.items(snapshotId)[0]!;
  const { signal } = new AbortController();
  const asked = { project, onnx: brightPixels(BLOB_SIZE), imageId, frame: 0, normalise: { mean: 0, std: 1 }, signal };
  const target = { kind: "region", x: 0, y: 0, width: BLOB_SIZE, height: BLOB_SIZE } as const;
  const said = await explainFile({
    ...asked,
    method: "input-gradient",
    target,
    classIndex: 1,
    threads: 1,
  });
  expect(said).toMatchObject({ answers: "mask", classes: 2 });
  expect(Math.max(...said.explanation.values)).toBe(1);
  expect(Math.min(...said.explanation.values)).toBeGreaterThanOrEqual(0);
  // Its only convolution is the answer itself.
  await expect(explainFile({ ...asked, method: "grad-cam", target, classIndex: 1 })).rejects.toMatchObject({
    code: "explanation/not-possible",
  });
  const figures = await checkFile({ ...asked, method: "input-gradient", target, classIndex: 1, threads: 1 });
  expect(figures.cascade).toHaveLength(1);
  expect(project.models.list()).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { normalised, resampleBilinear } from "../../main/explanation/resample.ts";
import { inputGradientGraph, SALIENCY_OUTPUT, SCORE_WEIGHTS, stageGraph } from "../../main/explanation/saliency.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { averagedOverCopies, copiesOf } from "../../main/models/test-time-augmentation.ts";
import { createSession, type Values } from "../../main/training/engines/session.ts";

const SIZE = 4;
const HEAD = [0.5, -2]; // weight of the one feature for class 0 and class 1

/** image -> 1x1 convolution by 3 -> Relu -> mean -> two logits: small enough to differentiate on paper. */
function oneFeature(): Graph {
  const b = new GraphBuilder("one-feature");
  const image = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const kernel = b.initializer("kernel", floatTensor([1, 1, 1, 1], [3]));
  const feature = b.relu(b.op("Conv", [image, kernel], { kernel_shape: [1, 1] }));
  const pooled = b.op("GlobalAveragePool", [feature]);
  const flat = b.op("Flatten", [pooled], { axis: 1 });
  const logits = b.as("logits").node("Gemm", [flat, b.initializer("head", floatTensor([1, 2], HEAD))])[0]!;
  b.output(logits);
  b.output(b.as("probabilities").node("Softmax", [logits], { axis: 1 })[0]!);
  return b.build();
}

function logistic(): Graph {
  const b = new GraphBuilder("logistic");
  const image = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const flat = b.op("Flatten", [image], { axis: 1 });
  const weights = Float32Array.from({ length: 2 * SIZE ** 2 }, (_, i) => (i % 2 === 0 ? i : -i));
  const logits = b.as("logits").node("Gemm", [flat, b.initializer("head", floatTensor([SIZE ** 2, 2], weights))])[0]!;
  b.output(logits);
  b.output(b.as("probabilities").node("Softmax", [logits], { axis: 1 })[0]!);
  return b.build();
}

async function saliency(graph: Graph, pixels: Float32Array, classIndex: number): Promise<number[]> {
  verifyGraph(graph);
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: 1, use: "inference" });
  try {
    const feeds: Values = {
      image: floatTensor([1, 1, SIZE, SIZE], pixels),
      [SCORE_WEIGHTS]: floatTensor([1, 2], classIndex === 0 ? [1, 0] : [0, 1]),
    };
    return Array.from((await session.run(feeds))[SALIENCY_OUTPUT]!.data as Float32Array);
  } finally {
    await session.dispose();
  }
}

const pixels = Float32Array.from({ length: SIZE ** 2 }, (_, i) => i / SIZE ** 2);

describe("Grad-CAM", () => {
  test("is the feature map times its mean gradient, for the class it speaks for", async () => {
    const map = await saliency(stageGraph(oneFeature(), "grad-cam"), pixels, 0);
    const weight = HEAD[0]! / SIZE ** 2; // d logit / d feature, the same at every pixel
    for (const [i, value] of map.entries()) expect(value).toBeCloseTo(3 * pixels[i]! * weight, 6);
  });

  test("shows nothing where all evidence speaks against the class", async () => {
    expect(Math.max(...(await saliency(stageGraph(oneFeature(), "grad-cam"), pixels, 1)))).toBe(0);
  });

  test("of a model that averages over mirrored copies is the map of the picture as it is", async () => {
    const copies = copiesOf({ flip: true, flipVertical: true, quarterTurns: false });
    const map = await saliency(stageGraph(averagedOverCopies(oneFeature(), copies), "grad-cam"), pixels, 0);
    const weight = HEAD[0]! / SIZE ** 2 / copies.length;
    for (const [i, value] of map.entries()) expect(value).toBeCloseTo(3 * pixels[i]! * weight, 6);
  });

  test("refuses a network without a convolution and says what to use instead", () => {
    expect(() => stageGraph(logistic(), "grad-cam")).toThrowError(
      expect.objectContaining({ code: "explanation/not-possible", message: expect.stringContaining("input gradient") }),
    );
  });
});

describe("input gradient", () => {
  test("of a linear model is its weights, with their sign", async () => {
    const map = await saliency(inputGradientGraph(logistic()), pixels, 1);
    for (const [i, value] of map.entries()) expect(value).toBeCloseTo(-(2 * i + 1), 4);
  });

  test("passes through Relu only where it is open", async () => {
    const map = await saliency(inputGradientGraph(oneFeature()), pixels, 1);
    for (const [i, value] of map.entries()) {
      expect(value).toBeCloseTo(i === 0 ? 0 : (3 * HEAD[1]!) / SIZE ** 2, 6);
    }
  });
});

describe("the map over the picture", () => {
  test("keeps a constant constant and never leaves the range", () => {
    const flat = resampleBilinear(new Float32Array(9).fill(0.5), { rows: 3, columns: 3 }, { rows: 7, columns: 5 });
    expect(new Set(flat)).toEqual(new Set([0.5]));
    const ramp = resampleBilinear([0, 1], { rows: 1, columns: 2 }, { rows: 1, columns: 4 });
    expect(Array.from(ramp)).toEqual([0, 0.25, 0.75, 1]);
  });

  test("runs from 0 to 1, and a map of zeros stays one", () => {
    expect(Array.from(normalised(Float32Array.of(0, 2, 4)))).toEqual([0, 0.5, 1]);
    expect(Array.from(normalised(Float32Array.of(0, 0)))).toEqual([0, 0]);
  });
});

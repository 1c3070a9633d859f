import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate } from "../../main/compression/calibrate.ts";
import { foldBatchNorm } from "../../main/compression/fold.ts";
import { missedLimits, refusal } from "../../main/compression/gate.ts";
import { quantizableValues, quantizeStatic, uint8Parameters } from "../../main/compression/quantize.ts";
import { Steps } from "../../main/compression/steps.ts";
import { worstGroup } from "../../main/compression/subgroups.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { createSession } from "../../main/training/engines/session.ts";
import {
  compressionLimitsSchema,
  type Evaluation,
  type Progress,
  progressSchema,
} from "../../preload/contract/index.ts";

const SIZE = 12;
const CHANNELS = 6;

/** Seeded numbers in (-1, 1), so that a failure repeats. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A residual block on a normalised image, pooled and classified: every kind of place where a pair may stand. */
function residualNetwork(): Graph {
  const b = new GraphBuilder("net");
  const image = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const weight = (name: string, dims: number[], seed: number) =>
    b.initializer(
      name,
      floatTensor(
        dims,
        numbers(
          dims.reduce((p, d) => p * d, 1),
          seed,
        ),
      ),
    );
  const norm = (x: ReturnType<typeof b.relu>, name: string, seed: number) =>
    b.node("BatchNormalization", [
      x,
      b.initializer(
        `${name}.gamma`,
        floatTensor(
          [CHANNELS],
          numbers(CHANNELS, seed).map((v) => 1 + v / 2),
        ),
      ),
      weight(`${name}.beta`, [CHANNELS], seed + 1),
      weight(`${name}.mean`, [CHANNELS], seed + 2),
      b.initializer(
        `${name}.variance`,
        floatTensor(
          [CHANNELS],
          numbers(CHANNELS, seed + 3).map((v) => 1.1 + v),
        ),
      ),
    ])[0]!;
  const x = b.div(b.sub(image, 0.5), 0.25);
  const conv = (from: typeof x, name: string, inputs: number, seed: number) =>
    b.node("Conv", [from, weight(`${name}.weight`, [CHANNELS, inputs, 3, 3], seed)], {
      pads: [1, 1, 1, 1],
      strides: [1, 1],
      kernel_shape: [3, 3],
    })[0]!;
  const first = b.relu(norm(conv(x, "conv1", 1, 1), "norm1", 20));
  const second = norm(conv(first, "conv2", CHANNELS, 5), "norm2", 30);
  const sum = b.relu(b.add(second, first));
  const pooled = b.op("GlobalAveragePool", [sum]);
  const flat = b.op("Flatten", [pooled], { axis: 1 });
  const logits = b
    .as("logits")
    .node("Gemm", [flat, weight("head.weight", [CHANNELS, 2], 40), weight("head.bias", [2], 41)])[0]!;
  b.output(logits);
  b.output(b.as("probabilities").node("Softmax", [logits], { axis: 1 })[0]!);
  return b.build();
}

async function logitsOf(graph: Graph, images: Float32Array): Promise<Float32Array> {
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: 1, use: "inference" });
  try {
    const image = floatTensor([images.length / SIZE ** 2, 1, SIZE, SIZE], images);
    return (await session.run({ image })).logits!.data as Float32Array;
  } finally {
    await session.dispose();
  }
}

const images = numbers(16 * SIZE ** 2, 99).map((value) => (value + 1) / 2);
const calibration = { images, size: SIZE, threads: 1, signal: new AbortController().signal, onImages: () => {} };

describe("folding batch normalisation", () => {
  test("leaves no BatchNormalization and the same logits to 1e-4", async () => {
    const graph = residualNetwork();
    const folded = foldBatchNorm(graph);
    verifyGraph(folded);
    expect(folded.nodes.map((node) => node.op)).not.toContain("BatchNormalization");
    const [before, after] = [await logitsOf(graph, images), await logitsOf(folded, images)];
    for (const [i, value] of before.entries()) expect(Math.abs(value - after[i]!)).toBeLessThan(1e-4);
  });

  test("keeps a normalisation whose convolution something else reads", () => {
    const graph = residualNetwork();
    const conv = graph.nodes.find((node) => node.op === "Conv")!;
    const seen = { name: conv.outputs[0]!, type: "float32" as const, shape: ["N", CHANNELS, SIZE, SIZE] };
    const folded = foldBatchNorm({ ...graph, outputs: [...graph.outputs, seen] });
    expect(folded.nodes.filter((node) => node.op === "BatchNormalization")).toHaveLength(1);
  });
});

describe("static int8", () => {
  test("has integer weights everywhere and logits within 4 % of their range", async () => {
    const folded = foldBatchNorm(residualNetwork());
    const ranges = await calibrate(folded, quantizableValues(folded), calibration);
    const quantized = quantizeStatic(folded, ranges);
    verifyGraph(quantized);
    for (const node of quantized.nodes) {
      if (node.op !== "Conv" && node.op !== "Gemm") continue;
      const maker = quantized.nodes.find(({ outputs }) => outputs.includes(node.inputs[1]!));
      expect(maker?.op, `weights of ${node.name}`).toBe("DequantizeLinear");
    }
    const [exact, close] = [await logitsOf(folded, images), await logitsOf(quantized, images)];
    const range = Math.max(...exact) - Math.min(...exact);
    for (const [i, value] of exact.entries()) expect(Math.abs(value - close[i]!) / range).toBeLessThan(0.04);
  });

  test("puts no pair between an operator and its Relu, and zero point 0 after it", async () => {
    const folded = foldBatchNorm(residualNetwork());
    const values = quantizableValues(folded);
    const ranges = await calibrate(folded, values, calibration);
    const makers = new Map(folded.nodes.flatMap((node) => node.outputs.map((output) => [output, node.op] as const)));
    for (const relu of folded.nodes.filter(({ op }) => op === "Relu")) expect(values).not.toContain(relu.inputs[0]);
    for (const value of values.filter((name) => makers.get(name) === "Relu")) {
      expect(uint8Parameters(ranges.get(value)!).zeroPoint).toBe(0);
    }
  });

  test("represents 0 exactly for any range", () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        (a, b) => {
          const { scale, zeroPoint } = uint8Parameters({ min: Math.min(a, b), max: Math.max(a, b) });
          expect(zeroPoint).toBeGreaterThanOrEqual(0);
          expect(zeroPoint).toBeLessThanOrEqual(255);
          expect(scale).toBeGreaterThan(0);
          expect(Number.isInteger(zeroPoint)).toBe(true);
        },
      ),
    );
  });

  test("refuses to calibrate without images, and on values that are not finite", async () => {
    const folded = foldBatchNorm(residualNetwork());
    const values = quantizableValues(folded);
    await expect(calibrate(folded, values, { ...calibration, images: new Float32Array() })).rejects.toMatchObject({
      code: "snapshot/part-empty",
    });
    const broken = images.slice().fill(Number.NaN, 0, 10);
    await expect(calibrate(folded, values, { ...calibration, images: broken })).rejects.toMatchObject({
      code: "graph/invalid",
    });
  });
});

describe("the gate", () => {
  const group = (value: string, accuracy: number) => ({ values: [value, "40–59"], accuracy, cases: 20 });
  const cost = {
    bytes: 100,
    latencyMs: 1,
    auc: 0.95,
    accuracy: 0.9,
    worstClass: 0.8,
    worstGroup: group("F", 0.9),
    flops: 1000,
  };
  const none = compressionLimitsSchema.parse({ maxAucDrop: 0.5 });
  const after = {
    ...cost,
    ...{ bytes: 30, latencyMs: 0.8, auc: 0.93, accuracy: 0.86, worstClass: 0.5 },
    worstGroup: group("", 0.7),
  };

  test.each([
    ["auc", { maxAucDrop: 0.01 }, "missed by 0.0100"],
    ["accuracy", { maxAccuracyDrop: 0.01 }, "missed by 0.0300"],
    ["worst-class", { maxWorstClassDrop: 0.1 }, "missed by 0.2000"],
    ["worst-group", { maxWorstGroupDrop: 0.1 }, "(not known · 40–59) fell by 0.2000 (from 0.9000 to 0.7000)"],
    ["size", { minSmaller: 4 }, "missed by 0.67"],
    ["latency", { minFaster: 1.5 }, "missed by 0.25"],
  ] as const)("says that the limit on %s was missed, and by how much", (limit, asked, words) => {
    const missed = missedLimits(cost, after, { ...none, ...asked });
    expect(missed.map((one) => one.limit)).toEqual([limit]);
    expect(refusal(cost, after, missed)).toContain(words);
  });

  test("names every limit that was missed, and none where all hold", () => {
    const drops = { maxAucDrop: 0, maxAccuracyDrop: 0, maxWorstClassDrop: 0, maxWorstGroupDrop: 0 };
    expect(missedLimits(cost, after, { ...none, ...drops, minSmaller: 10, minFaster: 10 })).toHaveLength(6);
    expect(missedLimits(cost, after, none)).toEqual([]);
    expect(refusal(cost, after, [])).toBe("");
  });

  test("refuses a model that did not become smaller, whatever was asked", () => {
    expect(missedLimits(cost, { ...cost, bytes: 100 }, none).map(({ limit }) => limit)).toEqual(["size"]);
  });
});

describe("the worst group of patients", () => {
  const of = new Map(["f1", "f2", "m1", "m2", "u1"].map((id) => [id, [{ f: "F", m: "M" }[id[0]!] ?? ""]] as const));
  const said = (right: readonly string[]): Evaluation => {
    const cases = [...of.keys()].map((imageId) => ({ imageId, truth: 1, predicted: Number(right.includes(imageId)) }));
    return { cases } as unknown as Evaluation;
  };

  test("is the one with the smallest share of right answers, among those with enough cases", () => {
    const evaluation = said(["f1", "f2", "m1"]);
    expect(worstGroup(evaluation, { of, minimum: 2 })).toEqual({ values: ["M"], accuracy: 0.5, cases: 2 });
    expect(worstGroup(evaluation, { of, minimum: 1 })).toEqual({ values: [""], accuracy: 0, cases: 1 });
  });

  test("is refused where no group has enough cases, with how many were asked for", () => {
    expect(() => worstGroup(said([]), { of, minimum: 3 })).toThrowError(/No group of patients has 3 cases/);
  });
});

test("progress over more work than was expected stays full, and no time left is negative", () => {
  const told: Progress[] = [];
  const steps = new Steps(10, (progress) => told.push(progress));
  for (const count of [8, 2, 5]) steps.add(count, "evaluating");
  expect(told.map(({ done, total }) => [done, total])).toEqual([
    [8, 10],
    [10, 10],
    [15, 15],
  ]);
  for (const progress of told) expect(progressSchema.safeParse(progress).success).toBe(true);
});

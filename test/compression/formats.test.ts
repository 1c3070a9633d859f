import { describe, expect, test } from "vitest";
import { calibrate } from "../../main/compression/calibrate.ts";
import { type Numbers, reduce } from "../../main/compression/formats.ts";
import { addNumbers, emptyHistogram, entropyRange, percentileRange } from "../../main/compression/histogram.ts";
import { quantizableValues, quantizeStatic, uint8Parameters } from "../../main/compression/quantize.ts";
import { quantizeWeights } from "../../main/compression/weight-only.ts";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor } from "../../main/graph/graph.ts";
import { fromHalf, toHalf } from "../../main/graph/half.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { inferenceModel } from "../../main/models/model-graph.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/session.ts";
import type { NumberFormat, Recipe } from "../../preload/contract/index.ts";

const SIZE = 16;
const random = createRandom(5);
const images = Float32Array.from({ length: 8 * SIZE ** 2 }, () => random.uniform());
const calibration = { images, size: SIZE, threads: 1, signal: new AbortController().signal, onImages: () => {} };
const numbers = (format: NumberFormat, more: Partial<Numbers> = {}): Numbers => ({
  format,
  calibration: "min-max",
  percentile: 99.99,
  symmetric: false,
  ...more,
});

function network(architecture: Recipe["architecture"], width: number): Uint8Array {
  const model = buildModel({ architecture, inputSize: SIZE, width }, 3, { mean: 0.5, std: 0.3 }, 1);
  return writeOnnx(inferenceModel(model, model.graph.initializers));
}

const NETS = { convolutions: network("resnet18", 8), products: network("vit-tiny", 64) };

async function logitsOf(onnx: Uint8Array, given = images): Promise<Float32Array> {
  const session = await createSession(onnx, { device: "cpu", threads: 1, use: "inference" });
  try {
    const image = floatTensor([given.length / SIZE ** 2, 1, SIZE, SIZE], given);
    return (await session.run({ image }, ["logits"])).logits!.data as Float32Array;
  } finally {
    await session.dispose();
  }
}

/** Largest difference over the range of the exact values. */
function off(exact: Float32Array, found: Float32Array): number {
  const range = Math.max(...exact) - Math.min(...exact);
  return Math.max(...exact.map((value, i) => Math.abs(value - found[i]!))) / range;
}

describe("every format runs, is smaller by what it says, and answers within its tolerance", () => {
  test.each([
    ["int8", "convolutions", 3.2, 0.1],
    ["int8-dynamic", "convolutions", 3.2, 0.1],
    ["int8-weights", "convolutions", 3.2, 0.05],
    ["float16", "convolutions", 1.9, 0.005],
    ["int8", "products", 3, 0.15],
    ["int8-dynamic", "products", 3.2, 0.1],
    ["int8-weights", "products", 3.2, 0.05],
    ["int4-weights", "products", 5, 0.6],
    ["float16", "products", 1.9, 0.005],
  ] as const)(
    "%s of a network of %s: %f times smaller, within %f of the range",
    async (format, net, smaller, within) => {
      const onnx = NETS[net];
      const reduced = await reduce(onnx, numbers(format), calibration);
      const file = reduced.file(new Set());
      verifyGraph(readOnnx(file));
      expect(onnx.length / file.length).toBeGreaterThan(smaller);
      const exact = await logitsOf(onnx);
      const found = off(exact, await logitsOf(file));
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(within);
      // With every layer left in float nothing is left of the format.
      expect(off(exact, await logitsOf(reduced.file(new Set(reduced.layers))))).toBeLessThan(1e-4);
    },
  );
});

test("4-bit weights are refused where no product could have them, with what to choose instead", async () => {
  const b = new GraphBuilder("convolutions");
  const image = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const map = b.conv(image, b.initializer("w", floatTensor([2, 1, 3, 3], images.subarray(0, 18))));
  b.output(b.as("logits").reduceMax(map, [2, 3], false));
  await expect(reduce(writeOnnx(b.build()), numbers("int4-weights"), calibration)).rejects.toMatchObject({
    code: "compression/refused",
    message: expect.stringMatching(/no matrix product over 32 numbers or more.*Choose 8-bit weights/),
  });
});

test("4-bit weights mean the nearest of 16 steps of their block, also where the last block is not full", async () => {
  const [K, N] = [40, 3];
  const weights = Float32Array.from({ length: K * N }, () => random.uniform() - 0.4);
  const b = new GraphBuilder("product");
  const x = b.input("x", "float32", ["N", K]);
  b.output(b.as("y").matMul(x, b.initializer("w", floatTensor([K, N], weights))));
  const graph = quantizeWeights(b.build(), 4, new Set());
  expect(graph.nodes.map(({ op }) => op)).toEqual(["MatMulNBits"]);
  const session = await createSession(writeOnnx(graph), { device: "cpu", threads: 1, use: "inference" });
  const identity = Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0));
  const { y } = await session.run({ x: floatTensor([K, K], identity) });
  await session.dispose();
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const block = Array.from({ length: K }, (_, i) => i).filter((i) => i >> 5 === k >> 5);
      const step = Math.max(...block.map((i) => Math.abs(weights[i * N + n]!))) / 8;
      // The far end of the sign that has one step less is cut: a whole step at most.
      expect(Math.abs((y!.data[k * N + n] as number) - weights[k * N + n]!)).toBeLessThanOrEqual(step * 1.001);
    }
  }
});

test("16-bit numbers are those that the engine's own arrays hold, every one of them and every rounding", () => {
  const own = (globalThis as unknown as { Float16Array: new (values: ArrayLike<number> | ArrayBuffer) => Float32Array })
    .Float16Array;
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  expect(fromHalf(all)).toEqual(Float32Array.from(new own(all.buffer)));
  const finite = fromHalf(all).filter(Number.isFinite);
  const between = Float32Array.from(
    { length: 20_000 },
    () => finite[random.below(finite.length)]! * (1 + random.uniform() / 900),
  );
  const ties = finite.map((value, i) => (value + finite[Math.min(i + 1, finite.length - 1)]!) / 2);
  for (const values of [finite, between, ties, Float32Array.of(7e4, -7e4, 65519, 65520, 1e-9, Number.NaN)]) {
    expect(fromHalf(toHalf(values))).toEqual(Float32Array.from(new own(values)));
  }
});

describe("ranges", () => {
  const counted = (values: readonly number[]) => {
    const histogram = emptyHistogram({ min: Math.min(...values), max: Math.max(...values) });
    addNumbers(histogram, Float32Array.from(values));
    return histogram;
  };

  test("a percentile leaves out as many numbers as it says at each end and no more than a bin's width of others", () => {
    const values = Array.from({ length: 10_001 }, (_, i) => i / 10 - 500);
    const { min, max } = percentileRange(counted(values), 99);
    expect(Math.abs(min - -490)).toBeLessThan(1000 / 2048 + 0.1);
    expect(Math.abs(max - 490)).toBeLessThan(1000 / 2048 + 0.1);
    expect(percentileRange(counted(values), 100)).toEqual({ min: -500, max: 500 });
  });

  test("entropy cuts a lone outlier off and leaves an even spread whole", () => {
    const bell = Array.from({ length: 20_000 }, () => random.normal());
    const cut = entropyRange(counted([...bell, 60]));
    expect(cut.max).toBeLessThan(15);
    expect(cut.max).toBeGreaterThan(1.5);
    expect(cut.min).toBe(Math.min(...bell));
    const even = Array.from({ length: 20_480 }, (_, i) => i / 20_480);
    expect(entropyRange(counted(even)).max).toBeGreaterThan(0.95);
  });

  test("calibration by percentile and by entropy answers better than by extremes where one pixel shines", async () => {
    const b = new GraphBuilder("pixels");
    const weight = (name: string, dims: readonly number[]) =>
      b.initializer(
        name,
        floatTensor(
          dims,
          Float32Array.from({ length: dims[0]! * dims[1]! }, () => random.normal()),
        ),
      );
    const inner = b.relu(b.conv(b.input("image", "float32", ["N", 1, SIZE, SIZE]), weight("first", [6, 1, 1, 1])));
    b.output(b.as("logits").op("GlobalAveragePool", [b.conv(inner, weight("second", [3, 6, 1, 1]))]));
    const graph = b.build();
    const values = quantizableValues(graph);
    const shining = images.map((value, i) => (i === 3 ? 100 : value));
    const usual = images.subarray(SIZE ** 2);
    const exact = await logitsOf(writeOnnx(graph), usual);
    const errorBy = async (rule: Pick<Numbers, "calibration" | "percentile">) => {
      const ranges = await calibrate(graph, values, { ...calibration, images: shining, rule });
      return off(exact, await logitsOf(writeOnnx(quantizeStatic(graph, ranges)), usual));
    };
    const extremes = await errorBy({ calibration: "min-max", percentile: 100 });
    expect(await errorBy({ calibration: "percentile", percentile: 99.9 })).toBeLessThan(extremes / 2);
    expect(await errorBy({ calibration: "entropy", percentile: 100 })).toBeLessThan(extremes);
  });

  test("symmetric codes have their zero in the middle for both signs, and stay at 0 after Relu", () => {
    expect(uint8Parameters({ min: -1, max: 3 }, true)).toEqual({ scale: Math.fround(3 / 127), zeroPoint: 128 });
    expect(uint8Parameters({ min: 0, max: 3 }, true)).toEqual(uint8Parameters({ min: 0, max: 3 }));
  });
});

// Graphs that are written as layers answer in TensorFlow.js as they do here, and are read again as the same function.
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../../main/graph/builder.ts";
import { elementCount, floatTensor, type Graph, type Tensor } from "../../../main/graph/graph.ts";
import { type ArchitectureName, buildArchitecture } from "../../../main/models/build-model.ts";
import { parseKeras, readKeras } from "../../../main/models/keras/read-keras.ts";
import { type KerasModel, writeKeras } from "../../../main/models/keras/write-keras.ts";
import type { ModelInput, ModelOutput } from "../../../main/models/model-graph.ts";
import { createRandom } from "../../../main/models/random.ts";
import { numbers, runGraph } from "../../graph/onnx-runtime.ts";

const CASES = 3;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

async function opened({ json, weights }: KerasModel): Promise<tf.LayersModel> {
  const file = JSON.parse(json) as { modelTopology: object; weightsManifest: tf.io.WeightsManifestConfig };
  const weightSpecs = file.weightsManifest.flatMap(({ weights: specs }) => specs);
  const weightData = new Uint8Array(weights).buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology: file.modelTopology, weightSpecs, weightData }));
}

const lastOf = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
const firstOf = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** Cases for the graph's input: whole numbers below 5 where tokens are read. */
function cases(graph: Graph): Tensor {
  const [{ shape, type }] = graph.inputs as [Graph["inputs"][number]];
  const dims = [CASES, ...(shape.slice(1) as number[])];
  const random = createRandom(4);
  const values = Array.from({ length: elementCount(dims) }, () =>
    type === "float32" ? random.uniform() * 2 - 0.5 : random.below(5),
  );
  if (type === "float32") return floatTensor(dims, values);
  return { type, dims, data: BigInt64Array.from(values, BigInt) };
}

/** The answers of the graph, of the layers model in TensorFlow.js, and of the graph that is read from it. */
async function threeAnswers(graph: Graph, output: string): Promise<[number[], number[], number[]]> {
  const [input] = graph.inputs;
  const x = cases(graph);
  const { [output]: expected } = await runGraph(graph, { [input!.name]: x });
  const written = writeKeras(graph, output, { classes: ["one", "二"] });
  const model = await opened(written);
  const rank = x.dims.length;
  const values = Float32Array.from(x.data as ArrayLike<number>, Number);
  const given = tf.tensor(values, [...x.dims], x.type === "float32" ? "float32" : "int32");
  const answer = model.predict(rank > 3 ? tf.transpose(given, lastOf(rank)) : given) as tf.Tensor;
  const turned = answer.rank > 3 ? tf.transpose(answer, firstOf(answer.rank)) : answer;
  expect(turned.shape).toEqual(expected!.dims);
  const again = readKeras(parseKeras(written.json), [written.weights]);
  const feeds = { input: x.type === "float32" ? x : floatTensor(x.dims, values) };
  const { [again.outputs[0]!.name]: read } = await runGraph(again, feeds);
  expect(read!.dims).toEqual(expected!.dims);
  return [numbers(expected!), [...(await turned.data())], numbers(read!)].map((list) => Array.from(list)) as [
    number[],
    number[],
    number[],
  ];
}

async function expectSame(graph: Graph, output = graph.outputs[0]!.name): Promise<void> {
  const [expected, there, again] = await threeAnswers(graph, output);
  const largest = Math.max(...expected.map(Math.abs));
  expect(Number.isFinite(largest)).toBe(true);
  for (const found of [there, again]) {
    for (const [i, value] of expected.entries())
      expect(Math.abs(found[i]! - value)).toBeLessThan(2e-4 * Math.max(1, largest));
  }
}

/** Weights and running statistics that are nowhere their usual zeros and ones; those that ONNX divides by stay above 0. */
function stirred(graph: Graph): Graph {
  const random = createRandom(7);
  const variances = new Set(
    graph.nodes.filter(({ op }) => op === "BatchNormalization").map(({ inputs }) => inputs[4]!),
  );
  const initializers = new Map(
    [...graph.initializers].map(([name, constant]) => {
      const { type, dims, data } = constant;
      if (type !== "float32" || data.length < 2) return [name, constant];
      const moved = Float32Array.from(data as Float32Array, (value) =>
        variances.has(name) ? 0.5 + random.uniform() : value + 0.1 * random.normal(),
      );
      return [name, floatTensor(dims, moved)];
    }),
  );
  return { ...graph, initializers };
}

const IMAGE: ModelInput = { kind: "image", channels: 2, size: [32, 32] };
const CLASSES: ModelOutput = { kind: "class", classes: 3 };
const MASK: ModelOutput = { kind: "mask", classes: 2 };

describe("architectures", () => {
  test.each<[ArchitectureName, ModelInput, ModelOutput, number]>([
    ["linear", { kind: "table", features: 6 }, { kind: "value", values: 2 }, 0],
    ["logistic", IMAGE, CLASSES, 0],
    ["mlp", { kind: "table", features: 6 }, { kind: "labels", labels: 3 }, 8],
    ["classic", IMAGE, CLASSES, 4],
    ["convnet", IMAGE, CLASSES, 4],
    ["resnet18", IMAGE, CLASSES, 4],
    ["resnet50", IMAGE, CLASSES, 4],
    ["densenet121", IMAGE, CLASSES, 4],
    ["mobilenetv3-small", IMAGE, CLASSES, 8],
    ["efficientnet-b0", IMAGE, CLASSES, 8],
    ["convnext-tiny", IMAGE, CLASSES, 8],
    ["unet", IMAGE, MASK, 4],
    ["unet-residual", IMAGE, MASK, 4],
    ["unet-attention", IMAGE, MASK, 4],
    ["lstm", { kind: "sequence", steps: 7, features: 3 }, CLASSES, 5],
    ["lstm", { kind: "tokens", steps: 7, vocabulary: 5 }, CLASSES, 5],
  ])("%s answers the same as layers", async (name, input, output, width) => {
    const shape = { input, output, normalise: { mean: 0.3, std: 0.2 }, seed: 1 };
    const { graph } = buildArchitecture(name, shape, width);
    await expectSame(stirred(graph), graph.outputs.at(-1)!.name);
  });
});

/** A graph of one input of this shape. */
function graphOf(shape: readonly number[], make: (b: GraphBuilder, x: Value, weight: Weight) => Value): Graph {
  const b = new GraphBuilder("small");
  const random = createRandom(5);
  let count = 0;
  const weight: Weight = (...dims) =>
    b.initializer(
      `w${++count}`,
      floatTensor(
        dims,
        Array.from({ length: elementCount(dims) }, () => random.normal() * 0.5),
      ),
    );
  b.output(b.as("y").identity(make(b, b.input("x", "float32", ["N", ...shape]), weight)));
  return b.build();
}
type Weight = (...dims: number[]) => Value;

const map = [3, 9, 7] as const;

describe("operators", () => {
  test.each<[string, readonly number[], (b: GraphBuilder, x: Value, weight: Weight) => Value]>([
    [
      "a stride of 2 with a zero on each side",
      [3, 8, 8],
      (b, x, w) => b.conv(x, w(4, 3, 3, 3), w(4), { strides: [2, 2], pads: [1, 1, 1, 1] }),
    ],
    [
      "a stride of 2 as Keras pads it",
      [3, 8, 8],
      (b, x, w) => b.conv(x, w(4, 3, 3, 3), w(4), { strides: [2, 2], pads: [0, 0, 1, 1] }),
    ],
    ["auto_pad", map, (b, x, w) => b.op("Conv", [x, w(4, 3, 3, 3)], { strides: [2, 1], auto_pad: "SAME_UPPER" })],
    ["gaps in the window", map, (b, x, w) => b.conv(x, w(2, 3, 3, 2), null, { dilations: [2, 3] })],
    [
      "a window for each channel, twice",
      map,
      (b, x, w) => b.conv(x, w(6, 1, 3, 3), w(6), { group: 3, pads: [1, 1, 1, 1] }),
    ],
    ["one axis", [3, 9], (b, x, w) => b.relu(b.conv(x, w(4, 3, 3), w(4), { pads: [1, 1] }))],
    [
      "three axes",
      [2, 5, 6, 7],
      (b, x, w) => b.maxPool(b.relu(b.conv(x, w(3, 2, 3, 3, 3), w(3))), [1, 2, 2], { strides: [1, 2, 2] }),
    ],
    [
      "a transposed convolution that reaches over",
      map,
      (b, x, w) => b.convTranspose(x, w(3, 2, 3, 3), w(2), { strides: [2, 2] }),
    ],
    [
      "a transposed convolution that ends with the stride",
      map,
      (b, x, w) => b.convTranspose(x, w(3, 2, 4, 4), null, { strides: [2, 2], pads: [1, 1, 1, 1] }),
    ],
    [
      "a pool with zeros behind a Relu",
      [3, 8, 8],
      (b, x) => b.maxPool(b.relu(x), [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    ],
    [
      "a pool that pads as Keras does",
      [3, 8, 8],
      (b, x) => b.maxPool(x, [3, 3], { strides: [1, 1], pads: [1, 1, 1, 1] }),
    ],
    [
      "a mean that does not count zeros",
      [3, 8, 8],
      (b, x) => b.averagePool(x, [3, 3], { strides: [1, 1], pads: [1, 1, 1, 1] }),
    ],
    ["the largest of each channel, kept as an image", map, (b, x) => b.relu(b.op("GlobalMaxPool", [x]))],
    [
      "means and largest values of channels",
      map,
      (b, x) => b.concat([b.reduceMean(x, [2, 3], false), b.reduceMax(x, [2, 3], false)], 1),
    ],
    ["numbers for each channel", map, (b, x, w) => b.sub(b.mul(x, w(3, 1, 1)), w(1, 3, 1, 1))],
    ["numbers for each column", map, (b, x, w) => b.div(b.add(x, w(7)), 2)],
    ["a number minus the image", map, (b, x) => b.sub(1, b.mul(x, x))],
    ["two values' difference", map, (b, x) => b.sub(b.sigmoid(x), x)],
    ["largest and smallest of two", map, (b, x) => b.op("Max", [b.op("Min", [x, b.sigmoid(x)]), b.op("Tanh", [x])])],
    [
      "activations",
      map,
      (b, x) =>
        b.op("Elu", [b.op("LeakyRelu", [b.op("Selu", [b.op("Softsign", [b.op("Softplus", [x])])])], { alpha: 0.2 })]),
    ],
    [
      "cutting, and a hard sigmoid as ONNX has it",
      map,
      (b, x) => b.op("HardSwish", [b.op("HardSigmoid", [b.clip(x, 0, 6)])]),
    ],
    [
      "GELU with the half in front",
      map,
      (b, x) => b.mul(b.mul(x, 0.5), b.add(b.op("Erf", [b.mul(x, Math.SQRT1_2)]), 1)),
    ],
    ["GELU with the half behind", map, (b, x) => b.mul(b.mul(x, b.add(b.op("Erf", [b.div(x, Math.SQRT2)]), 1)), 0.5)],
    ["softmax over rows", map, (b, x) => b.softmax(x, 2)],
    ["softmax over channels", map, (b, x) => b.softmax(x, 1)],
    ["channels joined", map, (b, x) => b.concat([x, b.relu(x), x], 1)],
    ["columns joined", map, (b, x) => b.concat([x, b.relu(x)], -1 + x.shape.length)],
    ["an image as a row, in the graph's order", map, (b, x, w) => b.gemm(b.flatten(x), w(189, 2), w(2))],
    ["an image as channels of sequences", map, (b, x) => b.reshape(x, [-1, 3, 63])],
    [
      "channels last, a product and back",
      map,
      (b, x, w) => b.transpose(b.add(b.matMul(b.transpose(x, [0, 2, 3, 1]), w(3, 5)), w(5)), [0, 3, 1, 2]),
    ],
    [
      "axes of one",
      [4],
      (b, x, w) => b.squeeze(b.conv(b.unsqueeze(b.unsqueeze(x, [1]), [3]), w(2, 1, 3, 1), w(2)), [3]),
    ],
    [
      "pixels repeated",
      map,
      (b, x) =>
        b.op("Resize", [x, null, b.constant(floatTensor([4], [1, 1, 2, 3]))], {
          mode: "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        }),
    ],
    [
      "a layer normalisation of channels",
      map,
      (b, x, w) =>
        b.transpose(b.op("LayerNormalization", [b.transpose(x, [0, 2, 3, 1]), w(3), w(3)], { axis: -1 }), [0, 3, 1, 2]),
    ],
    [
      "an LSTM that answers at each step",
      [5, 3],
      (b, x, w) => b.transpose(b.squeeze(recurrent(b, "LSTM", x, w)[0]!, [1]), [1, 0, 2]),
    ],
    [
      "an LSTM that runs backwards",
      [5, 3],
      (b, x, w) => b.squeeze(recurrent(b, "LSTM", x, w, { direction: "reverse" })[1]!, [0]),
    ],
    [
      "a GRU that resets before the product",
      [5, 3],
      (b, x, w) => b.squeeze(recurrent(b, "GRU", x, w, { linear_before_reset: 0 })[1]!, [0]),
    ],
    ["an RNN", [5, 3], (b, x, w) => b.squeeze(recurrent(b, "RNN", x, w)[1]!, [0])],
  ])("%s", async (_, shape, make) => {
    await expectSame(graphOf(shape, make));
  });

  test("a GRU that resets behind the product is written as Keras has it; TensorFlow.js says that it cannot", async () => {
    const graph = graphOf([5, 3], (b, x, w) =>
      b.squeeze(recurrent(b, "GRU", x, w, { linear_before_reset: 1 })[1]!, [0]),
    );
    const written = writeKeras(graph, "y");
    await expect(opened(written)).rejects.toThrow(/reset_after/);
    const x = cases(graph);
    const { y } = await runGraph(graph, { x });
    const again = readKeras(parseKeras(written.json), [written.weights]);
    const { [again.outputs[0]!.name]: found } = await runGraph(again, { input: x });
    numbers(y!).forEach((value, i) => {
      expect(Math.abs(numbers(found!)[i]! - value)).toBeLessThan(1e-5);
    });
  });
});

const GATES: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Four units over [N, 5, 3]: what is said at each step, and after the last. */
function recurrent(b: GraphBuilder, op: "LSTM" | "GRU" | "RNN", x: Value, w: Weight, attributes = {}) {
  const rows = 4 * GATES[op]!;
  const inputs = [b.transpose(x, [1, 0, 2]), w(1, rows, 3), w(1, rows, 4), w(1, 2 * rows)];
  return b.node(op, inputs, { hidden_size: 4, ...attributes }, 2);
}

describe("what layers cannot say is refused by name", () => {
  test.each<[string, RegExp, readonly number[], (b: GraphBuilder, x: Value, weight: Weight) => Value]>([
    ["two groups", /Conv ".*" .*2 groups/, [4, 9, 9], (b, x, w) => b.conv(x, w(4, 2, 3, 3), null, { group: 2 })],
    ["a product of two values", /MatMul ".*" .*constant matrices/, [4, 4], (b, x) => b.matMul(x, x)],
    ["a constant for each pixel", /Add ".*" .*constants of \[9, 7\]/, map, (b, x, w) => b.add(x, w(9, 7))],
    [
      "a pool with zeros where values may be negative",
      /MaxPool ".*" .*padding/,
      [3, 8, 8],
      (b, x) => b.maxPool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    ],
    [
      "windows over the edge",
      /MaxPool ".*" .*ceil_mode/,
      map,
      (b, x) => b.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
    ],
    [
      "a mean that counts zeros",
      /AveragePool ".*" .*counts zeros/,
      [3, 8, 8],
      (b, x) => b.op("AveragePool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
    ],
    [
      "padding that layers of one axis have not",
      /Conv ".*" .*padding \[2, 2\]/,
      [3, 9],
      (b, x, w) => b.conv(x, w(4, 3, 3), null, { pads: [2, 2] }),
    ],
    ["another slope of ELU", /Elu ".*" .*alpha/, map, (b, x) => b.op("Elu", [x], { alpha: 0.7 })],
    ["a slice", /Slice ".*" .*nothing for it/, map, (b, x) => b.slice(x, [1], [3], [2], [1])],
    ["cases joined", /Reshape ".*" .*joins cases/, map, (b, x) => b.reshape(x, [-1, 9, 7])],
    ["a quotient of two values", /Div ".*" .*divide/, map, (b, x) => b.div(x, b.sigmoid(x))],
  ])("%s", (_, message, shape, make) => {
    expect(() => writeKeras(graphOf(shape, make), "y")).toThrow(
      expect.objectContaining({ code: "model/not-exportable", message: expect.stringMatching(message) }),
    );
  });

  test("an answer that the graph has not", () => {
    expect(() =>
      writeKeras(
        graphOf([4], (b, x) => b.relu(x)),
        "z",
      ),
    ).toThrow(/0 outputs called z/);
  });
});

test("a written model says what it reads and where its weights are, in the order of the file", async () => {
  const graph = graphOf(map, (b, x, w) => b.conv(x, w(4, 3, 3, 3), w(4)));
  const { json, weights } = writeKeras(graph, "y", { classes: ["one", "二"] });
  const file = JSON.parse(json) as Record<string, unknown>;
  expect(file).toMatchObject({
    format: "layers-model",
    userDefinedMetadata: { classes: ["one", "二"] },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [
          { shape: [3, 3, 3, 4], dtype: "float32" },
          { shape: [4], dtype: "float32" },
        ],
      },
    ],
  });
  expect(weights.byteLength).toBe(4 * (108 + 4));
  expect((await opened({ json, weights })).inputs[0]!.shape).toEqual([null, 9, 7, 3]);
});

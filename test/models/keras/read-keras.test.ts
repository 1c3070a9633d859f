// Models that TensorFlow.js built and saved answer here as they do there.
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { floatTensor, type Graph } from "../../../main/graph/graph.ts";
import { verifyGraph } from "../../../main/graph/verify.ts";
import { adoptModel } from "../../../main/models/adopt.ts";
import { parseKeras, readKeras } from "../../../main/models/keras/read-keras.ts";
import { createRandom } from "../../../main/models/random.ts";
import { numbers, runGraph } from "../../graph/onnx-runtime.ts";
import { type SavedModel, save } from "./tfjs-file.ts";

const CASES = 3;
const L = tf.layers;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Weights that are nowhere their usual zeros and ones. */
function stirred(model: tf.LayersModel): tf.LayersModel {
  const random = createRandom(3);
  model.setWeights(
    model.getWeights().map((weight, i) => {
      const from = model.weights[i]!.name.endsWith("moving_variance") ? 0.1 : -0.3;
      const values = Float32Array.from({ length: weight.size }, () => random.uniform() + from);
      return tf.tensor(values, weight.shape);
    }),
  );
  return model;
}

const read = ({ json, bytes }: SavedModel): Graph => readKeras(parseKeras(json), [bytes]);

/** Both answers about the same cases, drawn in the order of axes that Keras has. */
async function bothAnswer(model: tf.LayersModel, graph: Graph, whole = false): Promise<[Float32Array, Float32Array]> {
  verifyGraph(graph);
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const random = createRandom(4);
  const count = CASES * shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => (whole ? random.below(5) : random.uniform()));
  const given = tf.tensor(values, [CASES, ...shape]);
  const rank = shape.length + 1;
  const turned = rank > 3 ? tf.transpose(given, [0, rank - 1, ...shape.slice(1).map((_, i) => i + 1)]) : given;
  const { [graph.outputs[0]!.name]: found } = await runGraph(graph, {
    input: floatTensor(turned.shape, turned.dataSync() as Float32Array),
  });
  const answer = model.predict(given) as tf.Tensor;
  const expected =
    rank > 3 && answer.rank > 3
      ? tf.transpose(answer, [0, answer.rank - 1, ...Array.from({ length: answer.rank - 2 }, (_, i) => i + 1)])
      : answer;
  expect(found!.dims).toEqual(expected.shape);
  return [Float32Array.from(numbers(found!)), expected.dataSync() as Float32Array];
}

function expectClose(found: Float32Array, expected: Float32Array): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of found.entries()) {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[i]!)));
  }
}

const sequential = (inputShape: number[], ...layers: tf.layers.Layer[]): tf.LayersModel =>
  tf.sequential({ layers: [L.inputLayer({ inputShape }), ...layers] });

const image = (...layers: tf.layers.Layer[]) => sequential([9, 7, 2], ...layers);
const table = (...layers: tf.layers.Layer[]) => sequential([6], ...layers);
const series = (...layers: tf.layers.Layer[]) => sequential([5, 3], ...layers);
const conv = { filters: 4, kernelSize: 3 } as const;

const MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "dense with every activation": () =>
    table(
      ...(
        [
          "relu",
          "sigmoid",
          "tanh",
          "elu",
          "selu",
          "softplus",
          "softsign",
          "hardSigmoid",
          "swish",
          "gelu",
          "relu6",
        ] as const
      ).map((activation) => L.dense({ units: 5, activation: activation as "relu" })),
      L.activation({ activation: "softmax" }),
    ),
  "leaky, parametric and exponential rectifiers": () =>
    table(
      L.dense({ units: 4, useBias: false }),
      L.leakyReLU({ alpha: 0.2 }),
      L.prelu(),
      L.elu(),
      L.reLU({ maxValue: 6 }),
      L.softmax(),
    ),
  "convolution, valid": () => image(L.conv2d({ ...conv, strides: 2, activation: "relu" })),
  "convolution, same": () => image(L.conv2d({ ...conv, strides: 2, padding: "same", useBias: false })),
  "convolution, even kernel, same": () => image(L.conv2d({ ...conv, kernelSize: [2, 4], padding: "same" })),
  "convolution, dilated": () => image(L.conv2d({ ...conv, dilationRate: 2, padding: "same" })),
  "convolution along a line": () =>
    series(L.conv1d({ ...conv, padding: "same" }), L.maxPooling1d({ poolSize: 2 }), L.globalMaxPooling1d()),
  "convolution in space": () =>
    sequential([4, 5, 6, 2], L.conv3d({ ...conv, padding: "same" }), L.maxPooling3d({ poolSize: 2 }), L.flatten()),
  "depthwise, with a multiplier": () =>
    image(L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" })),
  separable: () => image(L.separableConv2d({ ...conv, depthMultiplier: 2, strides: 2, padding: "same" })),
  "transposed, valid": () => image(L.conv2dTranspose({ ...conv, strides: 2 })),
  "transposed, same": () => image(L.conv2dTranspose({ ...conv, strides: 2, padding: "same" })),
  "transposed, kernel below stride": () =>
    image(L.conv2dTranspose({ ...conv, kernelSize: 1, strides: 2, padding: "same" })),
  "pooling, same": () =>
    image(
      L.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      L.maxPooling2d({ poolSize: 2, padding: "same" }),
    ),
  "the classic net": () =>
    image(
      L.conv2d({ ...conv, activation: "relu" }),
      L.maxPooling2d({ poolSize: 2 }),
      L.flatten(),
      L.dense({ units: 5, activation: "relu" }),
      L.dropout({ rate: 0.5 }),
      L.dense({ units: 3, activation: "softmax" }),
    ),
  normalisations: () =>
    image(
      L.batchNormalization(),
      L.conv2d(conv),
      L.batchNormalization({ scale: false }),
      L.layerNormalization(),
      L.globalAveragePooling2d({}),
    ),
  "borders and shapes": () =>
    image(
      L.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      L.cropping2D({
        cropping: [
          [2, 0],
          [1, 1],
        ],
      }),
      L.upSampling2d({ size: [2, 3] }),
      L.permute({ dims: [2, 1, 3] }),
      L.reshape({ targetShape: [-1, 4] }),
    ),
  rescaling: () => image(L.rescaling({ scale: 1 / 127.5, offset: -1 }), L.globalMaxPooling2d({})),
  "long short-term memory as TensorFlow.js makes it": () =>
    series(L.lstm({ units: 4, returnSequences: true }), L.lstm({ units: 3 })),
  "long short-term memory as Keras makes it": () =>
    series(
      L.lstm({ units: 4, recurrentActivation: "sigmoid", returnSequences: true }),
      L.lstm({ units: 3, recurrentActivation: "sigmoid", goBackwards: true }),
    ),
  "gated units, both ways": () =>
    series(L.gru({ units: 4, returnSequences: true }), L.gru({ units: 3, recurrentActivation: "sigmoid" })),
  "plain recurrence": () =>
    series(L.simpleRNN({ units: 4, returnSequences: true }), L.simpleRNN({ units: 3, activation: "relu" })),
  "both directions": () =>
    series(
      L.bidirectional({ layer: L.lstm({ units: 4, returnSequences: true }) as tf.RNN, mergeMode: "concat" }),
      L.bidirectional({ layer: L.gru({ units: 3, recurrentActivation: "sigmoid" }) as tf.RNN, mergeMode: "ave" }),
    ),
  "branches that meet": () => {
    const input = tf.input({ shape: [8, 8, 2] });
    const one = L.conv2d({ ...conv, padding: "same" }).apply(input) as tf.SymbolicTensor;
    const two = L.conv2d({ ...conv, padding: "same", activation: "tanh" }).apply(input) as tf.SymbolicTensor;
    const met = [L.add(), L.multiply(), L.average(), L.maximum(), L.minimum(), L.concatenate()].map(
      (layer) => layer.apply([one, two]) as tf.SymbolicTensor,
    );
    const all = L.concatenate().apply(met) as tf.SymbolicTensor;
    const squeeze = L.reshape({ targetShape: [1, 1, 28] }).apply(
      L.globalAveragePooling2d({}).apply(all),
    ) as tf.SymbolicTensor;
    const excited = L.multiply().apply([
      all,
      L.dense({ units: 28, activation: "sigmoid" }).apply(squeeze) as tf.SymbolicTensor,
    ]);
    return tf.model({
      inputs: input,
      outputs: L.conv2d({ filters: 2, kernelSize: 1, activation: "softmax" }).apply(excited) as tf.SymbolicTensor,
    });
  },
  "a model within a model, and a layer that runs twice": () => {
    const body = image(L.conv2d({ ...conv, padding: "same" }), L.globalAveragePooling2d({}));
    const shared = L.dense({ units: 4, activation: "tanh" });
    const input = tf.input({ shape: [9, 7, 2] });
    const once = shared.apply(body.apply(input));
    return tf.model({ inputs: input, outputs: shared.apply(once) as tf.SymbolicTensor });
  },
};

describe("reads and answers as TensorFlow.js", () => {
  test.each(Object.keys(MODELS))("%s", async (name) => {
    const model = stirred(MODELS[name]!());
    expectClose(...(await bothAnswer(model, read(await save(model)))));
  });

  test("tokens", async () => {
    const model = stirred(sequential([6], L.embedding({ inputDim: 5, outputDim: 4 }), L.globalAveragePooling1d()));
    expectClose(...(await bothAnswer(model, read(await save(model)), true)));
  });
});

test("the classic net learns on as a model of our own: weights by layer, logits before the softmax", async () => {
  const model = stirred(MODELS["the classic net"]!());
  const { output, parameters, input } = adoptModel(read(await save(model)));
  expect({ input, output }).toEqual({
    input: { kind: "image", channels: 2, size: [9, 7] },
    output: { kind: "class", classes: 3 },
  });
  expect(parameters.map(({ depth }) => depth)).toEqual([0, 0, 1, 1, 2, 2]);
  expect(parameters.filter(({ decays }) => decays).map(({ name }) => name.split("/")[1])).toEqual([
    "kernel",
    "kernel",
    "kernel",
  ]);
});

describe("files of the Python converter", () => {
  const keras3 = (layers: object[], name: string) => ({
    modelTopology: {
      keras_version: "3.5.0",
      backend: "tensorflow",
      model_config: {
        class_name: "Functional",
        config: { name: "m", layers, input_layers: ["x", 0, 0], output_layers: [name, 0, 0] },
      },
    },
  });
  const from = (name: string) => [
    {
      args: [
        { class_name: "__keras_tensor__", config: { shape: [null, 2], dtype: "float32", keras_history: [name, 0, 0] } },
      ],
      kwargs: {},
    },
  ];
  const layers = [
    { class_name: "InputLayer", name: "x", config: { batch_shape: [null, 2], name: "x" }, inbound_nodes: [] },
    {
      class_name: "Dense",
      name: "d",
      config: { name: "d", units: 2, activation: "hard_sigmoid", use_bias: true },
      inbound_nodes: from("x"),
    },
  ];
  const entry = (name: string, shape: number[], quantization?: object) => ({
    name,
    shape,
    dtype: "float32",
    ...(quantization ? { quantization } : {}),
  });

  test("of Keras 3: its references, its input's shape, its hard sigmoid", async () => {
    const json = JSON.stringify({
      ...keras3(layers, "d"),
      weightsManifest: [{ paths: ["a.bin"], weights: [entry("d/kernel", [2, 2]), entry("d/bias", [2])] }],
    });
    const bytes = new Uint8Array(Float32Array.of(1, 0, 0, 1, 0, 0.5).buffer);
    const graph = readKeras(parseKeras(json), [bytes]);
    const { [graph.outputs[0]!.name]: found } = await runGraph(graph, { input: floatTensor([1, 2], [1, -2]) });
    // relu6(x + 3) / 6
    expectClose(Float32Array.from(numbers(found!)), Float32Array.of(4 / 6, 1.5 / 6));
  });

  test("with weights of 8, 16 and half as many bits, in several groups", async () => {
    const weightsManifest = [
      {
        paths: ["group1-shard1of1.bin"],
        weights: [entry("d/kernel", [2, 2], { dtype: "uint8", scale: 0.5, min: -1 })],
      },
      { paths: ["group2-shard1of1.bin"], weights: [entry("d/bias", [2], { dtype: "float16" })] },
    ];
    const linear = [
      layers[0]!,
      { ...layers[1]!, config: { name: "d", units: 2, activation: "linear", use_bias: true } },
    ];
    const json = JSON.stringify({ ...keras3(linear, "d"), weightsManifest });
    // binary16: 1.5 and -2^-14 (the smallest normal number)
    const groups = [Uint8Array.of(4, 2, 0, 6), new Uint8Array(Uint16Array.of(0x3e00, 0x8400).buffer)];
    const graph = readKeras(parseKeras(json), groups);
    const { [graph.outputs[0]!.name]: found } = await runGraph(graph, { input: floatTensor([1, 2], [1, 10]) });
    expectClose(Float32Array.from(numbers(found!)), Float32Array.of(1 - 10 + 1.5, 0 + 20 - 2 ** -14));
  });

  test("are refused where bytes are missing, left over, or of no known type", () => {
    const one = (weights: object[], bytes: Uint8Array) => () =>
      readKeras(
        parseKeras(JSON.stringify({ ...keras3(layers, "d"), weightsManifest: [{ paths: ["a.bin"], weights }] })),
        [bytes],
      );
    const weights = [entry("d/kernel", [2, 2]), entry("d/bias", [2])];
    expect(one(weights, new Uint8Array(20))).toThrow('end within weight "d/bias"');
    expect(one(weights, new Uint8Array(28))).toThrow("28 bytes long and 24 are described");
    expect(one([{ ...weights[0]!, dtype: "complex64" }], new Uint8Array(32))).toThrow("complex64");
    expect(one(weights.slice(0, 1), new Uint8Array(16))).toThrow('layer "d" has no weight "bias"');
  });
});

describe("what cannot be read is refused with its name", () => {
  const topology = (layers: object[]) => ({
    modelTopology: { class_name: "Sequential", config: layers },
    weightsManifest: [],
  });
  const input = { class_name: "InputLayer", config: { batch_input_shape: [null, 4, 4, 1], name: "x" } };
  test.each([
    ["no JSON", "{", /no JSON/],
    ["another kind of file", JSON.stringify({ a: 1 }), /modelTopology/],
    [
      "a graph model",
      JSON.stringify({ format: "graph-model", modelTopology: {}, weightsManifest: [] }),
      /tfjs_layers_model/,
    ],
    [
      "code of its own",
      JSON.stringify(topology([input, { class_name: "Lambda", config: { name: "mine" } }])),
      /"mine" is of class Lambda/,
    ],
    [
      "an open size",
      JSON.stringify(topology([{ class_name: "InputLayer", config: { batch_input_shape: [null, null, null, 3] } }])),
      /is open: \[any, any, any, 3\]/,
    ],
    [
      "channels first",
      JSON.stringify(
        topology([input, { class_name: "Flatten", config: { name: "f", data_format: "channels_first" } }]),
      ),
      /channels are not last/,
    ],
    [
      "enlarging by interpolation",
      JSON.stringify(
        topology([input, { class_name: "UpSampling2D", config: { name: "u", interpolation: "bilinear" } }]),
      ),
      /interpolation/,
    ],
    ["nothing", JSON.stringify(topology([])), /is empty/],
  ])("%s", (_, json, reason) => {
    expect(() => readKeras(parseKeras(json), [])).toThrow(
      expect.objectContaining({ code: "model/not-adoptable", message: expect.stringMatching(reason) }),
    );
  });
});

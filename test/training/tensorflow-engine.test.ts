// The second engine beside the first: every operator's random cases, forwards and backwards, and whole training steps.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { floatTensor, type Graph, intTensor, type Tensor, tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import type { OpName } from "../../main/graph/operators/index.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { loadTensorFlow } from "../../main/training/engines/tensorflow/library.ts";
import { graphs, randomTensor } from "../graph/central-differences.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";
import { CASES } from "../graph/operator-cases/index.ts";

/** Both count in float32, where ours may count in float64. */
const RELATIVE = 1e-3;
const DRAWS = 5;

const TENSORFLOW = { device: "tensorflow", threads: 1, use: "training" } as const;

async function onTensorFlow(graph: Graph, feeds: Readonly<Record<string, Tensor>>) {
  const session = await createSession(writeOnnx(graph), TENSORFLOW);
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

async function expectBoth(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Promise<void> {
  const expected = await (await load(graph))(feeds);
  const found = await onTensorFlow(graph, feeds);
  for (const { name } of graph.outputs) {
    expect(found[name]!.type, name).toBe(expected[name]!.type);
    expect(found[name]!.dims, name).toEqual(expected[name]!.dims);
    const ours = numbers(expected[name]!);
    numbers(found[name]!).forEach((value, i) => {
      const off = Math.abs(value - ours[i]!);
      if (!(off <= RELATIVE * Math.max(1, Math.abs(ours[i]!)))) {
        expect.fail(`${name}[${i}] is ${ours[i]}, TensorFlow.js gives ${value}`);
      }
    });
  }
}

describe("every operator's cases and their gradients come out as on ONNX Runtime", () => {
  for (const [name, draw] of Object.entries(CASES) as [OpName, (typeof CASES)[OpName]][])
    test(name, async () => {
      for (let seed = 1; seed <= DRAWS; seed++) {
        const one = draw!(createRandom(seed));
        const { forward, backward } = graphs(one);
        await expectBoth(forward, one.inputs);
        await expectBoth(backward, one.inputs);
      }
    });
});

interface Fixed {
  readonly what: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly build: (b: GraphBuilder, x: Value, y: Value) => readonly Value[];
}

const drawn = (dims: readonly number[], seed = 1, low = -1, high = 1) => randomTensor("float32", dims, seed, low, high);
const grid = drawn([2, 3, 4, 2], 5, -1.4, 1.4);

const FIXED: readonly Fixed[] = [
  ...["bilinear", "nearest"].flatMap((mode) =>
    ["zeros", "border", "reflection"].flatMap((padding_mode) =>
      [0, 1].map((align_corners) => ({
        what: `GridSample ${mode}, ${padding_mode}, corners ${align_corners}`,
        inputs: { x: drawn([2, 3, 5, 4]), y: grid },
        build: (b: GraphBuilder, x: Value, y: Value) => [
          b.op("GridSample", [x, y], { mode, padding_mode, align_corners }),
        ],
      })),
    ),
  ),
  ...["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].flatMap((places) =>
    ["linear", "nearest"].map((mode) => ({
      what: `Resize ${mode}, ${places}`,
      inputs: { x: drawn([1, 2, 3, 5]) },
      build: (b: GraphBuilder, x: Value) => [
        b.op("Resize", [x, null, null, b.ints([1, 2, 7, 4])], { mode, coordinate_transformation_mode: places }),
      ],
    })),
  ),
  {
    what: "a convolution of sequences and one of volumes, dilated, strided, in groups, unevenly padded",
    inputs: { x: drawn([2, 4, 9]), y: drawn([1, 4, 5, 6, 7]) },
    build: (b, x, y) => [
      b.conv(x, b.constant(drawn([6, 2, 3])), null, { strides: [2], dilations: [2], pads: [2, 1], group: 2 }),
      b.conv(y, b.constant(drawn([2, 2, 2, 3, 2])), null, {
        strides: [1, 2, 2],
        dilations: [2, 1, 2],
        pads: [1, 0, 2, 0, 1, 1],
        group: 2,
      }),
      b.conv(y, b.constant(drawn([8, 1, 3, 3, 3])), b.constant(drawn([8])), { group: 4 }),
    ],
  },
  {
    what: "a transposed convolution with everything at once",
    inputs: { x: drawn([2, 4, 3, 4]) },
    build: (b, x) => [
      b.convTranspose(x, b.constant(drawn([4, 3, 3, 2])), b.constant(drawn([6])), {
        strides: [2, 3],
        dilations: [2, 1],
        pads: [1, 0, 2, 1],
        group: 2,
        outputPadding: [1, 2],
      }),
    ],
  },
  {
    what: "pooling with gaps, over the edge and with padding, in two and three dimensions",
    inputs: { x: drawn([1, 2, 7, 8]), y: drawn([1, 2, 4, 5, 6]) },
    build: (b, x, y) => [
      b.op("MaxPool", [x], { kernel_shape: [2, 3], strides: [2, 1], dilations: [2, 2], pads: [1, 1, 0, 2] }),
      b.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      b.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" }),
      b.op("AveragePool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      b.op("AveragePool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
      b.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
      b.op("AveragePool", [y], { kernel_shape: [2, 2, 3], strides: [1, 2, 2] }),
    ],
  },
  {
    what: "comparisons, truth values and whole numbers",
    inputs: { x: drawn([3, 4]), y: drawn([4], 2) },
    build: (b, x, y) => {
      const [above, below] = [b.greater(x, y), b.op("LessOrEqual", [x, b.mul(y, 0.5)])];
      const counted = b.cast(b.mul(x, 9), "int64");
      return [
        b.cast(b.op("And", [above, b.op("Not", [below])]), "float32"),
        b.op("Or", [above, below]),
        b.op("Xor", [above, below]),
        b.op("Equal", [above, below]),
        b.op("GreaterOrEqual", [x, y]),
        b.op("Less", [x, y]),
        counted,
        b.op("Div", [counted, b.constant(intTensor([2]))]),
        b.op("Floor", [b.mul(x, 3)]),
        b.op("Ceil", [b.mul(x, 3)]),
        b.op("Round", [b.mul(x, 3)]),
        b.op("Sign", [x]),
        b.op("Shape", [x]),
        b.op("ArgMax", [x], { axis: 1 }),
        b.op("ArgMin", [x], { axis: 0, keepdims: 0 }),
        ...b.node("TopK", [x, b.ints([2])], { axis: 0, largest: 0 }, 2),
      ];
    },
  },
  {
    what: "8-bit codes, per tensor and per channel",
    inputs: { x: drawn([2, 3, 4], 1, -3, 3) },
    build: (b, x) => {
      const scales = b.constant(floatTensor([3], [0.01, 0.02, 0.03]));
      const zeros = b.constant(tensor("int8", [3], Int8Array.of(0, 3, -5)));
      const codes = b.op("QuantizeLinear", [x, scales, zeros], { axis: 1 });
      const plain = b.op("QuantizeLinear", [x, b.scalar(0.02), b.constant(tensor("uint8", [], Uint8Array.of(128)))]);
      return [codes, plain, b.op("DequantizeLinear", [codes, scales, zeros], { axis: 1 })];
    },
  },
  {
    what: "slices backwards and beyond the end, and places counted from the end",
    inputs: { x: drawn([4, 5]) },
    build: (b, x) => [
      b.slice(x, [-1, 0], [-100, 1000], [0, 1], [-2, 3]),
      b.gather(x, b.constant(intTensor([-1, 0])), 1),
      b.op("GatherElements", [x, b.constant(tensor("int64", [1, 5], BigInt64Array.of(-1n, 0n, -2n, 1n, 3n)))], {
        axis: 0,
      }),
    ],
  },
];

test.each(FIXED)("$what comes out as on ONNX Runtime", async ({ inputs, build }) => {
  const b = new GraphBuilder("fixed");
  const values = Object.entries(inputs).map(([name, { type, dims }]) => b.input(name, type, dims));
  for (const output of build(b, values[0]!, values[1] ?? values[0]!)) b.output(output);
  await expectBoth(b.build(), inputs);
});

describe("one training step of a whole net gives ONNX Runtime's loss, answers and state", () => {
  const nets = [
    ["convnet", 4, 12],
    ["resnet18", 4, 12],
    ["unet", 4, 16],
    ["lstm", 4, 4],
    ["transformer", 8, 4],
    ["convnext-tiny", 8, 32],
  ] as const;
  for (const [architecture, width, size] of nets)
    test(architecture, async () => {
      const job = { device: "tensorflow", architecture, width, size };
      const script = fileURLToPath(new URL("../support/step-on-device.ts", import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(job)]);
      const { difference } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { difference: number };
      expect(difference).toBeLessThan(1e-4);
      expect(difference).toBeGreaterThan(0);
    });
});

test("a session runs for any batch, gives what is asked for, and keeps nothing of a run", async () => {
  const { tf } = await loadTensorFlow(1);
  const b = new GraphBuilder("any batch");
  const sum = b
    .as("sum")
    .reduceSum(b.as("y").matMul(b.input("x", "float32", ["N", 2]), b.constant(drawn([2, 3]))), [1]);
  b.output(b.value("y"));
  b.output(sum);
  const before = tf.memory().numTensors;
  const session = await createSession(writeOnnx(b.build()), TENSORFLOW);
  expect((await session.run({ x: drawn([5, 2]) })).y!.dims).toEqual([5, 3]);
  const { numTensors } = tf.memory();
  expect(Object.keys(await session.run({ x: drawn([7, 2]) }, ["sum"]))).toEqual(["sum"]);
  await expect(session.run({})).rejects.toMatchObject({ code: "app/invalid-input" });
  await expect(session.run({ x: drawn([7, 3]) })).rejects.toMatchObject({
    code: "app/invalid-input",
    message: "The graph's input x is float32 [N, 2], it got float32 [7, 3].",
  });
  expect(tf.memory().numTensors).toBe(numTensors);
  await session.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

// Operators in the words of older and newer opsets, put to the runtime in their own words and in ours: the same answers.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor, intTensor, type Tensor, tensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { randomTensor } from "./central-differences.ts";
import { numbers, runGraph } from "./onnx-runtime.ts";

const FLOAT = 1;

function attribute(name: string, value: number | string | readonly number[], kind: "i" | "f") {
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if (typeof value === "number") {
    return kind === "i"
      ? create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
      : create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value });
  }
  return kind === "i"
    ? create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) })
    : create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value] });
}

/** A file of one node over x, in its own opset. */
function file(
  op: string,
  opset: number,
  dims: readonly number[],
  attributes: Parameters<typeof attribute>[],
  vectors: readonly (readonly number[])[] = [],
): Uint8Array {
  const b = new GraphBuilder("one");
  b.output(b.identity(b.input("x", "float32", dims)));
  const names = vectors.map((values, i) => b.initializer(`c${i}`, floatTensor([values.length], values)).name);
  const model = fromGraph(writeOnnx(b.build()));
  model.opsetImport[0]!.version = BigInt(opset);
  model.graph!.node = [
    create(NodeProtoSchema, {
      opType: op,
      name: "n",
      input: ["x", ...names],
      output: ["y"],
      attribute: attributes.map((given) => attribute(...given)),
    }),
  ];
  model.graph!.output = [
    create(ValueInfoProtoSchema, {
      name: "y",
      type: { value: { case: "tensorType", value: { elemType: FLOAT } } },
    }),
  ];
  return toBinary(ModelProtoSchema, model);
}

const fromGraph = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

/** The runtime about the file, and about the graph that is read from it. */
async function expectSameAnswers(bytes: Uint8Array, dims: readonly number[]): Promise<void> {
  const x = randomTensor("float32", dims, 3);
  const session = await createSession(bytes, { device: "cpu", threads: 1, use: "inference" });
  const expected = (await session.run({ x })).y!;
  await session.dispose();
  const found = (await runGraph(readOnnx(bytes), { x })).y!;
  expect(found.dims).toEqual(expected.dims);
  numbers(found).forEach((value, i) => {
    expect(value).toBeCloseTo(numbers(expected)[i]!, 6);
  });
}

describe("read in our words", () => {
  const cases: readonly [
    title: string,
    op: string,
    opset: number,
    dims: number[],
    attributes: Parameters<typeof attribute>[],
    vectors?: number[][],
  ][] = [
    [
      "Clip with limits as attributes",
      "Clip",
      6,
      [2, 3],
      [
        ["min", -0.5, "f"],
        ["max", 0.25, "f"],
      ],
    ],
    [
      "Pad with pads and value as attributes",
      "Pad",
      2,
      [2, 3],
      [
        ["pads", [0, 1, 1, 0], "i"],
        ["value", 0.5, "f"],
      ],
    ],
    [
      "Slice with places as attributes",
      "Slice",
      1,
      [4, 5],
      [
        ["starts", [1, 0], "i"],
        ["ends", [3, 4], "i"],
        ["axes", [0, 1], "i"],
      ],
    ],
    ["Squeeze with axes as an attribute", "Squeeze", 11, [1, 3, 1], [["axes", [0], "i"]]],
    ["Unsqueeze with axes as an attribute", "Unsqueeze", 11, [2, 3], [["axes", [0, 2], "i"]]],
    [
      "ReduceSum with axes as an attribute",
      "ReduceSum",
      11,
      [2, 3, 2],
      [
        ["axes", [1], "i"],
        ["keepdims", 0, "i"],
      ],
    ],
    ["Softmax over an axis and all behind it", "Softmax", 11, [2, 3, 4], [["axis", 1, "i"]]],
    ["LogSoftmax over its default axis", "LogSoftmax", 9, [2, 3, 2], []],
    ["Dropout with its share as an attribute", "Dropout", 10, [2, 3], [["ratio", 0.4, "f"]]],
    [
      "Upsample with scales as an attribute",
      "Upsample",
      7,
      [1, 1, 2, 3],
      [
        ["scales", [1, 1, 2, 3], "f"],
        ["mode", "nearest", "i"],
      ],
    ],
    [
      "MaxPool before it had ceil_mode",
      "MaxPool",
      8,
      [1, 1, 4, 4],
      [
        ["kernel_shape", [2, 2], "i"],
        ["strides", [2, 2], "i"],
      ],
    ],
    ["ReduceMean of opset 18 over everything", "ReduceMean", 18, [2, 3], []],
    ["Gelu", "Gelu", 20, [2, 5], []],
    ["Gelu by tanh", "Gelu", 20, [2, 5], [["approximate", "tanh", "i"]]],
    ["Mish", "Mish", 18, [2, 5], []],
    [
      "GroupNormalization with a scale for each group",
      "GroupNormalization",
      18,
      [2, 4, 3, 2],
      [["num_groups", 2, "i"]],
      [
        [0.5, 2],
        [1, -1],
      ],
    ],
    [
      "GroupNormalization with a scale for each channel",
      "GroupNormalization",
      21,
      [2, 4, 3],
      [
        ["num_groups", 2, "i"],
        ["epsilon", 0.01, "f"],
      ],
      [
        [0.5, 2, 1, 3],
        [1, -1, 0, 2],
      ],
    ],
  ];
  for (const [title, op, opset, dims, attributes, vectors] of cases)
    test(`${title} (${op}, opset ${opset})`, async () => {
      await expectSameAnswers(file(op, opset, dims, attributes, vectors), dims);
    });

  test("what our rows cannot say is refused, naming operator, node and opset", () => {
    const one = (op: string, opset: number) => () => readOnnx(file(op, opset, [2, 3], []));
    expect(one("Conv", 22)).toThrow(/Conv \("n"\): opset 22/);
    expect(one("Upsample", 10)).toThrow(/Upsample \("n"\): opset 10; opsets 7 to 9/);
    expect(one("NonMaxSuppression", 11)).toThrow(expect.objectContaining({ code: "graph/operator-unknown" }));
  });
});

describe("values that a file makes out of constants", () => {
  interface Step {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly attributes?: Parameters<typeof attribute>[];
    /** The attribute `value`, a tensor of one number. */
    readonly value?: number;
  }

  /** A file of opset 17 over x; step i makes "v<i>", the last one y. */
  function stepsFile(dims: readonly number[], constants: Readonly<Record<string, Tensor>>, steps: readonly Step[]) {
    const b = new GraphBuilder("steps");
    b.output(b.identity(b.input("x", "float32", dims)));
    for (const [name, constant] of Object.entries(constants)) b.initializer(name, constant);
    const model = fromGraph(writeOnnx(b.build()));
    model.opsetImport[0]!.version = 17n;
    model.graph!.node = steps.map(({ op, inputs, attributes = [], value }, i) => {
      const given = attributes.map((one) => attribute(...one));
      const t = create(TensorProtoSchema, { dims: [1n], dataType: FLOAT, floatData: [value ?? 0] });
      if (value !== undefined) {
        given.push(create(AttributeProtoSchema, { name: "value", type: AttributeType.TENSOR, t }));
      }
      const output = [i === steps.length - 1 ? "y" : `v${i}`];
      return create(NodeProtoSchema, { opType: op, name: `n${i}`, input: [...inputs], output, attribute: given });
    });
    const elem = { elemType: FLOAT };
    model.graph!.output = [
      create(ValueInfoProtoSchema, { name: "y", type: { value: { case: "tensorType", value: elem } } }),
    ];
    return toBinary(ModelProtoSchema, model);
  }

  const scalar = (value: number) => tensor("int64", [], BigInt64Array.of(BigInt(value)));
  test.each<[string, readonly number[], Readonly<Record<string, Tensor>>, readonly Step[]]>([
    [
      "ConstantOfShape of the input's shape",
      [2, 3],
      {},
      [
        { op: "Shape", inputs: ["x"] },
        { op: "ConstantOfShape", inputs: ["v0"], value: 0.5 },
        { op: "Add", inputs: ["x", "v1"] },
      ],
    ],
    [
      "ConstantOfShape without a value",
      [2, 3],
      { c: intTensor([3]) },
      [
        { op: "ConstantOfShape", inputs: ["c"] },
        { op: "Add", inputs: ["x", "v0"] },
      ],
    ],
    [
      "Range",
      [2, 4],
      { from: scalar(7), to: scalar(-1), by: scalar(-2) },
      [
        { op: "Range", inputs: ["from", "to", "by"] },
        { op: "Cast", inputs: ["v0"], attributes: [["to", FLOAT, "i"]] },
        { op: "Mul", inputs: ["x", "v1"] },
      ],
    ],
    ["Trilu, upper", [2, 3, 4], {}, [{ op: "Trilu", inputs: ["x"] }]],
    [
      "Trilu, lower, one below the diagonal",
      [4, 3],
      { k: scalar(-1) },
      [{ op: "Trilu", inputs: ["x", "k"], attributes: [["upper", 0, "i"]] }],
    ],
    [
      "OneHot with an index from the end",
      [2, 3, 5],
      {
        i: tensor("int64", [2, 3], BigInt64Array.of(0n, 4n, -1n, 2n, -5n, 3n)),
        depth: scalar(5),
        pair: floatTensor([2], [-1, 2]),
      },
      [
        { op: "OneHot", inputs: ["i", "depth", "pair"] },
        { op: "Mul", inputs: ["x", "v0"] },
      ],
    ],
  ])("%s", async (_, dims, constants, steps) => {
    await expectSameAnswers(stepsFile(dims, constants, steps), dims);
  });

  test("limits that are computed are refused by name", () => {
    const steps = [
      { op: "ReduceSum", inputs: ["x"], attributes: [["keepdims", 0, "i"]] as Parameters<typeof attribute>[] },
      { op: "Range", inputs: ["v0", "v0", "v0"] },
    ];
    expect(() => readOnnx(stepsFile([2], {}, steps))).toThrow(/Range \("n1"\): its limits must be constant/);
  });
});

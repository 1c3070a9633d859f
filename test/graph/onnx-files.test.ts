// What is written is read back as the same graph, and nothing that comes in from outside gets past the reader unchecked.
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { floatTensor, type Graph, intTensor, tensor } from "../../main/graph/graph.ts";
import { readOnnx } from "../../main/graph/onnx-reader.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildModel } from "../../main/models/build-model.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { randomTensor } from "./central-differences.ts";
import { numbers, runGraph } from "./onnx-runtime.ts";

/** One random step on values of shape [2, 3, 4, 4]. */
const steps: readonly ((b: GraphBuilder, x: Value, earlier: Value) => Value)[] = [
  (b, x) => b.relu(x),
  (b, x) => b.sigmoid(x),
  (b, x, earlier) => b.add(x, earlier),
  (b, x, earlier) => b.where(b.greater(x, earlier), x, earlier),
  (b, x) => b.softmax(x, 1),
  (b, x) => b.conv(x, b.constant(randomTensor("float32", [3, 3, 3, 3], 5)), null, { pads: [1, 1, 1, 1] }),
  (b, x) => b.resizeNearest(b.maxPool(x, [2, 2], { strides: [2, 2] }), [4, 4]),
  (b, x) => b.reshape(b.transpose(x, [0, 1, 3, 2]), [2, 3, 4, 4]),
  (b, x) => b.slice(b.pad(x, [0, 0, 1, 0, 0, 0, 0, 0]), [-1], [-5], [2], [-1]),
  (b, x) => b.concat(b.split(x, [1, 2], 1).toReversed(), 1),
  (b, x) => b.clip(x, -0.5, 0.75),
];

const graphs = fc
  .array(fc.tuple(fc.nat(steps.length - 1), fc.nat(20)), { minLength: 1, maxLength: 12 })
  .map((choices) => {
    const b = new GraphBuilder("random");
    const values = [b.input("x", "float32", [2, 3, 4, 4])];
    for (const [step, earlier] of choices)
      values.push(steps[step]!(b, values.at(-1)!, values[earlier % values.length]!));
    b.output(b.as("y").identity(values.at(-1)!));
    return b.build();
  });

describe("writing and reading", () => {
  test("give the same graph back, which computes the same numbers", () =>
    fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const back = readOnnx(writeOnnx(graph));
        expect(back).toEqual(graph);
        const x = randomTensor("float32", [2, 3, 4, 4], 9);
        expect(numbers((await runGraph(back, { x })).y!)).toEqual(numbers((await runGraph(graph, { x })).y!));
      }),
      { numRuns: 30, seed: 5 },
    ));

  test("keep every element type, scalars, empty vectors and names in any script", () => {
    const b = new GraphBuilder("types");
    for (const constant of [
      floatTensor([], [0.1]),
      tensor("float64", [2], Float64Array.of(0.1, -1)),
      tensor("int8", [2], Int8Array.of(-128, 127)),
      tensor("uint8", [2], Uint8Array.of(0, 255)),
      tensor("int32", [1], Int32Array.of(-5)),
      tensor("bool", [2], Uint8Array.of(0, 1)),
      intTensor([2 ** 40, -1]),
      intTensor([]),
    ]) {
      b.output(
        b
          .as(`${constant.type}-${constant.dims}-值`)
          .identity(b.initializer(`c ${constant.type} [${constant.dims}]`, constant)),
      );
    }
    expect(readOnnx(writeOnnx(b.build()))).toEqual(b.build());
  });

  test("keep a whole training step, vendor operators included, and are deterministic", () => {
    const model = buildModel({ architecture: "resnet18", inputSize: 16, width: 4 }, 3, { mean: 0.4, std: 0.2 }, 1);
    const { graph } = trainingStep(model, { optimiser: "adam", batchSize: 2, weightDecay: 0.1 });
    const bytes = writeOnnx(graph);
    expect(readOnnx(bytes)).toEqual(graph);
    expect(writeOnnx(readOnnx(bytes))).toEqual(bytes);
  });

  test("read the same from a Node Buffer, which may be a part of a larger one", () => {
    const bytes = writeOnnx(sample());
    for (const offset of [0, 1, 2, 3]) {
      const larger = Buffer.alloc(bytes.length + 5);
      larger.set(bytes, offset);
      expect(readOnnx(larger.subarray(offset, offset + bytes.length))).toEqual(sample());
    }
  });
});

function sample(): Graph {
  const b = new GraphBuilder("sample");
  const x = b.input("x", "float32", ["N", 2]);
  b.output(b.as("y").add(x, b.initializer("c", floatTensor([2], [1, 2]))));
  return b.build();
}

/** The sample as a protobuf message, damaged by `edit`. */
async function damaged(edit: (model: ModelProto) => void): Promise<Uint8Array> {
  const { fromBinary } = await import("@bufbuild/protobuf");
  const model = fromBinary(ModelProtoSchema, writeOnnx(sample()));
  edit(model);
  return toBinary(ModelProtoSchema, model);
}

const refused: readonly [string, string, (model: ModelProto) => void][] = [
  ["no graph", "graph/invalid", (m) => delete m.graph],
  ["an operator without a row", "graph/operator-unknown", (m) => (m.graph!.node[0]!.opType = "MaxUnpool")],
  [
    "an operator named like a property of every object",
    "graph/operator-unknown",
    (m) => (m.graph!.node[0]!.opType = "constructor"),
  ],
  ["an operator of another domain", "graph/operator-unknown", (m) => (m.graph!.node[0]!.domain = "evil")],
  ["control flow", "graph/operator-unknown", (m) => (m.graph!.node[0]!.opType = "Loop")],
  ["an opset from before the operator", "graph/invalid", (m) => (m.opsetImport[0]!.version = 6n)],
  ["no opset", "graph/invalid", (m) => (m.opsetImport = [])],
  [
    "weights in another file",
    "graph/invalid",
    (m) => (m.graph!.initializer[0]!.dataLocation = TensorProto_DataLocation.EXTERNAL),
  ],
  ["weights with fewer bytes than elements", "graph/invalid", (m) => (m.graph!.initializer[0]!.dims = [3n])],
  ["weights of 2^62 elements", "graph/invalid", (m) => (m.graph!.initializer[0]!.dims = [2n ** 31n, 2n ** 31n])],
  ["weights with a negative size", "graph/invalid", (m) => (m.graph!.initializer[0]!.dims = [-2n])],
  ["weights of half a number", "graph/invalid", (m) => (m.graph!.initializer[0]!.rawData = new Uint8Array(7))],
  ["weights of complex numbers", "graph/invalid", (m) => (m.graph!.initializer[0]!.dataType = 14)],
  ["the same constant twice", "graph/invalid", (m) => m.graph!.initializer.push(m.graph!.initializer[0]!)],
  ["an input without a shape", "graph/invalid", (m) => (m.graph!.input[0]!.type = undefined)],
  ["an output that nothing makes", "graph/invalid", (m) => (m.graph!.output[0]!.name = "z")],
  ["a node that reads its own output", "graph/invalid", (m) => (m.graph!.node[0]!.input[0] = "y")],
  [
    "an unknown attribute",
    "graph/invalid",
    (m) =>
      m.graph!.node[0]!.attribute.push(
        create(AttributeProtoSchema, { name: "axis", type: AttributeProto_AttributeType.INT }),
      ),
  ],
  [
    "an attribute of another type",
    "graph/invalid",
    (m) => {
      m.graph!.node[0]!.opType = "Softmax";
      m.graph!.node[0]!.input.pop();
      m.graph!.node[0]!.attribute.push(
        create(AttributeProtoSchema, { name: "axis", type: AttributeProto_AttributeType.FLOAT }),
      );
    },
  ],
];

describe("reading", () => {
  for (const [title, code, edit] of refused) {
    test(`refuses ${title} with ${code}`, async () => {
      const bytes = await damaged(edit);
      expect(() => readOnnx(bytes)).toThrow(expect.objectContaining({ code }));
    });
  }

  test("refuses bytes that are no model, truncated ones and ones with flipped bits, always with a code of ours", () => {
    const bytes = writeOnnx(sample());
    const attempt = (candidate: Uint8Array) => {
      try {
        readOnnx(candidate);
      } catch (error) {
        expect(error).toMatchObject({ name: "AppError", code: expect.stringMatching(/^graph\//) });
      }
    };
    for (let length = 0; length < bytes.length; length++) attempt(bytes.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const flipped = bytes.slice();
        flipped[at]! ^= mask;
        attempt(flipped);
      }),
      { numRuns: 500, seed: 6 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 300, seed: 7 });
    expect(() => readOnnx(new Uint8Array())).toThrow(expect.objectContaining({ code: "graph/invalid" }));
  });

  test("takes Constant nodes, numbers in typed lists and initializers listed as inputs, as other tools write them", async () => {
    const bytes = await damaged((model) => {
      const graph = model.graph!;
      const old = graph.initializer.pop()!;
      const value = create(TensorProtoSchema, { dims: old.dims, dataType: 1, floatData: [1, 2] });
      graph.node.unshift(
        create(NodeProtoSchema, {
          opType: "Constant",
          output: ["c"],
          attribute: [
            create(AttributeProtoSchema, { name: "value", type: AttributeProto_AttributeType.TENSOR, t: value }),
          ],
        }),
      );
      graph.node[1]!.name = "";
      graph.node[1]!.domain = "ai.onnx";
    });
    expect(readOnnx(bytes)).toEqual(sample());
    const listed = await damaged((model) => {
      model.graph!.input.push({ ...structuredClone(model.graph!.input[0]!), name: "c" });
    });
    expect(readOnnx(listed)).toEqual(sample());
  });
});

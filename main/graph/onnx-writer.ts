// Our graph as the bytes of an ONNX file that ONNX Runtime, onnx.checker and Netron read.
//
// Opset 17 with IR version 8: old enough for Debian's onnx 1.12, new enough for every operator we write. Deterministic: same graph,
// same bytes. Weights go as raw little-endian data, which is how every machine we run on keeps them.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { DATA_TYPES } from "./data-type.ts";
import type { Attribute, Graph, Node, Tensor, ValueInfo } from "./graph.ts";
import { OPERATORS } from "./operators/index.ts";
import type { AttributeKind } from "./operators/operator.ts";
import { verifyGraph } from "./verify.ts";

const IR_VERSION = 8n;
const OPSET = 17n;

/** @throws graph/invalid when the graph is */
export function writeOnnx(graph: Graph): Uint8Array {
  verifyGraph(graph);
  const vendors = new Set(graph.nodes.map((node) => OPERATORS[node.op].domain).filter((domain) => domain !== ""));
  const opsets = [{ domain: "", version: OPSET }, ...[...vendors].map((domain) => ({ domain, version: 1n }))];
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "loupe",
    opsetImport: opsets.map((entry) => create(OperatorSetIdProtoSchema, entry)),
    graph: {
      name: graph.name,
      input: graph.inputs.map(valueProto),
      output: graph.outputs.map(valueProto),
      initializer: [...graph.initializers].map(([name, constant]) => tensorProto(name, constant)),
      node: graph.nodes.map(nodeProto),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function nodeProto({ op, name, inputs, outputs, attributes }: Node) {
  const { domain, called = op, attributes: kinds } = OPERATORS[op];
  return create(NodeProtoSchema, {
    opType: called,
    name,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value, kinds[key]!)),
  });
}

function attributeProto(name: string, value: Attribute, kind: AttributeKind): AttributeProto {
  const numbers = Array.isArray(value) ? (value as readonly number[]) : [];
  switch (kind) {
    case "int":
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value as number) });
    case "float":
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value as number });
    case "ints":
      return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: numbers.map(BigInt) });
    case "floats":
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...numbers] });
    case "string": // names of modes: ASCII
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.STRING,
        s: Uint8Array.from(value as string, (char) => char.charCodeAt(0)),
      });
  }
}

function tensorProto(name: string, { type, dims, data }: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[type].code,
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function valueProto({ name, type, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: DATA_TYPES[type].code, shape: { dim } } } },
  });
}

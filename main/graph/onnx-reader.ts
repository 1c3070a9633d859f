// An ONNX file as our graph, or a refusal. The bytes may come from anywhere: nothing in them is believed before it is checked.
//
// Refused: operators without a row, opsets in which they mean something else, control flow, external data (a file name inside a
// file), sparse tensors, element types we do not use. Constant nodes become constants; anything only for other tools (doc strings,
// intermediate shapes) is dropped. What comes back has passed verifyGraph.
import { fromBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { AppError } from "../../preload/contract/errors.ts";
import { DATA_TYPES, dataTypeOf, type TensorData } from "./data-type.ts";
import { type Attribute, type Dim, elementCount, type Graph, type Node, type Tensor, type ValueInfo } from "./graph.ts";
import { inferShapes } from "./infer-shapes.ts";
import { isOpName, OPERATORS } from "./operators/index.ts";
import type { AttributeKind } from "./operators/operator.ts";
import { verifyGraph } from "./verify.ts";

/** @throws graph/invalid for bytes that are no sound model; graph/operator-unknown for an operator without a row */
export function readOnnx(bytes: Uint8Array): Graph {
  const model = decode(bytes);
  const proto = model.graph ?? refuse("The file holds no graph.");
  if (model.functions.length > 0) refuse("Models with functions of their own are not supported.");
  if (proto.sparseInitializer.length > 0) refuse("Sparse tensors are not supported.");
  const opsets = new Map(
    model.opsetImport.map(({ domain, version }) => [domain === "ai.onnx" ? "" : domain, Number(version)]),
  );
  const initializers = new Map<string, Tensor>();
  const keep = (name: string, constant: TensorProto) => {
    if (initializers.has(name)) refuse(`Constant "${name}" is there twice.`);
    initializers.set(name, readTensor(constant, `Constant "${name}"`));
  };
  for (const constant of proto.initializer) keep(constant.name, constant);
  const nodes: Node[] = [];
  const taken = new Set(proto.node.map(({ name }) => name));
  for (const node of proto.node) {
    if (node.opType === "Constant") {
      const value = node.attribute.find(({ name }) => name === "value")?.t;
      keep(node.output[0] ?? "", value ?? refuse(`Constant node "${node.name}" does not hold a tensor.`));
      continue;
    }
    nodes.push(readNode(node, opsets, nameOf(node, taken)));
  }
  const graph: Graph = {
    name: proto.name || "graph",
    inputs: proto.input.filter(({ name }) => !initializers.has(name)).map(readValue),
    outputs: [],
    initializers,
    nodes,
  };
  const types = inferShapes(graph);
  const outputs = proto.output.map(({ name, type }): ValueInfo => {
    const made = types.get(name) ?? refuse(`Output "${name}" is made by no node.`);
    const declared = type?.value.case === "tensorType" ? type.value.value.elemType : 0;
    if (declared !== 0 && declared !== DATA_TYPES[made.type].code) refuse(`Output "${name}" is not ${made.type}.`);
    return { name, type: made.type, shape: made.shape };
  });
  const complete = { ...graph, outputs };
  verifyGraph(complete);
  return complete;
}

function refuse(message: string): never {
  throw new AppError("graph/invalid", message);
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new AppError("graph/invalid", `The ${bytes.length} bytes are not an ONNX model.`, { cause });
  }
}

/** Names may be missing in a file; ours may not. Two nodes of one name stay two, and verifyGraph refuses them. */
function nameOf({ name, opType, output }: NodeProto, taken: Set<string>): string {
  if (name !== "") return name;
  let found = output.find((value) => value !== "") ?? opType;
  while (taken.has(found)) found += "'";
  taken.add(found);
  return found;
}

function readNode(node: NodeProto, opsets: ReadonlyMap<string, number>, name: string): Node {
  const op = node.opType;
  const domain = node.domain === "ai.onnx" ? "" : node.domain;
  if (!isOpName(op) || OPERATORS[op].domain !== domain) {
    throw new AppError(
      "graph/operator-unknown",
      `Operator ${domain ? `${domain}.` : ""}${op} ("${name}") is not known.`,
    );
  }
  const row = OPERATORS[op];
  const version = opsets.get(domain) ?? refuse(`The file uses ${op} but imports no opset for its domain "${domain}".`);
  if (version < row.opset[0] || version > row.opset[1]) {
    refuse(`${op} ("${name}") is of opset ${version}; opsets ${row.opset[0]} to ${row.opset[1]} can be read.`);
  }
  const attributes: Record<string, Attribute> = {};
  for (const attribute of node.attribute) {
    const kind = Object.hasOwn(row.attributes, attribute.name) ? row.attributes[attribute.name] : undefined;
    if (!kind) refuse(`${op} ("${name}") has an attribute ${attribute.name} that is not supported.`);
    attributes[attribute.name] = readAttribute(attribute, kind!, `${op} ("${name}"), attribute ${attribute.name}`);
  }
  return { op, name, inputs: node.input, outputs: node.output, attributes };
}

const TYPES: Readonly<Record<AttributeKind, AttributeType>> = {
  int: AttributeType.INT,
  ints: AttributeType.INTS,
  float: AttributeType.FLOAT,
  floats: AttributeType.FLOATS,
  string: AttributeType.STRING,
};

function readAttribute(attribute: AttributeProto, kind: AttributeKind, where: string): Attribute {
  if (attribute.type !== TYPES[kind]) refuse(`${where} must be ${kind}.`);
  switch (kind) {
    case "int":
      return Number(attribute.i);
    case "ints":
      return attribute.ints.map(Number);
    case "float":
      return attribute.f;
    case "floats":
      return attribute.floats;
    case "string":
      return String.fromCharCode(...attribute.s.subarray(0, 64)); // names of modes: ASCII
  }
}

function readValue({ name, type }: ValueInfoProto): ValueInfo {
  if (type?.value.case !== "tensorType") return refuse(`Input "${name}" is not a tensor.`);
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim ?? refuse(`Input "${name}" says no shape.`);
  return {
    name,
    type: dataTypeOf(elemType, `Input "${name}"`),
    shape: dims.map(({ value }, axis): Dim => {
      if (value.case === "dimValue") return Number(value.value);
      return value.case === "dimParam" && value.value !== "" ? value.value : `${name}.${axis}`;
    }),
  };
}

function readTensor(proto: TensorProto, where: string): Tensor {
  if (proto.dataLocation === DataLocation.EXTERNAL) refuse(`${where} lies in another file.`);
  const type = dataTypeOf(proto.dataType, where);
  const dims = proto.dims.map(Number);
  const count = elementCount(dims);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || !Number.isSafeInteger(count)) {
    refuse(`${where} has impossible dimensions [${dims}].`);
  }
  const data = proto.rawData.length > 0 ? rawData(proto.rawData, type, where) : listedData(proto, type);
  if (data.length !== count) refuse(`${where} of [${dims}] holds ${data.length} elements, not ${count}.`);
  return { type, dims, data };
}

function rawData(raw: Uint8Array, type: keyof typeof DATA_TYPES, where: string): TensorData {
  const { bytes, view } = DATA_TYPES[type];
  if (raw.length % bytes !== 0) refuse(`${where} has ${raw.length} bytes, which is no multiple of ${bytes}.`);
  return view(new Uint8Array(raw).buffer); // a copy of its own, so that it is aligned (slice() of a Node Buffer would be none)
}

/** onnx.proto: small types travel in int32_data. */
function listedData(proto: TensorProto, type: keyof typeof DATA_TYPES): TensorData {
  switch (type) {
    case "float32":
      return Float32Array.from(proto.floatData);
    case "float64":
      return Float64Array.from(proto.doubleData);
    case "int64":
      return BigInt64Array.from(proto.int64Data);
    case "int32":
      return Int32Array.from(proto.int32Data);
    case "int8":
      return Int8Array.from(proto.int32Data);
    case "uint8":
    case "bool":
      return Uint8Array.from(proto.int32Data);
  }
}

// An ONNX file as our graph, or a refusal. The bytes may come from anywhere: nothing in them is believed before it is checked.
//
// Operators of other opsets are read in the words of ours (opset.ts). Refused: operators without a row, opsets in which they mean something else, control flow, external data (a file name inside a
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
import {
  type Attribute,
  type Dim,
  elementCount,
  floatTensor,
  type Graph,
  type Node,
  type Shape,
  type Tensor,
  tensor,
  type ValueInfo,
} from "./graph.ts";
import { inferShapes } from "./infer-shapes.ts";
import { isOpName, OPERATORS } from "./operators/index.ts";
import type { AttributeKind } from "./operators/operator.ts";
import { type FileConstants, inOurWords, type RawNode } from "./opset.ts";
import { verifyGraph } from "./verify.ts";

/** The inputs that a file declares, read without looking at its nodes. @throws graph/invalid for bytes that are no model */
export function onnxInputs(bytes: Uint8Array): readonly ValueInfo[] {
  const proto = decode(bytes).graph ?? refuse("The file holds no graph.");
  const constants = new Set(proto.initializer.map(({ name }) => name));
  return proto.input.filter(({ name }) => !constants.has(name)).map(readValue);
}

export interface Reading {
  /** Shapes of inputs in place of the file's, for files that leave sizes open; sizes that a file fixes stay fixed. */
  readonly shapes?: Readonly<Record<string, Shape>>;
}

/** @throws graph/invalid for bytes that are no sound model; graph/operator-unknown for an operator without a row */
export function readOnnx(bytes: Uint8Array, { shapes = {} }: Reading = {}): Graph {
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
  const constants: FileConstants = {
    add: (stem, constant) => {
      let name = stem;
      while (initializers.has(name)) name += "'";
      initializers.set(name, constant);
      return name;
    },
    get: (name) => initializers.get(name),
  };
  const nodes: Node[] = [];
  const taken = new Set(proto.node.map(({ name }) => name));
  for (const node of proto.node) {
    if (node.opType === "Constant") {
      const value = node.attribute.find(({ name }) => name === "value")?.t;
      if (value) keep(node.output[0] ?? "", value);
      else initializers.set(node.output[0] ?? "", listedConstant(node));
      continue;
    }
    nodes.push(...readNode(node, opsets, nameOf(node, taken), constants));
  }
  const graph: Graph = {
    name: proto.name || "graph",
    inputs: proto.input.filter(({ name }) => !initializers.has(name)).map((info) => reshaped(readValue(info), shapes)),
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

function reshaped(info: ValueInfo, shapes: Readonly<Record<string, Shape>>): ValueInfo {
  const shape = shapes[info.name];
  if (!shape) return info;
  const fits =
    shape.length === info.shape.length && info.shape.every((dim, i) => typeof dim === "string" || dim === shape[i]);
  if (!fits)
    refuse(`Input "${info.name}" is [${info.shape.join(", ")}] in the file, which [${shape.join(", ")}] does not fit.`);
  return { ...info, shape };
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

/** Constant nodes with a number or a list of them. */
function listedConstant({ name, attribute: [found] }: NodeProto): Tensor {
  switch (found?.name) {
    case "value_float":
      return floatTensor([], [found.f]);
    case "value_floats":
      return floatTensor([found.floats.length], found.floats);
    case "value_int":
      return tensor("int64", [], BigInt64Array.of(found.i));
    case "value_ints":
      return tensor("int64", [found.ints.length], BigInt64Array.from(found.ints));
    default:
      return refuse(`Constant node "${name}" does not hold a tensor or numbers.`);
  }
}

function readNode(
  node: NodeProto,
  opsets: ReadonlyMap<string, number>,
  name: string,
  constants: FileConstants,
): readonly Node[] {
  const domain = node.domain === "ai.onnx" ? "" : node.domain;
  const version = opsets.get(domain);
  requireKinds(node, name);
  const raw: RawNode = {
    op: node.opType,
    name,
    inputs: node.input,
    outputs: node.output,
    attributes: Object.fromEntries(
      node.attribute.map((attribute) => {
        const where = `${node.opType} ("${name}")`;
        // A tensor becomes a constant, and the attribute its name.
        if (attribute.type !== AttributeType.TENSOR || !attribute.t)
          return [attribute.name, readAttribute(attribute, where)];
        const constant = readTensor(attribute.t, `${where}, attribute ${attribute.name}`);
        return [attribute.name, constants.add(`${name}.${attribute.name}`, constant)];
      }),
    ),
  };
  const adapted = domain === "" && version !== undefined ? inOurWords(raw, version, constants) : null;
  return (adapted?.nodes ?? [raw]).map((one) => checkNode(one, domain, version, adapted !== null));
}

/** A layout that only we write, for one processor, into graphs that leave no process. */
const BLOCKED = "com.microsoft.nchwc";

/** The node as a row knows it. `adapted` says that its opset has been dealt with. */
function checkNode(node: RawNode, domain: string, version: number | undefined, adapted: boolean): Node {
  const { op, name } = node;
  if (!isOpName(op) || OPERATORS[op].domain !== domain || domain === BLOCKED) {
    throw new AppError(
      "graph/operator-unknown",
      `Operator ${domain ? `${domain}.` : ""}${op} ("${name}") is not known.`,
    );
  }
  const row = OPERATORS[op];
  if (version === undefined) refuse(`The file uses ${op} but imports no opset for its domain "${domain}".`);
  if (!adapted && (version! < row.opset[0] || version! > row.opset[1])) {
    refuse(`${op} ("${name}") is of opset ${version}; opsets ${row.opset[0]} to ${row.opset[1]} can be read.`);
  }
  for (const attribute of Object.keys(node.attributes)) {
    if (!Object.hasOwn(row.attributes, attribute)) {
      refuse(`${op} ("${name}") has an attribute ${attribute} that is not supported.`);
    }
  }
  return { ...node, op };
}

const TYPES: Readonly<Record<AttributeKind, AttributeType>> = {
  int: AttributeType.INT,
  ints: AttributeType.INTS,
  float: AttributeType.FLOAT,
  floats: AttributeType.FLOATS,
  string: AttributeType.STRING,
};

/** The kinds that the operator's row asks for; a whole number that is a float in the file would pass for an int afterwards. */
function requireKinds({ opType, attribute: attributes }: NodeProto, name: string): void {
  if (!isOpName(opType)) return;
  const kinds = OPERATORS[opType].attributes;
  for (const attribute of attributes) {
    const kind = Object.hasOwn(kinds, attribute.name) ? kinds[attribute.name] : undefined;
    if (kind && attribute.type !== TYPES[kind]) {
      refuse(`${opType} ("${name}"), attribute ${attribute.name} must be ${kind}.`);
    }
  }
}

function readAttribute(attribute: AttributeProto, where: string): Attribute {
  switch (attribute.type) {
    case AttributeType.INT:
      return Number(attribute.i);
    case AttributeType.INTS:
      return attribute.ints.map(Number);
    case AttributeType.FLOAT:
      return attribute.f;
    case AttributeType.FLOATS:
      return attribute.floats;
    case AttributeType.STRING:
      return String.fromCharCode(...attribute.s.subarray(0, 64)); // names of modes: ASCII
    default:
      return refuse(`${where}: attribute ${attribute.name} is of a kind that is not supported.`);
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
    case "float16":
      return Uint16Array.from(proto.int32Data);
    case "int32":
      return Int32Array.from(proto.int32Data);
    case "int8":
      return Int8Array.from(proto.int32Data);
    case "uint8":
    case "bool":
      return Uint8Array.from(proto.int32Data);
  }
}

// Operators as other opsets wrote them, in the words of the opset that our rows speak (17).
//
// One entry for each operator that meant the same under other words: which opsets it is read from, and what changes. The ONNX operator pages list the versions
// (https://onnx.ai/onnx/operators/). What changed its meaning in a way that our rows cannot say is refused by name.
import { AppError } from "../../preload/contract/errors.ts";
import { DATA_TYPES } from "./data-type.ts";
import { type Attribute, floatTensor, intTensor, type Tensor, tensor } from "./graph.ts";

/** A node on its way from a file to a row. */
export interface RawNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What an adapter may ask for: a constant under a name of its own, and what a constant of the file holds. */
export interface FileConstants {
  readonly add: (stem: string, constant: Tensor) => string;
  readonly get: (name: string) => Tensor | undefined;
}

type Adapter = (node: RawNode, version: number, constants: FileConstants) => RawNode | readonly RawNode[];
interface Reading {
  readonly from: number;
  readonly to: number;
  readonly adapt?: Adapter;
}

const NEWEST = 21;
const INT64 = DATA_TYPES.int64.code;

function refuse({ op, name }: RawNode, reason: string): never {
  throw new AppError("graph/invalid", `${op} ("${name}"): ${reason}`);
}

function without(node: RawNode, ...names: readonly string[]): RawNode {
  const kept = Object.entries(node.attributes).filter(([name]) => !names.includes(name));
  return { ...node, attributes: Object.fromEntries(kept) };
}

/** Puts `value` at `index` of the inputs, leaving those before it out where there are none. */
function withInput(node: RawNode, index: number, value: string): RawNode {
  const inputs = Array.from({ length: Math.max(index + 1, node.inputs.length) }, (_, i) => node.inputs[i] ?? "");
  inputs[index] = value;
  return { ...node, inputs };
}

/** Whole numbers that were an attribute and are an input. */
function intsToInput(attribute: string, index: number, before: number): Adapter {
  return (node, version, constants) => {
    const values = node.attributes[attribute];
    if (version >= before || values === undefined) return node;
    const list = Array.isArray(values) ? (values as readonly number[]) : [values as number];
    return withInput(without(node, attribute), index, constants.add(`${node.name}.${attribute}`, intTensor(list)));
  };
}

/** Axes that became an input in 18 and are an attribute in our rows. */
const axesToAttribute: Adapter = (node, version, constants) => {
  if (version < 18) return node;
  const plain = without(node, "noop_with_empty_axes");
  const [x, axes] = node.inputs;
  if (!axes) return plain;
  const found = constants.get(axes) ?? refuse(node, "its axes must be constant.");
  return { ...plain, inputs: [x!], attributes: { ...plain.attributes, axes: Array.from(found.data, Number) } };
};

const reduce: Reading = { from: 1, to: NEWEST, adapt: axesToAttribute };

/** Before 13 the axis and all behind it were one: flatten, then the last axis, then the shape back. */
const softmax: Adapter = (node, version) => {
  if (version >= 13) return node;
  const axis = (node.attributes.axis as number | undefined) ?? 1;
  if (axis === -1) return { ...node, attributes: { axis } };
  const at = (part: string) => `${node.name}.${part}`;
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const step = (op: string, name: string, inputs: readonly string[], output: string, attributes = {}): RawNode => ({
    op,
    name,
    inputs,
    outputs: [output],
    attributes,
  });
  return [
    step("Flatten", at("flat"), [x], at("flat"), { axis }),
    step(node.op, node.name, [at("flat")], at("rows"), { axis: -1 }),
    step("Shape", at("shape"), [x], at("shape")),
    step("Reshape", at("back"), [at("rows"), at("shape")], y),
  ];
};

/** Upsample, and Resize of opset 10, which had no region of interest and one convention. */
const enlarge: Adapter = (node, version, constants) => {
  if (node.op === "Resize" && version >= 11) {
    const { antialias = 0, keep_aspect_ratio_policy: policy = "stretch" } = node.attributes;
    if (antialias !== 0 || policy !== "stretch" || node.attributes.axes)
      refuse(node, "antialiasing, axes or a policy.");
    return without(node, "antialias", "keep_aspect_ratio_policy");
  }
  const listed = node.attributes.scales;
  const scales = Array.isArray(listed)
    ? constants.add(`${node.name}.scales`, floatTensor([listed.length], listed as readonly number[]))
    : node.inputs[1]!;
  const mode = node.attributes.mode ?? "nearest";
  const attributes = { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return { ...node, op: "Resize", inputs: [node.inputs[0]!, "", scales], attributes };
};

const clip: Adapter = (node, version, constants) => {
  if (version >= 11) return node;
  const limit = (attribute: string, index: number, into: RawNode): RawNode => {
    const value = node.attributes[attribute];
    if (value === undefined) return into;
    return withInput(into, index, constants.add(`${node.name}.${attribute}`, floatTensor([], [value as number])));
  };
  return limit("max", 2, limit("min", 1, without(node, "min", "max")));
};

const pad: Adapter = (node, version, constants) => {
  if (version >= 11) return node.inputs[3] ? refuse(node, "axes are not supported.") : node;
  const pads = intsToInput("pads", 1, 11)(node, version, constants) as RawNode;
  const value = node.attributes.value;
  const plain = without(pads, "value");
  if (value === undefined || value === 0) return plain;
  return withInput(plain, 2, constants.add(`${node.name}.value`, floatTensor([], [value as number])));
};

const slice: Adapter = (node, version, constants) =>
  ["starts", "ends", "axes"].reduce(
    (made, attribute, i) => intsToInput(attribute, i + 1, 10)(made, version, constants) as RawNode,
    node,
  );

/** The share that training drops means nothing in use. */
const dropout: Adapter = (node, version) =>
  version < 12 ? { ...without(node, "ratio", "is_test"), inputs: [node.inputs[0]!] } : node;

const batchNormalization: Adapter = (node, version) => {
  if (version >= 15) return node;
  if (node.attributes.spatial === 0) refuse(node, "statistics for each pixel are not supported.");
  if (node.outputs.slice(1).some((output) => output !== "") && version < 14) refuse(node, "training outputs.");
  return { ...without(node, "spatial", ...(version < 14 ? ["momentum"] : [])), outputs: node.outputs.slice(0, 1) };
};

/** Writes a node out as several, each named after it; the last one makes what the node made. */
class Writing {
  readonly nodes: RawNode[] = [];
  readonly #node: RawNode;
  readonly #constants: FileConstants;

  constructor(node: RawNode, constants: FileConstants) {
    this.#node = node;
    this.#constants = constants;
  }

  number(value: number): string {
    return this.#constants.add(`${this.#node.name}.number`, floatTensor([], [value]));
  }

  ints(values: readonly number[]): string {
    return this.#constants.add(`${this.#node.name}.sizes`, intTensor(values));
  }

  step(op: string, inputs: readonly string[], attributes: RawNode["attributes"] = {}, last = false): string {
    const name = `${this.#node.name}.step${this.nodes.length}`;
    const output = last ? this.#node.outputs[0]! : name;
    this.nodes.push({ op, name: last ? this.#node.name : name, inputs, outputs: [output], attributes });
    return output;
  }

  last(op: string, inputs: readonly string[]): readonly RawNode[] {
    this.step(op, inputs, {}, true);
    return this.nodes;
  }
}

/** x times the normal distribution's share below x, or its approximation by tanh (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415). */
const gelu: Adapter = (node, _, constants) => {
  const w = new Writing(node, constants);
  const x = node.inputs[0]!;
  const curved = (): string => {
    if (node.attributes.approximate !== "tanh") return w.step("Erf", [w.step("Mul", [x, w.number(Math.SQRT1_2)])]);
    const cube = w.step("Mul", [x, w.step("Mul", [x, x])]);
    const inner = w.step("Add", [x, w.step("Mul", [cube, w.number(0.044715)])]);
    return w.step("Tanh", [w.step("Mul", [inner, w.number(Math.sqrt(2 / Math.PI))])]);
  };
  const share = w.step("Mul", [w.step("Add", [curved(), w.number(1)]), w.number(0.5)]);
  return w.last("Mul", [x, share]);
};

const mish: Adapter = (node, _, constants) => {
  const w = new Writing(node, constants);
  const x = node.inputs[0]!;
  return w.last("Mul", [x, w.step("Tanh", [w.step("Softplus", [x])])]);
};

/** Each group is normalised as one channel; scale and bias come for each group (18) or for each channel (21). */
const groupNormalization: Adapter = (node, version, constants) => {
  const { num_groups: groups, epsilon = 1e-5, stash_type: stash = 1 } = node.attributes;
  if (typeof groups !== "number" || groups < 1) refuse(node, "num_groups must be a number from 1.");
  if (stash !== 1) refuse(node, `stash_type ${stash}.`);
  const [x, scale, bias] = node.inputs as [string, string, string];
  const w = new Writing(node, constants);
  const parts = version < 21 ? groups : constants.get(scale)?.dims[0];
  if (!parts) refuse(node, "its scale must be constant.");
  const each = (value: number): string =>
    constants.add(`${node.name}.each${value}`, floatTensor([groups], new Array<number>(groups).fill(value)));
  const grouped = w.step("Reshape", [x, w.ints([0, groups, -1])]);
  const normal = w.step("InstanceNormalization", [grouped, each(1), each(0)], { epsilon });
  const rows = w.step("Reshape", [normal, w.ints([0, parts, -1])]);
  const column = (values: string): string => w.step("Reshape", [values, w.ints([parts, 1])]);
  const scaled = w.step("Add", [w.step("Mul", [rows, column(scale)]), column(bias)]);
  return w.last("Reshape", [scaled, w.step("Shape", [x])]);
};

/** A value, 0 where none is said, repeated. */
const constantOfShape: Adapter = (node, _, constants) => {
  const { value } = node.attributes;
  const given = typeof value === "string" ? constants.get(value) : floatTensor([], [0]);
  if (given?.data.length !== 1) refuse(node, "its value must be one number.");
  const w = new Writing(node, constants);
  return w.last("Expand", [constants.add(`${node.name}.value`, { ...given!, dims: [] }), node.inputs[0]!]);
};

/** Most numbers of a Range that are written into the graph. */
const LONGEST_RANGE = 1 << 20;

const range: Adapter = (node, _, constants) => {
  const limits = node.inputs.map((name) => constants.get(name) ?? refuse(node, "its limits must be constant."));
  const [start, limit, delta] = limits.map(({ data }) => Number(data[0])) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= LONGEST_RANGE)) refuse(node, `${count} numbers are too many.`);
  const { type } = limits[0]!;
  const values = Array.from({ length: count }, (_, i) => start + i * delta);
  const made =
    type === "int64"
      ? intTensor(values)
      : tensor(type, [count], type === "int32" ? Int32Array.from(values) : Float32Array.from(values));
  return new Writing(node, constants).last("Identity", [constants.add(`${node.name}.numbers`, made)]);
};

/** What lies on one side of a diagonal; the other side becomes 0. Rows and columns are counted by sums of ones. */
const trilu: Adapter = (node, _, constants) => {
  const [x, k] = node.inputs as [string, string | undefined];
  const w = new Writing(node, constants);
  const offset = k ? constants.get(k) : undefined;
  if (k && !offset) refuse(node, "its diagonal must be constant.");
  const ones = w.step("Expand", [w.number(1), w.step("Shape", [x])]);
  const [row, column] = [-2, -1].map((axis) =>
    w.step("CumSum", [ones, constants.add(`${node.name}.axis`, tensor("int64", [], BigInt64Array.of(BigInt(axis))))]),
  ) as [string, string];
  const diagonal = w.step("Add", [row, w.number(Number(offset?.data[0] ?? 0))]);
  const kept = w.step((node.attributes.upper ?? 1) === 1 ? "GreaterOrEqual" : "LessOrEqual", [column, diagonal]);
  return w.last("Where", [kept, x, w.number(0)]);
};

/** 1 at the place that an index names, along a new last axis; negative indices count from the end. */
const oneHot: Adapter = (node, _, constants) => {
  const [indices, depth, values] = node.inputs as [string, string, string];
  const [size, pair] = [constants.get(depth), constants.get(values)];
  if (!size || !pair) refuse(node, "its depth and values must be constant.");
  if ((node.attributes.axis ?? -1) !== -1) refuse(node, "its new axis must be the last.");
  const count = Number(size!.data[0]);
  const w = new Writing(node, constants);
  const whole = w.step("Cast", [indices], { to: INT64 });
  const places = intTensor(Array.from({ length: count }, (_, i) => i));
  const wrapped = w.step("Mod", [w.step("Add", [whole, w.ints([count])]), w.ints([count])]);
  const column = w.step("Unsqueeze", [wrapped, w.ints([-1])]);
  const found = w.step("Equal", [column, constants.add(`${node.name}.places`, places)]);
  const value = (at: number): string =>
    constants.add(`${node.name}.value`, { type: pair!.type, dims: [], data: pair!.data.slice(at, at + 1) });
  return w.last("Where", [found, value(1), value(0)]);
};

const split: Adapter = (node, version, constants) =>
  without(intsToInput("split", 1, 13)(node, version, constants) as RawNode, "num_outputs");

const same = (from: number): Reading => ({ from, to: NEWEST });
const adapted = (from: number, adapt: Adapter): Reading => ({ from, to: NEWEST, adapt });

const READINGS: Readonly<Record<string, Reading>> = {
  AveragePool: same(7),
  ArgMax: same(1),
  ArgMin: same(1),
  BatchNormalization: adapted(7, batchNormalization),
  Cast: same(6),
  Clip: adapted(6, clip),
  Concat: same(4),
  ConstantOfShape: adapted(9, constantOfShape),
  Conv: same(1),
  ConvTranspose: same(1),
  DequantizeLinear: same(10),
  Dropout: adapted(7, dropout),
  Equal: same(7),
  Flatten: same(1),
  Gather: same(1),
  Gelu: { from: 20, to: NEWEST, adapt: gelu },
  Gemm: same(7),
  GatherND: same(11),
  Greater: same(7),
  GroupNormalization: { from: 18, to: NEWEST, adapt: groupNormalization },
  GRU: same(7),
  Less: same(7),
  LogSoftmax: adapted(1, softmax),
  LSTM: same(7),
  MatMul: same(1),
  MaxPool: same(1),
  Mish: { from: 18, to: NEWEST, adapt: mish },
  OneHot: adapted(9, oneHot),
  Pad: adapted(2, pad),
  Pow: same(7),
  PRelu: same(7),
  QuantizeLinear: same(10),
  Range: adapted(11, range),
  ReduceL1: reduce,
  ReduceL2: reduce,
  ReduceLogSum: reduce,
  ReduceLogSumExp: reduce,
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceSum: adapted(1, intsToInput("axes", 1, 13)),
  ReduceSumSquare: reduce,
  Resize: adapted(10, enlarge),
  RNN: same(7),
  Shape: same(1),
  Slice: adapted(1, slice),
  Softmax: adapted(1, softmax),
  Split: adapted(2, split),
  Squeeze: adapted(1, intsToInput("axes", 1, 13)),
  Trilu: adapted(14, trilu),
  TopK: adapted(1, intsToInput("k", 1, 10)),
  Unsqueeze: adapted(1, intsToInput("axes", 1, 13)),
  Upsample: { from: 7, to: 9, adapt: enlarge },
};

/**
 * The node in the words of opset 17, as one node or several, and the opsets that it is read from; null where the row itself says that.
 * @throws graph/invalid, naming operator and node, for what our rows cannot say
 */
export function inOurWords(
  node: RawNode,
  version: number,
  constants: FileConstants,
): { readonly nodes: readonly RawNode[] } | null {
  const reading = Object.hasOwn(READINGS, node.op) ? READINGS[node.op]! : null;
  if (!reading) return null;
  if (version < reading.from || version > reading.to) {
    refuse(node, `opset ${version}; opsets ${reading.from} to ${reading.to} can be read.`);
  }
  const made = reading.adapt?.(node, version, constants) ?? node;
  return { nodes: Array.isArray(made) ? (made as readonly RawNode[]) : [made as RawNode] };
}

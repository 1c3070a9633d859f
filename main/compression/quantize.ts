// Static int8 in QDQ form: QuantizeLinear/DequantizeLinear pairs around the operators that the runtime has integer kernels for.
//
// Activations are uint8, one scale per value, from ranges seen on training images; weights are int8, symmetric, one scale per output
// channel; biases are int32 with the product of both scales (Jacob et al. 2018, section 2). The range of what comes out of Relu starts
// at 0, so its zero point is 0 and the runtime does the Relu inside the integer convolution; with signed or shifted codes int8 is slower
// than float (measured: 0.7 to 0.9 times float's speed, against 2.8 times). The runtime fuses a pair only when it stands on the value
// between two integer operators, so no pair is put between an operator and its Relu.
// The logits stay float: they are few, and their order is the answer.
//
// A transposed convolution has no integer kernel: it computes in float, but its weights are kept as int8 and what it reads has codes. Without those codes the layer before it
// would have no integer output to write, and would compute in float too.
import type { Graph, Node, Tensor } from "../graph/graph.ts";
import { floatTensor, tensor } from "../graph/graph.ts";
import { withoutUnreadConstants } from "./fold.ts";

/** Smallest and largest value seen. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Largest code of a weight. Processors without VNNI add two products of an activation (up to 255) and a weight in 16 bits that saturate: with codes up to 127 sums
 * come out wrong there (seen on an AVX2 machine: logits off by 8 % of their range), with 64 they fit: 2 * 255 * 64 < 2^15. A container does not know its machine.
 */
const LARGEST_CODE = 64;

/** Operators with weights: their second input, when constant, becomes int8. */
const WEIGHTED: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
/** Operators with integer kernels or that move codes without touching them. */
const INTEGER: ReadonlySet<string> = new Set([
  ...WEIGHTED,
  "Add",
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "Concat",
  "Flatten",
  "Reshape",
  "Transpose",
]);

/** Operators whose output holds only values of their input: it keeps the input's codes. */
const KEEPS_CODES: ReadonlySet<string> = new Set(["MaxPool", "Flatten", "Reshape", "Transpose"]);

/** Values that `quantizeStatic` needs a range for: what integer operators read. Empty when the graph has nothing to quantise. */
export function quantizableValues(graph: Graph): readonly string[] {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const read = graph.nodes.filter((node) => isInteger(node, graph)).flatMap((node) => activations(node, graph));
  return [...new Set(read)].filter((name) => !outputs.has(name));
}

/** Layers that can be int8, by node name, in the order of the network. */
export function integerLayers(graph: Graph): readonly string[] {
  return graph.nodes.filter((node) => isInteger(node, graph)).map(({ name }) => name);
}

/** Layers with constant weights, by node name, in the order of the network. */
export function weightedLayers(graph: Graph): readonly string[] {
  return graph.nodes
    .filter(({ op, inputs }) => WEIGHTED.has(op) && graph.initializers.has(inputs[1]!))
    .map(({ name }) => name);
}

function isInteger(node: Node, graph: Graph): boolean {
  if (!INTEGER.has(node.op)) return false;
  if (WEIGHTED.has(node.op)) return graph.initializers.has(node.inputs[1]!);
  // An addition of a constant is part of the float preparation of the input, not of the network's body.
  return node.op !== "Add" || node.inputs.every((name) => !graph.initializers.has(name));
}

function activations(node: Node, graph: Graph): readonly string[] {
  const data = node.op === "Add" || node.op === "Concat" ? node.inputs : node.inputs.slice(0, 1);
  return data.filter((name) => !graph.initializers.has(name));
}

export interface StaticOptions {
  /** Names of layers that stay as they are: they read values as they were before they got codes. */
  readonly float?: ReadonlySet<string>;
  /** Whether values with both signs get as many codes below zero as above it (zero point 128), and not the codes that their range needs. */
  readonly symmetric?: boolean;
}

/**
 * The same network with int8 weights and activations. A value without a range stays float; a range is widened to hold 0.
 * @param ranges of the values that `quantizableValues` names
 */
export function quantizeStatic(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  { float = new Set(), symmetric = false }: StaticOptions = {},
): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  const rangeOf = new Map<string, Range>();
  const quantizable = new Set(
    quantizableValues({ ...graph, nodes: graph.nodes.filter(({ name }) => !float.has(name)) }),
  );
  const pair = (name: string, range: Range | undefined) => {
    if (!range || !quantizable.has(name)) return;
    const { scale, zeroPoint } = uint8Parameters(range, symmetric);
    rangeOf.set(name, range);
    initializers.set(`${name}/scale`, floatTensor([], [scale]));
    initializers.set(`${name}/zero-point`, tensor("uint8", [], Uint8Array.of(zeroPoint)));
    const parameters = [`${name}/scale`, `${name}/zero-point`];
    nodes.push(
      {
        op: "QuantizeLinear",
        name: `${name}/quantize`,
        inputs: [name, ...parameters],
        outputs: [`${name}/u8`],
        attributes: {},
      },
      {
        op: "DequantizeLinear",
        name: `${name}/dequantize`,
        inputs: [`${name}/u8`, ...parameters],
        outputs: [`${name}/dequantized`],
        attributes: {},
      },
    );
  };
  for (const { name } of graph.inputs) pair(name, ranges.get(name));
  for (const node of graph.nodes) {
    const range = float.has(node.name) ? undefined : rangeOf.get(node.inputs[0]!);
    const coded = (name: string): boolean => rangeOf.has(name) && !float.has(node.name);
    const inputs = node.inputs.map((name) => (coded(name) ? `${name}/dequantized` : name));
    if (WEIGHTED.has(node.op) && range && isInteger(node, graph)) {
      const weight = quantizeWeight(node, initializers);
      const name = `${node.name}/weight`;
      store(initializers, nodes, name, weight);
      inputs[1] = name;
      const bias = node.inputs[2] ? graph.initializers.get(node.inputs[2]) : undefined;
      if (bias) {
        const { scale } = uint8Parameters(range, symmetric);
        store(initializers, nodes, `${node.name}/bias`, quantizeBias(bias, scale, weight.scales));
        inputs[2] = `${node.name}/bias`;
      }
    }
    nodes.push({ ...node, inputs });
    for (const output of node.outputs)
      pair(output, KEEPS_CODES.has(node.op) ? (range ?? ranges.get(output)) : ranges.get(output));
  }
  return withoutUnreadConstants({ ...graph, name: `${graph.name}-int8`, initializers, nodes });
}

export interface Codes {
  readonly codes: Tensor;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** Output channels: axis 0 of a convolution and of a transposed Gemm weight, 1 of a transposed convolution, the last axis of [in, out]. */
function outputAxis(node: Node, rank: number): number {
  if (node.op === "Conv") return 0;
  if (node.op === "ConvTranspose") return 1;
  return node.op === "Gemm" && node.attributes.transB === 1 ? 0 : rank - 1;
}

/** Codes of a layer's weights, symmetric, one scale per output channel. */
export function quantizeWeight(
  node: Node,
  initializers: ReadonlyMap<string, Tensor>,
  largestCode = LARGEST_CODE,
): Codes {
  const { dims, data } = initializers.get(node.inputs[1]!)!;
  const axis = outputAxis(node, dims.length);
  const channels = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const largest = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const c = channelOf(i);
    largest[c] = Math.max(largest[c]!, Math.abs(Number(data[i])));
  }
  // A channel of zeros has any scale; 1 keeps the int32 bias exact.
  const scales = Float32Array.from(largest, (value) => (value > 0 ? value / largestCode : 1));
  const codes = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++)
    codes[i] = clampRound(Number(data[i]) / scales[channelOf(i)]!, -largestCode, largestCode);
  return { codes: tensor("int8", dims, codes), scales, axis };
}

function quantizeBias(bias: Tensor, inputScale: number, weightScales: Float32Array): Codes {
  const scales = weightScales.map((scale) => scale * inputScale);
  const codes = new Int32Array(bias.data.length);
  for (let c = 0; c < codes.length; c++) {
    codes[c] = clampRound(Number(bias.data[c]) / scales[c]!, -(2 ** 31) + 1, 2 ** 31 - 1);
  }
  return { codes: tensor("int32", bias.dims, codes), scales, axis: 0 };
}

/** Codes and scales as constants and the DequantizeLinear that gives `name`. */
export function store(
  initializers: Map<string, Tensor>,
  nodes: Node[],
  name: string,
  { codes, scales, axis }: Codes,
): void {
  initializers.set(`${name}/codes`, codes);
  initializers.set(`${name}/scale`, floatTensor([scales.length], scales));
  const zeros = codes.type === "int8" ? new Int8Array(scales.length) : new Int32Array(scales.length);
  initializers.set(`${name}/zero-point`, tensor(codes.type, [scales.length], zeros));
  nodes.push({
    op: "DequantizeLinear",
    name: `${name}/dequantize`,
    inputs: [`${name}/codes`, `${name}/scale`, `${name}/zero-point`],
    outputs: [name],
    attributes: { axis },
  });
}

/** Smallest normal float32: a subnormal scale would be flushed to 0 by the runtime. */
const SMALLEST_SCALE = 2 ** -126;

/** real = (code - zeroPoint) * scale with codes 0..255; 0 is represented exactly. */
export function uint8Parameters({ min, max }: Range, symmetric = false): { scale: number; zeroPoint: number } {
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  // Values of one sign, such as what comes out of Relu, keep all their codes: the runtime does the Relu inside the integer convolution only where zero is the first code.
  if (symmetric && low < 0 && high > 0) {
    return { scale: Math.max(SMALLEST_SCALE, Math.fround(Math.max(-low, high) / 127)), zeroPoint: 128 };
  }
  const scale = high > low ? Math.max(SMALLEST_SCALE, Math.fround((high - low) / 255)) : 1;
  return { scale, zeroPoint: clampRound(-low / scale, 0, 255) };
}

function clampRound(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.round(value)));
}

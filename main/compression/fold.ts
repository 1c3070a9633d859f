// Batch normalisation of a trained network is an affine map per channel; after a convolution it disappears into the weights.
//
// W'[c] = W[c] * g[c] / sqrt(v[c] + eps),  b'[c] = (b[c] - m[c]) * g[c] / sqrt(v[c] + eps) + beta[c]   (Ioffe and Szegedy 2015, section 3.1)
import type { Graph, Node, Tensor } from "../graph/graph.ts";
import { floatTensor, tensor } from "../graph/graph.ts";

const DEFAULT_EPSILON = 1e-5; // ONNX operator BatchNormalization, attribute epsilon

/** The same function without those BatchNormalization nodes that follow a convolution with constant weights and nothing else reads. */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = countReaders(graph);
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) makers.set(output, node);

  const initializers = new Map(graph.initializers);
  const folded = new Map<Node, Node>(); // convolution -> convolution with the affine map inside
  const gone = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.op !== "BatchNormalization") continue;
    const conv = makers.get(node.inputs[0]!);
    if (conv?.op !== "Conv" || readers.get(node.inputs[0]!) !== 1) continue;
    const weight = initializers.get(conv.inputs[1]!);
    const bias = conv.inputs[2] ? initializers.get(conv.inputs[2]) : null;
    const [gamma, beta, mean, variance] = node.inputs.slice(1, 5).map((name) => initializers.get(name));
    if (!weight || bias === undefined || !gamma || !beta || !mean || !variance) continue;
    const epsilon = typeof node.attributes.epsilon === "number" ? node.attributes.epsilon : DEFAULT_EPSILON;
    const output = node.outputs[0]!;
    const affine = {
      gamma: numbers(gamma),
      beta: numbers(beta),
      mean: numbers(mean),
      variance: numbers(variance),
      epsilon,
    };
    const merged = merge(weight, bias ? numbers(bias) : null, affine);
    initializers.set(`${output}/weight`, merged.weight);
    initializers.set(`${output}/bias`, merged.bias);
    folded.set(conv, {
      ...conv,
      inputs: [conv.inputs[0]!, `${output}/weight`, `${output}/bias`],
      outputs: [output],
    });
    gone.add(node);
  }
  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => folded.get(node) ?? node);
  return withoutUnreadConstants({ ...graph, initializers, nodes });
}

/** The same function with constants that are only turned around turned around in the file: a layer's weights are then its second input, which number formats look for. */
export function foldTransposes(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.filter(({ op, inputs, outputs, attributes }) => {
    const constant = initializers.get(inputs[0]!);
    if (op !== "Transpose" || constant?.type !== "float32" || constant.dims.length !== 2) return true;
    const turns = (attributes.perm as readonly number[] | undefined)?.[0] !== 0;
    initializers.set(outputs[0]!, turns ? transposed(constant) : constant);
    return false;
  });
  return withoutUnreadConstants({ ...graph, initializers, nodes });
}

/** Rows and columns of a matrix exchanged. */
export function transposed({ type, dims, data }: Tensor): Tensor {
  const [rows, columns] = dims as [number, number];
  const turned = data.slice();
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) (turned as Float32Array)[c * rows + r] = Number(data[r * columns + c]);
  return tensor(type, [columns, rows], turned);
}

interface Affine {
  gamma: Float32Array;
  beta: Float32Array;
  mean: Float32Array;
  variance: Float32Array;
  epsilon: number;
}

function merge(weight: Tensor, bias: Float32Array | null, affine: Affine): { weight: Tensor; bias: Tensor } {
  const channels = weight.dims[0]!;
  const perChannel = weight.data.length / channels;
  const source = numbers(weight);
  const data = new Float32Array(weight.data.length);
  const shift = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const factor = affine.gamma[c]! / Math.sqrt(affine.variance[c]! + affine.epsilon);
    for (let i = c * perChannel; i < (c + 1) * perChannel; i++) data[i] = source[i]! * factor;
    shift[c] = ((bias?.[c] ?? 0) - affine.mean[c]!) * factor + affine.beta[c]!;
  }
  return { weight: floatTensor(weight.dims, data), bias: floatTensor([channels], shift) };
}

const numbers = ({ data }: Tensor): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data, Number);

/** How many node inputs and graph outputs read each value. */
export function countReaders(graph: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  const count = (name: string) => readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(count);
  for (const { name } of graph.outputs) count(name);
  return readers;
}

/** Leaves out constants that nothing reads any more. */
export function withoutUnreadConstants(graph: Graph): Graph {
  const readers = countReaders(graph);
  return { ...graph, initializers: new Map([...graph.initializers].filter(([name]) => readers.has(name))) };
}

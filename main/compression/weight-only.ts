// Weights alone in smaller numbers; the network computes in float with what they stand for.
//
// The file becomes smaller and the answers hardly move, without images to calibrate on; time is not saved. 8 bits: one scale per output channel, and a Cast and a Mul that the runtime computes once, when it loads the file (a
// DequantizeLinear it would compute for every image: 1.5 ms in place of 0.9 for a ResNet-18 of width 16). 4 bits: the
// runtime's MatMulNBits, one scale for 32 weights that are summed together (Dettmers et al. 2022, https://arxiv.org/abs/2212.09720, section 5: blocks); it knows products only, so weights of
// convolutions have 8 bits. Source: onnxruntime/docs/ContribOperators.md, com.microsoft.MatMulNBits.
import { DATA_TYPES } from "../graph/data-type.ts";
import { floatTensor, type Graph, type Node, type Tensor, tensor } from "../graph/graph.ts";
import { withoutUnreadConstants } from "./fold.ts";
import { quantizeWeight, weightedLayers } from "./quantize.ts";

/** All codes of 8 bits: nothing is summed in integers, so nothing saturates. */
const LARGEST_CODE = 127;
/** Weights that share a scale. */
const BLOCK = 32;
/** Code of 0 where no zero points are given. */
const ZERO = 8;

/** Products whose weights can have 4 bits: those that sum over at least a block. Empty where a network has none. */
export function fourBitLayers(graph: Graph): readonly string[] {
  const layers = new Set(weightedLayers(graph));
  return graph.nodes.filter((node) => layers.has(node.name) && rowsOf(node, graph) >= BLOCK).map(({ name }) => name);
}

/** The same network with weights in `bits` bits, but for the layers that stay float. */
export function quantizeWeights(graph: Graph, bits: 4 | 8, float: ReadonlySet<string>): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  const four = new Set(bits === 4 ? fourBitLayers(graph) : []);
  const reduced = new Set(weightedLayers(graph).filter((name) => !float.has(name)));
  for (const node of graph.nodes) {
    if (!reduced.has(node.name)) nodes.push(node);
    else if (four.has(node.name)) nodes.push(...inFourBits(node, initializers));
    else {
      nodes.push(...inEightBits(node, initializers));
    }
  }
  return withoutUnreadConstants({ ...graph, name: `${graph.name}-w${bits}`, initializers, nodes });
}

/** Numbers that each output of a product is a sum over; 0 for what 4 bits cannot be had for. */
function rowsOf({ op, inputs, attributes }: Node, { initializers }: Graph): number {
  const { dims } = initializers.get(inputs[1]!)!;
  if (dims.length !== 2) return 0;
  if (op === "MatMul") return dims[0]!;
  if (op !== "Gemm" || attributes.transA === 1 || (attributes.alpha ?? 1) !== 1 || (attributes.beta ?? 1) !== 1)
    return 0;
  return attributes.transB === 1 ? dims[1]! : dims[0]!;
}

function inEightBits(node: Node, initializers: Map<string, Tensor>): readonly Node[] {
  const { codes, scales, axis } = quantizeWeight(node, initializers, LARGEST_CODE);
  const at = (part: string): string => `${node.name}/${part}`;
  const alongAxis = codes.dims.map((_, i) => (i === axis ? scales.length : 1));
  initializers.set(at("codes"), codes);
  initializers.set(at("scale"), floatTensor(alongAxis, scales));
  const to = DATA_TYPES.float32.code;
  return [
    { op: "Cast", name: at("widen"), inputs: [at("codes")], outputs: [at("float")], attributes: { to } },
    { op: "Mul", name: at("scale-back"), inputs: [at("float"), at("scale")], outputs: [at("weight")], attributes: {} },
    { ...node, inputs: node.inputs.map((input, i) => (i === 1 ? at("weight") : input)) },
  ];
}

function inFourBits(node: Node, initializers: Map<string, Tensor>): readonly Node[] {
  const { dims, data } = initializers.get(node.inputs[1]!)!;
  const byOutput = node.op === "Gemm" && node.attributes.transB === 1;
  const [K, N] = byOutput ? [dims[1]!, dims[0]!] : [dims[0]!, dims[1]!];
  const blocks = Math.ceil(K / BLOCK);
  const codes = new Uint8Array((N * blocks * BLOCK) / 2).fill(ZERO | (ZERO << 4));
  const scales = new Float32Array(N * blocks);
  const weight = (k: number, n: number): number => Number(data[byOutput ? n * K + k : k * N + n]);
  for (let n = 0; n < N; n++) {
    for (let block = 0; block < blocks; block++) {
      const [from, to] = [block * BLOCK, Math.min(K, (block + 1) * BLOCK)];
      // The number farthest from 0 gets the farthest code, -8: the other sign has one less.
      let farthest = 0;
      for (let k = from; k < to; k++) if (Math.abs(weight(k, n)) > Math.abs(farthest)) farthest = weight(k, n);
      const scale = Math.fround(farthest / -ZERO);
      scales[n * blocks + block] = scale;
      if (scale === 0) continue;
      for (let k = from; k < to; k++) {
        const code = Math.min(15, Math.max(0, Math.round(weight(k, n) / scale) + ZERO));
        const at = ((n * blocks + block) * BLOCK + (k - from)) >> 1;
        codes[at] = k % 2 === 0 ? (codes[at]! & 0xf0) | code : (codes[at]! & 0x0f) | (code << 4);
      }
    }
  }
  initializers.set(`${node.name}/codes`, tensor("uint8", [N, blocks, BLOCK / 2], codes));
  initializers.set(`${node.name}/scales`, floatTensor([N * blocks], scales));
  const bias = node.op === "Gemm" ? node.inputs[2] : undefined;
  const product = bias ? `${node.name}/product` : node.outputs[0]!;
  const multiplied: Node = {
    op: "MatMulNBits",
    name: node.name,
    inputs: [node.inputs[0]!, `${node.name}/codes`, `${node.name}/scales`],
    outputs: [product],
    attributes: { K, N, bits: 4, block_size: BLOCK },
  };
  if (!bias) return [multiplied];
  return [
    multiplied,
    { op: "Add", name: `${node.name}/add`, inputs: [product, bias], outputs: [node.outputs[0]!], attributes: {} },
  ];
}

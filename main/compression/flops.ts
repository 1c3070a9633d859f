// Work of a network, counted from its graph: one multiplication or one addition is one operation.
//
// Layers with weights and products are counted exactly (2 for each multiply-add, as Molchanov et al. 2017, https://arxiv.org/abs/1611.06440, appendix A.1); every other
// node counts one for each number that it makes. What only moves numbers counts nothing.
import { bindDimensions, elementCount, fixedDims, type Graph, type Node, type TensorType } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";

const MOVES: ReadonlySet<string> = new Set(
  "Identity Dropout Flatten Reshape Transpose Concat Slice Split Squeeze Unsqueeze Gather Shape Expand Pad Cast".split(
    " ",
  ),
);

/** Sums of codes are operations too. */
const COUNTED: ReadonlySet<string> = new Set(["float32", "int32"]);

/** Operations for one case. @throws graph/invalid where a size is only known when the graph runs */
export function countFlops(graph: Graph): number {
  const types = inferShapes(bindDimensions(graph, { N: 1 }));
  const sizeOf = (name: string): readonly number[] => fixedDims(types.get(name)!.shape, `"${name}"`);
  return graph.nodes.reduce((sum, node) => sum + flopsOf(node, sizeOf, types), 0);
}

function flopsOf(
  { op, inputs, outputs, attributes }: Node,
  sizeOf: (name: string) => readonly number[],
  types: ReadonlyMap<string, TensorType>,
): number {
  if (MOVES.has(op) || !COUNTED.has(types.get(outputs[0]!)?.type ?? "")) return 0;
  const made = elementCount(sizeOf(outputs[0]!));
  const bias = inputs[2] && op !== "ConvInteger" ? made : 0;
  switch (op) {
    case "Conv":
    case "ConvInteger":
      return 2 * made * elementCount(sizeOf(inputs[1]!).slice(1)) + bias;
    case "ConvTranspose":
      return 2 * elementCount(sizeOf(inputs[0]!)) * elementCount(sizeOf(inputs[1]!).slice(1)) + bias;
    case "Gemm": {
      const [rows, columns] = sizeOf(inputs[0]!) as [number, number];
      return 2 * made * (attributes.transA === 1 ? rows : columns) + bias;
    }
    case "MatMul":
    case "MatMulInteger":
      return 2 * made * sizeOf(inputs[0]!).at(-1)!;
    case "MatMulNBits":
      return 2 * made * (attributes.K as number);
    default:
      return made;
  }
}

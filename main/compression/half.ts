// Weights kept in 16 bits of floating point (IEEE 754 binary16, ONNX's float16) and made 32 bits again where they are read.
//
// The file is half as large and the answers hardly move. The runtime's processor kernels compute in float32, so it converts the weights once, when it loads the file: time and memory
// in use stay as they are.
import { DATA_TYPES } from "../graph/data-type.ts";
import { type Graph, type Node, tensor } from "../graph/graph.ts";
import { toHalf } from "../graph/half.ts";
import { withoutUnreadConstants } from "./fold.ts";
import { weightedLayers } from "./quantize.ts";

/** Largest finite number of 16 bits. */
const LARGEST = 65504;

/** Layers with weights that 16 bits can hold. */
export function halfLayers(graph: Graph): readonly string[] {
  const layers = new Set(weightedLayers(graph));
  const fits = ({ inputs }: Node): boolean =>
    (graph.initializers.get(inputs[1]!)!.data as Float32Array).every((value) => Math.abs(value) <= LARGEST);
  return graph.nodes.filter((node) => layers.has(node.name) && fits(node)).map(({ name }) => name);
}

/** The same network with weights in 16 bits, but for the layers that stay as they are. */
export function halveWeights(graph: Graph, float: ReadonlySet<string>): Graph {
  const initializers = new Map(graph.initializers);
  const halved = new Set(halfLayers(graph).filter((name) => !float.has(name)));
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!halved.has(node.name)) return [node];
    const { dims, data } = graph.initializers.get(node.inputs[1]!)!;
    const [kept, read] = [`${node.name}/half`, `${node.name}/weight`];
    initializers.set(kept, tensor("float16", dims, toHalf(data as Float32Array)));
    const attributes = { to: DATA_TYPES.float32.code };
    return [
      { op: "Cast", name: `${node.name}/widen`, inputs: [kept], outputs: [read], attributes },
      { ...node, inputs: node.inputs.map((input, i) => (i === 1 ? read : input)) },
    ];
  });
  return withoutUnreadConstants({ ...graph, name: `${graph.name}-half`, initializers, nodes });
}

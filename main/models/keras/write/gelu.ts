// Where a graph computes GELU, x/2 (1 + erf(x / sqrt 2)), in the five nodes that exporters write (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415).
import type { Graph, Node } from "../../../graph/graph.ts";

export interface Gelus {
  /** The node that gives the answer, and the value x. */
  readonly of: ReadonlyMap<Node, string>;
  /** Nodes on the way there that nobody else reads. */
  readonly inner: ReadonlySet<Node>;
}

const near = (value: number | null, wanted: number): boolean => value !== null && Math.abs(value - wanted) < 1e-4;

export function findGelus(graph: Graph): Gelus {
  const maker = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const readers = Map.groupBy(
    graph.nodes.flatMap((node) => [...new Set(node.inputs)].map((name) => ({ name, node }))),
    ({ name }) => name,
  );
  /** The one node that reads what this one makes. */
  const reader = ({ outputs: [name] }: Node): Node | null => {
    const found = readers.get(name!) ?? [];
    return found.length === 1 && !graph.outputs.some((output) => output.name === name) ? found[0]!.node : null;
  };
  const scalar = (name: string): number | null => {
    const constant = graph.initializers.get(name);
    return constant?.data.length === 1 ? Number(constant.data[0]) : null;
  };
  /** What a product or quotient with a constant is how many times of. */
  const scaled = (node: Node | undefined): { of: string; by: number; node: Node } | null => {
    if (node?.op !== "Mul" && node?.op !== "Div") return null;
    const [a, b] = node.inputs as [string, string];
    const [left, right] = [scalar(a), scalar(b)];
    if (right !== null) return { of: a, by: node.op === "Mul" ? right : 1 / right, node };
    return node.op === "Mul" && left !== null ? { of: b, by: left, node } : null;
  };
  const of = new Map<Node, string>();
  const inner = new Set<Node>();
  for (const erf of graph.nodes.filter(({ op }) => op === "Erf")) {
    const x = scaled(maker.get(erf.inputs[0]!));
    const sum = reader(erf);
    const product = sum && reader(sum);
    if (!x || !near(x.by, Math.SQRT1_2) || sum?.op !== "Add" || product?.op !== "Mul") continue;
    if (!sum.inputs.some((name) => near(scalar(name), 1))) continue;
    const other = product.inputs.find((name) => name !== sum.outputs[0])!;
    const half = scaled(maker.get(other));
    const after = other === x.of ? reader(product) : null;
    const group = [x.node, erf, sum];
    if (half?.of === x.of && near(half.by, 0.5)) {
      of.set(product, x.of);
      group.push(half.node);
    } else if (after && near(scaled(after)?.by ?? null, 0.5)) {
      of.set(after, x.of);
      group.push(product);
    } else continue;
    for (const node of group) if (reader(node)) inner.add(node);
  }
  return { of, inner };
}

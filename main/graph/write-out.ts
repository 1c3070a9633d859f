// Some operators have no gradient rule but an expansion: the same outputs in simpler operators, which have rules.
//
// A recurrent layer is one node for the runtime, and fast, but its cell states are not among its outputs, so a rule could not use them.
// Before differentiation such nodes on the way are written out; the values keep their names, so nobody else notices.
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node } from "./graph.ts";
import { OPERATORS } from "./operators/index.ts";
import { forwardSite } from "./operators/rule.ts";

/** The same graph with nodes that have an expansion, and an input among `moving`, written out. */
export function writeOut(graph: Graph, moving: ReadonlySet<string>): Graph {
  const expansionOf = ({ op, inputs }: Node) => {
    const rule = OPERATORS[op].gradient;
    return "expansion" in rule && inputs.some((input) => moving.has(input)) ? rule.expansion : null;
  };
  if (!graph.nodes.some((node) => expansionOf(node))) return graph;
  const b = GraphBuilder.replaying(graph);
  for (const node of graph.nodes) {
    const expansion = expansionOf(node);
    if (!expansion) {
      b.replay(node);
      continue;
    }
    const values = expansion(forwardSite(b, node));
    node.outputs.forEach((output, i) => {
      if (output !== "") b.as(output).identity(values[i]!);
    });
  }
  for (const { name } of graph.outputs) b.output(b.value(name));
  return b.build();
}

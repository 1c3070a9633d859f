// Differentiation: from a graph that computes a loss to a graph that also computes how the loss changes with some of its values.
//
// The idea is reverse accumulation. Write the loss L as a chain of nodes, each y = f(x1, x2, ...). If we know dL/dy for the output of a
// node, the chain rule gives dL/dxi = (dy/dxi)^T dL/dy for each of its inputs, and the rule for that one operator is all we need
// to write it down. So we start with dL/dL = 1, walk the nodes from last to first, and at each one turn the gradient of its output
// into gradients of its inputs. One walk gives the gradient with respect to every value at once; that is why it goes backwards.
//
// Three things make it right:
//
//  1. Order. Nodes are stored in topological order, so walking them in reverse visits a node only after every node that uses its
//     output. The gradient that waits there is then complete. No recursion, so depth costs nothing.
//  2. Sums. A value used twice moves the loss along two paths, and its gradient is the sum of both. Each consumer adds its
//     part as a new Add node; nothing is overwritten.
//  3. Need. Only nodes between `wrt` and the loss matter. A first pass forwards marks the values that depend on `wrt`; the walk back skips
//     the rest, and rules are told which inputs are wanted, so the images' gradient is not computed while training weights.
//
// The result is made of ordinary nodes, so it is printed, verified, optimised, exported and differentiated again like any
// other graph. This file knows no operator: the rules stand in the rows of operators/, one for each operator, or a written reason why
// there is none. It knows no kernels and no memory either; `target` is passed on to the rules, which choose formulations by it.
//
// Where a function has a corner (Relu at 0, a maximum that two pixels share) the rules say which slope they take.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder, type Value } from "./builder.ts";
import { isFloat } from "./data-type.ts";
import type { Graph, Node } from "./graph.ts";
import { OPERATORS } from "./operators/index.ts";
import { forwardSite, type GradientSite, refuseGradient, type Target } from "./operators/rule.ts";
import { writeOut } from "./write-out.ts";

export interface Gradient {
  /** The graph it was given with nodes added; same inputs and outputs. Recurrent layers on the way stand there step by step. */
  readonly graph: Graph;
  /** For each name in `wrt`, the value that holds dLoss/d(name), shaped like it. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds the gradient of `loss` (a float value with one element) with respect to each value in `wrt` (inputs, constants or node outputs).
 * A value on which the loss does not depend gets zeros.
 * @throws graph/invalid when a name is not in the graph or the loss is no scalar
 * @throws graph/not-differentiable naming the operator and node that stop it
 */
export function gradient(given: Graph, loss: string, wrt: readonly string[], target: Target = "portable"): Gradient {
  const graph = writeOut(given, dependants(given, wrt));
  const b = GraphBuilder.from(graph);
  const end = b.value(loss);
  if (!isFloat(end.type) || end.shape.some((dim) => dim !== 1)) {
    throw new AppError("graph/invalid", `The loss "${loss}" must be one number; it is ${end.type} [${end.shape}].`);
  }
  const moving = dependants(
    graph,
    wrt.map((name) => b.value(name).name),
  );

  const pending = new Map<string, Value>();
  const arrive = (name: string, part: Value) => {
    const sum = pending.get(name);
    pending.set(name, sum ? b.add(sum, part) : part);
  };
  arrive(loss, b.reshapeLike(b.scalar(1, end.type), end));

  for (const node of graph.nodes.toReversed()) {
    const arrived = node.outputs.some((output) => pending.has(output));
    if (!arrived || !node.inputs.some((input) => moving.has(input))) continue;
    const rule = OPERATORS[node.op].gradient;
    if ("notDifferentiable" in rule) refuseGradient(node, rule.notDifferentiable);
    if ("expansion" in rule) continue; // written out above; no gradient arrives at the node itself
    const parts = rule(siteOf(b, node, pending, moving, target));
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (part && moving.has(input)) arrive(input, part);
    });
  }

  const gradients = new Map<string, string>();
  for (const name of wrt) {
    const like = b.value(name);
    gradients.set(name, (pending.get(name) ?? b.expandLike(b.scalar(0, like.type), like)).name);
  }
  return { graph: b.build(), gradients };
}

/** The values named, and every value computed from one of them. */
function dependants(graph: Graph, wrt: readonly string[]): ReadonlySet<string> {
  const moving = new Set(wrt);
  for (const { inputs, outputs } of graph.nodes) {
    if (!inputs.some((input) => moving.has(input))) continue;
    for (const output of outputs) if (output !== "") moving.add(output);
  }
  return moving;
}

/** What the rule for one node sees. */
function siteOf(
  b: GraphBuilder,
  node: Node,
  pending: ReadonlyMap<string, Value>,
  moving: ReadonlySet<string>,
  target: Target,
): GradientSite {
  const zero = (name: string) => b.expandLike(b.scalar(0, b.value(name).type), b.value(name));
  const first = node.outputs[0]!;
  return {
    ...forwardSite(b, node),
    target,
    dy: pending.get(first) ?? zero(first),
    y: (index) => b.value(node.outputs[index]!),
    dyOf: (index) => pending.get(node.outputs[index] ?? "") ?? null,
    wants: (index) => moving.has(node.inputs[index] ?? ""),
  };
}

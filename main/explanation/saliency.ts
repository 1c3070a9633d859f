// Where a network looked: two maps, each an ordinary graph that the same differentiation writes which writes training steps.
//
// Both start from the logit of one class, not from its probability: the softmax would mix in the evidence against the other classes.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { gradient } from "../graph/gradient.ts";
import { bindDimensions, type Graph } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";

/** Inputs of a saliency graph beside `image`: `class`, float32 [1, K], 1 for the class that is explained and 0 elsewhere. */
export const CLASS_INPUT = "class";
/** Output: float32 [rows, columns], not normalised, never negative. */
export const SALIENCY_OUTPUT = "saliency";

/**
 * Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): the maps of the last convolutional stage, weighted by the mean gradient of the class's
 * logit with respect to each, summed, negative evidence dropped. `graph` is an inference graph with output `logits`.
 * Errors: explanation/not-possible when the network has no convolutional stage.
 */
export function gradCamGraph(graph: Graph): Graph {
  const single = bindDimensions(graph, { N: 1 });
  const stage = lastFeatureMap(single);
  const { builder, score } = classScore(single);
  const { graph: differentiated, gradients } = withGradient(builder, score, stage);
  const b = GraphBuilder.from(differentiated, { outputs: false });
  // Of a model that averages over mirrored copies the first: the picture as it is.
  const first = (value: Value) => b.slice(value, [0], [1], [0]);
  const [maps, slopes] = [b.value(stage), b.value(gradients)].map((value) =>
    value.shape[0] === 1 ? value : first(value),
  );
  const weights = b.reduceMean(slopes!, [2, 3]);
  const evidence = b.reduceSum(b.mul(maps!, weights), [0, 1], false);
  b.output(b.as(SALIENCY_OUTPUT).relu(evidence));
  b.output(b.value("probabilities"));
  return b.build();
}

/** Magnitude of the gradient of the class's logit with respect to each pixel (Simonyan et al. 2014, section 3). */
export function inputGradientGraph(graph: Graph): Graph {
  const single = bindDimensions(graph, { N: 1 });
  const image = single.inputs[0]!.name;
  const { builder, score } = classScore(single);
  const { graph: differentiated, gradients } = withGradient(builder, score, image);
  const b = GraphBuilder.from(differentiated, { outputs: false });
  const slope = b.value(gradients);
  // |x| as the sum of both one-sided parts
  const magnitude = b.add(b.relu(slope), b.relu(b.neg(slope)));
  b.output(b.as(SALIENCY_OUTPUT).reduceMax(magnitude, [0, 1], false));
  b.output(b.value("probabilities"));
  return b.build();
}

function classScore(graph: Graph): { builder: GraphBuilder; score: Value } {
  const builder = GraphBuilder.from(graph);
  const logits = builder.value("logits");
  const chosen = builder.input(CLASS_INPUT, "float32", logits.shape);
  return { builder, score: builder.reduceSum(builder.mul(logits, chosen), [0, 1], false) };
}

function withGradient(builder: GraphBuilder, score: Value, wrt: string): { graph: Graph; gradients: string } {
  const { graph, gradients } = gradient(builder.build(), score.name, [wrt]);
  const name = gradients.get(wrt);
  if (name === undefined)
    throw new AppError("explanation/not-possible", `The class score does not depend on "${wrt}".`);
  return { graph, gradients: name };
}

/** The last value with rows and columns that a convolution had a hand in. */
function lastFeatureMap(graph: Graph): string {
  const types = inferShapes(graph);
  const convolved = new Set<string>();
  let last: string | null = null;
  for (const node of graph.nodes) {
    if (node.op !== "Conv" && !node.inputs.some((name) => convolved.has(name))) continue;
    for (const output of node.outputs) {
      convolved.add(output);
      const shape = types.get(output)?.shape ?? [];
      if (shape.length === 4 && !(shape[2] === 1 && shape[3] === 1)) last = output;
    }
  }
  if (last === null) {
    throw new AppError(
      "explanation/not-possible",
      "Grad-CAM needs a network with a convolutional stage, and this one has none. Use the input gradient.",
    );
  }
  return last;
}

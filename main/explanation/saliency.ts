// Where a network looked, as graphs: the same differentiation writes them which writes training steps.
//
// All start from a score: the sum of the model's logits, each times a weight that is fed. One weight of 1 asks about a class; for a model that
// answers with a mask, weights of 1 over the pixels of a region ask about that region (Vinogradova et al. 2020, Seg-Grad-CAM). Logits rather than
// probabilities: the softmax would mix in the evidence against the other classes.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder, type Value } from "../graph/builder.ts";
import { gradient } from "../graph/gradient.ts";
import { bindDimensions, type Graph } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import { needed } from "../graph/needed.ts";

/** Input of a saliency graph beside `image`: float32, shaped like the logits, how much each counts in the score. */
export const SCORE_WEIGHTS = "class";
/** Output: float32; see each function for its shape. */
export const SALIENCY_OUTPUT = "saliency";

export type StageMethod = "grad-cam" | "grad-cam++" | "layer-cam";

/**
 * The gradient of the score with respect to each pixel (Simonyan et al. 2014), [cases, C, ...size], signed. `graph` is an inference graph with output
 * `logits`. Errors: graph/not-differentiable naming the operator.
 */
export function inputGradientGraph(graph: Graph, cases = 1): Graph {
  const bound = bindDimensions(graph, { N: cases });
  const image = bound.inputs[0]!.name;
  const { builder, score } = scored(bound);
  const { graph: differentiated, gradients } = withGradient(builder, score, image);
  const b = GraphBuilder.from(differentiated, { outputs: false });
  b.output(b.as(SALIENCY_OUTPUT).identity(b.value(gradients)));
  return needed(b.build());
}

/**
 * The maps of a convolutional stage, weighted by gradients of the score and summed, negative evidence dropped: float32 [rows, columns].
 *
 * - `grad-cam`: the last stage; a map's weight is the mean of its gradient (Selvaraju et al. 2017, equations 1 and 2).
 * - `grad-cam++`: the last stage; the mean is over positive gradients, each weighted by equation 19 of Chattopadhyay et al. 2018, for the exponential of the score.
 * - `layer-cam`: the last stage that is fine enough; each place of a map has its own weight, its positive gradient (Jiang et al. 2021, equations 6 to 8), so earlier
 *   stages are as good as later ones and finer.
 *
 * Errors: explanation/not-possible when the network has no convolutional stage; graph/not-differentiable naming the operator.
 */
export function stageGraph(graph: Graph, method: StageMethod): Graph {
  const single = bindDimensions(graph, { N: 1 });
  const stage = lastFeatureMap(single, method === "layer-cam" ? FINE : 0);
  const { builder, score } = scored(single);
  const { graph: differentiated, gradients } = withGradient(builder, score, stage);
  const b = GraphBuilder.from(differentiated, { outputs: false });
  // Of a model that averages over mirrored copies the first: the picture as it is.
  const first = (value: Value) => (value.shape[0] === 1 ? value : b.slice(value, [0], [1], [0]));
  const maps = first(b.value(stage));
  const slopes = first(b.value(gradients));
  const evidence = b.reduceSum(b.mul(maps, WEIGHTS[method](b, maps, slopes)), [0, 1], false);
  b.output(b.as(SALIENCY_OUTPUT).relu(evidence));
  return needed(b.build());
}

/** Rows of a fine stage for each row of the picture. */
const FINE = 1 / 8;

const WEIGHTS: Record<StageMethod, (b: GraphBuilder, maps: Value, slopes: Value) => Value> = {
  "grad-cam": (b, _maps, slopes) => b.reduceMean(slopes, [2, 3]),
  "grad-cam++": (b, maps, slopes) => {
    const square = b.mul(slopes, slopes);
    const sum = b.reduceSum(maps, [2, 3]);
    const below = b.add(b.mul(square, 2), b.mul(b.mul(square, slopes), sum));
    // Where the gradient is 0, numerator and denominator are, and the place has no weight.
    const none = b.cast(b.equal(below, 0), "float32");
    const share = b.div(square, b.add(below, none));
    return b.reduceSum(b.mul(share, b.relu(slopes)), [2, 3]);
  },
  "layer-cam": (b, _maps, slopes) => b.relu(slopes),
};

function scored(graph: Graph): { builder: GraphBuilder; score: Value } {
  const builder = GraphBuilder.from(graph);
  const logits = builder.value("logits");
  const weights = builder.input(SCORE_WEIGHTS, "float32", logits.shape);
  const axes = logits.shape.map((_, axis) => axis);
  return { builder, score: builder.reduceSum(builder.mul(logits, weights), axes, false) };
}

function withGradient(builder: GraphBuilder, score: Value, wrt: string): { graph: Graph; gradients: string } {
  const { graph, gradients } = gradient(builder.build(), score.name, [wrt]);
  const name = gradients.get(wrt);
  if (name === undefined)
    throw new AppError("explanation/not-possible", `The class score does not depend on "${wrt}".`);
  return { graph, gradients: name };
}

/**
 * The last value before the logits with places in it that a convolution had a hand in, with `fine` rows for each of the picture's or more if there is one. Where the
 * logits have places themselves (masks, boxes) only the way down to the coarsest counts: what comes after it puts places together again, and its last map is
 * the answer (Vinogradova et al. 2020 explain there). Errors: explanation/not-possible.
 */
export function lastFeatureMap(graph: Graph, fine = 0): string {
  const types = inferShapes(graph);
  const rows = graph.inputs[0]!.shape[2];
  const least = typeof rows === "number" ? Math.floor(rows * fine) : 0;
  const found = stagesOf(graph, types);
  const down = (types.get("logits")?.shape.length ?? 0) > 2 ? found.slice(0, coarsest(found) + 1) : found;
  const stage = down.findLast((one) => one.rows >= least) ?? down.at(-1);
  if (stage === undefined) {
    throw new AppError(
      "explanation/not-possible",
      "Maps of a stage need a network with convolutions, and this one has none. Use the input gradient, occlusion or RISE.",
    );
  }
  return stage.name;
}

interface Stage {
  readonly name: string;
  readonly rows: number;
}

/** Values with places that convolutions made and the logits come from, in the order of the graph. */
function stagesOf(graph: Graph, types: ReturnType<typeof inferShapes>): Stage[] {
  const answers = new Set(["logits", ...graph.outputs.map(({ name }) => name)]);
  // Of a mask the scores under another name are the answer too.
  for (const { op, inputs, outputs } of graph.nodes) {
    if (op === "Identity" && outputs.includes("logits")) answers.add(inputs[0]!);
  }
  const used = new Set(["logits"]);
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => used.has(name))) for (const name of node.inputs) used.add(name);
  }
  const convolved = new Set<string>();
  const stages: Stage[] = [];
  for (const node of graph.nodes) {
    if (node.outputs.includes("logits")) break;
    if (node.op !== "Conv" && !node.inputs.some((name) => convolved.has(name))) continue;
    for (const name of node.outputs) {
      convolved.add(name);
      const shape = types.get(name)?.shape ?? [];
      if (shape.length !== 4 || (shape[2] === 1 && shape[3] === 1) || answers.has(name) || !used.has(name)) continue;
      stages.push({ name, rows: typeof shape[2] === "number" ? shape[2] : 0 });
    }
  }
  return stages;
}

/** The last of the stages with the fewest rows; -1 of none. */
function coarsest(stages: readonly Stage[]): number {
  const fewest = Math.min(...stages.map(({ rows }) => rows));
  return stages.findLastIndex(({ rows }) => rows === fewest);
}

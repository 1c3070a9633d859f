// A graph that another tool wrote becomes a model that learns: what it reads and answers, which of its constants are weights, how deep each lies.
//
// Nothing of it is guessed from names. Weights are the constants that layers read at the places where ONNX puts weights; depth counts the layers with weights
// from the input on, so freezing and rates by layer mean what they mean for our own nets. A softmax or sigmoid at the end is the answer's; what stands before
// it are the logits that losses need.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { type Dim, elementCount, floatTensor, type Graph, type Node, type Tensor } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import { needed } from "../graph/needed.ts";
import type { OpName } from "../graph/operators/index.ts";
import type { ModelGraph, ModelInput, ModelOutput, Parameter } from "./model-graph.ts";
import { createRandom } from "./random.ts";

/** Inputs of a layer that are learnt, and whether it is a layer of its own (normalisations and biases belong to the layer before them). */
const LEARNT: Readonly<Partial<Record<OpName, { readonly inputs: readonly number[]; readonly layer: boolean }>>> = {
  Conv: { inputs: [1, 2], layer: true },
  ConvTranspose: { inputs: [1, 2], layer: true },
  Gemm: { inputs: [1, 2], layer: true },
  MatMul: { inputs: [0, 1], layer: true },
  LSTM: { inputs: [1, 2, 3], layer: true },
  GRU: { inputs: [1, 2, 3], layer: true },
  RNN: { inputs: [1, 2, 3], layer: true },
  PRelu: { inputs: [1], layer: false },
  BatchNormalization: { inputs: [1, 2], layer: false },
  InstanceNormalization: { inputs: [1, 2], layer: false },
  LayerNormalization: { inputs: [1, 2], layer: false },
};
const HEADS: ReadonlySet<string> = new Set(["Gemm", "MatMul", "Conv"]);

/**
 * The model in a graph with one input and one answer: images [N, C, ...size] (two or three axes), a table [N, F], or a sequence [N, T, F] in; scores of classes [N, K]
 * or class maps [N, K, ...size] out. Its input is renamed to what models call it, `logits` and `probabilities` are added.
 * @throws model/not-adoptable with what was found and what is needed
 */
export function adoptModel(given: Graph, name = given.name): ModelGraph {
  const input = given.inputs[0];
  if (given.inputs.length !== 1 || input?.type !== "float32") {
    const found = given.inputs.map((one) => `${one.name} ${one.type} [${one.shape.join(", ")}]`).join("; ") || "none";
    refuse(`it must have one input of float32 numbers, found: ${found}.`);
  }
  const kind = inputOf(input.shape);
  const graph = withBatch(renamed(given, new Map([[input.name, kind.kind]])), kind.kind);
  const { logits, squashed } = answerOf(graph);
  const b = GraphBuilder.from(graph, { outputs: false });
  const value = b.value(logits);
  if (value.shape[0] !== "N" || value.shape.slice(1).some((dim) => typeof dim !== "number") || value.shape.length < 2) {
    refuse(
      `its answer must be [N, classes] or [N, classes, ...size] for any number N of cases, it is [${value.shape.join(", ")}]. Export it with a batch axis of any size.`,
    );
  }
  const flat = value.shape.length === 2;
  if (squashed?.op === "Sigmoid" && !flat)
    refuse("class maps need a softmax over two classes or more, it ends with a sigmoid.");
  if (squashed?.op === "Softmax" && !overClasses(squashed, value.shape.length)) {
    refuse(`its softmax must be over axis 1, the classes of [${value.shape.join(", ")}].`);
  }
  const classes = value.shape[1] as number;
  const output: ModelOutput =
    squashed?.op === "Sigmoid" ? { kind: "labels", labels: classes } : { kind: flat ? "class" : "mask", classes };
  const scores = b.as("logits").identity(value);
  b.output(scores);
  b.output(output.kind === "labels" ? b.as("probabilities").sigmoid(scores) : b.as("probabilities").softmax(scores, 1));
  const adopted = needed(b.build());
  const { parameters, statistics } = weightsOf(adopted);
  if (parameters.length === 0) refuse("it has no weights that could learn: no layer reads a float32 constant.");
  const types = inferShapes(adopted);
  const maps = adopted.nodes.filter(({ outputs: [first] }) => {
    const { shape, type } = types.get(first!)!;
    return type === "float32" && shape[0] === "N" && shape.length > 3 && shape.slice(2).some((dim) => dim !== 1);
  });
  const head = headOf({ graph: adopted });
  const features = head && types.get(head.data)!.shape.length === 2 ? head.data : null;
  return {
    architecture: name,
    input: kind,
    output,
    graph: adopted,
    parameters,
    statistics,
    featureMap: maps.at(-1)?.outputs[0] ?? null,
    features,
    chance: [],
  };
}

/**
 * The same model with a new last layer for so many classes, drawn from `seed`; everything before it keeps its weights.
 * @throws model/not-adoptable when there is no last layer whose outputs are the classes
 */
export function replaceHead(model: ModelGraph, classes: number, seed: number): ModelGraph {
  if (model.output.kind !== "class" && model.output.kind !== "labels" && model.output.kind !== "mask")
    refuse(`a new head needs answers about classes, it answers with ${model.output.kind}.`);
  const head = headOf(model) ?? refuse("its last layer is none of Gemm, MatMul or Conv.");
  const initializers = new Map(model.graph.initializers);
  const old = initializers.get(head.weight)!;
  const dims = old.dims.map((dim, axis) => (axis === head.axis ? classes : dim));
  const random = createRandom(seed, HEAD);
  const deviation = Math.sqrt(1 / (elementCount(dims) / classes));
  const weight = new Float32Array(elementCount(dims));
  for (let i = 0; i < weight.length; i++) weight[i] = random.normal() * deviation;
  initializers.set(head.weight, floatTensor(dims, weight));
  if (head.bias) {
    const shape = initializers.get(head.bias)!.dims;
    const size = shape.map((dim) => (dim === 1 ? 1 : classes));
    initializers.set(head.bias, floatTensor(size, new Float32Array(elementCount(size))));
  }
  const counted = { ...model.output, [model.output.kind === "labels" ? "labels" : "classes"]: classes } as ModelOutput;
  const bare = { ...model.graph, initializers, outputs: [] };
  const b = GraphBuilder.from(bare);
  for (const { name } of model.graph.outputs) b.output(b.value(name));
  const made = b.value("logits").shape;
  if (made[1] !== classes)
    refuse(
      `with a head of ${classes} classes it answers [${made.join(", ")}]: its last layer's outputs are not the classes.`,
    );
  return { ...model, output: counted, graph: b.build() };
}

/** What draws the head's weights, beside the seed. */
const HEAD = 90;

function refuse(reason: string): never {
  throw new AppError("model/not-adoptable", `This model cannot learn here: ${reason}`);
}

function inputOf(shape: readonly Dim[]): ModelInput {
  const sizes = shape.slice(1);
  if (sizes.some((dim) => typeof dim !== "number")) {
    refuse(`sizes of a case must be fixed, its input is [${shape.join(", ")}].`);
  }
  const [first, ...rest] = sizes as number[];
  if (rest.length >= 2 && rest.length <= 3) return { kind: "image", channels: first!, size: rest };
  if (rest.length === 1) return { kind: "sequence", steps: first!, features: rest[0]! };
  if (rest.length === 0 && first !== undefined) return { kind: "table", features: first };
  return refuse(`its input must be images, a sequence or a table with a batch axis, it is [${shape.join(", ")}].`);
}

/** The graph for any number of cases, whatever its file called that or fixed it to. */
export function withBatch(graph: Graph, input: string): Graph {
  const inputs = graph.inputs.map((one) =>
    one.name === input ? { ...one, shape: ["N", ...one.shape.slice(1)] } : one,
  );
  const open = { ...graph, inputs, outputs: [] };
  try {
    const types = inferShapes(open);
    return { ...open, outputs: graph.outputs.map(({ name }) => ({ name, ...types.get(name)! })) };
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    return refuse(
      `it is written for batches of ${graph.inputs[0]!.shape[0]} alone (${cause.message}). Export it with a batch axis of any size.`,
    );
  }
}

/** What stands before a softmax or sigmoid at the end, and which of them stood there. */
function answerOf({ nodes, outputs }: Graph): { logits: string; squashed: Node | null } {
  if (outputs.length !== 1) {
    // As our own models have them: logits, and probabilities made of them.
    const own = outputs.find(({ name }) => name === "given/logits");
    if (own) return { logits: own.name, squashed: sigmoidOf(nodes, own.name) };
    refuse(`it must have one answer, it has ${outputs.length}: ${outputs.map(({ name }) => name).join(", ")}.`);
  }
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  let name = outputs[0]!.name;
  while (makers.get(name)?.op === "Identity") name = makers.get(name)!.inputs[0]!;
  const last = makers.get(name);
  if (last?.op === "Softmax" || last?.op === "Sigmoid") return { logits: last.inputs[0]!, squashed: last };
  return { logits: name, squashed: null };
}

function sigmoidOf(nodes: readonly Node[], logits: string): Node | null {
  return nodes.find(({ op, inputs }) => op === "Sigmoid" && inputs[0] === logits) ?? null;
}

function overClasses({ attributes: { axis = -1 } }: Node, rank: number): boolean {
  return ((axis as number) + rank) % rank === 1;
}

/** Weights in the order of the layers that read them; a constant that two layers share belongs to the first. */
function weightsOf({ nodes, initializers }: Graph): { parameters: Parameter[]; statistics: string[] } {
  const parameters = new Map<string, Parameter>();
  const statistics: string[] = [];
  let depth = -1;
  const afterProduct = new Set<string>();
  const isWeight = (name: string | undefined): name is string =>
    name !== undefined && initializers.get(name)?.type === "float32";
  for (const node of nodes) {
    const found = LEARNT[node.op];
    const names = found
      ? found.inputs.map((at) => node.inputs[at]).filter(isWeight)
      : biasOf(node, afterProduct, initializers);
    if (found?.layer && names.length > 0) depth++;
    for (const name of names) {
      if (parameters.has(name)) continue;
      const decays = initializers.get(name)!.dims.length > 1 && found?.layer === true;
      parameters.set(name, { name, decays, depth: Math.max(0, depth) });
    }
    if (node.op === "BatchNormalization") statistics.push(...node.inputs.slice(3, 5).filter(isWeight));
    if (node.op === "MatMul" || node.op === "Conv") afterProduct.add(node.outputs[0]!);
  }
  return { parameters: [...parameters.values()], statistics: [...new Set(statistics)] };
}

/** The bias that exporters write as a sum behind a product. */
function biasOf(
  { op, inputs }: Node,
  afterProduct: ReadonlySet<string>,
  initializers: ReadonlyMap<string, Tensor>,
): readonly string[] {
  if (op !== "Add" || !inputs.some((name) => afterProduct.has(name))) return [];
  return inputs.filter((name) => {
    const constant = initializers.get(name);
    return constant?.type === "float32" && constant.data.length > 1;
  });
}

interface Head {
  /** The value that it reads. */
  readonly data: string;
  readonly weight: string;
  /** The weight's axis of outputs. */
  readonly axis: number;
  readonly bias: string | null;
}

/** The last layer with weights of its own whose outputs are the classes; null where the last layer is of another kind. */
function headOf({ graph: { nodes, initializers } }: Pick<ModelGraph, "graph">): Head | null {
  const at = nodes.findLastIndex(
    ({ op, inputs }) => LEARNT[op]?.layer && inputs.slice(1).some((name) => initializers.has(name)),
  );
  const node = nodes[at];
  if (!node || !HEADS.has(node.op)) return null;
  const [data, weight, bias] = node.inputs as [string, string, string | undefined];
  const rank = initializers.get(weight)?.dims.length;
  if (rank === undefined) return null;
  const turned = node.op === "Conv" || (node.op === "Gemm" && node.attributes.transB === 1);
  const sum = nodes.slice(at + 1).find(({ op, inputs }) => op === "Add" && inputs.includes(node.outputs[0]!));
  const added = sum?.inputs.find((name) => initializers.has(name));
  return { data, weight, axis: turned ? 0 : rank - 1, bias: bias && initializers.has(bias) ? bias : (added ?? null) };
}

/** The graph with values under other names; what has such a name already gets one that is free. */
export function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const wanted = new Set([...names.values(), "logits", "probabilities"]);
  const all = [
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  const taken = new Set(all);
  const moved = new Map(names);
  for (const name of all) {
    if (!wanted.has(name) || moved.has(name)) continue;
    let free = `given/${name}`;
    while (taken.has(free)) free = `given/${free}`;
    moved.set(name, free);
  }
  const of = (name: string): string => moved.get(name) ?? name;
  return {
    name: graph.name,
    inputs: graph.inputs.map((one) => ({ ...one, name: of(one.name) })),
    outputs: graph.outputs.map((one) => ({ ...one, name: of(one.name) })),
    initializers: new Map([...graph.initializers].map(([name, constant]) => [of(name), constant])),
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: wanted.has(node.name) ? `given/${node.name}` : node.name,
      inputs: node.inputs.map(of),
      outputs: node.outputs.map(of),
    })),
  };
}

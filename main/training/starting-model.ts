// Where a run begins when it does not begin with drawn weights: a model of this project, or a classifier of images that another tool wrote.
import { AppError, type InputSpec } from "../../preload/contract/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Dim, Graph } from "../graph/graph.ts";
import { onnxInputs, readOnnx } from "../graph/onnx-reader.ts";
import { adoptModel, replaceHead } from "../models/adopt.ts";
import type { ModelGraph, Normalisation } from "../models/model-graph.ts";
import { withoutCopies } from "../models/test-time-augmentation.ts";
import type { Project } from "../project/project.ts";

export interface Start {
  readonly onnx: Uint8Array;
  /** Ids of the classes that it answers with; null where it was trained elsewhere. */
  readonly classIds: readonly string[] | null;
}

/** The weights that a recipe's `startFrom` names. Errors: app/not-found. */
export function startOf(project: Project, id: string): Start {
  const onnx = project.startingModels.onnx(id);
  if (onnx) return { onnx, classIds: null };
  const { classes } = project.models.get(id);
  return { onnx: project.models.onnx(id), classIds: classes.map((one) => one.id) };
}

/** Side that a file with open sizes is looked at with before a recipe says one. */
const USUAL_SIDE = 224;

/** What a file can be as a starting model. Errors: graph/invalid, graph/operator-unknown, model/not-adoptable. */
export function describeStart(onnx: Uint8Array): { size: number | null; classes: number; layers: number } {
  const open = sizesOf(onnx).some((dim) => typeof dim === "string");
  const { graph, input, output, parameters } = adopted(onnx, USUAL_SIDE);
  const [, , rows, columns] = graph.inputs[0]!.shape;
  if (output.kind !== "class" || input.kind !== "image") {
    throw new AppError(
      "model/not-adoptable",
      "A starting model must tell classes of images apart: [N, C, rows, columns] in, [N, classes] out.",
    );
  }
  if (rows !== columns || (input.channels !== 1 && input.channels !== 3)) {
    throw new AppError(
      "model/not-adoptable",
      `A starting model must take square images with 1 or 3 channels; it takes [${graph.inputs[0]!.shape.join(", ")}].`,
    );
  }
  const layers = Math.max(...parameters.map(({ depth }) => depth)) + 1;
  return { size: open ? null : (rows as number), classes: output.classes, layers };
}

/**
 * The model that a run begins with, for grey images of this size. What was trained elsewhere gets the training part's normalisation in front; the last layer is
 * drawn anew unless it already tells these classes apart. Errors: as describeStart; app/invalid-input for another size.
 */
export function beginWith(
  { onnx, classIds }: Start,
  wanted: { size: InputSpec["size"]; classIds: readonly string[]; normalise: Normalisation; seed: number },
): ModelGraph {
  const model = adopted(onnx, wanted.size);
  const { input } = model;
  if (input.kind !== "image" || input.size.some((side) => side !== wanted.size)) {
    const takes = input.kind === "image" ? input.size.join(" × ") : input.kind;
    throw new AppError(
      "app/invalid-input",
      `The starting model takes images of ${takes} pixels and the recipe gives it ${wanted.size} × ${wanted.size}: set the recipe's input size to that of the model.`,
    );
  }
  const same = classIds !== null && classIds.join() === wanted.classIds.join();
  const headed = same ? model : replaceHead(model, wanted.classIds.length, wanted.seed);
  if (classIds !== null) return headed;
  return {
    ...headed,
    input: { ...input, channels: 1 },
    graph: fromGrey(headed.graph, input.channels, wanted.normalise),
  };
}

function sizesOf(onnx: Uint8Array): readonly Dim[] {
  return onnxInputs(onnx)[0]?.shape.slice(2) ?? [];
}

function adopted(onnx: Uint8Array, side: number): ModelGraph {
  const [input] = onnxInputs(onnx);
  const shape = input?.shape.map((dim, axis) => (typeof dim === "string" ? (axis === 0 ? "N" : side) : dim));
  return adoptModel(withoutCopies(readOnnx(onnx, input && shape ? { shapes: { [input.name]: shape } } : {})));
}

/** Grey images [N, 1, ...] in, normalised and repeated for each channel that the graph reads. */
function fromGrey(graph: Graph, channels: number, { mean, std }: Normalisation): Graph {
  const inner = "channels";
  const rest = {
    ...graph,
    inputs: [],
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => (name === "image" ? inner : name)),
    })),
  };
  const b = new GraphBuilder(graph.name);
  const [batch, , ...size] = graph.inputs[0]!.shape;
  const grey = b.div(b.sub(b.input("image", "float32", [batch!, 1, ...size]), mean), std);
  b.as(inner).concat(new Array(channels).fill(grey), 1);
  const front = b.build();
  const clash = new Set([...rest.initializers.keys(), ...rest.nodes.flatMap(({ outputs }) => outputs)]);
  const named = (name: string): string => (name !== inner && clash.has(name) ? `front/${name}` : name);
  const nodes = front.nodes.map((node) => ({
    ...node,
    name: `front/${node.name}`,
    inputs: node.inputs.map(named),
    outputs: node.outputs.map(named),
  }));
  const initializers = new Map([...front.initializers].map(([name, constant]) => [named(name), constant]));
  return {
    ...rest,
    inputs: front.inputs,
    initializers: new Map([...rest.initializers, ...initializers]),
    nodes: [...nodes, ...rest.nodes],
  };
}

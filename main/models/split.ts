// A model in two at the features that its last layer reads: the body, which makes them, and the head, which is a model of its own that reads a table.
import { AppError } from "../../preload/contract/errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { inferShapes } from "../graph/infer-shapes.ts";
import { needed } from "../graph/needed.ts";
import type { ModelGraph } from "./model-graph.ts";

export interface SplitModel {
  /** From the model's input to `features` [N, F]. */
  readonly body: Graph;
  /** From `table` [N, F] to the model's answers; its weights have the names and depths that they have in the model. */
  readonly head: ModelGraph;
}

/** @throws model/not-adoptable where there are no such features, or the last layer reads more than them */
export function splitAtFeatures(model: ModelGraph): SplitModel {
  const { features, graph } = model;
  if (features === null) refuse("nothing in it is [N, F] in front of its last layer.");
  const shape = inferShapes(graph).get(features)!.shape;
  const width = shape[1];
  if (shape.length !== 2 || typeof width !== "number") refuse(`its features are [${shape.join(", ")}], not [N, F].`);

  const b = GraphBuilder.from(graph, { outputs: false });
  b.output(b.value(features));
  const body = needed({ ...b.build(), name: `${graph.name}-body` });

  const input = { name: "table", type: "float32", shape: ["N", width] } as const;
  const cut = needed(graph, new Set([features]));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  if (cut.nodes.some((node) => node.inputs.some((name) => inputs.has(name)))) {
    refuse(`what follows its features "${features}" reads its input too.`);
  }
  const of = (name: string): string => (name === features ? input.name : name);
  const head = {
    ...cut,
    name: `${graph.name}-head`,
    inputs: [input],
    nodes: cut.nodes.map((node): Node => ({ ...node, inputs: node.inputs.map(of) })),
  };
  if (head.initializers.has(input.name) || head.nodes.some(({ outputs }) => outputs.includes(input.name))) {
    refuse(`a value of its last layer is called "${input.name}".`);
  }
  const held = (name: string): boolean => head.initializers.has(name);
  const parameters = model.parameters.filter(({ name }) => held(name));
  if (parameters.length === 0) refuse(`nothing learns behind its features "${features}".`);
  return {
    body,
    head: {
      ...model,
      architecture: `${model.architecture}-head`,
      input: { kind: "table", features: width },
      graph: head,
      parameters,
      statistics: model.statistics.filter(held),
      featureMap: null,
      features: input.name,
      chance: model.chance.filter(({ node }) => head.nodes.some(({ name }) => name === node)),
    },
  };
}

function refuse(reason: string): never {
  throw new AppError("model/not-adoptable", `This model cannot be split in front of its last layer: ${reason}`);
}

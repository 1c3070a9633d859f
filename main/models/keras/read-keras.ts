// A TensorFlow.js layers model (model.json and its weights), or a Keras model that tensorflowjs_converter made one of, as a graph.
//
// Formats: tfjs-layers' serialization (Sequential and functional models, Keras 2's and Keras 3's way to write inputs). Images come in with channels behind the cases,
// as every graph here has them. A model with several inputs or answers, code of its own (Lambda), or layers outside of `LAYERS` is refused by name.
import { z } from "zod";
import { AppError } from "../../../preload/contract/errors.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph, Tensor } from "../../graph/graph.ts";
import { Held } from "./held.ts";
import { rowOf } from "./layers.ts";
import type { Config, Site } from "./site.ts";
import { decodeWeights, type Manifest, parseManifest } from "./weights.ts";

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
  inbound_nodes: z.array(z.unknown()).optional(),
});
type Layer = z.infer<typeof layerSchema>;

const modelSchema = z.object({ class_name: z.string(), config: z.unknown() });
type Model = z.infer<typeof modelSchema>;

const fileSchema = z.object({
  modelTopology: z.unknown(),
  weightsManifest: z.unknown(),
  format: z.unknown().optional(),
});
const topologySchema = z.object({ model_config: z.unknown().optional(), keras_version: z.string().optional() });

export interface KerasFile {
  readonly model: Model;
  readonly manifest: Manifest;
  readonly keras3: boolean;
}

/** What a model.json says, before its weights are read. Errors: model/not-adoptable for what is no layers model. */
export function parseKeras(json: string): KerasFile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    refuse("it is no JSON.");
  }
  const file = fileSchema.safeParse(value);
  if (!file.success) refuse("it has no modelTopology and weightsManifest.");
  const { modelTopology, weightsManifest, format } = file.data;
  if (format === "graph-model") {
    refuse(
      "it is a TensorFlow graph, not a layers model; convert the Keras model with --output_format=tfjs_layers_model.",
    );
  }
  const topology = topologySchema.safeParse(modelTopology);
  const model = modelSchema.safeParse(topology.data?.model_config ?? modelTopology);
  if (!model.success) refuse("its modelTopology has no class_name and config.");
  const keras3 = topology.data?.keras_version?.startsWith("3") ?? false;
  return { model: model.data, manifest: parseManifest(weightsManifest), keras3 };
}

/**
 * The model as a graph with one input (images [N, C, ...size], or as Keras has it for tables and sequences) and one output; weights are called after their layers.
 * `groups` holds the bytes of each manifest group's files, end to end. Errors: model/not-adoptable.
 */
export function readKeras({ model, manifest, keras3 }: KerasFile, groups: readonly Uint8Array[]): Graph {
  const weights = decodeWeights(manifest, groups);
  const b = new GraphBuilder("keras");
  const reader = new Reader(b, weights, keras3);
  const answer = reader.model(model, null);
  b.output(answer.rank > 3 ? answer.first : answer.last);
  return b.build();
}

class Reader {
  private readonly b: GraphBuilder;
  private readonly weights: ReadonlyMap<string, Tensor>;
  private readonly keras3: boolean;
  private read = false;
  private readonly used = new Map<string, number>();

  constructor(b: GraphBuilder, weights: ReadonlyMap<string, Tensor>, keras3: boolean) {
    this.b = b;
    this.weights = weights;
    this.keras3 = keras3;
  }

  /** The answer of a model about `input`; null makes the graph's input. */
  model({ class_name: className, config }: Model, input: Held | null): Held {
    if (className === "Sequential") return this.sequential(config, input);
    if (className === "Functional" || className === "Model") return this.functional(config, input);
    return refuse(`it is a ${className}; Sequential and Functional models are read.`);
  }

  private sequential(config: unknown, input: Held | null): Held {
    const listed = z.object({ layers: z.array(layerSchema) }).safeParse(config);
    const bare = z.array(layerSchema).safeParse(config);
    const layers = bare.data ?? listed.data?.layers ?? refuse("its Sequential has no list of layers.");
    let value = input;
    for (const layer of layers) {
      if (layer.class_name === "InputLayer") value ??= this.input(layer.config);
      else value = this.layer(layer, [value ?? this.input(layer.config)]);
    }
    return value ?? refuse("its Sequential is empty.");
  }

  private functional(config: unknown, input: Held | null): Held {
    const parsed = z
      .object({ layers: z.array(layerSchema), input_layers: z.array(z.unknown()), output_layers: z.array(z.unknown()) })
      .safeParse(config);
    if (!parsed.success) return refuse("its functional model has no layers, input_layers and output_layers.");
    const { layers, input_layers: inputs, output_layers: outputs } = parsed.data;
    const [output] = references(outputs);
    if (references(inputs).length !== 1 || references(outputs).length !== 1 || !output) {
      return refuse(
        `it has ${references(inputs).length} inputs and ${references(outputs).length} answers; one of each is needed.`,
      );
    }
    // Layers are not always listed in the order in which they run; a layer may run more than once.
    const made = new Map<string, Held>();
    const named = [...layers.flatMap((layer) => references(layer.inbound_nodes)), output];
    const waiting = layers.flatMap((layer) => {
      const nodes = layer.inbound_nodes?.length ? layer.inbound_nodes : [null];
      const first = firstRun(nameOf(layer), nodes.length, named);
      return nodes.map((node, i) => ({ layer, node, index: first + i }));
    });
    while (waiting.length > 0) {
      const at = waiting.findIndex(({ node }) => references(node).every((key) => made.has(key)));
      if (at < 0) return refuse(`its layer "${nameOf(waiting[0]!.layer)}" reads what no layer makes.`);
      const [{ layer, node, index }] = waiting.splice(at, 1) as [(typeof waiting)[number]];
      const values = references(node).map((key) => made.get(key)!);
      const value = layer.class_name === "InputLayer" ? (input ?? this.input(layer.config)) : this.layer(layer, values);
      made.set(`${nameOf(layer)}:${index}`, value);
    }
    return made.get(output) ?? refuse(`its answer "${output}" is made by no layer.`);
  }

  private input(config: Config): Held {
    const shape = config.batch_input_shape ?? config.batch_shape;
    if (!Array.isArray(shape)) return refuse("its first layer does not say the shape of its input.");
    if (this.read) return refuse("it has several inputs.");
    this.read = true;
    const sizes = shape.slice(1) as (number | null)[];
    if (sizes.some((size) => size === null)) {
      return refuse(`the size of its input is open: [${shape.map((size) => size ?? "any").join(", ")}].`);
    }
    const fixed = sizes as number[];
    if (fixed.length < 3) return Held.last(this.b, this.b.input("input", "float32", ["N", ...fixed]));
    const first = [fixed.at(-1)!, ...fixed.slice(0, -1)];
    return Held.first(this.b, this.b.input("input", "float32", ["N", ...first]));
  }

  private layer(layer: Layer, inputs: readonly Held[]): Held {
    const { class_name: className, config } = layer;
    const name = nameOf(layer);
    if (["Sequential", "Functional", "Model"].includes(className)) {
      if (inputs.length !== 1) return refuse(`its inner model "${name}" has several inputs.`);
      return this.model({ class_name: className, config }, inputs[0]!);
    }
    const row = rowOf(className, name);
    const site: Site = {
      b: this.b,
      className,
      config,
      inputs,
      keras3: this.keras3,
      weight: (part, within) => this.weightOf(name, part, within),
      constant: (part, value) => this.b.initializer(this.free(`${name}/${part}`), value),
      refuse: (reason) => refuse(`layer "${name}" (${className}): ${reason}`),
    };
    return row(site);
  }

  /** Of a layer that runs twice the second constant gets another name. */
  private free(name: string): string {
    const count = this.used.get(name) ?? 0;
    this.used.set(name, count + 1);
    return count === 0 ? name : `${name}:${count}`;
  }

  /** "conv/kernel", "conv/kernel:0", "base/conv/kernel", "bidirectional/forward_lstm/lstm_cell/kernel". */
  private weightOf(layer: string, part: string, within = ""): Tensor {
    const found = [...this.weights].filter(([name]) => {
      const parts = name.replace(/:\d+$/, "").split("/");
      const at = parts.indexOf(layer);
      return (
        at >= 0 &&
        parts.at(-1) === part &&
        parts
          .slice(at + 1)
          .join("/")
          .includes(within)
      );
    });
    const [only, ...more] = found;
    if (!only) return refuse(`layer "${layer}" has no weight "${part}" in the weights manifest.`);
    if (more.length === 0) return only[1];
    return refuse(`layer "${layer}" has several weights "${part}": ${found.map(([name]) => name).join(", ")}.`);
  }
}

const nameOf = ({ name, config }: Layer): string => name ?? (typeof config.name === "string" ? config.name : "");

/** The number that others give a layer's first run here: an inner model counts the one in which it was made, and that is not listed. */
function firstRun(layer: string, runs: number, named: readonly string[]): number {
  const numbers = named.filter((key) => key.startsWith(`${layer}:`)).map((key) => Number(key.slice(layer.length + 1)));
  return Math.max(0, Math.max(0, ...numbers) - (runs - 1));
}

/** Values that a node, or a list of inputs or outputs, names: "layer:which run of it". */
function references(value: unknown): readonly string[] {
  if (value === null || typeof value !== "object") return [];
  if (Array.isArray(value)) {
    const [name, node] = value as unknown[];
    if (typeof name === "string" && typeof node === "number") return [`${name}:${node}`];
    return value.flatMap(references);
  }
  const { class_name: kind, config, args } = value as Record<string, unknown>;
  if (kind === "__keras_tensor__") return references((config as Config).keras_history);
  return references(args);
}

function refuse(reason: string): never {
  throw new AppError("model/not-adoptable", `This Keras model cannot be read: ${reason}`);
}

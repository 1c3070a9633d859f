// A graph as a TensorFlow.js layers model (model.json and one file of weights), which Keras 3 reads too: one layer or a few for each node.
//
// Layers know no axes by number: Keras keeps channels last and says nothing of the cases. So each value carries the order in which its layer holds the graph's axes; a transposition
// changes that order alone, and a Permute layer stands only where an operator needs another one.
import { AppError } from "../../../preload/contract/errors.ts";
import { fixedDims, type Graph, type Node, type Shape, type Tensor } from "../../graph/graph.ts";
import { inferShapes } from "../../graph/infer-shapes.ts";
import { needed } from "../../graph/needed.ts";
import { ShapeSite } from "../../graph/operators/operator.ts";
import { permuted } from "./site.ts";
import { findGelus } from "./write/gelu.ts";
import { writeNode } from "./write/layers.ts";
import { type Config, channelsLast, type Laid, type LayerSite, natural, writeActivation } from "./write/site.ts";

export interface KerasModel {
  /** The text of model.json; its weights lie in `weights.bin` beside it. */
  readonly json: string;
  readonly weights: Uint8Array;
}

/** The file of weights that model.json names. */
export const WEIGHTS_FILE = "weights.bin";

/** What Keras's own saving wrote when its layers were those that are written here. */
const KERAS_VERSION = "2.15.0";

interface Layer {
  readonly class_name: string;
  readonly name: string;
  readonly config: Config;
  readonly inbound_nodes: readonly unknown[];
}

/**
 * The model that makes the value `output` of the graph's one input. Images are read as [N, rows, columns, C], class maps answered so. `about` is kept beside the model
 * (userDefinedMetadata). Errors: model/not-exportable, naming the node, for what layers cannot say.
 */
export function writeKeras(given: Graph, output: string, about: Readonly<Record<string, unknown>> = {}): KerasModel {
  const wanted = given.outputs.filter(({ name }) => name === output);
  const graph = needed({ ...given, outputs: wanted });
  const [input] = graph.inputs;
  if (wanted.length !== 1 || graph.inputs.length !== 1 || !input) {
    throw new AppError(
      "model/not-exportable",
      `A layers model has one input and one answer; this graph has ${graph.inputs.length} inputs and ${wanted.length} outputs called ${output}.`,
    );
  }
  const writer = new Writer(graph);
  const made = writer.write(output);
  const topology = {
    module: "keras.src.models.functional", // for Keras 3, which does not know the class by its name; TensorFlow.js passes over it
    class_name: "Functional",
    config: {
      name: "model",
      layers: writer.layers,
      input_layers: [[writer.layers[0]!.name, 0, 0]],
      output_layers: [[made, 0, 0]],
    },
    keras_version: KERAS_VERSION,
    backend: "tensorflow",
  };
  const weights = [...writer.weights].map(([name, { dims }]) => ({ name, shape: dims, dtype: "float32" }));
  const json = JSON.stringify({
    format: "layers-model",
    generatedBy: "Loupe",
    convertedBy: null,
    modelTopology: topology,
    userDefinedMetadata: about,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights }],
  });
  return { json, weights: Buffer.concat([...writer.weights.values()].map(bytesOf)) };
}

const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

class Writer {
  readonly layers: Layer[] = [];
  readonly weights = new Map<string, Tensor>();
  private readonly graph: Graph;
  private readonly constants: Map<string, Tensor>;
  private readonly shapes: ReadonlyMap<string, { readonly shape: Shape }>;
  private readonly readers = new Map<string, Node[]>();
  private readonly values = new Map<string, Laid>();
  private readonly names = new Set<string>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.constants = new Map(graph.initializers);
    this.shapes = inferShapes(graph);
    for (const node of graph.nodes) {
      for (const name of new Set(node.inputs)) this.readers.set(name, [...(this.readers.get(name) ?? []), node]);
    }
  }

  /** The name of the layer that answers. */
  write(output: string): string {
    const [input] = this.graph.inputs;
    const order = input!.shape.length > 3 ? channelsLast(input!.shape.length) : natural(input!.shape.length);
    const sizes = order.map((axis) => input!.shape[axis]!);
    const shape = [null, ...sizes.slice(1).map((dim) => (typeof dim === "number" ? dim : null))];
    const dtype = input!.type === "float32" ? "float32" : "int32";
    const layer = this.layer("InputLayer", input!.name, { batch_input_shape: shape, dtype, sparse: false }, []);
    this.values.set(input!.name, { layer, order, shape: input!.shape });
    const gelus = findGelus(this.graph);
    const written = new Set(gelus.inner);
    for (const node of this.graph.nodes) {
      if (this.folded(node)) continue;
      const site = this.site(node, written);
      const geluOf = gelus.of.get(node);
      if (geluOf !== undefined) writeActivation(site, this.values.get(geluOf)!, "gelu");
      else if (!written.has(node)) writeNode(site);
    }
    const found = this.values.get(output)!;
    const rank = found.shape.length;
    return this.arranged(found, rank > 3 ? channelsLast(rank) : natural(rank), output).layer;
  }

  /** Whether the node only lays a constant out in another way, which is done here. */
  private folded({ op, inputs, outputs, attributes }: Node): boolean {
    const constant = this.constants.get(inputs[0] ?? "");
    if (!constant || !["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity"].includes(op)) return false;
    const { shape } = this.shapes.get(outputs[0]!)!;
    const order = attributes.perm ?? natural(constant.dims.length).toReversed();
    const { data } = op === "Transpose" ? permuted(constant, order as readonly number[]) : constant;
    this.constants.set(outputs[0]!, { ...constant, dims: fixedDims(shape, outputs[0]!), data });
    return true;
  }

  private site(node: Node, written: Set<Node>): LayerSite {
    const attributes = new ShapeSite(
      `${node.op} "${node.name}"`,
      node.inputs.map((name) => (name === "" ? null : (this.shapes.get(name) as never))),
      node.outputs.length,
      node.attributes,
    );
    const refuse = (reason: string): never => refused(node, reason);
    return {
      node,
      attributes,
      refuse,
      shapeOf: (name) => this.shapes.get(name)!.shape,
      constant: (index) => this.constants.get(node.inputs[index] ?? "") ?? null,
      input: (index) => this.values.get(node.inputs[index] ?? "") ?? refuse("one of its inputs is a constant."),
      isWanted: (index) => {
        const name = node.outputs[index] ?? "";
        return this.readers.has(name) || this.graph.outputs.some((output) => output.name === name);
      },
      maker: (index) => this.graph.nodes.find(({ outputs }) => outputs.includes(node.inputs[index]!))?.op ?? null,
      arranged: (value, order) => this.arranged(value, order, node.name),
      layer: (className, config, inputs, weights = {}, suffix = "") => {
        const layer = this.layer(className, `${node.name}${suffix}`, config, inputs);
        for (const [part, tensor] of Object.entries(weights)) this.weights.set(`${layer}/${part}`, floats(tensor));
        return layer;
      },
      give: (value, index = 0) => this.values.set(node.outputs[index]!, value),
      onlyReader: () => {
        const readers = this.readers.get(node.outputs[0]!) ?? [];
        const isAnswer = this.graph.outputs.some(({ name }) => name === node.outputs[0]);
        return readers.length === 1 && !isAnswer ? readers[0]! : null;
      },
      takeOver: (other, value) => {
        written.add(other);
        this.values.set(other.outputs[0]!, value);
      },
      initializer: (name) => this.constants.get(name) ?? null,
    };
  }

  private layer(className: string, wanted: string, config: Config, inputs: readonly Laid[]): string {
    const name = this.free(wanted.replaceAll(/[^\w.-]/g, "_"));
    this.layers.push({
      class_name: className,
      name,
      config: { name, trainable: true, ...config },
      inbound_nodes: inputs.length === 0 ? [] : [inputs.map(({ layer }) => [layer, 0, 0, {}])],
    });
    return name;
  }

  private free(wanted: string): string {
    const first = /^[A-Za-z0-9]/.test(wanted) ? wanted : `layer${wanted}`;
    let name = first;
    for (let i = 2; this.names.has(name); i++) name = `${first}_${i}`;
    this.names.add(name);
    return name;
  }

  /** The value with its layer's axes in this order; a Permute layer where they are not. */
  private arranged(value: Laid, order: readonly number[], name: string): Laid {
    if (value.order.join() === order.join()) return value;
    if (value.order[0] !== order[0]) {
      throw new AppError(
        "model/not-exportable",
        `"${name}" needs the cases elsewhere than in front, where layers have them.`,
      );
    }
    const dims = order.slice(1).map((axis) => value.order.indexOf(axis));
    return { ...value, order, layer: this.layer("Permute", `${name}_permute`, { dims }, [value]) };
  }
}

function floats({ type, dims, data }: Tensor): Tensor {
  return { type: "float32", dims, data: type === "float32" ? data : Float32Array.from(data as never, Number) };
}

function refused({ op, name }: Node, reason: string): never {
  throw new AppError("model/not-exportable", `${op} "${name}" cannot be written as a layer: ${reason}`);
}

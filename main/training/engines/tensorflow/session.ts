// The second engine: the same graphs, gradients and optimiser included, computed by TensorFlow.js node by node.
//
// It shares nothing with ONNX Runtime but the graph, so what both give can be believed. Values are freed after the last node that reads them.
// Whole numbers are 32 bits wide and everything else is single precision: float64 is counted as float32.
import type * as tf from "@tensorflow/tfjs-core";
import { AppError } from "../../../../preload/contract/index.ts";
import type { DataType, TensorData } from "../../../graph/data-type.ts";
import { bindDimensions, type Graph, type Node, splitDim, type Tensor, type TensorType } from "../../../graph/graph.ts";
import { inferShapes } from "../../../graph/infer-shapes.ts";
import { fromHalf, toHalf } from "../../../graph/half.ts";
import { needed } from "../../../graph/needed.ts";
import { readOnnx } from "../../../graph/onnx-reader.ts";
import { writeOut } from "../../../graph/write-out.ts";
import type { Session, SessionOptions, Values } from "../session.ts";
import { KERNELS } from "./index.ts";
import { kernelSite, type TensorFlow, theirType } from "./kernel.ts";
import { loadTensorFlow } from "./library.ts";

/** Errors: graph/invalid; app/unsupported-platform where the library does not load. */
export async function openTensorFlow(model: Uint8Array, { threads }: SessionOptions): Promise<Session> {
  const { tf: library, backend } = await loadTensorFlow(threads);
  const graph = plainly(readOnnx(model));
  const constants = new Map<string, tf.Tensor>();
  const constant = (name: string): tf.Tensor => {
    const made = constants.get(name) ?? given(library, graph.initializers.get(name)!);
    constants.set(name, made);
    return made;
  };
  /** By the inputs' sizes and the outputs asked for. */
  const plans = new Map<string, Plan>();
  return {
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
    run: async (feeds, outputs = graph.outputs.map(({ name }) => name)) => {
      const sizes = sizesOf(graph, feeds);
      const key = JSON.stringify([sizes, outputs]);
      const plan = plans.get(key) ?? planOf(graph, sizes, outputs);
      plans.set(key, plan);
      await library.setBackend(backend);
      return compute(library, plan, feeds, constant);
    },
    dispose: async () => {
      for (const value of constants.values()) value.dispose();
      constants.clear();
    },
  };
}

/** Recurrent layers as the operators that they are made of. */
function plainly(graph: Graph): Graph {
  const { nodes, inputs, initializers } = graph;
  const moving = [
    ...nodes.flatMap(({ outputs }) => outputs),
    ...inputs.map(({ name }) => name),
    ...initializers.keys(),
  ];
  return nodes.some(({ op }) => !(op in KERNELS)) ? writeOut(graph, new Set(moving)) : graph;
}

interface Plan {
  readonly nodes: readonly Node[];
  readonly types: ReadonlyMap<string, TensorType>;
  readonly outputs: readonly string[];
  /** After each node, the values that nobody reads any more. */
  readonly done: readonly (readonly string[])[];
}

function planOf(graph: Graph, sizes: Readonly<Record<string, number>>, outputs: readonly string[]): Plan {
  const bound = bindDimensions(graph, sizes);
  const wanted = new Set(outputs);
  const { nodes } = needed({ ...bound, outputs: bound.outputs.filter(({ name }) => wanted.has(name)) });
  const lastReader = new Map<string, number>();
  nodes.forEach((node, at) => {
    for (const name of [...node.inputs, ...node.outputs]) lastReader.set(name, at);
  });
  const done: string[][] = nodes.map(() => []);
  for (const [name, at] of lastReader) {
    if (name !== "" && !wanted.has(name) && !graph.initializers.has(name)) done[at]!.push(name);
  }
  return { nodes, types: inferShapes(bound), outputs, done };
}

/** What the symbols of the inputs stand for. Errors: app/invalid-input where a feed is missing or does not fit. */
function sizesOf({ inputs }: Graph, feeds: Values): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, type, shape } of inputs) {
    const feed = feeds[name];
    if (!feed) throw new AppError("app/invalid-input", `The graph's input ${name} got no value.`);
    const fits =
      feed.type === type &&
      feed.dims.length === shape.length &&
      shape.every((dim, i) => {
        if (typeof dim === "number") return dim === feed.dims[i];
        const { factor, symbol } = splitDim(dim);
        sizes[symbol] ??= feed.dims[i]! / factor;
        return sizes[symbol] * factor === feed.dims[i];
      });
    if (!fits) {
      throw new AppError(
        "app/invalid-input",
        `The graph's input ${name} is ${type} [${shape.join(", ")}], it got ${feed.type} [${feed.dims.join(", ")}].`,
      );
    }
  }
  return sizes;
}

function compute(
  library: TensorFlow,
  { nodes, types, outputs, done }: Plan,
  feeds: Values,
  constant: (name: string) => tf.Tensor,
): Record<string, Tensor> {
  const values = new Map<string, tf.Tensor>();
  const read = (name: string): tf.Tensor => {
    const found = values.get(name) ?? (feeds[name] ? given(library, feeds[name]) : constant(name));
    if (feeds[name]) values.set(name, found);
    return found;
  };
  try {
    nodes.forEach((node, at) => {
      const made = computed(library, node, types, read);
      node.outputs.forEach((name, i) => {
        if (name === "" || !made[i]) made[i]?.dispose();
        else values.set(name, made[i]);
      });
      for (const name of done[at]!) {
        values.get(name)?.dispose();
        values.delete(name);
      }
    });
    return Object.fromEntries(outputs.map((name) => [name, taken(read(name), types.get(name)!.type)]));
  } finally {
    for (const value of values.values()) value.dispose();
  }
}

/** The outputs of one node, each a value of its own; what it made on the way is gone. */
function computed(
  library: TensorFlow,
  node: Node,
  types: ReadonlyMap<string, TensorType>,
  read: (name: string) => tf.Tensor,
): readonly tf.Tensor[] {
  const inputs = node.inputs.filter((name) => name !== "").map(read);
  const site = kernelSite(library, node, (name) => types.get(name), read);
  try {
    return library.tidy(() => {
      const result = KERNELS[node.op as keyof typeof KERNELS](site);
      const all = Array.isArray(result) ? (result as readonly tf.Tensor[]) : [result as tf.Tensor];
      return all.map((value) => (inputs.includes(value) ? library.clone(value) : value));
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      "graph/invalid",
      `TensorFlow.js does not take ${node.op} "${node.name}": ${message.slice(0, 400)}`,
      { cause },
    );
  }
}

function given(library: TensorFlow, { type, dims, data }: Tensor): tf.Tensor {
  const shape = [...dims];
  switch (theirType(type)) {
    case "float32":
      if (type === "float16") return library.tensor(fromHalf(data as Uint16Array), shape);
      return library.tensor(data instanceof Float32Array ? data : Float32Array.from(data as Float64Array), shape);
    case "bool":
      return library.tensor(Uint8Array.from(data as Uint8Array), shape, "bool");
    case "int32":
      return library.tensor(
        Int32Array.from(data as Int32Array, (value) => whole(Number(value))),
        shape,
        "int32",
      );
  }
}

/** "As far as possible" is written as the largest number of 64 bits. */
const whole = (value: number): number => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));

function taken(value: tf.Tensor, type: DataType): Tensor {
  const data = value.dataSync() as ArrayLike<number>;
  return { type, dims: [...value.shape], data: typed(type, data) };
}

function typed(type: DataType, data: ArrayLike<number>): TensorData {
  switch (type) {
    case "float32":
      return Float32Array.from(data);
    case "float64":
      return Float64Array.from(data);
    case "int64":
      return BigInt64Array.from(Array.from(data, BigInt));
    case "int32":
      return Int32Array.from(data);
    case "int8":
      return Int8Array.from(data);
    case "float16":
      return toHalf(Float32Array.from(data));
    case "uint8":
    case "bool":
      return Uint8Array.from(data);
  }
}

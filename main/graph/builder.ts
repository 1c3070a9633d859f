// Writes a graph node by node, knowing every shape as it goes: a mistake throws on the line that makes it.
//
// The builder is the only mutable thing in this room and lives inside one function; `build` returns the immutable graph.
// One method per operator, in ONNX's words; sizes and axes that ONNX wants as constant inputs are plain numbers here.
// `as(name)` names the value that the next method makes, for values that other code asks for by name.
import { AppError } from "../../preload/contract/errors.ts";
import type { DataType } from "./data-type.ts";
import {
  type Attribute,
  type Dim,
  fixedDims,
  type Graph,
  intTensor,
  type Node,
  type Shape,
  type Tensor,
  type TensorType,
  tensor,
  type ValueInfo,
} from "./graph.ts";
import { inferNode, inferShapes, typeOfTensor } from "./infer-shapes.ts";
import { castTo } from "./operators/arithmetic.ts";
import { OPERATORS, type OpName } from "./operators/index.ts";

/** A value of the graph being built: what it is called and what it is. */
export interface Value extends TensorType {
  readonly name: string;
}

export interface WindowOptions {
  readonly strides?: readonly number[];
  /** Starts of all spatial axes, then ends. */
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
}

type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** Constants up to this many elements are shared when equal: axes, shapes, one, a half. */
const SHARED_ELEMENTS = 16;

export class GraphBuilder {
  private readonly name: string;
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly initializers = new Map<string, Tensor>();
  private readonly nodes: Node[] = [];
  private readonly types = new Map<string, TensorType>();
  private readonly nodeNames = new Set<string>();
  private readonly reserved = new Set<string>();
  private readonly shared = new Map<string, Value>();
  private readonly counter = { next: 0 };
  private readonly pending: string | null = null;
  private readonly unnamed: GraphBuilder = this;

  constructor(name: string) {
    this.name = name;
  }

  /** Goes on from a graph: same values, more nodes. Its outputs stay unless `outputs: false`. */
  static from(graph: Graph, { outputs = true }: { outputs?: boolean } = {}): GraphBuilder {
    const builder = new GraphBuilder(graph.name);
    builder.inputs.push(...graph.inputs);
    if (outputs) builder.outputs.push(...graph.outputs);
    for (const [name, constant] of graph.initializers) builder.initializers.set(name, constant);
    for (const node of graph.nodes) {
      builder.nodes.push(node);
      builder.nodeNames.add(node.name);
    }
    for (const [name, type] of inferShapes(graph)) builder.types.set(name, type);
    return builder;
  }

  /** The inputs and constants of a graph and none of its nodes: for writing it again with `replay`, its names kept free. */
  static replaying(graph: Graph): GraphBuilder {
    const builder = GraphBuilder.from({ ...graph, nodes: [], outputs: [] });
    for (const { name, outputs } of graph.nodes) for (const taken of [name, ...outputs]) builder.reserved.add(taken);
    return builder;
  }

  /** A node under the names that it has; what it reads must be here already. */
  replay(node: Node): void {
    const inferred = inferNode(node, (name) => this.types.get(name));
    node.outputs.forEach((output, i) => {
      if (output !== "") this.define(output, inferred[i]!);
    });
    this.nodeNames.add(node.name);
    this.nodes.push(node);
  }

  build(): Graph {
    return {
      name: this.name,
      inputs: [...this.inputs],
      outputs: [...this.outputs],
      initializers: new Map(this.initializers),
      nodes: [...this.nodes],
    };
  }

  /** A value by its name. @throws graph/invalid when there is none */
  value(name: string): Value {
    const type = this.types.get(name);
    if (!type) throw new AppError("graph/invalid", `There is no value "${name}" in graph "${this.name}".`);
    return { name, ...type };
  }

  /** This builder, for one call: the value that the call makes is called `name`. Values made in its arguments are not. */
  as(name: string): GraphBuilder {
    return Object.create(this, { pending: { value: name } }) as GraphBuilder;
  }

  input(name: string, type: DataType, shape: Shape): Value {
    this.define(name, { type, shape });
    this.inputs.push({ name, type, shape });
    return this.value(name);
  }

  output(value: Value): void {
    const { type, shape } = this.value(value.name);
    this.outputs.push({ name: value.name, type, shape });
  }

  /** A constant under a name of its own: a weight. */
  initializer(name: string, constant: Tensor): Value {
    this.define(name, typeOfTensor(constant));
    this.initializers.set(name, constant);
    return this.value(name);
  }

  /** A constant nobody asks for by name; short equal ones are kept once. */
  constant(constant: Tensor): Value {
    const short = constant.data.length <= SHARED_ELEMENTS;
    const key = `${constant.type}/${constant.dims}/${short ? constant.data.join() : this.counter.next}`;
    const found = this.shared.get(key);
    if (found && short) return found;
    const made = this.initializer(this.fresh("constant"), constant);
    this.shared.set(key, made);
    return made;
  }

  ints(values: readonly number[]): Value {
    return this.constant(intTensor(values));
  }

  /** One number of the element type that `like` has. */
  scalar(value: number, like: DataType = "float32"): Value {
    const data = like === "float64" ? Float64Array.of(value) : Float32Array.of(value);
    return this.constant(tensor(like === "float64" ? "float64" : "float32", [], data));
  }

  /** Any operator: `count` outputs of a node. null leaves an optional input out; undefined leaves an attribute to its default. */
  node(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}, count = 1): readonly Value[] {
    const given: Record<string, Attribute> = {};
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined) continue;
      // A float attribute is single precision in the file, so it is from the start.
      const single = typeof value === "number" && OPERATORS[op].attributes[name] === "float";
      given[name] = single ? Math.fround(value) : value;
    }
    const names = inputs.map((input) => input?.name ?? "");
    while (names.at(-1) === "") names.pop();
    const label = this.pending ?? this.fresh(op);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? label : `${label}:${i}`));
    const node: Node = { op, name: label, inputs: names, outputs, attributes: given };
    if (this.nodeNames.has(label)) throw new AppError("graph/invalid", `There are two nodes called "${label}".`);
    const inferred = inferNode(node, (name) => this.types.get(name));
    outputs.forEach((output, i) => {
      this.define(output, inferred[i]!);
    });
    this.nodeNames.add(label);
    this.nodes.push(node);
    return outputs.map((output) => this.value(output));
  }

  op(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
    return this.node(op, inputs, attributes)[0]!;
  }

  private define(name: string, type: TensorType): void {
    if (name === "" || this.types.has(name)) {
      throw new AppError(
        "graph/invalid",
        `The value name "${name}" is empty or already taken in graph "${this.name}".`,
      );
    }
    this.types.set(name, type);
  }

  private fresh(stem: string): string {
    for (;;) {
      const name = `${stem}_${this.counter.next++}`;
      if (!this.types.has(name) && !this.nodeNames.has(name) && !this.reserved.has(name)) return name;
    }
  }

  // Arithmetic; numbers stand for scalars.

  add(a: Value, b: Value | number): Value {
    return this.op("Add", [a, this.lift(b, a)]);
  }
  sub(a: Value | number, b: Value | number): Value {
    return this.op("Sub", this.pair(a, b));
  }
  mul(a: Value, b: Value | number): Value {
    return this.op("Mul", [a, this.lift(b, a)]);
  }
  div(a: Value | number, b: Value | number): Value {
    return this.op("Div", this.pair(a, b));
  }
  pow(a: Value, exponent: Value | number): Value {
    return this.op("Pow", [a, this.lift(exponent, a)]);
  }
  equal(a: Value, b: Value | number): Value {
    return this.op("Equal", [a, this.lift(b, a)]);
  }
  greater(a: Value | number, b: Value | number): Value {
    return this.op("Greater", this.pair(a, b));
  }
  where(condition: Value, yes: Value, no: Value): Value {
    return this.op("Where", [condition, yes, no]);
  }
  neg(x: Value): Value {
    return this.op("Neg", [x]);
  }
  sqrt(x: Value): Value {
    return this.op("Sqrt", [x]);
  }
  exp(x: Value): Value {
    return this.op("Exp", [x]);
  }
  log(x: Value): Value {
    return this.op("Log", [x]);
  }
  relu(x: Value): Value {
    return this.op("Relu", [x]);
  }
  sigmoid(x: Value): Value {
    return this.op("Sigmoid", [x]);
  }
  clip(x: Value, low: number, high: number): Value {
    return this.op("Clip", [x, this.scalar(low, x.type), this.scalar(high, x.type)]);
  }
  softmax(x: Value, axis = -1): Value {
    return this.op("Softmax", [x], { axis });
  }
  logSoftmax(x: Value, axis = -1): Value {
    return this.op("LogSoftmax", [x], { axis });
  }
  identity(x: Value): Value {
    return this.op("Identity", [x]);
  }
  cast(x: Value, type: DataType): Value {
    return this.op("Cast", [x], { to: castTo(type) });
  }

  private lift(x: Value | number, like: Value): Value {
    return typeof x === "number" ? this.scalar(x, like.type) : x;
  }

  private pair(a: Value | number, b: Value | number): readonly [Value, Value] {
    if (typeof a !== "number") return [a, this.lift(b, a)];
    if (typeof b !== "number") return [this.lift(a, b), b];
    return [this.scalar(a), this.scalar(b)];
  }

  // Matrices.

  matMul(a: Value, b: Value): Value {
    return this.op("MatMul", [a, b]);
  }
  /** alpha * op(A) op(B) over the last two axes, one kernel (com.microsoft, float32, CPU and CUDA). */
  fusedMatMul(a: Value, b: Value, options: { transA?: boolean; transB?: boolean; alpha?: number } = {}): Value {
    return this.op("FusedMatMul", [a, b], {
      alpha: options.alpha,
      transA: options.transA ? 1 : undefined,
      transB: options.transB ? 1 : undefined,
    });
  }
  /** alpha * op(A) op(B) + beta * C for matrices. */
  gemm(
    a: Value,
    b: Value,
    c: Value | null = null,
    options: { transA?: boolean; transB?: boolean; alpha?: number; beta?: number } = {},
  ): Value {
    return this.op("Gemm", [a, b, c], {
      alpha: options.alpha,
      beta: options.beta,
      transA: options.transA ? 1 : undefined,
      transB: options.transB ? 1 : undefined,
    });
  }

  // Sliding windows, layout [N, C, H, W].

  conv(x: Value, weight: Value, bias: Value | null = null, options: WindowOptions & { group?: number } = {}): Value {
    const kernel_shape = fixedDims(weight.shape.slice(2), "A convolution's kernel");
    return this.op("Conv", [x, weight, bias], { ...options, kernel_shape });
  }
  convTranspose(
    x: Value,
    weight: Value,
    bias: Value | null = null,
    { outputPadding, ...options }: WindowOptions & { group?: number; outputPadding?: readonly number[] } = {},
  ): Value {
    const kernel_shape = fixedDims(weight.shape.slice(2), "A convolution's kernel");
    return this.op("ConvTranspose", [x, weight, bias], { ...options, output_padding: outputPadding, kernel_shape });
  }
  maxPool(x: Value, kernel: readonly number[], options: WindowOptions = {}): Value {
    return this.op("MaxPool", [x], { ...options, kernel_shape: kernel });
  }
  averagePool(x: Value, kernel: readonly number[], options: WindowOptions = {}): Value {
    return this.op("AveragePool", [x], { ...options, kernel_shape: kernel });
  }
  globalAveragePool(x: Value): Value {
    return this.op("GlobalAveragePool", [x]);
  }
  /** Repeats rows and columns: output pixel i is input pixel floor(i * in / out). */
  resizeNearest(x: Value, sizes: readonly number[]): Value {
    const spatial = sizes.length;
    const kept = fixedDims(x.shape.slice(0, -spatial), "An enlarged value");
    return this.op("Resize", [x, null, null, this.ints([...kept, ...sizes])], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
  }
  /** Reads `x` at grid points (-1 to 1 over the image), bilinear; outside, the border pixel. */
  gridSample(x: Value, grid: Value): Value {
    return this.op("GridSample", [x, grid], { mode: "bilinear", padding_mode: "border", align_corners: 0 });
  }

  // Reductions.

  reduceMean(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.op("ReduceMean", [x], { axes, keepdims: keepdims ? 1 : 0 });
  }
  reduceMax(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.op("ReduceMax", [x], { axes, keepdims: keepdims ? 1 : 0 });
  }
  reduceSum(x: Value, axes: readonly number[], keepdims = true): Value {
    return this.op("ReduceSum", [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  /** With given statistics: scale * (x - mean) / sqrt(variance + epsilon) + bias, per channel. */
  batchNormalization(
    x: Value,
    scale: Value,
    bias: Value,
    mean: Value,
    variance: Value,
    options: { epsilon?: number } = {},
  ): Value {
    return this.op("BatchNormalization", [x, scale, bias, mean, variance], options);
  }

  // Layout.

  reshape(x: Value, shape: readonly number[] | Value): Value {
    return this.op("Reshape", [x, "name" in shape ? shape : this.ints(shape)]);
  }
  /** Reshapes to a shape that may hold symbols, given by the value `like` that has it. */
  reshapeLike(x: Value, like: Value): Value {
    if (x.shape.join() === like.shape.join()) return x;
    const open = like.shape.filter((dim) => typeof dim === "string").length;
    if (open > 1) return this.reshape(x, this.unnamed.shapeOf(like));
    return this.reshape(
      x,
      like.shape.map((dim) => (typeof dim === "string" ? -1 : dim)),
    );
  }
  flatten(x: Value, axis = 1): Value {
    return this.op("Flatten", [x], { axis });
  }
  transpose(x: Value, perm: readonly number[]): Value {
    return this.op("Transpose", [x], { perm });
  }
  squeeze(x: Value, axes: readonly number[]): Value {
    return this.op("Squeeze", [x, this.ints(axes)]);
  }
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.op("Unsqueeze", [x, this.ints(axes)]);
  }
  expand(x: Value, shape: readonly number[] | Value): Value {
    return this.op("Expand", [x, "name" in shape ? shape : this.ints(shape)]);
  }
  /** Broadcasts `x` to the shape of `like`. */
  expandLike(x: Value, like: Value): Value {
    if (x.shape.join() === like.shape.join()) return x;
    const fixed: Dim[] = like.shape.filter((dim) => typeof dim === "number");
    return this.expand(
      x,
      fixed.length === like.shape.length ? (fixed as readonly number[]) : this.unnamed.shapeOf(like),
    );
  }
  shapeOf(x: Value): Value {
    return this.op("Shape", [x]);
  }
  concat(parts: readonly Value[], axis: number): Value {
    return this.op("Concat", parts, { axis });
  }
  split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
    return this.node("Split", [x, this.ints(sizes)], { axis }, sizes.length);
  }
  /** Elements from `starts` up to but not including `ends` along `axes`; a step of -1 walks backwards. */
  slice(
    x: Value,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): Value {
    return this.op("Slice", [x, this.ints(starts), this.ints(ends), this.ints(axes), this.ints(steps)]);
  }
  /** Zeros around: starts of all axes, then ends; negative numbers crop. */
  pad(x: Value, pads: readonly number[]): Value {
    return this.op("Pad", [x, this.ints(pads)]);
  }
  gather(x: Value, indices: Value, axis: number): Value {
    return this.op("Gather", [x, indices], { axis });
  }

  // 8-bit codes.

  quantizeLinear(x: Value, scale: Value, zeroPoint: Value, axis?: number): Value {
    return this.op("QuantizeLinear", [x, scale, zeroPoint], { axis });
  }
  dequantizeLinear(x: Value, scale: Value, zeroPoint: Value, axis?: number): Value {
    return this.op("DequantizeLinear", [x, scale, zeroPoint], { axis });
  }
}

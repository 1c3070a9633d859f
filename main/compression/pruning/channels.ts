// Which channels of a network live and die together.
//
// A channel is not a row of one weight: a residual sum makes it the same channel in every branch, a concatenation moves it, a depthwise convolution carries it on,
// flattening repeats it. So each value gets a name for each of its channels, names that must go together are united (a disjoint-set forest), and every
// constant remembers along which axis its entries belong to which channel. What stays united is a unit: it can be removed without a trace, or not at all.
// Idea: dependency graphs of DepGraph (Fang et al. 2023, https://arxiv.org/abs/2301.12900), here for each channel instead of each layer, so that concatenations need no
// bookkeeping of offsets. What a rule does not know (attention heads, normalisation over channels, shapes computed in the graph) keeps its channels.
import type { Graph, Node, TensorType } from "../../graph/graph.ts";
import { inferShapes } from "../../graph/infer-shapes.ts";

/** Entry i of a constant along `axis` belongs to unit `units[i]`; -1 belongs to none and stays. */
export interface Slice {
  readonly constant: string;
  readonly axis: number;
  readonly units: Int32Array;
  /** Whether these entries make the channel (rows of a weight), scale and shift it (a normalisation), or read it. */
  readonly role: "makes" | "scales" | "reads";
}

export interface Channels {
  /** Units are numbered from 0 up to before this. */
  readonly count: number;
  readonly slices: readonly Slice[];
  /** Unit of each group of a grouped convolution, by node name: the groups that stay are counted anew. */
  readonly groups: ReadonlyMap<string, Int32Array>;
  /** Units that stand in the same places: the channels of one set of coupled layers. */
  readonly layers: readonly (readonly number[])[];
}

/** Channels of one value: `ids[i]` names entry i along `axis`. */
interface Track {
  readonly axis: number;
  readonly ids: readonly number[];
}

/** The name of everything that has to stay. */
const STAYS = 0;

const ELEMENTWISE: ReadonlySet<string> = new Set(
  "Relu LeakyRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Erf Softplus Identity Dropout Clip Neg Abs Exp Sqrt Cast".split(
    " ",
  ),
);
const POOLS: ReadonlySet<string> = new Set(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]);
const BINARY: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Pow", "Min", "Max"]);

/** The units of a graph with weights as constants. A constant that is read twice keeps all its channels. */
export function channelsOf(graph: Graph): Channels {
  const walk = new Walk(graph);
  for (const node of graph.nodes) walk.node(node);
  return walk.finish();
}

class Walk {
  private readonly graph: Graph;
  private readonly types: ReadonlyMap<string, TensorType>;
  private readonly parent: number[] = [STAYS];
  private readonly tracks = new Map<string, Track>();
  private readonly slices: { constant: string; axis: number; ids: readonly number[]; role: Slice["role"] }[] = [];
  /** Weights [out, in] that the graph lays the other way round: transposed value to constant. */
  private readonly turned = new Map<string, string>();
  private readonly groups = new Map<string, readonly number[]>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.types = inferShapes(graph);
  }

  node(node: Node): void {
    const { op } = node;
    const made = this.made(node);
    if (made) this.tracks.set(node.outputs[0]!, made);
    else for (const input of node.inputs) this.keep(this.tracks.get(input));
    // Second outputs (indices of a pool, statistics of a training) are nobody's channels.
    if (node.outputs.slice(1).some((name) => name !== "") && op !== "Dropout") this.keep(made);
  }

  finish(): Channels {
    for (const { name } of this.graph.outputs) this.keep(this.tracks.get(name));
    const reads = new Map<string, number>();
    for (const { inputs } of this.graph.nodes) for (const name of inputs) reads.set(name, (reads.get(name) ?? 0) + 1);
    for (const { constant, ids } of this.slices) if (reads.get(constant) !== 1) this.keepAll(ids);
    const numbers = new Map<number, number>();
    const unitOf = (id: number): number => {
      const root = this.find(id);
      if (root === STAYS) return -1;
      if (!numbers.has(root)) numbers.set(root, numbers.size);
      return numbers.get(root)!;
    };
    const slices = this.slices.map(({ ids, ...rest }) => ({ ...rest, units: Int32Array.from(ids, unitOf) }));
    const groups = new Map([...this.groups].map(([name, ids]) => [name, Int32Array.from(ids, unitOf)]));
    return { count: numbers.size, slices, groups, layers: layersOf(numbers.size, slices) };
  }

  private made(node: Node): Track | null {
    const { op, inputs, attributes } = node;
    const track = this.tracks.get(inputs[0]!);
    if (op === "Conv") return this.convolution(node);
    if (op === "ConvTranspose") return this.transposedConvolution(node);
    if (op === "Gemm" || op === "MatMul") return this.product(node);
    if (BINARY.has(op)) return this.binary(node);
    if (op === "Concat") return this.concatenation(node);
    if (op === "Transpose" && this.graph.initializers.get(inputs[0]!)?.dims.length === 2) {
      this.turned.set(node.outputs[0]!, inputs[0]!);
    }
    if (!track) return null;
    if (ELEMENTWISE.has(op)) return track;
    if (POOLS.has(op)) return track.axis === 1 ? track : null;
    if (op === "BatchNormalization" || op === "InstanceNormalization") return this.normalisation(node, track);
    if (op === "Transpose") {
      const order = attributes.perm as readonly number[] | undefined;
      return order ? { ...track, axis: order.indexOf(track.axis) } : null;
    }
    if (op === "Flatten" || op === "Reshape") return this.flattened(node, track);
    if (op === "Resize") return track.axis === 1 && !inputs[3] ? track : null;
    if (op === "ReduceMean" || op === "ReduceMax") return this.reduced(node, track);
    return null;
  }

  private convolution(node: Node): Track | null {
    const [data, weight, bias] = node.inputs as [string, string, string | undefined];
    const tensor = this.graph.initializers.get(weight);
    if (!tensor || (bias && !this.graph.initializers.has(bias))) return null;
    const groups = (node.attributes.group as number | undefined) ?? 1;
    const [made, each] = tensor.dims as [number, number];
    const read = this.reading(data, 1, each * groups);
    const out = this.fresh(made);
    this.slice(weight, 0, out, "makes");
    if (groups === 1) this.slice(weight, 1, read, "reads");
    else this.uniteGroups(node, groups, read, out);
    if (bias) this.slice(bias, 0, out, "scales");
    return { axis: 1, ids: out };
  }

  private transposedConvolution(node: Node): Track | null {
    const [data, weight, bias] = node.inputs as [string, string, string | undefined];
    const tensor = this.graph.initializers.get(weight);
    if (!tensor || (bias && !this.graph.initializers.has(bias))) return null;
    const groups = (node.attributes.group as number | undefined) ?? 1;
    const [taken, each] = tensor.dims as [number, number];
    const read = this.reading(data, 1, taken);
    const out = this.fresh(each * groups);
    this.slice(weight, 0, read, "reads");
    if (groups === 1) this.slice(weight, 1, out, "makes");
    else this.uniteGroups(node, groups, read, out);
    if (bias) this.slice(bias, 0, out, "scales");
    return { axis: 1, ids: out };
  }

  /** A group of a convolution goes whole, inputs and outputs, so that the groups stay equal. */
  private uniteGroups(node: Node, groups: number, read: readonly number[], out: readonly number[]): void {
    const [taken, made] = [read.length / groups, out.length / groups];
    const firsts = Array.from({ length: groups }, (_, g) => {
      const whole = [...read.slice(g * taken, (g + 1) * taken), ...out.slice(g * made, (g + 1) * made)];
      for (const id of whole) this.unite(whole[0]!, id);
      return whole[0]!;
    });
    this.groups.set(node.name, firsts);
  }

  private product(node: Node): Track | null {
    const [data, second, bias] = node.inputs as [string, string, string | undefined];
    const weight = this.turned.get(second) ?? second;
    const tensor = this.graph.initializers.get(weight);
    const added = bias ? this.graph.initializers.get(bias) : undefined;
    if (tensor?.dims.length !== 2 || node.attributes.transA === 1 || (bias && !added)) return null;
    const turned = (node.attributes.transB === 1) !== (weight !== second);
    const [taken, made] = (turned ? tensor.dims.toReversed() : tensor.dims) as [number, number];
    const last = this.types.get(data)!.shape.length - 1;
    const out = this.fresh(made);
    this.slice(weight, turned ? 1 : 0, this.reading(data, last, taken), "reads");
    this.slice(weight, turned ? 0 : 1, out, "makes");
    if (bias && added && added.dims.at(-1) === made) this.slice(bias, added.dims.length - 1, out, "scales");
    return { axis: last, ids: out };
  }

  private normalisation({ inputs }: Node, track: Track): Track | null {
    const parameters = inputs.slice(1);
    if (track.axis !== 1 || parameters.some((name) => !this.graph.initializers.has(name))) return null;
    for (const name of parameters) this.slice(name, 0, track.ids, "scales");
    return track;
  }

  /** Two values of which one or both have channels; dimensions of 1 are repeated as ONNX does it. */
  private binary({ inputs, outputs }: Node): Track | null {
    const rank = this.types.get(outputs[0]!)!.shape.length;
    const sides = inputs.map((name) => {
      const { shape } = this.types.get(name)!;
      const track = this.tracks.get(name);
      return { name, shape, before: rank - shape.length, track };
    });
    const [lead] = sides.filter(({ track }) => track).sort((a, b) => b.track!.ids.length - a.track!.ids.length);
    if (!lead) return null;
    const axis = lead.track!.axis + lead.before;
    const { ids } = lead.track!;
    for (const side of sides) {
      if (side === lead) continue;
      const own = axis - side.before;
      const dim = own < 0 ? 1 : side.shape[own];
      if (side.track) {
        if (side.track.axis !== own || dim !== ids.length) this.keep(side.track);
        if (side.track.axis === own && dim === ids.length) this.uniteAll(side.track.ids, ids);
        else if (dim !== 1) this.keepAll(ids);
      } else if (dim !== 1) {
        if (dim === ids.length && this.graph.initializers.has(side.name)) this.slice(side.name, own, ids, "scales");
        else this.keepAll(ids);
      }
    }
    // A channel of 1 that is repeated along a longer axis is no channel of the result.
    return this.types.get(outputs[0]!)!.shape[axis] === ids.length ? { axis, ids } : null;
  }

  private concatenation({ inputs, outputs, attributes }: Node): Track | null {
    const tracks = inputs.map((name) => this.tracks.get(name));
    const found = tracks.find((track) => track);
    if (!found) return null;
    const rank = this.types.get(outputs[0]!)!.shape.length;
    const along = ((attributes.axis as number) + rank) % rank;
    if (tracks.some((track) => track && track.axis !== found.axis)) return null;
    if (along !== found.axis) {
      if (tracks.some((track) => !track)) return null;
      for (const track of tracks) this.uniteAll(track!.ids, found.ids);
      return found;
    }
    const sizes = inputs.map((name) => this.types.get(name)!.shape[along]!);
    if (sizes.some((size) => typeof size !== "number")) return null;
    return {
      axis: along,
      ids: tracks.flatMap((track, i) => track?.ids ?? new Array<number>(sizes[i] as number).fill(STAYS)),
    };
  }

  /** [N, C, ...rest] to [N, C * rest]: each channel stands there as often as it has places. */
  private flattened({ op, inputs, outputs, attributes }: Node, track: Track): Track | null {
    const [from, to] = [this.types.get(inputs[0]!)!.shape, this.types.get(outputs[0]!)!.shape];
    const rest = from.slice(2);
    if (track.axis !== 1 || to.length !== 2 || rest.some((dim) => typeof dim !== "number")) return null;
    const places = (rest as number[]).reduce((product, dim) => product * dim, 1);
    if (to[1] !== track.ids.length * places || String(to[0]) !== String(from[0])) return null;
    if (op === "Flatten" && ((attributes.axis as number | undefined) ?? 1) !== 1) return null;
    // A shape that says the number of channels would be wrong afterwards.
    if (op === "Reshape" && Number(this.graph.initializers.get(inputs[1]!)?.data[1] ?? 0) !== -1) return null;
    return { axis: 1, ids: track.ids.flatMap((id) => new Array<number>(places).fill(id)) };
  }

  private reduced({ inputs, attributes }: Node, track: Track): Track | null {
    const rank = this.types.get(inputs[0]!)!.shape.length;
    const axes = (attributes.axes as readonly number[] | undefined)?.map((axis) => (axis + rank) % rank);
    if (!axes || axes.includes(track.axis)) return null;
    const gone = attributes.keepdims === 0 ? axes.filter((axis) => axis < track.axis).length : 0;
    return { ...track, axis: track.axis - gone };
  }

  /** What a layer reads along this axis; what has no channels there stays. */
  private reading(value: string, axis: number, size: number): readonly number[] {
    const track = this.tracks.get(value);
    if (track?.axis === axis && track.ids.length === size) return track.ids;
    this.keep(track);
    return new Array<number>(size).fill(STAYS);
  }

  private slice(constant: string, axis: number, ids: readonly number[], role: Slice["role"]): void {
    this.slices.push({ constant, axis, ids, role });
  }

  private fresh(count: number): readonly number[] {
    const start = this.parent.length;
    for (let i = 0; i < count; i++) this.parent.push(start + i);
    return Array.from({ length: count }, (_, i) => start + i);
  }

  private keep(track: Track | null | undefined): void {
    if (track) this.keepAll(track.ids);
  }

  private keepAll(ids: readonly number[]): void {
    for (const id of ids) this.unite(STAYS, id);
  }

  private uniteAll(some: readonly number[], others: readonly number[]): void {
    for (const [i, id] of some.entries()) this.unite(id, others[i]!);
  }

  private find(id: number): number {
    let root = id;
    while (this.parent[root] !== root) root = this.parent[root]!;
    for (let at = id; at !== root; ) {
      const next = this.parent[at]!;
      this.parent[at] = root;
      at = next;
    }
    return root;
  }

  /** The smaller name is the root, so what is united with STAYS stays. */
  private unite(a: number, b: number): void {
    const [one, other] = [this.find(a), this.find(b)];
    this.parent[Math.max(one, other)] = Math.min(one, other);
  }
}

function layersOf(count: number, slices: readonly Slice[]): readonly (readonly number[])[] {
  const places = Array.from({ length: count }, () => new Set<number>());
  slices.forEach(({ units }, at) => {
    for (const unit of units) if (unit >= 0) places[unit]!.add(at);
  });
  const layers = new Map<string, number[]>();
  places.forEach((set, unit) => {
    const key = [...set].join();
    layers.set(key, [...(layers.get(key) ?? []), unit]);
  });
  return [...layers.values()];
}

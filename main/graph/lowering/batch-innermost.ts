// A layout pass for the processor: convolutions over small maps become one matrix product over the whole batch, with the batch as innermost axis.
//
// Deep stages have many channels and few pixels (512 channels of 2x2 pixels). A kernel that works image by image then multiplies by a matrix with 4
// columns and reads all weights once per image. Stored as [C, H, W, N] the same layer is W [M, C kh kw] times windows [C kh kw, P Q N]: one product
// with long rows, the weights read once as they lie in memory, and windows that are laid out by copying runs of Q N numbers. Batch norm, Relu and sums
// between such layers stay in that layout, so only the way in and out transposes. Nodes are ordinary ones: the gradient of all this is written by the
// rules that are there anyway, and the weights' gradient comes out as the transposed product without any further layout.
import { GraphBuilder, type Value } from "../builder.ts";
import { fixedDims, type Graph, type Node } from "../graph.ts";

/** Maps of more output pixels stay image by image: their windows would no longer fit the caches. */
const MOST_PIXELS = 8 * 8;
/** With fewer images the runs that are copied are short. */
const LEAST_BATCH = 8;

const INWARDS = [1, 2, 3, 0];
const OUTWARDS = [3, 0, 1, 2];

/**
 * The same function with the same inputs, outputs, parameters and statistics, for graphs whose batch size is fixed. Results differ by the
 * rounding of sums in another order.
 */
export function batchInnermost(graph: Graph): Graph {
  const b = GraphBuilder.from(graph);
  const nodes: Node[] = [];
  let written = graph.nodes.length;
  /** Values [N, C, H, W] by name, as [C, H, W, N]. */
  const inner = new Map<string, Value>();
  /** Those of them that do not exist as [N, C, H, W] (yet). */
  const onlyInner = new Set<string>();
  const renamed = new Map<string, string>();
  const inwards = (name: string): Value => {
    const found = inner.get(name) ?? b.transpose(b.value(name), INWARDS);
    inner.set(name, found);
    return found;
  };
  const outwards = (name: string) => {
    if (!onlyInner.delete(name)) return;
    renamed.set(b.transpose(inner.get(name)!, OUTWARDS).name, name);
  };
  const flush = () => {
    const all = b.build().nodes;
    nodes.push(...all.slice(written));
    written = all.length;
  };
  for (const node of graph.nodes) {
    const made = inLayout(b, node, inwards, onlyInner, renamed);
    if (made) {
      inner.set(node.outputs[0]!, made);
      onlyInner.add(node.outputs[0]!);
      flush();
    } else {
      node.inputs.forEach(outwards);
      flush();
      nodes.push(node);
    }
  }
  for (const { name } of graph.outputs) outwards(name);
  flush();
  if (inner.size === 0) return graph;
  const called = (name: string) => renamed.get(name) ?? name;
  return {
    ...graph,
    initializers: b.build().initializers,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(called), outputs: node.outputs.map(called) })),
  };
}

/** The node's first output as [C, H, W, N]; null when it stays as it is. */
function inLayout(
  b: GraphBuilder,
  node: Node,
  inwards: (name: string) => Value,
  there: ReadonlySet<string>,
  renamed: Map<string, string>,
): Value | null {
  const [first, second] = node.inputs as [string, string];
  switch (node.op) {
    case "Conv":
      return suits(b, node) ? convolution(b, node, inwards(first)) : null;
    case "BatchNormalization": {
      if (!there.has(first)) return null;
      const x = inwards(first);
      const [channels, rows, columns, batch] = fixedDims(x.shape, "A map") as [number, number, number, number];
      const parameters = node.inputs.slice(1).map((name) => b.value(name));
      const rest = b.reshape(x, [1, channels, rows, columns * batch]);
      const made = b.node("BatchNormalization", [rest, ...parameters], node.attributes, node.outputs.length);
      made.slice(1).forEach((value, i) => {
        renamed.set(value.name, node.outputs[i + 1]!);
      });
      return b.reshape(made[0]!, [channels, rows, columns, batch]);
    }
    case "Relu":
      return there.has(first) ? b.relu(inwards(first)) : null;
    case "Add": {
      const same = b.value(first).shape.join() === b.value(second).shape.join();
      return same && (there.has(first) || there.has(second)) ? b.add(inwards(first), inwards(second)) : null;
    }
    default:
      return null;
  }
}

interface Sliding {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
}

function slidingOf(b: GraphBuilder, { inputs, attributes }: Node): Sliding | null {
  const ints = (name: string, fallback: readonly number[]) =>
    (attributes[name] as readonly number[] | undefined) ?? fallback;
  const strides = ints("strides", [1, 1]);
  const [kh, kw] = fixedDims(b.value(inputs[1]!).shape.slice(2), "The kernel") as [number, number];
  const whole = (attributes.group ?? 1) === 1 && ints("dilations", [1, 1]).every((step) => step === 1);
  if (!whole || strides[0] !== strides[1]) return null;
  return { kernel: [kh, kw], stride: strides[0]!, pads: ints("pads", [0, 0, 0, 0]) as Sliding["pads"] };
}

function suits(b: GraphBuilder, node: Node): boolean {
  const x = b.value(node.inputs[0]!);
  const y = b.value(node.outputs[0]!);
  if (x.type !== "float32" || y.shape.length !== 4) return false;
  if ([...x.shape, ...y.shape].some((dim) => typeof dim !== "number")) return false;
  const [batch, , rows, columns] = fixedDims(y.shape, "A map") as [number, number, number, number];
  return batch >= LEAST_BATCH && rows * columns <= MOST_PIXELS && slidingOf(b, node) !== null;
}

function convolution(b: GraphBuilder, node: Node, x: Value): Value {
  const sliding = slidingOf(b, node)!;
  const [batch, outputs, rows, columns] = fixedDims(b.value(node.outputs[0]!).shape, "A map") as [
    number,
    number,
    number,
    number,
  ];
  const [channels] = fixedDims(x.shape, "A map") as [number];
  const size = channels * sliding.kernel[0] * sliding.kernel[1];
  const windows = b.reshape(windowsOf(b, x, sliding, [rows, columns]), [size, rows * columns * batch]);
  const product = b.matMul(b.reshape(b.value(node.inputs[1]!), [outputs, size]), windows);
  const y = b.reshape(product, [outputs, rows, columns, batch]);
  return node.inputs[2] ? b.add(y, b.reshape(b.value(node.inputs[2]), [-1, 1, 1, 1])) : y;
}

/** x [C, H, W, N] as [C, kh, kw, P, Q, N], with any grouping of the axes. */
function windowsOf(b: GraphBuilder, x: Value, { kernel, stride, pads }: Sliding, output: readonly number[]): Value {
  const [channels, height, width, batch] = fixedDims(x.shape, "A map") as [number, number, number, number];
  const [rows, columns] = output as [number, number];
  const [kh, kw] = kernel;
  if (kh * kw === 1 && stride > 1 && pads.every((pad) => pad === 0)) {
    const ends = [(rows - 1) * stride + 1, (columns - 1) * stride + 1];
    return b.slice(x, [0, 0], ends, [1, 2], [stride, stride]);
  }
  // Rows and columns that windows reach, rounded up to whole strides: padding added, or what no window reaches taken away.
  const high = Math.ceil(((rows - 1) * stride + kh) / stride) * stride;
  const wide = Math.ceil(((columns - 1) * stride + kw) / stride) * stride;
  const around = [0, pads[0], pads[1], 0, 0, high - height - pads[0], wide - width - pads[1], 0];
  const padded = around.some((pad) => pad !== 0) ? b.pad(x, around) : x;
  if (kh * kw === 1) return padded;
  if (stride > 1) return stridedWindows(b, padded, { kernel, stride }, output);
  // Columns first: the second cut, three times as large, then copies whole maps.
  const cut = Array.from({ length: kw }, (_, j) =>
    b.reshape(b.slice(padded, [j], [j + columns], [2]), [channels, 1, high, columns * batch]),
  );
  const byColumn = kw === 1 ? cut[0]! : b.concat(cut, 1);
  const cutAgain = Array.from({ length: kh }, (_, i) =>
    b.reshape(b.slice(byColumn, [i], [i + rows], [2]), [channels, 1, kw * rows * columns * batch]),
  );
  return kh === 1 ? cutAgain[0]! : b.concat(cutAgain, 1);
}

/** Rows and columns are dealt out by their remainder, so that every tap is a cut without gaps from one of the images that this gives. */
function stridedWindows(
  b: GraphBuilder,
  padded: Value,
  { kernel: [kh, kw], stride }: Pick<Sliding, "kernel" | "stride">,
  [rows, columns]: readonly number[],
): Value {
  const [channels, high, wide, batch] = fixedDims(padded.shape, "A map") as [number, number, number, number];
  const [h, w] = [high / stride, wide / stride];
  const dealt = b.transpose(b.reshape(padded, [channels, h, stride, w, stride, batch]), [0, 2, 4, 1, 3, 5]);
  const flat = b.reshape(dealt, [channels, stride * stride, h, w, batch]);
  const parts = b.split(flat, new Array<number>(stride * stride).fill(1), 1);
  const taps = Array.from({ length: kh * kw }, (_, tap) => {
    const [i, j] = [Math.floor(tap / kw), tap % kw];
    const part = parts[(i % stride) * stride + (j % stride)]!;
    const [top, left] = [Math.floor(i / stride), Math.floor(j / stride)];
    const cut = b.slice(part, [top, left], [top + rows!, left + columns!], [2, 3]);
    return b.reshape(cut, [channels, 1, rows! * columns! * batch]);
  });
  return b.concat(taps, 1);
}

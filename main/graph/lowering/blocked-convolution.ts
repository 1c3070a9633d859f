// A layout pass for the processor: convolutions over channels in blocks as wide as its vectors, weights reordered at each step.
//
// ONNX Runtime has such kernels and uses them where weights are constant; in training they are inputs, so it lays windows out and multiplies matrices instead.
// Written out, the blocked kernels take 0.7 to 0.9 of the time, reorders included (figures in ../README.md). How many channels a block has depends on the processor
// and must be asked of it: another number gives wrong results without any error.
import { GraphBuilder, type Value } from "../builder.ts";
import { fixedDims, type Graph, type Node } from "../graph.ts";
import { needed } from "../needed.ts";

/** Channels of a block: one vector of 32-bit numbers. */
export type Block = 8 | 16;

/** The same function: values keep their names, results differ by the rounding of sums in another order. For graphs that are not differentiated any more. */
export function blockConvolutions(graph: Graph, block: Block): Graph {
  const b = GraphBuilder.replaying(graph);
  /** Values and weights in blocks, by the name of the plain one and how they are blocked. */
  const reordered = new Map<string, Value>();
  const once = (key: string, make: () => Value): Value => {
    const found = reordered.get(key) ?? make();
    reordered.set(key, found);
    return found;
  };
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  for (const node of graph.nodes) {
    const how = node.op === "Conv" ? waysOf(b, node, block) : null;
    if (!how) {
      b.replay(node);
      continue;
    }
    const [x, weight] = node.inputs.map((name) => b.value(name)) as [Value, Value];
    const input = how.plainInput ? x : once(`${x.name}/input`, () => b.op("ReorderInput", [x]));
    const filters = once(`${weight.name}/${how.channelsBlocked}`, () => {
      const turned = how.channelsBlocked ? turnedFrom(b, makers, weight) : null;
      return turned ? turnedInBlocks(b, turned, block) : inBlocks(b, weight, block, how.channelsBlocked);
    });
    const bias = (node.inputs[2] ?? "") === "" ? [] : [b.value(node.inputs[2]!)];
    const kernel = fixedDims(weight.shape.slice(2), "A kernel");
    const made = b.op("BlockedConv", [input, filters, ...bias], { ...node.attributes, kernel_shape: kernel });
    b.as(node.outputs[0]!).op("ReorderOutput", [made], { channels: weight.shape[0] as number });
  }
  for (const { name } of graph.outputs) b.output(b.value(name));
  return needed(b.build());
}

interface Ways {
  /** The input stays [N, C, H, W]: it has fewer channels than a block. */
  readonly plainInput: boolean;
  /** The weights are blocked over input channels too. */
  readonly channelsBlocked: boolean;
}

/** How the blocked kernel takes this convolution; null where it does not. */
function waysOf(b: GraphBuilder, { inputs, attributes }: Node, block: Block): Ways | null {
  const [x, weight] = [b.value(inputs[0]!), b.value(inputs[1]!)];
  const [outputs, perGroup] = weight.shape;
  const fixed = [...weight.shape, ...x.shape.slice(1)].every((dim) => typeof dim === "number");
  if (x.type !== "float32" || x.shape.length !== 4 || !fixed || (outputs as number) % block !== 0) return null;
  const group = (attributes.group as number | undefined) ?? 1;
  const channels = x.shape[1] as number;
  if (group > 1) return group === channels && group === outputs ? { plainInput: false, channelsBlocked: false } : null;
  if (channels < block) return { plainInput: true, channelsBlocked: false };
  return (perGroup as number) % block === 0 ? { plainInput: false, channelsBlocked: true } : null;
}

/**
 * Weights [M, C, kh, kw] as [M / block, (C / block,) kh kw, (block of C,) block of M], under their old shape. Each step moves one axis or whole runs of a block, which the runtime
 * copies several times faster than it turns six axes at once.
 */
function inBlocks(b: GraphBuilder, weight: Value, block: Block, channelsBlocked: boolean): Value {
  const [outputs, channels, rows, columns] = fixedDims(weight.shape, "A weight") as [number, number, number, number];
  const taps = rows * columns;
  const [groups, all] = [outputs / block, channels * taps];
  const innermost = b.transpose(b.reshape(weight, [groups, block, all]), [0, 2, 1]);
  const blocked = channelsBlocked
    ? b.transpose(b.reshape(innermost, [groups, channels / block, block, taps, block]), [0, 1, 3, 2, 4])
    : innermost;
  return b.reshape(blocked, [outputs, channels, rows, columns]);
}

/** The same of weights [C, M, kh, kw] that a gradient turns around (channels swapped, taps from the last to the first), from those that it turns. */
function turnedInBlocks(b: GraphBuilder, weight: Value, block: Block): Value {
  const [channels, outputs, rows, columns] = fixedDims(weight.shape, "A weight") as [number, number, number, number];
  const taps = rows * columns;
  const outside = b.transpose(b.reshape(weight, [channels, outputs, taps]), [0, 2, 1]);
  const split = b.reshape(outside, [channels / block, block, taps, outputs / block, block]);
  const blocked = b.reshape(b.transpose(split, [3, 0, 2, 1, 4]), [outputs / block, channels / block, taps, block ** 2]);
  const turned =
    taps === 1 ? blocked : b.gather(blocked, b.ints(Array.from({ length: taps }, (_, tap) => taps - 1 - tap)), 2);
  return b.reshape(turned, [outputs, channels, rows, columns]);
}

/** The weights that these are turned around, as `inputGradient` writes it; null where they are not. */
function turnedFrom(b: GraphBuilder, makers: ReadonlyMap<string, Node>, weight: Value): Value | null {
  const swapped = makers.get(weight.name);
  if (swapped?.op !== "Transpose" || String(swapped.attributes.perm) !== "1,0,2,3") return null;
  const before = b.value(swapped.inputs[0]!);
  if (before.shape.slice(2).every((size) => size === 1)) return before;
  const reversed = makers.get(before.name);
  if (reversed?.op !== "Slice") return null;
  const [from, , , axes, steps] = reversed.inputs.map((name) => b.value(name));
  const whole = from!.shape.join() === before.shape.join();
  return whole && String(axes?.contents) === "2,3" && String(steps?.contents) === "-1,-1" ? from! : null;
}

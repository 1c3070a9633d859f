// What this machine's processor wants of a graph, asked of the processor itself.
import { GraphBuilder } from "../../graph/builder.ts";
import { floatTensor, type Graph, type Tensor } from "../../graph/graph.ts";
import { type Block, blockConvolutions } from "../../graph/lowering/blocked-convolution.ts";
import { spreadSoftmax } from "../../graph/lowering/channel-softmax.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { createRandom } from "../../models/random.ts";
import { openOnnx } from "./onnx.ts";

let known: Promise<Block | null> | null = null;

/** The graph as ONNX Runtime computes it fastest on the processor; the same values, sums in another order. */
export async function forProcessor(graph: Graph): Promise<Graph> {
  known ??= findBlock();
  const block = await known;
  const spread = spreadSoftmax(graph);
  return block === null ? spread : blockConvolutions(spread, block);
}

/** Channels in a block of the runtime's kernels here: those that give what the plain kernel gives; null where none do. */
async function findBlock(): Promise<Block | null> {
  const graph = smallConvolution();
  const random = createRandom(1, 1);
  const noise = (dims: readonly number[]): Tensor =>
    floatTensor(
      dims,
      Float32Array.from({ length: dims.reduce((a, dim) => a * dim, 1) }, () => random.uniform()),
    );
  const feeds = { x: noise([1, 16, 3, 3]), w: noise([16, 16, 3, 3]) };
  const answer = async (asked: Graph): Promise<Float32Array> => {
    const session = await openOnnx(writeOnnx(asked), { device: "cpu", threads: 1, use: "training" });
    try {
      return (await session.run(feeds)).y!.data as Float32Array;
    } finally {
      await session.dispose();
    }
  };
  const expected = await answer(graph);
  for (const block of [8, 16] as const) {
    // A runtime without such kernels for this processor refuses or answers something else.
    const found = await answer(blockConvolutions(graph, block)).catch(() => null);
    if (found?.every((value, i) => Math.abs(value - expected[i]!) < 1e-3)) return block;
  }
  return null;
}

function smallConvolution(): Graph {
  const b = new GraphBuilder("blocks");
  const [x, w] = [b.input("x", "float32", [1, 16, 3, 3]), b.input("w", "float32", [16, 16, 3, 3])];
  b.output(b.as("y").conv(x, w, null, { pads: [1, 1, 1, 1] }));
  return b.build();
}

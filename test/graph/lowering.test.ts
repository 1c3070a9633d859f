import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import type { Graph } from "../../main/graph/graph.ts";
import { batchInnermost } from "../../main/graph/lowering/batch-innermost.ts";
import { blockConvolutions } from "../../main/graph/lowering/blocked-convolution.ts";
import { spreadSoftmax } from "../../main/graph/lowering/channel-softmax.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { forProcessor } from "../../main/training/engines/processor.ts";
import { randomTensor } from "./central-differences.ts";
import { type Feeds, numbers, runGraph } from "./onnx-runtime.ts";

const BATCH = 8;

interface Layer {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly pads: readonly number[];
  readonly size: readonly [number, number];
}

/** Two convolutions with batch norm in training mode, a sum with the way around, Relu, and a mean: what a residual net does. */
function residual({ kernel, stride, pads, size }: Layer): { graph: Graph; feeds: Feeds } {
  const feeds = {
    x: randomTensor("float32", [BATCH, 3, ...size], 1),
    w: randomTensor("float32", [4, 3, ...kernel], 2),
    c: randomTensor("float32", [4], 3),
    v: randomTensor("float32", [4, 4, 3, 3], 4),
    scale: randomTensor("float32", [4], 5, 0.5, 1.5),
    shift: randomTensor("float32", [4], 6),
  };
  const b = new GraphBuilder("residual");
  const [x, w, c, v, scale, shift] = Object.entries(feeds).map(([name, { dims }]) => b.input(name, "float32", dims));
  const first = b.conv(x!, w!, c!, { strides: [stride, stride], pads });
  const zeros = [1, 2].map((i) => b.initializer(`running${i}`, randomTensor("float32", [4], 9 + i, 0.5, 1)));
  const attributes = { epsilon: 1e-5, training_mode: 1, momentum: 0 };
  const normal = b.node("BatchNormalization", [first, scale!, shift!, ...zeros], attributes, 3);
  const second = b.conv(b.relu(normal[0]!), v!, null, { pads: [1, 1, 1, 1] });
  const sum = b.as("sum").add(second, first);
  b.output(b.as("loss").reduceMean(b.mul(sum, sum), [0, 1, 2, 3], false));
  b.output(sum);
  return { graph: b.build(), feeds };
}

function withGradients(graph: Graph, target: "portable" | "cpu"): Graph {
  const names = ["x", "w", "c", "v", "scale", "shift"];
  const found = gradient(graph, "loss", names, target);
  const b = GraphBuilder.from(found.graph);
  for (const name of names) b.output(b.as(`d_${name}`).identity(b.value(found.gradients.get(name)!)));
  return b.build();
}

async function expectSame(layer: Layer): Promise<void> {
  const { graph, feeds } = residual(layer);
  const lowered = batchInnermost(graph);
  verifyGraph(lowered);
  expect(lowered.nodes.some(({ op }) => op === "Conv")).toBe(false);
  await expectEqual(withGradients(lowered, "cpu"), withGradients(graph, "portable"), feeds);
}

async function expectEqual(graph: Graph, original: Graph, feeds: Feeds): Promise<void> {
  const expected = await runGraph(original, feeds);
  const found = await runGraph(graph, feeds);
  for (const [name, value] of Object.entries(expected)) {
    const wanted = numbers(value);
    const scale = Math.max(1e-3, ...wanted.map(Math.abs));
    const off = Math.max(...numbers(found[name]!).map((number, i) => Math.abs(number - wanted[i]!)));
    expect({ name, within: off <= 1e-4 * scale, off }).toEqual({ name, within: true, off });
  }
}

describe("batch innermost: values and gradients are those of the graph it was given", () => {
  for (const [title, layer] of [
    ["3x3", { kernel: [3, 3], stride: 1, pads: [1, 1, 1, 1], size: [5, 6] }],
    ["3x3, stride 2, even size", { kernel: [3, 3], stride: 2, pads: [1, 1, 1, 1], size: [8, 6] }],
    ["3x3, stride 2, odd size", { kernel: [3, 3], stride: 2, pads: [1, 1, 1, 1], size: [7, 5] }],
    ["1x1", { kernel: [1, 1], stride: 1, pads: [0, 0, 0, 0], size: [4, 3] }],
    ["1x1, stride 2", { kernel: [1, 1], stride: 2, pads: [0, 0, 0, 0], size: [6, 5] }],
    ["7x7, stride 2, padding 3", { kernel: [7, 7], stride: 2, pads: [3, 3, 3, 3], size: [9, 12] }],
  ] as const) {
    test(title, () => expectSame(layer));
  }

  test("any kernel, stride, padding and size", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
          stride: fc.integer({ min: 1, max: 3 }),
          pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
          size: fc.tuple(fc.integer({ min: 4, max: 6 }), fc.integer({ min: 4, max: 6 })),
        }),
        expectSame,
      ),
      { numRuns: 25, seed: 5 },
    ));
});

test("a graph without small maps, or with few images, is left alone", () => {
  for (const dims of [
    [BATCH, 3, 20, 20],
    [2, 3, 5, 5],
  ]) {
    const b = new GraphBuilder("wide");
    b.output(b.conv(b.input("x", "float32", dims), b.input("w", "float32", [2, 3, 1, 1])));
    const graph = b.build();
    expect(batchInnermost(graph)).toBe(graph);
  }
});

describe("blocked convolutions: values and gradients are those of the graph without blocks", () => {
  interface Blocked {
    readonly channels: number;
    readonly filters: number;
    readonly group: number;
    readonly kernel: readonly [number, number];
    readonly stride: number;
    readonly dilation: number;
    readonly pads: readonly number[];
  }

  const size = [9, 10] as const;

  /** A convolution with a bias and one after it; of the second the gradient of the input is a convolution with turned weights. */
  function chain({ channels, filters, group, kernel, stride, dilation, pads }: Blocked): {
    graph: Graph;
    feeds: Feeds;
  } {
    const feeds = {
      x: randomTensor("float32", [2, channels, ...size], 1),
      w: randomTensor("float32", [filters, channels / group, ...kernel], 2),
      c: randomTensor("float32", [filters], 3),
      v: randomTensor("float32", [16, filters, 3, 3], 4),
    };
    const b = new GraphBuilder("chain");
    const [x, w, c, v] = Object.entries(feeds).map(([name, { dims }]) => b.input(name, "float32", dims));
    const first = b.conv(x!, w!, c!, { strides: [stride, stride], dilations: [dilation, dilation], pads, group });
    const second = b.as("y").conv(b.relu(first), v!, null, { pads: [1, 1, 1, 1] });
    b.output(b.as("loss").reduceMean(b.mul(second, second), [0, 1, 2, 3], false));
    b.output(second);
    const found = gradient(b.build(), "loss", Object.keys(feeds), "cpu");
    const back = GraphBuilder.from(found.graph);
    for (const name of Object.keys(feeds)) {
      back.output(back.as(`d_${name}`).identity(back.value(found.gradients.get(name)!)));
    }
    return { graph: back.build(), feeds };
  }

  const blocks = (graph: Graph) => graph.nodes.filter(({ op }) => op === "BlockedConv").length;

  for (const block of [8, 16] as const)
    test(`blocks of ${block}: every convolution that divides into them, the others as they are`, () => {
      const plain = { group: 1, kernel: [3, 3], stride: 1, dilation: 1, pads: [1, 1, 1, 1] } as const;
      const count = (of: Partial<Blocked>) => {
        const lowered = blockConvolutions(chain({ channels: 16, filters: 32, ...plain, ...of }).graph, block);
        verifyGraph(lowered);
        return blocks(lowered);
      };
      // Forward twice, and both inputs' gradients.
      expect(count({})).toBe(4);
      // An image's channels stay as they are; there is no block to make of its gradient.
      expect(count({ channels: 3 })).toBe(3);
      expect(count({ filters: 20 })).toBe(0);
      expect(count({ channels: 32, filters: 32, group: 32 })).toBeGreaterThanOrEqual(3);
    });

  test("any kernel, stride, dilation, padding and group", async (context) => {
    const probe = chain({
      channels: 16,
      filters: 16,
      group: 1,
      kernel: [1, 1],
      stride: 1,
      dilation: 1,
      pads: [0, 0, 0, 0],
    });
    if (blocks(await forProcessor(probe.graph)) === 0) context.skip("this processor has no blocked kernels");
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          kind: fc.constantFrom(
            [1, 16, 1],
            [3, 8, 1],
            [16, 16, 1],
            [32, 16, 1],
            [16, 48, 1],
            [16, 16, 16],
            [24, 16, 8],
          ),
          kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
          stride: fc.integer({ min: 1, max: 2 }),
          dilation: fc.integer({ min: 1, max: 2 }),
          pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
        }),
        async ({ kind, ...window }) => {
          const [channels, filters, group] = kind as [number, number, number];
          const { graph, feeds } = chain({ channels, filters, group, ...window });
          const lowered = await forProcessor(graph);
          expect(blocks(lowered)).toBeGreaterThan(0);
          await expectEqual(lowered, graph, feeds);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });
});

test("softmax over channels in plain arithmetic gives the runtime's values, large logits too, and is left alone elsewhere", async () => {
  const x = randomTensor("float32", [2, 3, 4, 5], 1, -90, 90);
  const b = new GraphBuilder("masks");
  const value = b.input("x", "float32", x.dims);
  b.output(b.softmax(value, 1));
  b.output(b.logSoftmax(value, -3));
  const graph = b.build();
  const lowered = spreadSoftmax(graph);
  expect(lowered.nodes.some(({ op }) => op === "Softmax" || op === "LogSoftmax")).toBe(false);
  await expectEqual(lowered, graph, { x });

  const rows = new GraphBuilder("rows");
  rows.output(rows.softmax(rows.input("x", "float32", [4, 10]), 1));
  expect(spreadSoftmax(rows.build()).nodes.map(({ op }) => op)).toEqual(["Softmax"]);
});

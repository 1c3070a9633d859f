import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { floatTensor, type Graph } from "../../main/graph/graph.ts";
import { verifyGraph } from "../../main/graph/verify.ts";
import { expectGradient, randomTensor } from "./central-differences.ts";
import { numbers, runGraph } from "./onnx-runtime.ts";

function withOutputs(graph: Graph, names: Iterable<string>): Graph {
  const b = GraphBuilder.from(graph, { outputs: false });
  for (const name of names) b.output(b.value(name));
  return b.build();
}

/** x -> a -> loss, with a branch that the loss does not see. */
function twoBranches() {
  const b = new GraphBuilder("branches");
  const x = b.input("x", "float32", [3]);
  const unseen = b.input("unseen", "float32", [2]);
  b.output(b.as("elsewhere").exp(unseen));
  const a = b.as("a").mul(x, x);
  b.output(b.as("loss").reduceSum(b.add(a, x), [0], false));
  return b.build();
}

describe("the walk backwards", () => {
  test("adds the gradients of every path that a value takes to the loss", async () => {
    const { graph, gradients } = gradient(twoBranches(), "loss", ["x"]);
    const found = await runGraph(withOutputs(graph, gradients.values()), {
      x: floatTensor([3], [1, -2, 3]),
      unseen: floatTensor([2], [0, 0]),
    });
    expect(numbers(found[gradients.get("x")!]!)).toEqual([3, -3, 7]); // 2x + 1
  });

  test("stops at inner values that are asked for, as Grad-CAM does", async () => {
    const { graph, gradients } = gradient(twoBranches(), "loss", ["a"]);
    const found = await runGraph(withOutputs(graph, gradients.values()), {
      x: floatTensor([3], [1, -2, 3]),
      unseen: floatTensor([2], [0, 0]),
    });
    expect(numbers(found[gradients.get("a")!]!)).toEqual([1, 1, 1]);
  });

  test("gives zeros for a value that the loss does not depend on", async () => {
    const { graph, gradients } = gradient(twoBranches(), "loss", ["unseen"]);
    const found = await runGraph(withOutputs(graph, gradients.values()), {
      x: floatTensor([3], [1, -2, 3]),
      unseen: floatTensor([2], [5, 6]),
    });
    expect(numbers(found[gradients.get("unseen")!]!)).toEqual([0, 0]);
  });

  test("leaves the graph it was given as it was, and its inputs and outputs in the new one", () => {
    const before = twoBranches();
    const copy = structuredClone(before);
    const { graph } = gradient(before, "loss", ["x"]);
    expect(before).toEqual(copy);
    expect(graph.inputs).toEqual(before.inputs);
    expect(graph.outputs).toEqual(before.outputs);
    verifyGraph(graph);
  });

  test("writes no node for values that nobody asked about", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", "float32", [2, 3, 8, 8]);
    const w = b.input("w", "float32", [4, 3, 3, 3]);
    const loss = b.reduceSum(b.conv(x, w), [0, 1, 2, 3], false);
    const ops = gradient(b.build(), loss.name, ["w"]).graph.nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === "Conv")).toHaveLength(2); // forward, and the weights' gradient
    expect(ops).not.toContain("ConvTranspose");
  });

  test("does not recurse: 20 000 nodes in a row are no deeper than one", () => {
    const b = new GraphBuilder("deep");
    let x = b.input("x", "float32", []);
    for (let i = 0; i < 20_000; i++) x = b.neg(x);
    expect(gradient(b.build(), x.name, ["x"]).graph.nodes.length).toBeGreaterThan(40_000 - 1);
  });

  test("works for a batch of any size: the gradient of each image is its own", async () => {
    const b = new GraphBuilder("dynamic");
    const x = b.input("x", "float32", ["N", 1, 4, 4]);
    const w = b.constant(randomTensor("float32", [2, 1, 3, 3], 1));
    const y = b.globalAveragePool(
      b.maxPool(b.relu(b.conv(x, w, null, { pads: [1, 1, 1, 1] })), [2, 2], { strides: [2, 2] }),
    );
    const loss = b.reduceSum(b.flatten(y), [0, 1], false);
    const { graph, gradients } = gradient(b.build(), loss.name, ["x"]);
    const name = gradients.get("x")!;
    const runnable = withOutputs(graph, [name]);
    const images = randomTensor("float32", [3, 1, 4, 4], 2);
    const together = numbers((await runGraph(runnable, { x: images }))[name]!);
    for (const i of [0, 1, 2]) {
      const alone = await runGraph(runnable, {
        x: floatTensor([1, 1, 4, 4], numbers(images).slice(16 * i, 16 * i + 16)),
      });
      expect(numbers(alone[name]!)).toEqual(together.slice(16 * i, 16 * i + 16));
    }
    expect(together.some((value) => value !== 0)).toBe(true);
  });

  test("can be differentiated again", () =>
    // The gradient of sum(x^3) is 3 x^2, whose own gradient is checked here.
    expectGradient({
      inputs: { x: randomTensor("float64", [4], 3) },
      build: (b, { x }) => {
        const loss = b.reduceSum(b.mul(b.mul(x!, x!), x!), [0], false);
        const found = gradient(b.build(), loss.name, ["x"]);
        // Replays the gradient's nodes in this builder.
        const values = new Map([["x", x!]]);
        for (const node of found.graph.nodes) {
          const inputs = node.inputs.map((name) => values.get(name) ?? b.constant(found.graph.initializers.get(name)!));
          const made = b.node(node.op, inputs, node.attributes, node.outputs.length);
          for (const [i, name] of node.outputs.entries()) values.set(name, made[i]!);
        }
        return values.get(found.gradients.get("x")!)!;
      },
    }));
});

describe("refusals", () => {
  test("name the operator, the node and the reason when an operator is not differentiable", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", "float32", [1, 1, 4, 4]);
    const steps = b.as("stairs").op("Floor", [x]);
    const loss = b.reduceSum(steps, [0, 1, 2, 3], false);
    expect(() => gradient(b.build(), loss.name, ["x"])).toThrow(
      expect.objectContaining({
        code: "graph/not-differentiable",
        message: expect.stringMatching(/Floor "stairs".*flat everywhere but where it jumps/),
      }),
    );
  });

  test("do not fire for an operator that only steers: Where's condition passes no gradient", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", "float32", [4]);
    const loss = b.reduceSum(b.where(b.greater(x, 0), x, b.neg(x)), [0], false);
    expect(() => gradient(b.build(), loss.name, ["x"])).not.toThrow();
  });

  test("a loss of more than one number, and a name that is not there", () => {
    expect(() => gradient(twoBranches(), "a", ["x"])).toThrow(expect.objectContaining({ code: "graph/invalid" }));
    expect(() => gradient(twoBranches(), "loss", ["y"])).toThrow(/no value "y"/);
  });
});

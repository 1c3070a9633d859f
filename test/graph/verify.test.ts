import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { bindDimensions, floatTensor, type Graph, type Node } from "../../main/graph/graph.ts";
import { inferShapes } from "../../main/graph/infer-shapes.ts";
import { verifyGraph } from "../../main/graph/verify.ts";

function sound(): Graph {
  const b = new GraphBuilder("sound");
  const x = b.input("x", "float32", ["N", 4]);
  const w = b.initializer("w", floatTensor([4, 2], new Float32Array(8)));
  b.output(b.as("y").relu(b.as("product").matMul(x, w)));
  return b.build();
}

const change = (index: number, patch: Partial<Node>): Graph => {
  const graph = sound();
  return { ...graph, nodes: graph.nodes.map((node, i) => (i === index ? { ...node, ...patch } : node)) };
};

const broken: readonly [string, Graph, RegExp][] = [
  ["two nodes of one name", change(0, { name: "y" }), /"y".*used twice/],
  ["a node without a name", change(0, { name: "" }), /empty/],
  ["nodes out of order", { ...sound(), nodes: sound().nodes.toReversed() }, /"product" is used before it is made/],
  ["a value made twice", change(0, { outputs: ["x"] }), /"x" is made twice/],
  ["too few inputs", change(0, { inputs: ["x"] }), /MatMul "product": 1 inputs/],
  ["a needed input left out", change(0, { inputs: ["", "w"] }), /may not be left out/],
  ["an attribute that the operator lacks", change(0, { attributes: { axis: 1 } }), /attribute axis is unknown/],
  ["an attribute of the wrong kind", change(1, { op: "Softmax", attributes: { axis: 0.5 } }), /axis is not int/],
  ["an attribute named like a method", change(0, { attributes: { constructor: 1 } }), /constructor is unknown/],
  [
    "an output that no node makes",
    { ...sound(), outputs: [{ name: "z", type: "float32", shape: [] }] },
    /"z" is made by no node/,
  ],
  [
    "an output of another shape",
    { ...sound(), outputs: [{ name: "y", type: "float32", shape: ["N", 3] }] },
    /declared/,
  ],
  [
    "a constant with too few elements",
    { ...sound(), initializers: new Map([["w", { type: "float32", dims: [4, 2], data: new Float32Array(7) }]]) },
    /"w".*7 elements/,
  ],
  [
    "a constant whose data is of another type",
    { ...sound(), initializers: new Map([["w", { type: "float32", dims: [4, 2], data: new Float64Array(8) }]]) },
    /"w"/,
  ],
];

describe("verifyGraph", () => {
  test("accepts a sound graph", () => expect(() => verifyGraph(sound())).not.toThrow());
  for (const [title, graph, message] of broken) {
    test(`refuses ${title}`, () => {
      expect(() => verifyGraph(graph)).toThrow(expect.objectContaining({ code: "graph/invalid" }));
      expect(() => verifyGraph(graph)).toThrow(message);
    });
  }
});

describe("shapes", () => {
  const shapeOf = (write: (b: GraphBuilder) => { name: string }) => {
    const b = new GraphBuilder("g");
    const { name } = write(b);
    return inferShapes(b.build()).get(name)!.shape;
  };

  test("a batch of unknown size travels through reshaping and back", () => {
    expect(shapeOf((b) => b.reshape(b.input("x", "float32", ["N", 3, 4]), [-1, 4]))).toEqual(["3*N", 4]);
    expect(shapeOf((b) => b.reshape(b.reshape(b.input("x", "float32", ["N", 3, 4]), [-1, 4]), [-1, 3, 4]))).toEqual([
      "N",
      3,
      4,
    ]);
    expect(shapeOf((b) => b.flatten(b.input("x", "float32", ["N", 3, 4])))).toEqual(["N", 12]);
  });

  test("binding the batch gives numbers everywhere", () => {
    const bound = bindDimensions(sound(), { N: 5 });
    verifyGraph(bound);
    expect(bound.outputs[0]!.shape).toEqual([5, 2]);
  });

  test("a mistake throws on the line that makes it", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", "float32", [2, 3]);
    expect(() => b.as("bad").matMul(x, x)).toThrow(/MatMul "bad": inner sizes 3 and 2/);
    expect(() => b.conv(b.input("i", "float32", [1, 3, 8, 8]), b.input("w", "float32", [4, 2, 3, 3]))).toThrow(
      /3 channels/,
    );
    expect(() => b.add(x, b.input("y", "float32", [4]))).toThrow(/do not broadcast/);
    expect(() => b.reshape(x, [4, -1])).toThrow(/does not reshape/);
  });

  test("the name given by as() goes to that value, not to one made in its arguments", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", "float32", [2]);
    expect(b.as("sum").add(x, b.neg(x)).name).toBe("sum");
  });
});

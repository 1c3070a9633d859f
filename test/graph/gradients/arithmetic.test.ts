import fc from "fast-check";
import { describe, test } from "vitest";
import type { GraphBuilder, Value } from "../../../main/graph/builder.ts";
import type { OpName } from "../../../main/graph/operators/index.ts";
import { expectGradient, randomTensor } from "../central-differences.ts";

const unary: readonly [string, (b: GraphBuilder, x: Value) => Value, number, number][] = [
  ["Neg", (b, x) => b.neg(x), -1, 1],
  ["Sqrt of positive numbers", (b, x) => b.sqrt(x), 0.2, 2],
  ["Exp", (b, x) => b.exp(x), -1, 1],
  ["Log of positive numbers", (b, x) => b.log(x), 0.2, 2],
  ["Relu away from 0", (b, x) => b.relu(x), 0.1, 1],
  ["Relu of negative numbers", (b, x) => b.relu(x), -1, -0.1],
  ["Sigmoid", (b, x) => b.sigmoid(x), -3, 3],
  ["Softmax over the last axis", (b, x) => b.softmax(x), -2, 2],
  ["Softmax over axis 0", (b, x) => b.softmax(x, 0), -2, 2],
  ["LogSoftmax over axis 1", (b, x) => b.logSoftmax(x, 1), -2, 2],
  ["Identity", (b, x) => b.identity(x), -1, 1],
  ["Pow with a fixed exponent", (b, x) => b.pow(x, 2.5), 0.2, 2],
  ["Clip inside the bounds", (b, x) => b.clip(x, -2, 2), -1, 1],
  ["Clip above the bounds", (b, x) => b.clip(x, -2, 0.5), 0.6, 1],
  ["Clip below the bounds", (b, x) => b.clip(x, -0.5, 2), -1, -0.6],
  ["Tanh", (b, x) => b.op("Tanh", [x]), -2, 2],
  ["Abs of positive numbers", (b, x) => b.op("Abs", [x]), 0.1, 1],
  ["Abs of negative numbers", (b, x) => b.op("Abs", [x]), -1, -0.1],
  ["Sin", (b, x) => b.op("Sin", [x]), -3, 3],
  ["Cos", (b, x) => b.op("Cos", [x]), -3, 3],
  ["Reciprocal", (b, x) => b.op("Reciprocal", [x]), 0.5, 2],
  ["1 / x", (b, x) => b.div(1, x), 0.5, 2],
  ["a value used three times", (b, x) => b.mul(b.add(x, x), x), -1, 1],
];

/** Operators whose kernels take float32 only; `step` keeps off the corners, and its square off the third derivative. */
const single: readonly [string, OpName, Readonly<Record<string, number>>, number, number][] = [
  ["Erf", "Erf", {}, -2, 2],
  ["Softplus", "Softplus", {}, -3, 3],
  ["LeakyRelu of positive numbers", "LeakyRelu", {}, 0.1, 1],
  ["LeakyRelu of negative numbers", "LeakyRelu", { alpha: 0.3 }, -1, -0.1],
  ["LeakyRelu with its default slope", "LeakyRelu", {}, -1, -0.1],
  ["Elu of positive numbers", "Elu", { alpha: 0.7 }, 0.1, 1],
  ["Elu of negative numbers", "Elu", { alpha: 0.7 }, -2, -0.1],
  ["Elu with its default", "Elu", {}, -2, -0.1],
  ["Selu of positive numbers", "Selu", {}, 0.1, 1],
  ["Selu of negative numbers", "Selu", {}, -2, -0.1],
  ["Selu with its own constants", "Selu", { alpha: 0.5, gamma: 2 }, -2, -0.1],
  ["HardSigmoid on its slope", "HardSigmoid", { alpha: 0.25, beta: 0.4 }, -1, 1],
  ["HardSigmoid with its defaults", "HardSigmoid", {}, -2, 2],
  ["HardSigmoid below", "HardSigmoid", {}, -5, -3],
  ["HardSigmoid above", "HardSigmoid", {}, 3, 5],
  ["HardSwish between its corners", "HardSwish", {}, -2.9, 2.9],
  ["HardSwish below", "HardSwish", {}, -6, -3.1],
  ["HardSwish above", "HardSwish", {}, 3.1, 6],
];

describe("gradients match central differences", () => {
  for (const [title, apply, low, high] of unary) {
    test(title, () =>
      expectGradient({
        inputs: { x: randomTensor("float64", [2, 3], 1, low, high) },
        build: (b, { x }) => apply(b, x!),
      }),
    );
  }

  for (const [title, op, attributes, low, high] of single) {
    test(title, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", [2, 3], 1, low, high) },
        step: 0.02,
        build: (b, { x }) => b.node(op, [x!], attributes)[0]!,
      }),
    );
  }

  for (const op of ["Add", "Sub", "Mul", "Div", "Pow"] as const) {
    test(`${op} for any two shapes that broadcast`, () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("both", "left", "right")), {
            minLength: 0,
            maxLength: 3,
          }),
          fc.nat(2),
          fc.boolean(),
          async (axes, dropped, dropLeft) => {
            const dims = (side: "left" | "right") =>
              axes.map(([size, kept]) => (kept === "both" || kept === side ? size : 1));
            const shorter = (side: number[], drop: boolean) =>
              drop ? side.slice(Math.min(dropped, side.length)) : side;
            await expectGradient({
              inputs: {
                a: randomTensor("float64", shorter(dims("left"), dropLeft), 1, 0.5, 1.5),
                b: randomTensor("float64", shorter(dims("right"), !dropLeft), 2, 0.5, 1.5),
              },
              build: (builder, v) => builder.node(op, [v.a!, v.b!])[0]!,
            });
          },
        ),
        { numRuns: 25, seed: 1 },
      ));
  }

  test("Where, each side broadcast", () =>
    expectGradient({
      inputs: {
        x: randomTensor("float64", [2, 3], 1),
        y: randomTensor("float64", [3], 2),
        c: randomTensor("float64", [2, 1], 3),
      },
      wrt: ["x", "y"],
      build: (b, { x, y, c }) => b.where(b.greater(c!, 0), x!, y!),
    }));

  test("Cast between float types", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [4], 1) },
      build: (b, { x }) => b.cast(b.mul(b.cast(x!, "float64"), 3), "float32"),
    }));
});

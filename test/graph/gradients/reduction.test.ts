import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { gradient } from "../../../main/graph/gradient.ts";
import { floatTensor } from "../../../main/graph/graph.ts";
import { distinctTensor, expectGradient, randomTensor } from "../central-differences.ts";

const ones = (count: number) => new Float32Array(count).fill(1);

describe("gradients match central differences", () => {
  for (const axes of [[0], [1, 2], [-1], [0, 1, 2]])
    for (const keepdims of [true, false]) {
      const title = `over [${axes}], axes ${keepdims ? "kept" : "dropped"}`;
      test(`ReduceSum ${title}`, () =>
        expectGradient({
          inputs: { x: randomTensor("float64", [2, 3, 2], 1) },
          build: (b, { x }) => b.reduceSum(x!, axes, keepdims),
        }));
      test(`ReduceMean ${title}`, () =>
        expectGradient({
          inputs: { x: randomTensor("float64", [2, 3, 2], 1) },
          build: (b, { x }) => b.reduceMean(x!, axes, keepdims),
        }));
      test(`ReduceMax ${title}`, () =>
        expectGradient({
          inputs: { x: distinctTensor([2, 3, 2], 1) },
          step: 0.1,
          build: (b, { x }) => b.reduceMax(x!, axes, keepdims),
        }));
    }

  for (const target of ["portable", "cpu"] as const)
    for (const dims of [
      [3, 2, 2, 3],
      [4, 3],
      [2, 2, 1, 1],
    ])
      test(`BatchNormalization by the batch's statistics, [${dims}], ${target}`, () =>
        expectGradient({
          inputs: {
            x: randomTensor("float64", dims, 1, -2, 3),
            scale: randomTensor("float64", [dims[1]!], 2, 0.5, 1.5),
            bias: randomTensor("float64", [dims[1]!], 3),
            unused: randomTensor("float64", [dims[1]!], 4, 1, 2),
          },
          wrt: ["x", "scale", "bias"],
          target,
          build: (b, { x, scale, bias, unused }) =>
            b.node(
              "BatchNormalization",
              [x!, scale!, bias!, b.mul(unused!, 0), b.mul(scale!, 0)],
              { training_mode: 1, momentum: 0, epsilon: 0.01 },
              3,
            )[0]!,
        }));

  test("BatchNormalization by given statistics, which have gradients too", () =>
    expectGradient({
      inputs: {
        x: randomTensor("float64", [3, 2, 2, 3], 1, -2, 3),
        scale: randomTensor("float64", [2], 2, 0.5, 1.5),
        bias: randomTensor("float64", [2], 3),
        mean: randomTensor("float64", [2], 4),
        variance: randomTensor("float64", [2], 5, 0.5, 2),
      },
      build: (b, { x, scale, bias, mean, variance }) =>
        b.batchNormalization(x!, scale!, bias!, mean!, variance!, { epsilon: 0.01 }),
    }));
});

test("batch normalisation that hides the batch's statistics is refused by name", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [4, 2]);
  const c = b.constant(floatTensor([2], ones(2)));
  const y = b.as("norm").node("BatchNormalization", [x, c, c, c, c], { training_mode: 1 }, 3)[0]!;
  const loss = b.reduceSum(y, [0, 1], false);
  expect(() => gradient(b.build(), loss.name, ["x"])).toThrow(/BatchNormalization "norm"/);
});

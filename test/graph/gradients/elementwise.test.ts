import { describe, test } from "vitest";
import { floatTensor } from "../../../main/graph/graph.ts";
import type { OpName } from "../../../main/graph/operators/index.ts";
import { distinctTensor, expectGradient, randomTensor } from "../central-differences.ts";

/** Smooth functions with float32 kernels only: truncation 1e-6 and rounding 1e-5. */
const SMOOTH = 0.004;
const BOTH_SIDES = floatTensor([2, 3], [-2.2, -1.1, -0.3, 0.4, 1.3, 2.5]);

describe("gradients match central differences", () => {
  // Steps of 1/2 in x, 1/4 beside in y: no tie, and no extreme changes hands within 0.1.
  for (const op of ["Min", "Max"] as const)
    test(`${op} of two inputs, broadcast`, () =>
      expectGradient({
        inputs: { x: distinctTensor([2, 3], 1, 0.5), y: distinctTensor([3], 2, 0.5) },
        step: 0.1,
        build: (b, { x, y }) => b.op(op, [x!, b.add(y!, 0.25)]),
      }));
  for (const op of ["Sum", "Mean"] as const)
    test(`${op} of three inputs, broadcast`, () =>
      expectGradient({
        inputs: {
          x: randomTensor("float32", [2, 3], 1),
          y: randomTensor("float32", [3], 2),
          z: randomTensor("float32", [2, 1], 3),
        },
        build: (b, { x, y, z }) => b.op(op, [x!, y!, z!]),
      }));
  test("PRelu with a slope for each column, input and slope", () =>
    expectGradient({
      inputs: { x: BOTH_SIDES, slope: floatTensor([3], [0.1, 0.2, -0.3]) },
      step: 0.1,
      build: (b, { x, slope }) => b.op("PRelu", [x!, slope!]),
    }));
  const single: readonly [OpName, Readonly<Record<string, number>>][] = [
    ["Softsign", {}],
    ["Celu", {}],
    ["Celu", { alpha: 0.5 }],
  ];
  for (const [op, attributes] of single)
    test(`${op} ${JSON.stringify(attributes)}`, () =>
      expectGradient({ inputs: { x: BOTH_SIDES }, step: SMOOTH, build: (b, { x }) => b.op(op, [x!], attributes) }));
  test("Dropout as models for use have it", () =>
    expectGradient({ inputs: { x: BOTH_SIDES }, build: (b, { x }) => b.op("Dropout", [x!]) }));

  for (const axes of [[0], [1, 2], [-1]])
    for (const keepdims of [0, 1]) {
      test(`ReduceMin over [${axes}], keepdims ${keepdims}`, () =>
        expectGradient({
          inputs: { x: distinctTensor([2, 3, 2], 1) },
          step: 0.1,
          build: (b, { x }) => b.op("ReduceMin", [x!], { axes, keepdims }),
        }));
      for (const op of ["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceLogSum"] as const)
        test(`${op} over [${axes}], keepdims ${keepdims}`, () =>
          expectGradient({
            inputs: { x: randomTensor("float32", [2, 3, 2], 1, 0.5, 2) },
            step: SMOOTH,
            build: (b, { x }) => b.op(op, [x!], { axes, keepdims }),
          }));
    }

  for (const axis of [-1, 1])
    test(`LayerNormalization from axis ${axis}: input, scale and bias`, () =>
      expectGradient({
        inputs: {
          x: randomTensor("float32", [2, 3, 4], 1, -2, 2),
          scale: randomTensor("float32", axis === -1 ? [4] : [3, 4], 2, 0.5, 1.5),
          bias: randomTensor("float32", axis === -1 ? [4] : [3, 4], 3),
        },
        step: SMOOTH,
        build: (b, { x, scale, bias }) => b.op("LayerNormalization", [x!, scale!, bias!], { axis }),
      }));
  test("InstanceNormalization: input, scale and bias", () =>
    expectGradient({
      inputs: {
        x: randomTensor("float32", [2, 2, 3, 3], 1, -2, 2),
        scale: randomTensor("float32", [2], 2, 0.5, 1.5),
        bias: randomTensor("float32", [2], 3),
      },
      step: SMOOTH,
      build: (b, { x, scale, bias }) => b.op("InstanceNormalization", [x!, scale!, bias!]),
    }));
});

import { describe, test } from "vitest";
import { type Tensor, tensor } from "../../../main/graph/graph.ts";
import { distinctTensor, expectGradient, randomTensor } from "../central-differences.ts";

const indices = (dims: readonly number[], ...values: readonly number[]): Tensor =>
  tensor("int64", dims, BigInt64Array.from(values, BigInt));

describe("gradients match central differences", () => {
  // Rows picked twice, from the end (-1), and never.
  for (const axis of [0, 1, -1])
    for (const [title, picked] of [
      ["a row", indices([3], 1, -1, 1)],
      ["a table", indices([2, 2], 0, 1, 1, 0)],
      ["one number", indices([], 1)],
    ] as const)
      test(`Gather by ${title} of indices along axis ${axis}`, () =>
        expectGradient({
          inputs: { x: randomTensor("float32", [3, 2, 4], 1) },
          build: (b, { x }) => b.gather(x!, b.constant(picked), axis),
        }));
  test("Gather by int32 indices", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [3, 2], 1) },
      build: (b, { x }) => b.gather(x!, b.constant(tensor("int32", [2], Int32Array.of(2, 2))), 0),
    }));
  test("GatherElements, one element picked twice", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [3, 2], 1) },
      build: (b, { x }) => b.op("GatherElements", [x!, b.constant(indices([2, 2], 0, 1, 0, 2))], { axis: 0 }),
    }));
  for (const largest of [0, 1])
    test(`TopK values, largest ${largest}`, () =>
      expectGradient({
        inputs: { x: distinctTensor([2, 5], 1) },
        step: 0.1,
        build: (b, { x }) => b.node("TopK", [x!, b.ints([2])], { axis: 1, largest }, 2)[0]!,
      }));
});

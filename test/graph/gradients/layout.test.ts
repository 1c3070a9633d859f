import fc from "fast-check";
import { describe, test } from "vitest";
import type { GraphBuilder, Value } from "../../../main/graph/builder.ts";
import { expectGradient, randomTensor } from "../central-differences.ts";

const cases: readonly [string, readonly number[], (b: GraphBuilder, x: Value) => Value | readonly Value[]][] = [
  ["Reshape", [2, 3, 4], (b, x) => b.reshape(x, [4, -1])],
  ["Flatten at axis 2", [2, 3, 4], (b, x) => b.flatten(x, 2)],
  ["Squeeze", [2, 1, 3, 1], (b, x) => b.squeeze(x, [1, -1])],
  ["Unsqueeze", [2, 3], (b, x) => b.unsqueeze(x, [0, 2])],
  ["Transpose of three axes", [2, 3, 4], (b, x) => b.transpose(x, [2, 0, 1])],
  ["Transpose without perm, which reverses", [2, 3, 4], (b, x) => b.op("Transpose", [x])],
  ["Expand of an inner 1 and a new axis", [3, 1], (b, x) => b.expand(x, [2, 3, 4])],
  ["Concat of a value with itself", [2, 3], (b, x) => b.concat([x, b.mul(x, 2), x], -1)],
  ["Concat of one", [2, 3], (b, x) => b.concat([x], 0)],
  ["Split, all parts used", [5, 2], (b, x) => b.split(x, [2, 3], 0)],
  ["Split, one part used", [2, 5], (b, x) => b.split(x, [2, 3], 1)[1]!],
  ["Slice from the end", [4, 5], (b, x) => b.slice(x, [-3], [-1], [1])],
  ["Slice backwards", [4, 5], (b, x) => b.slice(x, [-1, 4], [-5, 0], [0, 1], [-1, -2])],
  ["Slice that steps past the end", [5], (b, x) => b.slice(x, [1], [100], [0], [3])],
  ["Pad, and crop the other side", [3, 4], (b, x) => b.pad(x, [1, -1, 0, 2])],
];

describe("gradients match central differences", () => {
  for (const [title, dims, apply] of cases) {
    test(title, () =>
      expectGradient({ inputs: { x: randomTensor("float64", dims, 1) }, build: (b, { x }) => apply(b, x!) }),
    );
  }

  test("Slice for any start, end and step that keep something", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: -9, max: 9 }),
        fc.constantFrom(-3, -2, -1, 1, 2, 3),
        async (size, start, end, step) => {
          const clamp = (at: number) => (at < 0 ? at + size : at);
          const from =
            step > 0 ? Math.min(Math.max(clamp(start), 0), size) : Math.min(Math.max(clamp(start), 0), size - 1);
          const to = step > 0 ? Math.min(Math.max(clamp(end), 0), size) : Math.min(Math.max(clamp(end), -1), size - 1);
          fc.pre((to - from) / step > 0);
          await expectGradient({
            inputs: { x: randomTensor("float64", [2, size], 1) },
            build: (b, { x }) => b.slice(x!, [start], [end], [1], [step]),
          });
        },
      ),
      { numRuns: 40, seed: 4 },
    ));
});

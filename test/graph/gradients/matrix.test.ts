import { describe, test } from "vitest";
import { expectGradient, randomTensor } from "../central-differences.ts";

const bools = [false, true];
const dims = (rows: number, columns: number, swapped: boolean) => (swapped ? [columns, rows] : [rows, columns]);

describe("gradients match central differences", () => {
  for (const transA of bools)
    for (const transB of bools)
      for (const bias of [[], [4], [3, 1], [3, 4]])
        test(`Gemm, A ${transA ? "swapped" : "plain"}, B ${transB ? "swapped" : "plain"}, C [${bias}], alpha 0.5, beta 2`, () =>
          expectGradient({
            inputs: {
              a: randomTensor("float64", dims(3, 2, transA), 1),
              b: randomTensor("float64", dims(2, 4, transB), 2),
              c: randomTensor("float64", bias, 3),
            },
            build: (builder, { a, b, c }) => builder.gemm(a!, b!, c!, { transA, transB, alpha: 0.5, beta: 2 }),
          }));

  for (const [left, right] of [
    [
      [3, 2],
      [2, 4],
    ],
    [
      [2, 3, 2],
      [2, 2, 4],
    ],
    [
      [2, 1, 3, 2],
      [3, 2, 4],
    ],
    [
      [5, 3, 2],
      [2, 4],
    ],
  ] as const)
    for (const [type, target] of [
      ["float64", "portable"],
      ["float32", "cpu"],
    ] as const)
      test(`MatMul of [${left}] and [${right}], ${target}`, () =>
        expectGradient({
          inputs: { a: randomTensor(type, left, 1), b: randomTensor(type, right, 2) },
          target,
          build: (builder, { a, b }) => builder.matMul(a!, b!),
        }));

  for (const transA of bools)
    for (const transB of bools)
      test(`FusedMatMul, A ${transA ? "swapped" : "plain"}, B ${transB ? "swapped" : "plain"}, alpha 3`, () =>
        expectGradient({
          inputs: {
            a: randomTensor("float32", [2, ...dims(3, 2, transA)], 1),
            b: randomTensor("float32", [2, ...dims(2, 4, transB)], 2),
          },
          target: "cpu",
          build: (builder, { a, b }) => builder.fusedMatMul(a!, b!, { transA, transB, alpha: 3 }),
        }));
});

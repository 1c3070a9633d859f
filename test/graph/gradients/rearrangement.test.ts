import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { tensor } from "../../../main/graph/graph.ts";
import { expectGradient, randomTensor } from "../central-differences.ts";

describe("gradients match central differences", () => {
  const products: readonly [string, readonly number[], readonly number[]][] = [
    ["ab,bc->ac", [2, 3], [3, 4]],
    ["bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 2, 4]],
    ["ab,cb", [2, 3], [4, 3]], // no arrow: ac
    ["abk,c->bc", [2, 3, 2], [4]], // a and k are summed over one input alone
    ["i,j->ij", [3], [2]],
  ];
  for (const [equation, first, second] of products)
    test(`Einsum ${equation}, both factors`, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", first, 1), y: randomTensor("float32", second, 2) },
        build: (b, { x, y }) => b.op("Einsum", [x!, y!], { equation }),
      }));
  test("Einsum of one input: a transposition", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [2, 3], 1) },
      build: (b, { x }) => b.op("Einsum", [x!], { equation: "ab->ba" }),
    }));

  for (const repeats of [
    [2, 1, 3],
    [1, 1, 1],
    [3, 2, 1],
  ])
    test(`Tile [${repeats}]`, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", [2, 3, 2], 1) },
        build: (b, { x }) => b.op("Tile", [x!, b.ints(repeats)]),
      }));
  for (const mode of ["DCR", "CRD"])
    test(`DepthToSpace ${mode}`, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", [2, 8, 2, 3], 1) },
        build: (b, { x }) => b.op("DepthToSpace", [x!], { blocksize: 2, mode }),
      }));
  test("SpaceToDepth", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [2, 3, 4, 6], 1) },
      build: (b, { x }) => b.op("SpaceToDepth", [x!], { blocksize: 2 }),
    }));
  for (const exclusive of [0, 1])
    for (const reverse of [0, 1])
      test(`CumSum, exclusive ${exclusive}, reverse ${reverse}`, () =>
        expectGradient({
          inputs: { x: randomTensor("float32", [2, 4], 1) },
          build: (b, { x }) =>
            b.op("CumSum", [x!, b.constant(tensor("int64", [], BigInt64Array.of(1n)))], { exclusive, reverse }),
        }));
});

test("an equation that does not fit its inputs is refused when written", () => {
  const b = new GraphBuilder("wrong");
  const x = b.input("x", "float32", [2, 3]);
  expect(() => b.op("Einsum", [x, x], { equation: "ab,bc->ac" })).toThrow(/b is both 3 and 2/);
  expect(() => b.op("Einsum", [x], { equation: "ab,bc->ac" })).toThrow(/does not fit 1 inputs/);
});

// Matrix products.
import type { Shape, TensorType } from "../graph.ts";
import { NEWEST, type Operator, type Site } from "./operator.ts";

/** Types of a (batched) product; each side may be read with its last two dimensions swapped. */
function product(site: Site, swapA: boolean, swapB: boolean): readonly TensorType[] {
  site.float(0);
  const type = site.sameType(0, 1);
  const a = swapped(site.shape(0), swapA);
  const b = swapped(site.shape(1), swapB);
  if (a.length < 2 || b.length < 2) site.fail("both sides need at least 2 dimensions.");
  if (a.at(-1) !== b.at(-2)) site.fail(`inner sizes ${a.at(-1)} and ${b.at(-2)} differ.`);
  return [{ type, shape: [...site.broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2)!, b.at(-1)!] }];
}

function swapped(shape: Shape, swap: boolean): Shape {
  return swap ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
}

export const matrix = {
  MatMul: {
    domain: "",
    opset: [9, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => product(site, false, false),
  },
  FusedMatMul: {
    // https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; float32 only, and not the transBatch forms
    domain: "com.microsoft",
    opset: [1, 1],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { alpha: "float", transA: "int", transB: "int" },
    infer: (site) => {
      site.typed(0, "float32");
      return product(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1);
    },
  },
  Gemm: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    infer: (site) => {
      site.ranked(0, 2);
      site.ranked(1, 2);
      const result = product(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1);
      if (site.has(2)) {
        site.sameType(0, 2);
        const shape = site.broadcast(result[0]!.shape, site.shape(2));
        if (shape.some((dim, i) => dim !== result[0]!.shape[i])) site.fail("C does not broadcast to the product.");
      }
      return result;
    },
  },
} satisfies Record<string, Operator>;

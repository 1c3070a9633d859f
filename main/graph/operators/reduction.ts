// Sums, means and maxima over axes; normalisation over the batch.
import type { Shape, TensorType } from "../graph.ts";
import { NEWEST, type Operator, type Site } from "./operator.ts";

function reduced(site: Site, axes: readonly number[] | null): readonly TensorType[] {
  const { type, shape } = site.float(0);
  const chosen = new Set(site.axes(axes ?? shape.map((_, i) => i), shape.length));
  const keep = site.int("keepdims", 1) === 1;
  const kept: Shape = shape.flatMap((dim, i) => (chosen.has(i) ? (keep ? [1] : []) : [dim]));
  return [{ type, shape: kept }];
}

const byAttribute = {
  domain: "",
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axes: "ints", keepdims: "int" },
  infer: (site: Site) => reduced(site, site.ints("axes")),
} as const;

export const reduction = {
  ReduceMean: { ...byAttribute, opset: [11, 17] },
  ReduceMax: { ...byAttribute, opset: [12, 17] },
  ReduceSum: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [1, 2],
    outputs: [1, 1],
    attributes: { keepdims: "int", noop_with_empty_axes: "int" },
    infer: (site) => {
      const axes = site.has(1) ? site.numbers(1) : [];
      if (axes.length === 0) {
        return site.int("noop_with_empty_axes", 0) === 1 ? [site.float(0)] : reduced(site, null);
      }
      return reduced(site, axes);
    },
  },
  BatchNormalization: {
    domain: "",
    opset: [15, NEWEST],
    inputs: [5, 5],
    outputs: [1, 3],
    attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      if (shape.length < 2) site.fail("the input needs a channel axis.");
      for (const index of [1, 2, 3, 4]) {
        site.sameType(0, index);
        if (site.ranked(index, 1)[0] !== shape[1]) site.fail(`input ${index} must have ${shape[1]} elements.`);
      }
      const statistics = { type, shape: [shape[1]!] };
      if (site.int("training_mode", 0) === 1) return [{ type, shape }, statistics, statistics].slice(0, site.outputs);
      if (site.outputs !== 1) site.fail("only training mode has more than one output.");
      return [{ type, shape }];
    },
  },
} satisfies Record<string, Operator>;

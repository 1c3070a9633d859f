// Picking elements by index; backwards, what was picked twice adds up.
import type { GraphBuilder, Value } from "../builder.ts";
import { NEWEST, type Operator } from "./operator.ts";
import { type GradientSite, notDifferentiable } from "./rule.ts";

function zerosLike(b: GraphBuilder, like: Value): Value {
  return b.expandLike(b.scalar(0, like.type), like);
}

/** Adds each picked slice of dy to the row it came from, the picked axis in front while that happens. */
function gatherGradient({ b, dy, x, int }: GradientSite): readonly (Value | null)[] {
  const rank = x(0).shape.length;
  const axis = (int("axis", 0) + rank) % rank;
  const picked = x(1).shape.length;
  const order = [axis, ...x(0).shape.keys()].filter((at, i) => i === 0 || at !== axis);
  const rows = axis === 0 ? x(0) : b.transpose(x(0), order);
  const from = [...dy.shape.keys()];
  const chosen = from.slice(axis, axis + picked);
  const updates = b.transpose(dy, [...chosen, ...from.slice(0, axis), ...from.slice(axis + picked)]);
  const indices = b.unsqueeze(b.cast(x(1), "int64"), [picked]);
  const added = b.op("ScatterND", [zerosLike(b, rows), indices, updates], { reduction: "add" });
  const back = [...order.keys()].map((at) => order.indexOf(at));
  return [axis === 0 ? added : b.transpose(added, back), null];
}

const NO_SECOND = notDifferentiable("it writes gradients of picked elements; their own gradients are not written yet.");

export const indexing: Readonly<
  Record<"Gather" | "GatherElements" | "ScatterElements" | "ScatterND" | "TopK", Operator>
> = {
  Gather: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      const { type, shape, contents } = site.input(0);
      const axis = site.axis(site.int("axis", 0), shape.length);
      const indices = site.typed(1, "int64", "int32");
      const picked =
        contents && indices.contents
          ? indices.contents.map((i) => (typeof i === "number" ? contents.at(i) : undefined))
          : [];
      return [
        {
          type,
          shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)],
          contents: picked.length > 0 && picked.every((dim) => dim !== undefined) ? picked : undefined,
        },
      ];
    },
    gradient: gatherGradient,
  },
  GatherElements: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      site.typed(1, "int64", "int32");
      site.axis(site.int("axis", 0), shape.length);
      return [{ type, shape: site.ranked(1, shape.length) }];
    },
    gradient: ({ b, dy, x, int }) => [
      b.op("ScatterElements", [zerosLike(b, x(0)), x(1), dy], { axis: int("axis", 0), reduction: "add" }),
      null,
    ],
  },
  ScatterElements: {
    domain: "",
    opset: [16, NEWEST],
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { axis: "int", reduction: "string" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      site.typed(1, "int64", "int32");
      site.sameType(0, 2);
      if (site.ranked(1, shape.length).join() !== site.shape(2).join())
        site.fail("indices and updates differ in shape.");
      return [{ type, shape }];
    },
    gradient: NO_SECOND,
  },
  ScatterND: {
    domain: "",
    opset: [16, NEWEST],
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { reduction: "string" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      site.typed(1, "int64");
      site.sameType(0, 2);
      const depth = site.fixed(
        site.shape(1).at(-1) ?? site.fail("the indices need an axis."),
        "the length of an index",
      );
      const expected = [...site.shape(1).slice(0, -1), ...shape.slice(depth)];
      if (site.shape(2).join() !== expected.join()) site.fail(`the updates must be [${expected.join(", ")}].`);
      return [{ type, shape }];
    },
    gradient: NO_SECOND,
  },
  // Values and their indices; the gradient of the values goes back to where they were.
  TopK: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 2],
    outputs: [2, 2],
    attributes: { axis: "int", largest: "int", sorted: "int" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      const axis = site.axis(site.int("axis", -1), shape.length);
      const [count] = site.numbers(1) as [number];
      if (count > site.fixed(shape[axis]!, `axis ${axis}`))
        site.fail(`${count} of ${shape[axis]} elements are asked for.`);
      const kept = shape.map((dim, i) => (i === axis ? count : dim));
      return [
        { type, shape: kept },
        { type: "int64", shape: kept },
      ];
    },
    gradient: ({ b, dy, x, y, int }) => [
      b.op("ScatterElements", [zerosLike(b, x(0)), y(1), dy], { axis: int("axis", -1) }),
      null,
    ],
  },
};

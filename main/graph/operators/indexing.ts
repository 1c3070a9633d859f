// Picking elements by index; backwards, what was picked twice adds up.
import type { GraphBuilder, Value } from "../builder.ts";
import { NEWEST, type Operator } from "./operator.ts";
import type { GradientSite } from "./rule.ts";

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

/**
 * What is written over passes nothing back; what is added to passes all. `pick` reads dy at the places written to, `write` puts updates there. Where "none" writes
 * one place twice, which write stays is the runtime's choice, and so is the gradient.
 */
function scatterGradient(
  { b, dy, x, wants, string, refuse }: GradientSite,
  pick: () => Value,
  write: (updates: Value) => Value,
): readonly (Value | null)[] {
  const reduction = string("reduction", "none");
  if (reduction !== "none" && reduction !== "add") refuse(`reduction ${reduction}.`);
  const left = () => (reduction === "add" ? dy : write(zerosLike(b, x(2))));
  return [wants(0) ? left() : null, null, wants(2) ? pick() : null];
}

export const indexing: Readonly<
  Record<"Gather" | "GatherElements" | "GatherND" | "ScatterElements" | "ScatterND" | "TopK", Operator>
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
  GatherND: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { batch_dims: "int" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      site.typed(1, "int64");
      if (site.int("batch_dims", 0) !== 0) site.fail("batch_dims is not supported; it must be 0.");
      const indices = site.shape(1);
      const depth = site.fixed(indices.at(-1) ?? site.fail("the indices need an axis."), "the length of an index");
      if (depth < 1 || depth > shape.length) site.fail(`an index of ${depth} does not fit [${shape.join(", ")}].`);
      return [{ type, shape: [...indices.slice(0, -1), ...shape.slice(depth)] }];
    },
    gradient: ({ b, dy, x }) => [b.op("ScatterND", [zerosLike(b, x(0)), x(1), dy], { reduction: "add" }), null],
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
    gradient: (site) => {
      const { b, dy, x } = site;
      const axis = site.int("axis", 0);
      return scatterGradient(
        site,
        () => b.op("GatherElements", [dy, x(1)], { axis }),
        (updates) => b.op("ScatterElements", [dy, x(1), updates], { axis }),
      );
    },
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
    gradient: (site) => {
      const { b, dy, x } = site;
      return scatterGradient(
        site,
        () => b.op("GatherND", [dy, x(1)]),
        (updates) => b.op("ScatterND", [dy, x(1), updates]),
      );
    },
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

// Sums, means and maxima over axes; backwards, they spread over what they gathered.
import type { GraphBuilder, Value } from "../builder.ts";
import { elementCount, fixedDims, floatTensor, type Shape, type TensorType, tensor } from "../graph.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { type GradientRule, type GradientSite, indicator, notDifferentiable } from "./rule.ts";

function reduced(site: ShapeSite, axes: readonly number[] | null): readonly TensorType[] {
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
  infer: (site: ShapeSite) => reduced(site, site.ints("axes")),
} as const;

/** The reduced value with its axes back as 1s, so that it broadcasts against the input. */
function spread(site: GradientSite, value: Value, axes: readonly number[]): Value {
  return site.int("keepdims", 1) === 1 || axes.length === 0 ? value : site.b.unsqueeze(value, axes);
}

function reducedAxes(site: GradientSite, listed: readonly number[]): readonly number[] {
  const rank = site.x(0).shape.length;
  const axes = listed.length === 0 ? site.x(0).shape.map((_, i) => i) : listed;
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

function extremeGradient(site: GradientSite): readonly Value[] {
  const { b, dy, x, y } = site;
  const axes = reducedAxes(site, site.ints("axes", []));
  // Elements that share the extreme share its gradient evenly.
  const hit = indicator(b, b.equal(x(0), spread(site, y(0), axes)), dy);
  return [b.mul(hit, b.div(spread(site, dy, axes), b.reduceSum(hit, axes)))];
}

/** A rule for reductions whose slope in x is written with x, the value y and the gradient dy, the latter two spread over the axes. */
function spreadRule(slope: (b: GraphBuilder, x: Value, y: Value, dy: Value) => Value): GradientRule {
  return (site) => {
    const axes = reducedAxes(site, site.ints("axes", []));
    return [slope(site.b, site.x(0), spread(site, site.y(0), axes), spread(site, site.dy, axes))];
  };
}

/** Keeps the length 0 of a vector of zeros out of a division. */
const SHORTEST = 1e-30;

/** The slope by an element is the product of the others, written out, so that elements of 0 are right too. */
function productGradient(site: GradientSite): readonly Value[] {
  const { b, dy, x } = site;
  const axes = reducedAxes(site, site.ints("axes", []));
  const shape = fixedDims(x(0).shape, "The product");
  const order = [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  const count = elementCount(axes.map((axis) => shape[axis]!));
  const rows = b.reshape(b.transpose(x(0), order), [...kept, 1, count]);
  // Row i of the square is all elements but element i, which is 1.
  const eye = Float64Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
  const one = b.constant(
    dy.type === "float64" ? tensor("float64", [count, count], eye) : floatTensor([count, count], eye),
  );
  const others = b.op("ReduceProd", [b.add(b.mul(rows, b.sub(1, one)), one)], { axes: [-1], keepdims: 0 });
  const slopes = b.reshape(
    others,
    order.map((axis) => shape[axis]!),
  );
  const back = b.transpose(
    slopes,
    order.map((_, axis) => order.indexOf(axis)),
  );
  return [b.mul(back, spread(site, dy, axes))];
}

/** Where the largest or the smallest element lies. */
const best: Operator = {
  domain: "",
  opset: [13, NEWEST],
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
  infer: (site) => {
    const { shape } = site.input(0);
    const [{ shape: kept }] = reduced(site, [site.axis(site.int("axis", 0), shape.length)]) as [TensorType];
    return [{ type: "int64", shape: kept }];
  },
  gradient: notDifferentiable("the output is an index."),
};

export const reduction: Readonly<
  Record<
    | "ReduceMean"
    | "ReduceMax"
    | "ReduceSum"
    | "ReduceMin"
    | "ReduceL1"
    | "ReduceL2"
    | "ReduceSumSquare"
    | "ReduceLogSumExp"
    | "ReduceLogSum"
    | "ReduceProd"
    | "ArgMax"
    | "ArgMin",
    Operator
  >
> = {
  ReduceMin: { ...byAttribute, opset: [12, 17], gradient: extremeGradient },
  ReduceL1: { ...byAttribute, opset: [11, 17], gradient: spreadRule((b, x, _, dy) => b.mul(b.op("Sign", [x]), dy)) },
  // The slope at 0 is 0.
  ReduceL2: {
    ...byAttribute,
    opset: [11, 17],
    gradient: spreadRule((b, x, y, dy) => b.mul(x, b.div(dy, b.op("Max", [y, b.scalar(SHORTEST, y.type)])))),
  },
  ReduceSumSquare: {
    ...byAttribute,
    opset: [11, 17],
    gradient: spreadRule((b, x, _, dy) => b.mul(x, b.mul(dy, 2))),
  },
  ReduceLogSumExp: {
    ...byAttribute,
    opset: [11, 17],
    gradient: spreadRule((b, x, y, dy) => b.mul(b.exp(b.sub(x, y)), dy)),
  },
  ReduceLogSum: {
    ...byAttribute,
    opset: [11, 17],
    gradient: spreadRule((b, x, y, dy) => b.expandLike(b.mul(b.exp(b.neg(y)), dy), x)),
  },
  ReduceProd: { ...byAttribute, opset: [11, 17], gradient: productGradient },
  ArgMax: best,
  ArgMin: best,
  ReduceMean: {
    ...byAttribute,
    opset: [11, 17],
    gradient: (site) => {
      const { b, dy, x } = site;
      const axes = reducedAxes(site, site.ints("axes", []));
      const share = axes.every((axis) => typeof x(0).shape[axis] === "number")
        ? b.div(
            dy,
            elementCount(
              fixedDims(
                axes.map((axis) => x(0).shape[axis]!),
                "The mean",
              ),
            ),
          )
        : site.refuse("the number of elements must be known; bind the batch first.");
      return [b.expandLike(spread(site, share, axes), x(0))];
    },
  },
  ReduceMax: {
    ...byAttribute,
    opset: [12, 17],
    gradient: extremeGradient,
  },
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
    gradient: (site) => {
      const { b, dy, x, has } = site;
      const listed = has(1) ? ((x(1).contents ?? []) as readonly number[]) : [];
      if (listed.length === 0 && site.int("noop_with_empty_axes", 0) === 1) return [dy];
      return [b.expandLike(spread(site, dy, reducedAxes(site, listed)), x(0)), null];
    },
  },
};

// Moving elements back to where they came from.
import type { Value } from "../builder.ts";
import { fixedDims } from "../graph.ts";
import { sliceStart } from "../operators/layout.ts";
import { type GradientRule, notDifferentiable, type Site, sumTo } from "./rule.ts";

const reshapedBack: GradientRule = ({ b, dy, x }) => [b.reshapeLike(dy, x(0)), null];

/** Zeros where the slice skipped: along each axis, spread by the step, then pad (or crop) to the input's size. */
function sliceGradient(site: Site): readonly Value[] {
  const { b, x, has } = site;
  const numbers = (index: number) => (x(index).contents ?? []) as readonly number[];
  const starts = numbers(1);
  const rank = x(0).shape.length;
  const axes = (has(3) ? numbers(3) : starts.map((_, i) => i)).map((axis) => (axis < 0 ? axis + rank : axis));
  const steps = has(4) ? numbers(4) : starts.map(() => 1);
  let gradient = site.dy;
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    const size = x(0).shape[axis] as number;
    const taken = gradient.shape[axis] as number;
    if (taken === 0) site.refuse("an empty slice passes nothing.");
    const step = Math.abs(steps[i]!);
    let first = sliceStart(size, starts[i]!, steps[i]!);
    if (steps[i]! < 0) {
      gradient = b.slice(gradient, [-1], [-1 - taken], [axis], [-1]);
      first -= (taken - 1) * step;
    }
    gradient = stretch(site, gradient, axis, step);
    before[axis] = first;
    after[axis] = size - first - taken * step; // negative when the last step reaches past the end: cropped
  });
  const pads = [...before, ...after];
  return [pads.every((pad) => pad === 0) ? gradient : b.pad(gradient, pads)];
}

/** [.., n, ..] to [.., n * step, ..] with step - 1 zeros after each element. */
function stretch({ b }: Site, value: Value, axis: number, step: number): Value {
  if (step === 1) return value;
  const split = b.unsqueeze(value, [axis + 1]);
  const pads = new Array<number>(2 * split.shape.length).fill(0);
  pads[split.shape.length + axis + 1] = step - 1;
  const symbols = value.shape.filter((dim) => typeof dim === "string").length;
  const merged = value.shape.map((dim, i) => (i === axis ? (dim as number) * step : dim));
  const wanted = symbols > 0 ? merged.map((dim) => (typeof dim === "string" ? -1 : dim)) : fixedDims(merged, "A slice");
  return b.reshape(b.pad(split, pads), wanted);
}

export const layout = {
  Reshape: reshapedBack,
  Flatten: reshapedBack,
  Squeeze: reshapedBack,
  Unsqueeze: reshapedBack,
  Transpose: ({ b, dy, ints }) => {
    const rank = dy.shape.length;
    const perm = ints(
      "perm",
      Array.from({ length: rank }, (_, i) => rank - 1 - i),
    );
    const inverse = new Array<number>(rank);
    perm.forEach((from, to) => {
      inverse[from] = to;
    });
    return [b.transpose(dy, inverse)];
  },
  Expand: ({ b, dy, x }) => [sumTo(b, dy, x(0)), null],
  Concat: ({ b, dy, node, x, int }) => {
    if (node.inputs.length === 1) return [dy];
    const axis = int("axis", 0);
    const at = axis < 0 ? axis + dy.shape.length : axis;
    return b.split(
      dy,
      node.inputs.map((_, i) => x(i).shape[at] as number),
      at,
    );
  },
  Split: ({ b, node, y, dyOf, int }) => {
    const parts = node.outputs.map((_, i) => dyOf(i) ?? b.expandLike(b.scalar(0, y(i).type), y(i)));
    return [b.concat(parts, int("axis", 0)), null];
  },
  Slice: sliceGradient,
  Pad: ({ b, dy, x, string, refuse }) => {
    if (string("mode", "constant") !== "constant") refuse("only padding with a constant is differentiated.");
    return [
      b.pad(
        dy,
        ((x(1).contents ?? []) as readonly number[]).map((pad) => -pad || 0),
      ),
      null,
      null,
    ];
  },
  Gather: notDifferentiable("adding rows back by index has no operator here; multiply with a one-hot matrix instead."),
  Shape: notDifferentiable("the output is a shape."),
} satisfies Record<string, GradientRule>;

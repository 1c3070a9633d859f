// Operators that move elements without changing them; backwards, they move back to where they came from.
import type { Value } from "../builder.ts";
import { type Dim, fixedDims, multiplyDim, type Shape, splitDim, type TensorType } from "../graph.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { alongAxis, type GradientRule, type GradientSite, notDifferentiable, sumTo } from "./rule.ts";

/** Elements of a shape as a number times one symbol; null when more symbols meet. */
function count(shape: Shape): { factor: number; symbol: string } | null {
  let factor = 1;
  let symbol = "";
  for (const dim of shape) {
    const part = typeof dim === "number" ? { factor: dim, symbol: "" } : splitDim(dim);
    if (part.symbol !== "" && symbol !== "") return null;
    factor *= part.factor;
    symbol ||= part.symbol;
  }
  return { factor, symbol };
}

function reshaped(site: ShapeSite, from: Shape, wanted: Shape): Shape {
  const copied = wanted.map((dim, i) => (dim === 0 ? (from[i] ?? site.fail(`no axis ${i} to copy.`)) : dim));
  const open = copied.indexOf(-1);
  if (copied.some((dim, i) => typeof dim === "number" && dim < 0 && i !== open)) {
    site.fail(`shape [${copied.join(", ")}] has more than one open axis.`);
  }
  const whole = count(from);
  const rest = count(copied.filter((_, i) => i !== open));
  if (!whole || !rest) {
    if (from.join() === copied.join()) return copied;
    return site.fail(`[${from.join(", ")}] to [${copied.join(", ")}] mixes unknown sizes.`);
  }
  const misfit = () => site.fail(`[${from.join(", ")}] does not reshape to [${wanted.join(", ")}].`);
  if (open < 0) return whole.factor === rest.factor && whole.symbol === rest.symbol ? copied : misfit();
  const factor = rest.factor === 0 ? Number.NaN : whole.factor / rest.factor;
  if (!Number.isInteger(factor) || (rest.symbol !== "" && rest.symbol !== whole.symbol)) misfit();
  const left: Dim = whole.symbol === rest.symbol ? factor : multiplyDim(factor, whole.symbol);
  return copied.map((dim, i) => (i === open ? left : dim));
}

/** A transposition's permutation; ONNX reverses the axes when none is given. */
function permutation(site: ShapeSite, rank: number): readonly number[] {
  const order = site.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (order.length !== rank || site.axes(order, rank).length !== rank) site.fail(`perm [${order}] is not an order.`);
  return order;
}

function sliced(site: ShapeSite): readonly TensorType[] {
  const { type, shape } = site.input(0);
  const starts = site.numbers(1);
  const ends = site.numbers(2);
  const axes = site.axes(site.has(3) ? site.numbers(3) : starts.map((_, i) => i), shape.length);
  const steps = site.has(4) ? site.numbers(4) : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    site.fail("starts, ends, axes and steps differ in length.");
  }
  const result = [...shape];
  axes.forEach((axis, i) => {
    const size = site.fixed(shape[axis]!, `axis ${axis}`);
    result[axis] = sliceLength(size, starts[i]!, ends[i]!, steps[i]!) ?? site.fail("a step is 0.");
  });
  const kept = site.input(0).contents;
  if (kept && shape.length === 1 && steps[0]! > 0) {
    const from = sliceStart(kept.length, starts[0]!, 1);
    const to = sliceStart(kept.length, ends[0]!, 1);
    return [{ type, shape: result, contents: kept.slice(from, to).filter((_, i) => i % steps[0]! === 0) }];
  }
  return [{ type, shape: result }];
}

/** Where a slice really begins, ONNX's clamping done. */
export function sliceStart(size: number, start: number, step: number): number {
  const from = start < 0 ? start + size : start;
  return step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, 0), size - 1);
}

function sliceLength(size: number, start: number, end: number, step: number): number | null {
  if (step === 0) return null;
  const from = sliceStart(size, start, step);
  const raw = end < 0 ? end + size : end;
  const to = step > 0 ? Math.min(Math.max(raw, 0), size) : Math.min(Math.max(raw, -1), size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

const reshapedBack: GradientRule = ({ b, dy, x }) => [b.reshapeLike(dy, x(0)), null];

/** Zeros where the slice skipped: along each axis, spread by the step, then pad (or crop) to the input's size. */
function sliceGradient(site: GradientSite): readonly Value[] {
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
function stretch({ b }: GradientSite, value: Value, axis: number, step: number): Value {
  if (step === 1) return value;
  const split = b.unsqueeze(value, [axis + 1]);
  const pads = new Array<number>(2 * split.shape.length).fill(0);
  pads[split.shape.length + axis + 1] = step - 1;
  const symbols = value.shape.filter((dim) => typeof dim === "string").length;
  const merged = value.shape.map((dim, i) => (i === axis ? (dim as number) * step : dim));
  const wanted = symbols > 0 ? merged.map((dim) => (typeof dim === "string" ? -1 : dim)) : fixedDims(merged, "A slice");
  return b.reshape(b.pad(split, pads), wanted);
}

/** Padding that repeats the value's own elements: along each axis, every output element goes back to the one that it was read from. */
function repeatedBack({ b, dy, x, refuse }: GradientSite, mode: string, pads: readonly number[]): Value {
  let back = dy;
  x(0).shape.forEach((dim, axis) => {
    const [before, after] = [pads[axis]!, pads[axis + dy.shape.length]!];
    if (before === 0 && after === 0) return;
    const size = dim as number;
    const reached = before + size + after;
    const matrix = new Float64Array(reached * size);
    for (let o = 0; o < reached; o++) matrix[o * size + sourceOf(o - before, size, mode, refuse)] = 1;
    back = alongAxis(b, back, axis, [reached, size], matrix);
  });
  return back;
}

/** Which element of an axis stands at a place beside it. */
export function sourceOf(place: number, size: number, mode: string, refuse: (reason: string) => never): number {
  if (mode === "edge") return Math.min(size - 1, Math.max(0, place));
  if (mode !== "reflect") refuse(`mode ${mode}.`);
  // The edge element is the mirror and stands once; short axes are mirrored more than once.
  const period = Math.max(1, 2 * (size - 1));
  const at = ((place % period) + period) % period;
  return Math.min(at, period - at) % size;
}

export const layout: Readonly<
  Record<
    | "Reshape"
    | "Flatten"
    | "Transpose"
    | "Squeeze"
    | "Unsqueeze"
    | "Expand"
    | "Shape"
    | "Concat"
    | "Split"
    | "Slice"
    | "Pad",
    Operator
  >
> = {
  Reshape: {
    domain: "",
    opset: [5, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { allowzero: "int" },
    infer: (site) => {
      if (site.int("allowzero", 0) !== 0) site.fail("allowzero is not supported: a 0 in the shape copies the size.");
      return [{ type: site.input(0).type, shape: reshaped(site, site.shape(0), site.contents(1)) }];
    },
    gradient: reshapedBack,
  },
  Flatten: {
    domain: "",
    opset: [9, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      const axis = site.int("axis", 1);
      const cut = axis < 0 ? axis + shape.length : axis;
      if (cut < 0 || cut > shape.length) site.fail(`axis ${axis} is outside ${shape.length} dimensions.`);
      const sides = [shape.slice(0, cut), shape.slice(cut)].map((side): Dim => {
        const total = count(side) ?? site.fail(`[${side.join(", ")}] mixes unknown sizes.`);
        return total.symbol === "" ? total.factor : multiplyDim(total.factor, total.symbol);
      });
      return [{ type, shape: sides }];
    },
    gradient: reshapedBack,
  },
  Transpose: {
    domain: "",
    opset: [1, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { perm: "ints" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      return [{ type, shape: permutation(site, shape.length).map((axis) => shape[axis]!) }];
    },
    gradient: ({ b, dy, ints }) => {
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
  },
  Squeeze: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [1, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { type, shape, contents } = site.input(0);
      const ones = shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
      const gone = new Set(site.has(1) ? site.axes(site.numbers(1), shape.length) : ones);
      for (const axis of gone) if (shape[axis] !== 1) site.fail(`axis ${axis} has size ${shape[axis]}, not 1.`);
      return [{ type, shape: shape.filter((_, i) => !gone.has(i)), contents }];
    },
    gradient: reshapedBack,
  },
  Unsqueeze: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { type, shape, contents } = site.input(0);
      const rank = shape.length + site.numbers(1).length;
      const added = new Set(site.axes(site.numbers(1), rank));
      const rest = [...shape];
      const unsqueezed = Array.from({ length: rank }, (_, i): Dim => (added.has(i) ? 1 : rest.shift()!));
      return [{ type, shape: unsqueezed, contents: rank === 1 ? contents : undefined }];
    },
    gradient: reshapedBack,
  },
  Expand: {
    domain: "",
    opset: [8, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => [{ type: site.input(0).type, shape: site.broadcast(site.shape(0), site.contents(1)) }],
    gradient: ({ b, dy, x }) => [sumTo(b, dy, x(0)), null],
  },
  Shape: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: {}, // not start and end of opset 15
    infer: (site) => [{ type: "int64", shape: [site.shape(0).length], contents: site.shape(0) }],
    gradient: notDifferentiable("the output is a shape."),
  },
  Concat: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, Number.POSITIVE_INFINITY],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      const { shape } = site.input(0);
      const axis = site.axis(site.int("axis", Number.NaN), shape.length);
      let total = 0;
      site.inputs.forEach((_, i) => {
        const other = site.ranked(i, shape.length);
        if (other.some((dim, k) => k !== axis && dim !== shape[k])) {
          site.fail(`[${other.join(", ")}] and [${shape.join(", ")}] do not join along axis ${axis}.`);
        }
        total += site.inputs.length === 1 ? 0 : site.fixed(other[axis]!, `axis ${axis}`);
      });
      const parts = site.inputs.map((part) => part?.contents);
      const joined = site.inputs.length === 1 ? shape[axis]! : total;
      return [
        {
          type: site.sameType(...site.inputs.keys()),
          shape: shape.map((dim, i) => (i === axis ? joined : dim)),
          contents: parts.every((part) => part !== undefined) ? parts.flat() : undefined,
        },
      ];
    },
    gradient: ({ b, dy, node, x, int }) => {
      if (node.inputs.length === 1) return [dy];
      const axis = int("axis", 0);
      const at = axis < 0 ? axis + dy.shape.length : axis;
      return b.split(
        dy,
        node.inputs.map((_, i) => x(i).shape[at] as number),
        at,
      );
    },
  },
  Split: {
    domain: "",
    opset: [13, 17],
    inputs: [1, 2],
    outputs: [1, Number.POSITIVE_INFINITY],
    attributes: { axis: "int" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      const axis = site.axis(site.int("axis", 0), shape.length);
      const size = site.fixed(shape[axis]!, `axis ${axis}`);
      const parts = site.has(1) ? site.numbers(1) : new Array<number>(site.outputs).fill(size / site.outputs);
      const total = parts.reduce((sum, part) => sum + part, 0);
      if (
        parts.length !== site.outputs ||
        total !== size ||
        parts.some((part) => !Number.isInteger(part) || part < 0)
      ) {
        site.fail(`axis ${axis} of size ${size} does not split into [${parts}].`);
      }
      return parts.map((part) => ({ type, shape: shape.map((dim, i) => (i === axis ? part : dim)) }));
    },
    gradient: ({ b, node, y, dyOf, int }) => {
      const parts = node.outputs.map((_, i) => dyOf(i) ?? b.expandLike(b.scalar(0, y(i).type), y(i)));
      return [b.concat(parts, int("axis", 0)), null];
    },
  },
  Slice: {
    domain: "",
    opset: [10, NEWEST],
    inputs: [3, 5],
    outputs: [1, 1],
    attributes: {},
    infer: sliced,
    gradient: sliceGradient,
  },
  Pad: {
    domain: "",
    opset: [11, 17],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { mode: "string" },
    infer: (site) => {
      const { type, shape } = site.input(0);
      const pads = site.numbers(1);
      if (pads.length !== 2 * shape.length) site.fail(`pads [${pads}] do not fit ${shape.length} dimensions.`);
      const result = shape.map((dim, i): Dim => {
        const change = pads[i]! + pads[i + shape.length]!;
        if (pads[i] === 0 && pads[i + shape.length] === 0) return dim;
        const size = site.fixed(dim, `axis ${i}`) + change;
        return size >= 0 ? size : site.fail(`axis ${i} would have size ${size}.`);
      });
      return [{ type, shape: result }];
    },
    gradient: (site) => {
      const { b, dy, x, string } = site;
      const pads = (x(1).contents ?? []) as readonly number[];
      const mode = string("mode", "constant");
      if (mode !== "constant") return [repeatedBack(site, mode, pads), null];
      const back = b.pad(
        dy,
        pads.map((pad) => -pad || 0),
      );
      return [back, null, null];
    },
  },
};

// Operators that move elements without changing them.
import { type Dim, multiplyDim, type Shape, splitDim, type TensorType } from "../graph.ts";
import { NEWEST, type Operator, type Site } from "./operator.ts";

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

function reshaped(site: Site, from: Shape, wanted: Shape): Shape {
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
function permutation(site: Site, rank: number): readonly number[] {
  const order = site.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (order.length !== rank || site.axes(order, rank).length !== rank) site.fail(`perm [${order}] is not an order.`);
  return order;
}

function sliced(site: Site): readonly TensorType[] {
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

export const layout = {
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
  },
  Expand: {
    domain: "",
    opset: [8, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => [{ type: site.input(0).type, shape: site.broadcast(site.shape(0), site.contents(1)) }],
  },
  Shape: {
    domain: "",
    opset: [13, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: {}, // not start and end of opset 15
    infer: (site) => [{ type: "int64", shape: [site.shape(0).length], contents: site.shape(0) }],
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
  },
  Slice: { domain: "", opset: [10, NEWEST], inputs: [3, 5], outputs: [1, 1], attributes: {}, infer: sliced },
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
  },
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
  },
} satisfies Record<string, Operator>;

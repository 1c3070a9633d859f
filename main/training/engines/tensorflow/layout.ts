// Kernels that move elements: shapes, slices, padding, picking and scattering.
import type * as tf from "@tensorflow/tfjs-core";
import { elementCount } from "../../../graph/graph.ts";
import type { OpName } from "../../../graph/operators/index.ts";
import { sliceStart, sourceOf } from "../../../graph/operators/layout.ts";
import { type Kernel, type KernelSite, last } from "./kernel.ts";

const reshaped: Kernel = ({ tf: library, x, made }) => library.reshape(x(0), [...made(0).shape]);

/** Elements of an axis, by their places. */
export function picked({ tf: library }: KernelSite, x: tf.Tensor, axis: number, places: readonly number[]): tf.Tensor {
  return library.gather(x, library.tensor1d([...places], "int32"), axis);
}

function transposed({ tf: library, x, ints }: KernelSite): tf.Tensor {
  const reversed = x(0).shape.map((_, i) => x(0).rank - 1 - i);
  return library.transpose(x(0), [...ints("perm", reversed)]);
}

/** Along each axis the range is cut out, turned where the step is negative, then thinned. */
function sliced(site: KernelSite): tf.Tensor {
  const { tf: library, x, has, known, made, numbers } = site;
  const { shape } = known(0);
  const starts = numbers(1);
  const axes = (has(3) ? numbers(3) : starts.map((_, i) => i)).map((axis) => last(shape.length, axis));
  const steps = has(4) ? numbers(4) : starts.map(() => 1);
  const [begin, size] = [shape.map(() => 0), [...shape]];
  axes.forEach((axis, i) => {
    const step = steps[i]!;
    const reach = Math.max(0, (made(0).shape[axis]! - 1) * Math.abs(step) + 1);
    const first = sliceStart(shape[axis]!, starts[i]!, step);
    begin[axis] = step > 0 ? first : Math.max(0, first - reach + 1);
    size[axis] = made(0).shape[axis] === 0 ? 0 : reach;
  });
  let value = library.slice(x(0), begin, size);
  const backwards = axes.filter((_, i) => steps[i]! < 0);
  if (backwards.length > 0) value = library.reverse(value, backwards);
  const strides = shape.map((_, axis) => Math.abs(steps[axes.indexOf(axis)] ?? 1));
  if (strides.every((step) => step === 1)) return value;
  return library.stridedSlice(
    value,
    shape.map(() => 0),
    size,
    strides,
  );
}

/** Longer by what is positive, shorter by what is negative; pads are the starts of all axes, then their ends. */
export function padded(library: KernelSite["tf"], x: tf.Tensor, pads: readonly number[], value = 0): tf.Tensor {
  const sides = x.shape.map((_, i) => [pads[i]!, pads[i + x.rank]!] as [number, number]);
  if (pads.every((pad) => pad === 0)) return x;
  const longer = pads.some((pad) => pad > 0)
    ? library.pad(
        x,
        sides.map(([before, after]) => [Math.max(0, before), Math.max(0, after)]),
        value,
      )
    : x;
  if (pads.every((pad) => pad >= 0)) return longer;
  const begin = sides.map(([before]) => Math.max(0, -before));
  const size = longer.shape.map((length, i) => length - begin[i]! - Math.max(0, -sides[i]![1]));
  return library.slice(longer, begin, size);
}

function pad(site: KernelSite): tf.Tensor {
  const { tf: library, x, has, numbers, string, refuse } = site;
  const mode = string("mode", "constant");
  const pads = numbers(1);
  if (mode === "constant") return padded(library, x(0), pads, has(2) ? x(2).dataSync()[0] : 0);
  return x(0).shape.reduce((value, size, axis) => {
    const places = Array.from({ length: pads[axis]! + size + pads[axis + x(0).rank]! }, (_, o) =>
      sourceOf(o - pads[axis]!, size, mode, refuse),
    );
    return picked(site, value, axis, places);
  }, x(0));
}

function split({ tf: library, x, made, int }: KernelSite, outputs: number): tf.Tensor[] {
  const axis = last(x(0).rank, int("axis", 0));
  return library.split(
    x(0),
    Array.from({ length: outputs }, (_, i) => made(i).shape[axis]!),
    axis,
  );
}

/** Places counted from the end become places counted from the start. */
function fromStart({ tf: library }: KernelSite, indices: tf.Tensor, size: number): tf.Tensor {
  const places = library.cast(indices, "int32");
  return library.where(library.less(places, 0), library.add(places, library.scalar(size, "int32")), places);
}

/** For each element of `indices`, the place in x read row by row that it names along `axis`. */
function flatPlaces(site: KernelSite, indices: tf.Tensor, axis: number): tf.Tensor {
  const { tf: library, known } = site;
  const { shape } = known(0);
  return shape.reduce<tf.Tensor>(
    (sum, size, at) => {
      const stride = elementCount(shape.slice(at + 1));
      const count = indices.shape[at]!;
      const along =
        at === axis
          ? fromStart(site, indices, size)
          : library.reshape(
              library.range(0, count, 1, "int32"),
              shape.map((_, i) => (i === at ? count : 1)),
            );
      return library.add(sum, library.mul(along, library.scalar(stride, "int32")));
    },
    library.zeros(indices.shape, "int32"),
  );
}

function written(site: KernelSite, places: tf.Tensor, x: tf.Tensor, updates: tf.Tensor): tf.Tensor {
  const { tf: library, string, refuse } = site;
  const reduction = string("reduction", "none");
  if (reduction === "none") return library.tensorScatterUpdate(x, places, updates);
  if (reduction !== "add") refuse(`reduction ${reduction}.`);
  return library.add(x, library.scatterND(places, updates, x.shape));
}

function scatterElements(site: KernelSite): tf.Tensor {
  const { tf: library, x, int, known } = site;
  const flat = flatPlaces(site, x(1), last(x(0).rank, int("axis", 0)));
  const result = written(
    site,
    library.reshape(flat, [-1, 1]),
    library.reshape(x(0), [-1]),
    library.reshape(x(2), [-1]),
  );
  return library.reshape(result, [...known(0).shape]);
}

/** Tuples of places, each counted from the start. */
function tuples(site: KernelSite): tf.Tensor {
  const { tf: library, x, known } = site;
  const depth = x(1).shape.at(-1)!;
  const sizes = library.tensor1d(known(0).shape.slice(0, depth), "int32");
  const places = library.cast(x(1), "int32");
  return library.where(library.less(places, 0), library.add(places, sizes), places);
}

function scatterND(site: KernelSite): tf.Tensor {
  const { tf: library, x, known } = site;
  const depth = x(1).shape.at(-1)!;
  const { shape } = known(0);
  const tail = elementCount(shape.slice(depth));
  // As rows of one axis, which is what the library scatters soundly for every depth.
  const strides = Array.from({ length: depth }, (_, i) => elementCount(shape.slice(i + 1, depth)));
  const rows = library.sum(library.mul(tuples(site), library.tensor1d(strides, "int32")), -1);
  const result = written(
    site,
    library.reshape(library.cast(rows, "int32"), [-1, 1]),
    library.reshape(x(0), [-1, tail]),
    library.reshape(x(2), [-1, tail]),
  );
  return library.reshape(result, [...shape]);
}

function topK(site: KernelSite): readonly tf.Tensor[] {
  const { tf: library, x, int, numbers } = site;
  const { rank } = x(0);
  const axis = last(rank, int("axis", -1));
  const order = [...x(0).shape.keys()].filter((at) => at !== axis).concat(axis);
  const back = [...order.keys()].map((at) => order.indexOf(at));
  const sign = int("largest", 1) === 1 ? 1 : -1;
  const { values, indices } = library.topk(library.mul(library.transpose(x(0), order), sign), numbers(1)[0]!);
  return [library.transpose(library.mul(values, sign), back), library.transpose(indices, back)];
}

function blocks({ tf: library, x, made, int, string }: KernelSite): tf.Tensor {
  const [batch, channels, rows, columns] = x(0).shape as [number, number, number, number];
  const size = int("blocksize", 1);
  const kept = channels / size ** 2;
  const [shape, order] =
    string("mode", "DCR") === "DCR"
      ? [
          [batch, size, size, kept, rows, columns],
          [0, 3, 4, 1, 5, 2],
        ]
      : [
          [batch, kept, size, size, rows, columns],
          [0, 1, 4, 2, 5, 3],
        ];
  return library.reshape(library.transpose(library.reshape(x(0), shape), order), [...made(0).shape]);
}

function unblocked({ tf: library, x, made, int }: KernelSite): tf.Tensor {
  const [batch, channels, rows, columns] = x(0).shape as [number, number, number, number];
  const size = int("blocksize", 1);
  const open = library.reshape(x(0), [batch, channels, rows / size, size, columns / size, size]);
  return library.reshape(library.transpose(open, [0, 3, 5, 1, 2, 4]), [...made(0).shape]);
}

export const layout = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transposed,
  Expand: ({ tf: library, x, made }) => library.broadcastTo(x(0), [...made(0).shape]),
  Shape: ({ tf: library, x }) => library.tensor1d(x(0).shape, "int32"),
  Concat: (site) => site.tf.concat(site.all(), last(site.x(0).rank, site.int("axis", 0))),
  Split: (site) => split(site, site.outputs),
  Slice: sliced,
  Pad: pad,
  Tile: ({ tf: library, x, numbers }) => library.tile(x(0), [...numbers(1)]),
  DepthToSpace: blocks,
  SpaceToDepth: unblocked,
  CumSum: ({ tf: library, x, numbers, int }) =>
    library.cumsum(x(0), last(x(0).rank, numbers(1)[0]!), int("exclusive", 0) === 1, int("reverse", 0) === 1),
  Gather: (site) => {
    const axis = last(site.x(0).rank, site.int("axis", 0));
    return site.tf.gather(site.x(0), fromStart(site, site.x(1), site.known(0).shape[axis]!), axis);
  },
  GatherElements: (site) => {
    const flat = flatPlaces(site, site.x(1), last(site.x(0).rank, site.int("axis", 0)));
    return site.tf.gather(site.tf.reshape(site.x(0), [-1]), flat);
  },
  GatherND: (site) => site.tf.gatherND(site.x(0), tuples(site)),
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  TopK: topK,
} satisfies Partial<Record<OpName, Kernel>>;

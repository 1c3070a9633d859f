// Kernels of layers: products, convolution, pooling, normalisation, reductions, resampling.
//
// TensorFlow.js keeps channels last and has dilation, groups, three dimensions and uneven padding only here and there. So windows are brought to the one form that it has
// everywhere: padded by hand, dilation as zeros between the weights, a transposed convolution as one over an image with zeros between its pixels.
import type * as tf from "@tensorflow/tfjs-core";
import { elementCount } from "../../../graph/graph.ts";
import type { OpName } from "../../../graph/operators/index.ts";
import { axisMatrix } from "../../../graph/operators/resampling.ts";
import { slidingOf } from "../../../graph/operators/window.ts";
import { type Kernel, type KernelSite, last } from "./kernel.ts";
import { padded, picked } from "./layout.ts";

type TensorFlow = KernelSite["tf"];

/** Rows and columns of the last two axes swapped. */
const turned = (library: TensorFlow, x: tf.Tensor): tf.Tensor =>
  library.transpose(x, [...Array(x.rank - 2).keys(), x.rank - 1, x.rank - 2]);

/** Vectors become a row on the left and a column on the right. */
function product({ tf: library, made }: KernelSite, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const left = a.rank === 1 ? library.reshape(a, [1, -1]) : a;
  const right = b.rank === 1 ? library.reshape(b, [-1, 1]) : b;
  return library.reshape(library.matMul(left, right), [...made(0).shape]);
}

function fusedMatMul(site: KernelSite): tf.Tensor {
  const { tf: library, x, int, number } = site;
  const [a, b] = [x(0), x(1)];
  const left = int("transA", 0) === 1 ? turned(library, a) : a;
  const right = int("transB", 0) === 1 ? turned(library, b) : b;
  return library.mul(product(site, left, right), number("alpha", 1));
}

function gemm(site: KernelSite): tf.Tensor {
  const { tf: library, x, has, number } = site;
  const scaled = fusedMatMul(site);
  return has(2) ? library.add(scaled, library.mul(x(2), number("beta", 1))) : scaled;
}

/** Every operand over all letters, multiplied, then summed over the letters that the result does not have. */
function einsum(site: KernelSite): tf.Tensor {
  const { tf: library, string, refuse, all } = site;
  const [left, right] = string("equation", "").replaceAll(" ", "").split("->") as [string, string | undefined];
  const terms = left.split(",");
  if (left.includes(".") || right === undefined) refuse("an equation with dots or without a result.");
  const letters = [...new Set([...right!, ...terms.join("")])];
  const spread = all().map((operand, i) => {
    const names = [...terms[i]!];
    if (new Set(names).size !== names.length) refuse("a letter twice in one operand.");
    const present = letters.filter((letter) => names.includes(letter));
    const ordered = library.transpose(
      operand,
      present.map((letter) => names.indexOf(letter)),
    );
    return library.reshape(
      ordered,
      letters.map((letter) => (names.includes(letter) ? operand.shape[names.indexOf(letter)]! : 1)),
    );
  });
  const whole = spread.reduce((a, b) => library.mul(a, b));
  const summed = letters.map((_, i) => i).slice(right!.length);
  return summed.length === 0 ? whole : library.sum(whole, summed);
}

/** Channels from the second place to the last, and back. */
const channelsLast = (library: TensorFlow, x: tf.Tensor): tf.Tensor =>
  library.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1]);

const channelsFirst = (library: TensorFlow, x: tf.Tensor): tf.Tensor =>
  library.transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]);

/** Zeros between the elements of the spatial axes: [.., n, ..] to [.., (n - 1) step + 1, ..]. */
function spaced(library: TensorFlow, x: tf.Tensor, steps: readonly number[]): tf.Tensor {
  return steps.reduce((value, step, i) => {
    if (step === 1) return value;
    const axis = i + 2;
    const { shape } = value;
    const open = library.reshape(value, [
      elementCount(shape.slice(0, axis + 1)),
      1,
      elementCount(shape.slice(axis + 1)),
    ]);
    const wide = library.pad(open, [
      [0, 0],
      [0, step - 1],
      [0, 0],
    ]);
    const reached = shape[axis]! * step;
    const joined = library.reshape(
      wide,
      shape.map((size, at) => (at === axis ? reached : size)),
    );
    return library.slice(
      joined,
      shape.map(() => 0),
      shape.map((size, at) => (at === axis ? reached - step + 1 : size)),
    );
  }, x);
}

/** Slides weights [filters, channels / groups, kernel...] over x [N, channels, spatial...], both plain: no padding, no dilation. */
function slide(library: TensorFlow, x: tf.Tensor, w: tf.Tensor, strides: readonly number[], group: number): tf.Tensor {
  const spatial = x.rank - 2;
  if (spatial === 1) {
    const flat = slide(library, library.expandDims(x, 2), library.expandDims(w, 2), [1, ...strides], group);
    return library.squeeze(flat, [2]);
  }
  const channels = x.shape[1]!;
  if (group === channels && group > 1 && spatial === 2) {
    const [filters, , rows, columns] = w.shape as [number, number, number, number];
    const byChannel = library.transpose(
      library.reshape(w, [channels, filters / channels, rows, columns]),
      [2, 3, 0, 1],
    );
    const image = channelsLast(library, x) as tf.Tensor4D;
    const made = library.depthwiseConv2d(image, byChannel as tf.Tensor4D, strides as [number, number], "valid");
    return channelsFirst(library, made);
  }
  if (group > 1) {
    const weights = library.split(w, group, 0);
    const parts = library.split(x, group, 1).map((part, i) => slide(library, part, weights[i]!, strides, 1));
    return library.concat(parts, 1);
  }
  const image = channelsLast(library, x);
  const kernel = library.transpose(w, [...Array.from({ length: spatial }, (_, i) => i + 2), 1, 0]);
  const made =
    spatial === 2
      ? library.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, strides as [number, number], "valid")
      : library.conv3d(image as tf.Tensor5D, kernel as tf.Tensor5D, strides as [number, number, number], "valid");
  return channelsFirst(library, made);
}

/** Pads of the spatial axes as pads of all axes. */
function spatialPads(pads: readonly number[]): readonly number[] {
  const axes = pads.length / 2;
  return [0, 0, ...pads.slice(0, axes), 0, 0, ...pads.slice(axes)];
}

function biased(site: KernelSite, made: tf.Tensor): tf.Tensor {
  if (!site.has(2)) return made;
  return site.tf.add(made, perChannel(site, site.x(2), made.rank));
}

/** [C] so that it broadcasts over [N, C, ...]. */
function perChannel({ tf: library }: KernelSite, values: tf.Tensor, rank: number): tf.Tensor {
  return library.reshape(values, [1, -1, ...new Array<number>(rank - 2).fill(1)]);
}

function conv(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, made, int } = site;
  const { strides, dilations, pads } = slidingOf(site, known(0).shape, made(0).shape, known(1).shape.slice(2));
  const image = padded(library, x(0), spatialPads(pads));
  return biased(site, slide(library, image, spaced(library, x(1), dilations), strides, int("group", 1)));
}

function convTranspose(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, int, ints } = site;
  const kernel = known(1).shape.slice(2);
  const axes = kernel.length;
  const one = new Array<number>(axes).fill(1);
  const [strides, dilations] = [ints("strides", one), ints("dilations", one)];
  const pads = ints("pads", new Array<number>(2 * axes).fill(0));
  const extra = ints("output_padding", new Array<number>(axes).fill(0));
  const group = int("group", 1);
  // Weights [channels, filters / groups, kernel...] turned around, filters first in each group.
  const [channels, filters] = known(1).shape as [number, number];
  const grouped = library.reshape(x(1), [group, channels / group, filters, elementCount(kernel)]);
  const swapped = library.reshape(library.transpose(grouped, [0, 2, 1, 3]), [
    group * filters,
    channels / group,
    ...kernel,
  ]);
  const weights = library.reverse(
    swapped,
    kernel.map((_, i) => i + 2),
  );
  const reach = kernel.map((size, i) => (size - 1) * dilations[i]!);
  const around = [
    ...reach.map((size, i) => size - pads[i]!),
    ...reach.map((size, i) => size - pads[i + axes]! + extra[i]!),
  ];
  const image = padded(library, spaced(library, x(0), strides), spatialPads(around));
  return biased(site, slide(library, image, spaced(library, weights, dilations), one, group));
}

/** What lies under each tap of a window, one value of the output's shape per tap. */
function taps(site: KernelSite, image: tf.Tensor, kernel: readonly number[], window: Window): tf.Tensor[] {
  const places = site.made(0).shape.slice(2);
  const lead = image.shape.slice(0, 2);
  return Array.from({ length: elementCount(kernel) }, (_, tap) => {
    const at = kernel.map((size, axis) => Math.floor(tap / elementCount(kernel.slice(axis + 1))) % size);
    const begin = at.map((place, axis) => place * window.dilations[axis]!);
    const reach = places.map((count, axis) => (count - 1) * window.strides[axis]! + 1);
    const cut = site.tf.slice(image, [0, 0, ...begin], [...lead, ...reach]);
    if (window.strides.every((step) => step === 1)) return cut;
    return site.tf.stridedSlice(
      cut,
      cut.shape.map(() => 0),
      cut.shape,
      [1, 1, ...window.strides],
    );
  });
}

type Window = ReturnType<typeof slidingOf>;

/** Lower than what any picture holds, and finite. */
const LOWEST = -3.4e38;

function maxPool(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, made, ints } = site;
  const kernel = ints("kernel_shape", []);
  const window = slidingOf(site, known(0).shape, made(0).shape, kernel);
  const image = padded(library, x(0), spatialPads(window.pads), LOWEST);
  return taps(site, image, kernel, window).reduce((a, b) => library.maximum(a, b));
}

function averagePool(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, made, ints, int, refuse } = site;
  const kernel = ints("kernel_shape", []);
  const window = slidingOf(site, known(0).shape, made(0).shape, kernel);
  const included = int("count_include_pad", 0) === 1;
  if (included && int("ceil_mode", 0) === 1) refuse("ceil_mode with count_include_pad.");
  const sumOf = (image: tf.Tensor) =>
    taps(site, padded(library, image, spatialPads(window.pads)), kernel, window).reduce((a, b) => library.add(a, b));
  if (included || window.pads.every((pad) => pad === 0)) return library.div(sumOf(x(0)), elementCount(kernel));
  return library.div(sumOf(x(0)), sumOf(library.ones([1, 1, ...known(0).shape.slice(2)])));
}

/** (x - mean) / sqrt(variance + epsilon), mean and variance over `axes`. */
function standardised({ tf: library, x, number }: KernelSite, axes: number[]) {
  const mean = library.mean(x(0), axes, true);
  const centred = library.sub(x(0), mean);
  const variance = library.mean(library.square(centred), axes, true);
  const inverse = library.div(1, library.sqrt(library.add(variance, number("epsilon", 1e-5))));
  return { unit: library.mul(centred, inverse), mean, inverse };
}

function layerNormalization(site: KernelSite): readonly tf.Tensor[] {
  const { tf: library, x, has, int } = site;
  const from = last(x(0).rank, int("axis", -1));
  const { unit, mean, inverse } = standardised(
    site,
    x(0)
      .shape.map((_, i) => i)
      .slice(from),
  );
  const scaled = library.mul(unit, x(1));
  return [has(2) ? library.add(scaled, x(2)) : scaled, mean, inverse];
}

function instanceNormalization(site: KernelSite): tf.Tensor {
  const { tf: library, x } = site;
  const { rank, shape } = x(0);
  const { unit } = standardised(site, shape.map((_, i) => i).slice(2));
  return library.add(library.mul(unit, perChannel(site, x(1), rank)), perChannel(site, x(2), rank));
}

function batchNormalization(site: KernelSite): readonly tf.Tensor[] {
  const { tf: library, x, int, number } = site;
  const { rank, shape } = x(0);
  const apply = (mean: tf.Tensor, variance: tf.Tensor) => {
    const inverse = library.div(1, library.sqrt(library.add(variance, number("epsilon", 1e-5))));
    const [centre, slope] = [perChannel(site, mean, rank), perChannel(site, library.mul(x(1), inverse), rank)];
    return library.add(library.mul(library.sub(x(0), centre), slope), perChannel(site, x(2), rank));
  };
  if (int("training_mode", 0) !== 1) return [apply(x(3), x(4))];
  const axes = shape.map((_, i) => i).filter((axis) => axis !== 1);
  const mean = library.mean(x(0), axes);
  const variance = library.mean(library.square(library.sub(x(0), perChannel(site, mean, rank))), axes);
  const kept = number("momentum", 0.9);
  const running = (before: tf.Tensor, now: tf.Tensor) =>
    library.add(library.mul(before, kept), library.mul(now, 1 - kept));
  return [apply(mean, variance), running(x(3), mean), running(x(4), variance)];
}

type Reduce = (library: TensorFlow, x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;

function reducing(reduce: Reduce): Kernel {
  return (site) => {
    const listed = site.has(1) ? site.numbers(1) : site.ints("axes", []);
    if (listed.length === 0 && site.int("noop_with_empty_axes", 0) === 1) return site.tf.clone(site.x(0));
    const axes =
      listed.length === 0 ? site.x(0).shape.map((_, i) => i) : listed.map((axis) => last(site.x(0).rank, axis));
    return reduce(site.tf, site.x(0), axes, site.int("keepdims", 1) === 1);
  };
}

function extreme(largest: boolean): Kernel {
  return ({ tf: library, x, made, int, refuse }) => {
    if (int("select_last_index", 0) === 1) refuse("select_last_index.");
    const axis = last(x(0).rank, int("axis", 0));
    const found = largest ? library.argMax(x(0), axis) : library.argMin(x(0), axis);
    return library.reshape(found, [...made(0).shape]);
  };
}

/** Axis by axis, each new element a mixture of old ones that is known beforehand; where it is one of them, it is picked. */
function resize(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, made, has, numbers } = site;
  const [from, to] = [known(0).shape, made(0).shape];
  const given = has(2) && known(2).shape[0] !== 0 ? numbers(2) : null;
  return from.reduce((value, size, axis) => {
    const reached = to[axis]!;
    const scale = given?.[axis] ?? reached / size;
    if (reached === size && scale === 1) return value;
    const matrix = axisMatrix(site, size, reached, scale);
    const rows = Array.from({ length: reached }, (_, o) => matrix.subarray(o * size, (o + 1) * size));
    if (rows.every((row) => row.includes(1)))
      return picked(
        site,
        value,
        axis,
        rows.map((row) => row.indexOf(1)),
      );
    const order = [...to.keys()].filter((at) => at !== axis).concat(axis);
    const moved = library.transpose(value, order);
    const mixed = library.matMul(
      library.reshape(moved, [-1, size]),
      library.tensor2d(Float32Array.from(matrix), [reached, size]),
      false,
      true,
    );
    const back = [...order.keys()].map((at) => order.indexOf(at));
    return library.transpose(library.reshape(mixed, [...moved.shape.slice(0, -1), reached]), back);
  }, x(0));
}

/** One axis of a grid in pixels, as padding_mode leaves it. */
function gridPlace({ tf: library, int, string }: KernelSite, coordinate: tf.Tensor, size: number): tf.Tensor {
  const corners = int("align_corners", 0) === 1;
  const place = corners
    ? library.mul(library.add(coordinate, 1), (size - 1) / 2)
    : library.sub(library.mul(library.add(coordinate, 1), size / 2), 0.5);
  const padding = string("padding_mode", "zeros");
  if (padding === "zeros") return place;
  if (padding === "border") return library.clipByValue(place, 0, size - 1);
  // Mirrored at the outer pixels' centres or at the image's edges, as often as needed.
  const low = corners ? 0 : -0.5;
  const length = corners ? size - 1 : size;
  if (length === 0) return library.zerosLike(place);
  const away = library.abs(library.sub(place, low));
  const times = library.floor(library.div(away, length));
  const rest = library.sub(away, library.mul(times, length));
  const odd = library.sub(times, library.mul(2, library.floor(library.div(times, 2))));
  const folded = library.add(library.mul(odd, library.sub(length, library.mul(2, rest))), rest);
  return library.clipByValue(library.add(folded, low), 0, size - 1);
}

/** x [N, C, H, W] read at grid [N, P, Q, 2] (across, down; -1 to 1). */
function gridSample(site: KernelSite): tf.Tensor {
  const { tf: library, x, known, made, string } = site;
  const [batch, channels, height, width] = known(0).shape as [number, number, number, number];
  const points = elementCount(made(0).shape.slice(2));
  const [across, down] = library
    .split(library.reshape(x(1), [batch, points, 2]), 2, 2)
    .map((part) => library.squeeze(part, [2])) as [tf.Tensor, tf.Tensor];
  const pixels = library.reshape(channelsLast(library, x(0)), [batch * height * width, channels]);
  const images = library.reshape(library.range(0, batch * height * width, height * width, "int32"), [batch, 1]);
  const read = (column: tf.Tensor, row: tf.Tensor): tf.Tensor => {
    const [left, top] = [library.clipByValue(column, 0, width - 1), library.clipByValue(row, 0, height - 1)];
    const inside = library.logicalAnd(library.equal(left, column), library.equal(top, row));
    const place = library.add(images, library.cast(library.add(library.mul(top, width), left), "int32"));
    const found = library.reshape(library.gather(pixels, library.reshape(place, [-1])), [batch, points, channels]);
    return library.mul(found, library.expandDims(library.cast(inside, "float32"), 2));
  };
  const [placeX, placeY] = [gridPlace(site, across, width), gridPlace(site, down, height)];
  const result = () => {
    if (string("mode", "bilinear") === "nearest") return read(library.round(placeX), library.round(placeY));
    if (string("mode", "bilinear") !== "bilinear") site.refuse(`mode ${string("mode", "bilinear")}.`);
    const [left, top] = [library.floor(placeX), library.floor(placeY)];
    const [right, bottom] = [library.sub(placeX, left), library.sub(placeY, top)];
    const share = (wayX: tf.Tensor, wayY: tf.Tensor, column: tf.Tensor, row: tf.Tensor) =>
      library.mul(library.expandDims(library.mul(wayX, wayY), 2), read(column, row));
    return library.addN([
      share(library.sub(1, right), library.sub(1, bottom), left, top),
      share(right, library.sub(1, bottom), library.add(left, 1), top),
      share(library.sub(1, right), bottom, left, library.add(top, 1)),
      share(right, bottom, library.add(left, 1), library.add(top, 1)),
    ]);
  };
  return library.reshape(library.transpose(result(), [0, 2, 1]), [...made(0).shape]);
}

export const layers = {
  MatMul: (site) => product(site, site.x(0), site.x(1)),
  FusedMatMul: fusedMatMul,
  Gemm: gemm,
  Einsum: einsum,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: ({ tf: library, x }) =>
    library.mean(
      x(0),
      x(0)
        .shape.map((_, i) => i)
        .slice(2),
      true,
    ),
  GlobalMaxPool: ({ tf: library, x }) =>
    library.max(
      x(0),
      x(0)
        .shape.map((_, i) => i)
        .slice(2),
      true,
    ),
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  BatchNormalization: batchNormalization,
  ReduceSum: reducing((library, x, axes, keep) => library.sum(x, axes, keep)),
  ReduceMean: reducing((library, x, axes, keep) => library.mean(x, axes, keep)),
  ReduceMax: reducing((library, x, axes, keep) => library.max(x, axes, keep)),
  ReduceMin: reducing((library, x, axes, keep) => library.min(x, axes, keep)),
  ReduceProd: reducing((library, x, axes, keep) => library.prod(x, axes, keep)),
  ReduceL1: reducing((library, x, axes, keep) => library.sum(library.abs(x), axes, keep)),
  ReduceL2: reducing((library, x, axes, keep) => library.sqrt(library.sum(library.square(x), axes, keep))),
  ReduceSumSquare: reducing((library, x, axes, keep) => library.sum(library.square(x), axes, keep)),
  ReduceLogSum: reducing((library, x, axes, keep) => library.log(library.sum(x, axes, keep))),
  ReduceLogSumExp: reducing((library, x, axes, keep) => library.logSumExp(x, axes, keep)),
  ArgMax: extreme(true),
  ArgMin: extreme(false),
  Resize: resize,
  GridSample: gridSample,
} satisfies Partial<Record<OpName, Kernel>>;

// Sliding windows going back. Convolution and its transpose are each other's gradients; pooling spreads what it gathered.
import type { GraphBuilder, Value } from "../builder.ts";
import { fixedDims, floatTensor, type Shape, tensor } from "../graph.ts";
import { type Window2d, weightGradient } from "./convolution-weight.ts";
import { allButChannels, type GradientRule, indicator, notDifferentiable, type Site } from "./rule.ts";

function window2d(site: Site, shape: Shape): Window2d {
  if (shape.length !== 4) site.refuse("only two spatial axes are differentiated.");
  return {
    strides: site.ints("strides", [1, 1]),
    dilations: site.ints("dilations", [1, 1]),
    pads: site.ints("pads", [0, 0, 0, 0]),
  };
}

/** Weight gradients of each group, joined along the first axis of the weights. */
function groupedWeightGradient(site: Site, x: Value, dy: Value, weight: Value, window: Window2d): Value {
  const { b, target } = site;
  const groups = site.int("group", 1);
  const kernel = fixedDims(weight.shape.slice(2), "The kernel");
  if (groups === 1) return weightGradient(b, x, dy, kernel, window, target);
  const parts = (value: Value) => {
    const [channels] = fixedDims(value.shape.slice(1, 2), "Channels") as [number];
    return b.split(value, new Array<number>(groups).fill(channels / groups), 1);
  };
  const xs = parts(x);
  const dys = parts(dy);
  return b.concat(
    xs.map((part, i) => weightGradient(b, part, dys[i]!, kernel, window, target)),
    0,
  );
}

/** Gradient with respect to the input of a convolution, shaped like `x`. */
function inputGradient(b: GraphBuilder, x: Value, dy: Value, weight: Value, window: Window2d, group: number): Value {
  const { strides, dilations, pads } = window;
  const kernel = fixedDims(weight.shape.slice(2), "The kernel");
  const plain = group === 1 && [...strides, ...dilations].every((step) => step === 1);
  if (plain && pads.every((pad, i) => pad < kernel[i % 2]!)) {
    // A convolution with the kernel turned around: half the time of ConvTranspose on the CPU.
    const turned = kernel.every((size) => size === 1)
      ? weight
      : b.slice(weight, [-1, -1], [-1 - kernel[0]!, -1 - kernel[1]!], [2, 3], [-1, -1]);
    return b.conv(dy, b.transpose(turned, [1, 0, 2, 3]), null, {
      pads: pads.map((pad, i) => kernel[i % 2]! - 1 - pad),
    });
  }
  const size = fixedDims(x.shape.slice(2), "The input");
  const reached = fixedDims(dy.shape.slice(2), "The gradient");
  // Rows at the end that no window reached get a gradient of 0; output_padding makes room for them.
  const outputPadding = size.map(
    (dim, i) =>
      dim - ((reached[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - pads[i + 2]!),
  );
  return b.convTranspose(dy, weight, null, { strides, dilations, pads, group, outputPadding });
}

/** Where a window's padding ends and the image begins: 1 for taps on real pixels, [1, kh kw, P, Q]. */
function validTaps(site: Site, x: Value, y: Value, kernel: readonly number[], window: Window2d): Value {
  const [height, width] = fixedDims(x.shape.slice(2), "The input") as [number, number];
  const [rows, columns] = fixedDims(y.shape.slice(2), "The output") as [number, number];
  const { strides, dilations, pads } = window;
  const inside = (position: number, tap: number, axis: 0 | 1, size: number) => {
    const at = position * strides[axis]! + tap * dilations[axis]! - pads[axis]!;
    return at >= 0 && at < size;
  };
  const [kh, kw] = kernel as [number, number];
  const values: number[] = [];
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++)
      for (let p = 0; p < rows; p++)
        for (let q = 0; q < columns; q++) values.push(inside(p, i, 0, height) && inside(q, j, 1, width) ? 1 : 0);
  return floats(site.b, [1, kh * kw, rows, columns], values, x);
}

function floats(b: GraphBuilder, dims: readonly number[], values: readonly number[], like: Value): Value {
  if (like.type === "float64") return b.constant(tensor("float64", dims, Float64Array.from(values)));
  return b.constant(floatTensor(dims, values));
}

/** Kernels [kh kw, 1, kh, kw] that each pick one tap: Conv with them lays windows out, ConvTranspose adds windows back. */
function tapKernels(b: GraphBuilder, [kh, kw]: readonly number[], like: Value): Value {
  const size = kh! * kw!;
  const identity = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return floats(b, [size, 1, kh!, kw!], identity, like);
}

/** Each channel as an image of its own: [N, C, H, W] to [N C, 1, H, W]. */
function singleChannel(b: GraphBuilder, x: Value): Value {
  return b.reshape(x, [-1, 1, ...fixedDims(x.shape.slice(2), "A pooled value")]);
}

/** Windows that tile the input exactly: each input pixel lies in one window. */
function tiles(x: Value, y: Value, kernel: readonly number[], { strides, dilations, pads }: Window2d): boolean {
  const exact = [0, 1].every((axis) => x.shape[axis + 2] === (y.shape[axis + 2] as number) * kernel[axis]!);
  return (
    exact &&
    x.shape.every((dim) => typeof dim === "number") &&
    kernel.every((size, i) => size === strides[i] && dilations[i] === 1) &&
    pads.every((pad) => pad === 0)
  );
}

function maxPoolGradient(site: Site): readonly Value[] {
  const { b, dy } = site;
  const x = site.x(0);
  const y = site.y(0);
  const window = window2d(site, x.shape);
  const kernel = site.ints("kernel_shape", []);
  if (site.int("ceil_mode", 0) === 1) site.refuse("ceil_mode is not differentiated.");
  // A maximum that several pixels share is shared out evenly, so that flat regions do not count more than once.
  if (tiles(x, y, kernel, window)) {
    const sizes = fixedDims(x.shape.slice(2), "The input");
    const hit = indicator(b, b.equal(x, b.resizeNearest(y, sizes)), x);
    const shared = b.div(dy, b.mul(b.averagePool(hit, kernel, { strides: kernel }), kernel[0]! * kernel[1]!));
    return [b.mul(hit, b.resizeNearest(shared, sizes))];
  }
  const kernels = tapKernels(b, kernel, x);
  const laidOut = b.conv(singleChannel(b, x), kernels, null, window);
  const equal = indicator(b, b.equal(laidOut, singleChannel(b, y)), x);
  const hit = b.mul(equal, validTaps(site, x, y, kernel, window));
  const shared = b.div(singleChannel(b, dy), b.reduceSum(hit, [1]));
  return [addWindowsBack(b, x, b.mul(hit, shared), kernels, window)];
}

/** Sums window contributions [N C, taps, P, Q] onto the pixels they came from. */
function addWindowsBack(b: GraphBuilder, x: Value, contributions: Value, kernels: Value, window: Window2d): Value {
  return b.reshapeLike(inputGradient(b, singleChannel(b, x), contributions, kernels, window, 1), x);
}

function averagePoolGradient(site: Site): readonly Value[] {
  const { b, dy } = site;
  const x = site.x(0);
  const window = window2d(site, x.shape);
  const kernel = site.ints("kernel_shape", []);
  const taps = kernel[0]! * kernel[1]!;
  if (site.int("ceil_mode", 0) === 1) site.refuse("ceil_mode is not differentiated.");
  if (tiles(x, site.y(0), kernel, window)) {
    return [b.resizeNearest(b.div(dy, taps), fixedDims(x.shape.slice(2), "The input"))];
  }
  const padded = window.pads.some((pad) => pad > 0);
  const shares =
    padded && site.int("count_include_pad", 0) === 0
      ? b.div(singleChannel(b, dy), b.reduceSum(validTaps(site, x, site.y(0), kernel, window), [1]))
      : b.div(singleChannel(b, dy), taps);
  const ones = floats(b, [1, 1, kernel[0]!, kernel[1]!], new Array<number>(taps).fill(1), x);
  return [addWindowsBack(b, x, shares, ones, window)];
}

export const convolution = {
  Conv: (site) => {
    const { b, dy, x, wants } = site;
    const window = window2d(site, x(0).shape);
    return [
      wants(0) ? inputGradient(b, x(0), dy, x(1), window, site.int("group", 1)) : null,
      wants(1) ? groupedWeightGradient(site, x(0), dy, x(1), window) : null,
      wants(2) ? b.reduceSum(dy, allButChannels(dy.shape), false) : null,
    ];
  },
  ConvTranspose: (site) => {
    const { b, dy, x, wants } = site;
    const window = window2d(site, x(0).shape);
    return [
      wants(0) ? b.conv(dy, x(1), null, { ...window, group: site.int("group", 1) }) : null,
      wants(1) ? groupedWeightGradient(site, dy, x(0), x(1), window) : null,
      wants(2) ? b.reduceSum(dy, allButChannels(dy.shape), false) : null,
    ];
  },
  MaxPool: maxPoolGradient,
  AveragePool: averagePoolGradient,
  GlobalAveragePool: ({ b, dy, x }) => {
    const pixels = fixedDims(x(0).shape.slice(2), "The input").reduce((product, dim) => product * dim, 1);
    return [b.expandLike(b.div(dy, pixels), x(0))];
  },
  Resize: (site) => {
    const { b, dy, x } = site;
    const nearest =
      site.string("mode", "nearest") === "nearest" &&
      site.string("coordinate_transformation_mode", "half_pixel") === "asymmetric" &&
      site.string("nearest_mode", "round_prefer_floor") === "floor";
    const factors = dy.shape.map((dim, i) => (dim as number) / (x(0).shape[i] as number));
    const whole = factors.every((factor) => Number.isInteger(factor)) && factors[0] === 1 && factors[1] === 1;
    if (!nearest || !whole || factors.length !== 4) site.refuse("only enlarging by whole numbers is differentiated.");
    const kernel = factors.slice(2);
    return [b.mul(b.averagePool(dy, kernel, { strides: kernel }), kernel[0]! * kernel[1]!)];
  },
  GridSample: notDifferentiable("sampling is used before the model, where nothing is learnt."),
} satisfies Record<string, GradientRule>;

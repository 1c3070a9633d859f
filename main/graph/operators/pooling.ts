// Pooling; backwards, it spreads what it gathered. Layout [N, C, spatial...].
import type { GraphBuilder, Value } from "../builder.ts";
import { elementCount, fixedDims, type TensorType } from "../graph.ts";
import type { Sliding } from "./convolution-weight.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { type GradientSite, indicator } from "./rule.ts";
import { floats, inputGradient, slid, slidingOf, windowAttributes, windowOf } from "./window.ts";

function pooled(site: ShapeSite): readonly TensorType[] {
  const { type, shape } = site.float(0);
  const kernel = site.ints("kernel_shape") ?? site.fail("kernel_shape is missing.");
  if (shape.length !== kernel.length + 2) site.fail(`kernel [${kernel}] does not fit [${shape.join(", ")}].`);
  const sliding = windowOf(site, kernel, shape.slice(2));
  if (sliding.pads.some((pad, i) => pad >= kernel[i % kernel.length]! * sliding.dilations[i % kernel.length]!)) {
    site.fail("a window would lie wholly in the padding.");
  }
  return [
    { type, shape: [...shape.slice(0, 2), ...slid(site, shape.slice(2), sliding, site.int("ceil_mode", 0) === 1)] },
  ];
}

/** Where a window's padding ends and the image begins: 1 for taps on real pixels, [1, taps, ...places]. */
function validTaps(site: GradientSite, x: Value, y: Value, kernel: readonly number[], window: Sliding): Value {
  const sizes = fixedDims(x.shape.slice(2), "The input");
  const places = fixedDims(y.shape.slice(2), "The output");
  const { strides, dilations, pads } = window;
  const taps = elementCount(kernel);
  const values = Array.from({ length: taps * elementCount(places) }, (_, i) => {
    const at = positions(i, [...kernel, ...places]);
    const inside = sizes.every((size, axis) => {
      const place = at[axis + kernel.length]! * strides[axis]! + at[axis]! * dilations[axis]! - pads[axis]!;
      return place >= 0 && place < size;
    });
    return inside ? 1 : 0;
  });
  return floats(site.b, [1, taps, ...places], values, x);
}

/** The coordinates of element `index` of a tensor. */
function positions(index: number, dims: readonly number[]): readonly number[] {
  let left = index;
  return dims
    .toReversed()
    .map((dim) => {
      const at = left % dim;
      left = (left - at) / dim;
      return at;
    })
    .reverse();
}

/** Kernels [taps, 1, ...kernel] that each pick one tap: Conv with them lays windows out, ConvTranspose adds windows back. */
function tapKernels(b: GraphBuilder, kernel: readonly number[], like: Value): Value {
  const size = elementCount(kernel);
  const identity = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return floats(b, [size, 1, ...kernel], identity, like);
}

/** Each channel as an image of its own: [N, C, ...size] to [N C, 1, ...size]. */
function singleChannel(b: GraphBuilder, x: Value): Value {
  return b.reshape(x, [-1, 1, ...fixedDims(x.shape.slice(2), "A pooled value")]);
}

/** Windows that tile the input exactly: each input pixel lies in one window. */
function tiles(x: Value, y: Value, kernel: readonly number[], { strides, dilations, pads }: Sliding): boolean {
  const exact = kernel.every((size, axis) => x.shape[axis + 2] === (y.shape[axis + 2] as number) * size);
  return (
    exact &&
    x.shape.every((dim) => typeof dim === "number") &&
    kernel.every((size, i) => size === strides[i] && dilations[i] === 1) &&
    pads.every((pad) => pad === 0)
  );
}

function maxPoolGradient(site: GradientSite): readonly Value[] {
  const { b, dy } = site;
  const x = site.x(0);
  const y = site.y(0);
  const kernel = site.ints("kernel_shape", []);
  const window = slidingOf(site, x.shape, y.shape, kernel);
  // A maximum that several pixels share is shared out evenly, so that flat regions do not count more than once.
  if (tiles(x, y, kernel, window)) {
    const sizes = fixedDims(x.shape.slice(2), "The input");
    const hit = indicator(b, b.equal(x, b.resizeNearest(y, sizes)), x);
    const shared = b.div(dy, b.mul(b.averagePool(hit, kernel, { strides: kernel }), elementCount(kernel)));
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
function addWindowsBack(b: GraphBuilder, x: Value, contributions: Value, kernels: Value, window: Sliding): Value {
  return b.reshapeLike(inputGradient(b, singleChannel(b, x), contributions, kernels, window, 1), x);
}

function averagePoolGradient(site: GradientSite): readonly Value[] {
  const { b, dy } = site;
  const x = site.x(0);
  const kernel = site.ints("kernel_shape", []);
  const window = slidingOf(site, x.shape, site.y(0).shape, kernel);
  const taps = elementCount(kernel);
  const included = site.int("count_include_pad", 0) === 1;
  if (included && site.int("ceil_mode", 0) === 1) site.refuse("ceil_mode with count_include_pad.");
  if (tiles(x, site.y(0), kernel, window)) {
    return [b.resizeNearest(b.div(dy, taps), fixedDims(x.shape.slice(2), "The input"))];
  }
  const padded = window.pads.some((pad) => pad > 0);
  const shares =
    padded && !included
      ? b.div(singleChannel(b, dy), b.reduceSum(validTaps(site, x, site.y(0), kernel, window), [1]))
      : b.div(singleChannel(b, dy), taps);
  const ones = floats(b, [1, 1, ...kernel], new Array<number>(taps).fill(1), x);
  return [addWindowsBack(b, x, shares, ones, window)];
}

/** Of a pool over the whole image. */
function onePixel(site: ShapeSite): readonly TensorType[] {
  const { type, shape } = site.float(0);
  if (shape.length < 3) site.fail("the input needs a spatial axis.");
  return [{ type, shape: shape.map((dim, i) => (i < 2 ? dim : 1)) }];
}

/** What both global pools share. */
const overTheImage = {
  domain: "",
  opset: [1, NEWEST],
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: onePixel,
} as const;

export const pooling: Readonly<Record<"MaxPool" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool", Operator>> = {
  MaxPool: {
    domain: "",
    opset: [12, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1], // not with indices
    attributes: { ...windowAttributes, ceil_mode: "int", storage_order: "int" },
    infer: pooled,
    gradient: maxPoolGradient,
  },
  AveragePool: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { ...windowAttributes, ceil_mode: "int", count_include_pad: "int" },
    infer: pooled,
    gradient: averagePoolGradient,
  },
  GlobalAveragePool: {
    ...overTheImage,
    gradient: ({ b, dy, x }) => {
      const pixels = fixedDims(x(0).shape.slice(2), "The input").reduce((product, dim) => product * dim, 1);
      return [b.expandLike(b.div(dy, pixels), x(0))];
    },
  },
  GlobalMaxPool: {
    ...overTheImage,
    // Equal pixels share.
    gradient: ({ b, dy, x, y }) => {
      const largest = b.cast(b.equal(x(0), y(0)), dy.type);
      const axes = x(0)
        .shape.slice(2)
        .map((_, i) => i + 2);
      return [b.mul(largest, b.div(dy, b.reduceSum(largest, axes)))];
    },
  },
};

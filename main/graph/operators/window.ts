// Windows that slide over the spatial axes of [N, C, spatial...]: what convolution, pooling and resampling share.
import type { GraphBuilder, Value } from "../builder.ts";
import { fixedDims, floatTensor, type Shape, tensor } from "../graph.ts";
import type { Window2d } from "./convolution-weight.ts";
import type { ShapeSite } from "./operator.ts";
import type { GradientSite } from "./rule.ts";

export const windowAttributes = {
  strides: "ints",
  pads: "ints",
  dilations: "ints",
  kernel_shape: "ints",
  auto_pad: "string",
} as const;

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Starts of all axes, then ends of all axes. */
  readonly pads: readonly number[];
}

/** The window attributes with ONNX's defaults filled in and checked. */
export function windowOf(site: ShapeSite, kernel: readonly number[]): Window {
  const rank = kernel.length;
  const read = (name: string, length: number, least: number, fallback: number) => {
    const values = site.ints(name) ?? new Array<number>(length).fill(fallback);
    if (values.length !== length || values.some((value) => !Number.isInteger(value) || value < least)) {
      site.fail(`${name} [${values}] must be ${length} integers of at least ${least}.`);
    }
    return values;
  };
  const autoPad = site.string("auto_pad", "NOTSET");
  if (autoPad !== "NOTSET" && autoPad !== "VALID") site.fail(`auto_pad ${autoPad} is not supported; write the pads.`);
  const declared = site.ints("kernel_shape");
  if (declared && declared.join() !== kernel.join()) site.fail(`kernel_shape [${declared}] is not [${kernel}].`);
  if (kernel.some((size) => !Number.isInteger(size) || size < 1)) site.fail(`kernel [${kernel}] must be positive.`);
  return {
    kernel,
    strides: read("strides", rank, 1, 1),
    dilations: read("dilations", rank, 1, 1),
    pads: read("pads", 2 * rank, 0, 0),
  };
}

/** Spatial output sizes of a window sliding over `input`. */
export function slid(
  site: ShapeSite,
  input: Shape,
  { kernel, strides, dilations, pads }: Window,
  ceil: boolean,
): Shape {
  const rank = kernel.length;
  return input.map((dim, i) => {
    const size = site.fixed(dim, `spatial axis ${i}`);
    const free = size + pads[i]! + pads[i + rank]! - ((kernel[i]! - 1) * dilations[i]! + 1);
    if (free < 0) site.fail(`the window does not fit: ${size} with kernel ${kernel[i]}.`);
    let steps = ceil ? Math.ceil(free / strides[i]!) : Math.floor(free / strides[i]!);
    if (ceil && steps * strides[i]! >= size + pads[i]!) steps -= 1; // a window may not start in the end padding
    return steps + 1;
  });
}

export function window2d(site: GradientSite, shape: Shape): Window2d {
  if (shape.length !== 4) site.refuse("only two spatial axes are differentiated.");
  return {
    strides: site.ints("strides", [1, 1]),
    dilations: site.ints("dilations", [1, 1]),
    pads: site.ints("pads", [0, 0, 0, 0]),
  };
}

/** Gradient with respect to the input of a convolution, shaped like `x`. */
export function inputGradient(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  weight: Value,
  window: Window2d,
  group: number,
): Value {
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

export function floats(b: GraphBuilder, dims: readonly number[], values: readonly number[], like: Value): Value {
  if (like.type === "float64") return b.constant(tensor("float64", dims, Float64Array.from(values)));
  return b.constant(floatTensor(dims, values));
}

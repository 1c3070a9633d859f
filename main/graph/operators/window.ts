// Windows that slide over the spatial axes of [N, C, spatial...]: what convolution, pooling and resampling share.
import type { GraphBuilder, Value } from "../builder.ts";
import { fixedDims, floatTensor, type Shape, tensor } from "../graph.ts";
import type { Sliding } from "./convolution-weight.ts";
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

/** The window attributes with ONNX's defaults filled in and checked; `input` are the spatial sizes that auto_pad looks at. */
export function windowOf(site: ShapeSite, kernel: readonly number[], input: Shape): Window {
  const rank = kernel.length;
  const read = (name: string, length: number, least: number, fallback: number) => {
    const values = site.ints(name) ?? new Array<number>(length).fill(fallback);
    if (values.length !== length || values.some((value) => !Number.isInteger(value) || value < least)) {
      site.fail(`${name} [${values}] must be ${length} integers of at least ${least}.`);
    }
    return values;
  };
  const declared = site.ints("kernel_shape");
  if (declared && declared.join() !== kernel.join()) site.fail(`kernel_shape [${declared}] is not [${kernel}].`);
  if (kernel.some((size) => !Number.isInteger(size) || size < 1)) site.fail(`kernel [${kernel}] must be positive.`);
  const strides = read("strides", rank, 1, 1);
  const dilations = read("dilations", rank, 1, 1);
  const autoPad = site.string("auto_pad", "NOTSET");
  const same = autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER";
  if (!same && autoPad !== "NOTSET" && autoPad !== "VALID") site.fail(`auto_pad "${autoPad}" is unknown.`);
  const sizes = same ? input.map((dim, i) => site.fixed(dim, `spatial axis ${i}`)) : [];
  const pads = same ? samePads(autoPad, sizes, kernel, strides, dilations) : read("pads", 2 * rank, 0, 0);
  return { kernel, strides, dilations, pads };
}

/** auto_pad SAME: as many outputs as ceil(size / stride); an odd pixel of padding goes to the end (UPPER) or the start (LOWER). */
function samePads(
  autoPad: "SAME_UPPER" | "SAME_LOWER",
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  const totals = sizes.map((size, i) =>
    Math.max(0, (Math.ceil(size / strides[i]!) - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - size),
  );
  const fewer = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total) => Math.ceil(total / 2));
  return autoPad === "SAME_UPPER" ? [...fewer, ...more] : [...more, ...fewer];
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

/**
 * The window of a node on the way back. `slides` is the shape that it slides over, `gives` what comes out of it there. Where more comes out than the pads
 * account for (ceil_mode), the window reaches further over the end, so the pads there are longer.
 */
export function slidingOf(
  site: Pick<GradientSite, "ints" | "string">,
  slides: Shape,
  gives: Shape,
  kernel: readonly number[],
): Sliding {
  const axes = kernel.length;
  const strides = site.ints("strides", new Array<number>(axes).fill(1));
  const dilations = site.ints("dilations", new Array<number>(axes).fill(1));
  const autoPad = site.string("auto_pad", "NOTSET");
  const sizes = fixedDims(slides.slice(2), "The input");
  const pads =
    autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER"
      ? samePads(autoPad, sizes, kernel, strides, dilations)
      : site.ints("pads", new Array<number>(2 * axes).fill(0));
  const ends = fixedDims(gives.slice(2), "The output").map((count, i) => {
    const reached = (count - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.max(pads[axes + i]!, reached - sizes[i]! - pads[i]!);
  });
  return { strides, dilations, pads: [...pads.slice(0, axes), ...ends] };
}

/** Gradient with respect to the input of a convolution, shaped like `x`. */
export function inputGradient(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  weight: Value,
  window: Sliding,
  group: number,
): Value {
  const { strides, dilations, pads } = window;
  const kernel = fixedDims(weight.shape.slice(2), "The kernel");
  const axes = kernel.length;
  const plain = group === 1 && [...strides, ...dilations].every((step) => step === 1);
  if (plain && pads.every((pad, i) => pad < kernel[i % axes]!)) {
    // A convolution with the kernel turned around: half the time of ConvTranspose on the CPU.
    const turned = kernel.every((size) => size === 1)
      ? weight
      : b.slice(
          weight,
          kernel.map(() => -1),
          kernel.map((size) => -1 - size),
          kernel.map((_, i) => i + 2),
          kernel.map(() => -1),
        );
    return b.conv(dy, swapFirst(b, turned), null, { pads: pads.map((pad, i) => kernel[i % axes]! - 1 - pad) });
  }
  const size = fixedDims(x.shape.slice(2), "The input");
  const reached = fixedDims(dy.shape.slice(2), "The gradient");
  // Rows at the end that no window reached get a gradient of 0; output_padding makes room for them.
  const outputPadding = size.map(
    (dim, i) =>
      dim - ((reached[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - pads[i + axes]!),
  );
  return b.convTranspose(dy, weight, null, { strides, dilations, pads, group, outputPadding });
}

/** Swaps the first two axes. */
export function swapFirst(b: GraphBuilder, x: Value): Value {
  return b.transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]);
}

export function floats(b: GraphBuilder, dims: readonly number[], values: readonly number[], like: Value): Value {
  if (like.type === "float64") return b.constant(tensor("float64", dims, Float64Array.from(values)));
  return b.constant(floatTensor(dims, values));
}

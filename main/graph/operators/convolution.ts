// Sliding windows: convolution, its transpose, pooling, resizing and sampling. Layout [N, C, spatial...].
import type { Dim, Shape, TensorType } from "../graph.ts";
import { NEWEST, type Operator, type Site } from "./operator.ts";

const window = {
  strides: "ints",
  pads: "ints",
  dilations: "ints",
  kernel_shape: "ints",
  auto_pad: "string",
} as const;

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Starts of all axes, then ends of all axes. */
  readonly pads: readonly number[];
}

/** The window attributes with ONNX's defaults filled in and checked. */
export function windowOf(site: Site, kernel: readonly number[]): Window {
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
function slid(site: Site, input: Shape, { kernel, strides, dilations, pads }: Window, ceil: boolean): Shape {
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

function pooled(site: Site): readonly TensorType[] {
  const { type, shape } = site.float(0);
  const kernel = site.ints("kernel_shape") ?? site.fail("kernel_shape is missing.");
  if (shape.length !== kernel.length + 2) site.fail(`kernel [${kernel}] does not fit [${shape.join(", ")}].`);
  const sliding = windowOf(site, kernel);
  if (sliding.pads.some((pad, i) => pad >= kernel[i % kernel.length]! * sliding.dilations[i % kernel.length]!)) {
    site.fail("a window would lie wholly in the padding.");
  }
  return [
    { type, shape: [...shape.slice(0, 2), ...slid(site, shape.slice(2), sliding, site.int("ceil_mode", 0) === 1)] },
  ];
}

function biased(site: Site, channels: Dim): void {
  if (!site.has(2)) return;
  site.sameType(0, 2);
  if (site.ranked(2, 1)[0] !== channels) site.fail(`the bias must have ${channels} elements.`);
}

export const convolution = {
  Conv: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...window, group: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      const weight = site.ranked(1, shape.length);
      if (shape.length < 3) site.fail("the input needs a spatial axis.");
      site.sameType(0, 1);
      const group = site.int("group", 1);
      const outputs = site.fixed(weight[0]!, "output channels");
      const perGroup = site.fixed(weight[1]!, "input channels");
      if (shape[1] !== perGroup * group) site.fail(`${shape[1]} channels do not fit ${group} groups of ${perGroup}.`);
      if (group < 1 || outputs % group !== 0) site.fail(`${outputs} outputs do not split into ${group} groups.`);
      biased(site, outputs);
      const kernel = weight.slice(2).map((dim) => site.fixed(dim, "kernel"));
      return [{ type, shape: [shape[0]!, outputs, ...slid(site, shape.slice(2), windowOf(site, kernel), false)] }];
    },
  },
  ConvTranspose: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...window, group: "int", output_padding: "ints" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      const weight = site.ranked(1, shape.length);
      if (shape.length < 3) site.fail("the input needs a spatial axis.");
      site.sameType(0, 1);
      const group = site.int("group", 1);
      if (shape[1] !== weight[0] || group < 1 || site.fixed(weight[0]!, "input channels") % group !== 0) {
        site.fail(`${shape[1]} channels do not fit ${group} groups of weights for ${weight[0]}.`);
      }
      const channels = site.fixed(weight[1]!, "output channels") * group;
      biased(site, channels);
      const { kernel, strides, dilations, pads } = windowOf(
        site,
        weight.slice(2).map((dim) => site.fixed(dim, "kernel")),
      );
      const extra = site.ints("output_padding") ?? new Array<number>(kernel.length).fill(0);
      const spatial = shape.slice(2).map((dim, i) => {
        const covered = (site.fixed(dim, `spatial axis ${i}`) - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
        const size = covered + extra[i]! - pads[i]! - pads[i + kernel.length]!;
        return size > 0 ? size : site.fail(`spatial axis ${i} would have size ${size}.`);
      });
      return [{ type, shape: [shape[0]!, channels, ...spatial] }];
    },
  },
  MaxPool: {
    domain: "",
    opset: [12, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1], // not with indices
    attributes: { ...window, ceil_mode: "int", storage_order: "int" },
    infer: pooled,
  },
  AveragePool: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { ...window, ceil_mode: "int", count_include_pad: "int" },
    infer: pooled,
  },
  GlobalAveragePool: {
    domain: "",
    opset: [1, NEWEST],
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { type, shape } = site.float(0);
      if (shape.length < 3) site.fail("the input needs a spatial axis.");
      return [{ type, shape: shape.map((dim, i) => (i < 2 ? dim : 1)) }];
    },
  },
  Resize: {
    domain: "",
    opset: [13, 17],
    inputs: [1, 4],
    outputs: [1, 1],
    attributes: {
      mode: "string",
      coordinate_transformation_mode: "string",
      nearest_mode: "string",
      cubic_coeff_a: "float",
      exclude_outside: "int",
      extrapolation_value: "float",
    },
    infer: (site) => {
      const { type, shape } = site.input(0);
      if (site.has(3)) {
        const sizes = site.contents(3);
        if (sizes.length !== shape.length) site.fail(`sizes [${sizes.join(", ")}] do not fit.`);
        return [{ type, shape: sizes }];
      }
      // Scales are floats, so what they hold is not tracked: the output must be asked for by sizes.
      return site.fail("give sizes rather than scales.");
    },
  },
  GridSample: {
    domain: "",
    opset: [16, 19],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { mode: "string", padding_mode: "string", align_corners: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      site.ranked(0, 4);
      const grid = site.ranked(1, 4);
      site.sameType(0, 1);
      if (grid[0] !== shape[0] || grid[3] !== 2)
        site.fail(`a grid [${grid.join(", ")}] is not [${shape[0]}, H, W, 2].`);
      return [{ type, shape: [shape[0]!, shape[1]!, grid[1]!, grid[2]!] }];
    },
  },
} satisfies Record<string, Operator>;

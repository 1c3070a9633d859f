// Convolutions and pools as layers. Padding that "same" does not mean becomes a layer of zeros.
import type { Tensor } from "../../../graph/graph.ts";
import { windowOf } from "../../../graph/operators/window.ts";
import { permuted } from "../site.ts";
import {
  channelsLast,
  type Laid,
  type LayerSite,
  natural,
  needsConstant,
  outputShape,
  type Row,
  withBias,
} from "./site.ts";

/** Zeros around the image where "valid" and "same" do not say it; what a window does then. */
function padded(
  site: LayerSite,
  x: Laid,
  { reach, strides, pads }: { reach: readonly number[]; strides: readonly number[]; pads: readonly number[] },
): { x: Laid; padding: "valid" | "same" } {
  if (pads.every((pad) => pad === 0)) return { x, padding: "valid" };
  const axes = reach.length;
  const same = reach.every((size, i) => {
    const side = x.shape[i + 2]!;
    if (typeof side !== "number" && strides[i] !== 1) return false;
    const steps = typeof side === "number" ? Math.ceil(side / strides[i]!) : 0;
    const total = typeof side === "number" ? Math.max(0, (steps - 1) * strides[i]! + size - side) : size - 1;
    return pads[i] === Math.floor(total / 2) && pads[axes + i] === Math.ceil(total / 2);
  });
  if (same) return { x, padding: "same" };
  if (axes !== 2) return site.refuse(`its padding [${pads.join(", ")}] is not what "same" means.`);
  const around = [0, 1].map((i) => [pads[i], pads[axes + i]]);
  const layer = site.layer("ZeroPadding2D", { padding: around, data_format: "channels_last" }, [x], {}, "_pad");
  const shape = x.shape.map((dim, i) => (i < 2 ? dim : (dim as number) + pads[i - 2]! + pads[axes + i - 2]!));
  return { x: { ...x, layer, shape }, padding: "valid" };
}

/** [out, in, ...kernel] to [...kernel, in, out]. */
const outputsLast = (weight: Tensor): Tensor => permuted(weight, [...natural(weight.dims.length).slice(2), 1, 0]);

export const convolution: Row = (site) => {
  const x = site.arranged(site.input(0), channelsLast(site.input(0).shape.length));
  const weight = needsConstant(site, 1);
  const [bias, [outputs, perGroup, ...kernel]] = [site.constant(2), weight.dims as [number, number, ...number[]]];
  const axes = kernel.length;
  const { strides, dilations, pads } = windowOf(site.attributes, kernel, x.shape.slice(2));
  const group = site.attributes.int("group", 1);
  const reach = kernel.map((size, i) => (size - 1) * dilations[i]! + 1);
  const { x: read, padding } = padded(site, x, { reach, strides, pads });
  const common = {
    kernel_size: kernel,
    strides,
    padding,
    data_format: "channels_last",
    dilation_rate: dilations,
    activation: "linear",
    use_bias: bias !== null,
  };
  const give = (layer: string) => site.give({ layer, order: x.order, shape: outputShape(site) });
  if (group === 1) {
    if (axes > 3) site.refuse(`it has ${axes} axes.`);
    const weights = withBias(bias, { kernel: outputsLast(weight) });
    return give(site.layer(`Conv${axes}D`, { filters: outputs, ...common }, [read], weights));
  }
  if (perGroup !== 1 || axes !== 2)
    return site.refuse(`it has ${group} groups; layers have one, or one for each channel.`);
  const multiplier = outputs / group;
  const apart = permuted({ ...weight, dims: [group, multiplier, ...kernel] }, [2, 3, 0, 1]);
  const weights = withBias(bias, { depthwise_kernel: apart });
  give(site.layer("DepthwiseConv2D", { depth_multiplier: multiplier, ...common }, [read], weights));
};

export const transposedConvolution: Row = (site) => {
  const x = site.arranged(site.input(0), channelsLast(site.input(0).shape.length));
  const weight = needsConstant(site, 1);
  const [, outputs, ...kernel] = weight.dims as [number, number, ...number[]];
  const bias = site.constant(2);
  const { strides, dilations, pads } = windowOf(site.attributes, kernel, x.shape.slice(2));
  const axes = kernel.length;
  const extra = site.attributes.ints("output_padding") ?? kernel.map(() => 0);
  if (axes < 2 || axes > 3 || site.attributes.int("group", 1) !== 1 || dilations.some((rate) => rate !== 1)) {
    site.refuse("layers have it for two and three axes, without groups and dilation.");
  }
  // Outputs: size * stride with "same"; with "valid" those that a kernel reaches, or a stride where that is longer (tfjs-layers, deconvLength).
  const valid = kernel.every(
    (size, i) => pads[i] === 0 && pads[axes + i] === 0 && extra[i] === Math.max(0, strides[i]! - size),
  );
  const same = kernel.every((size, i) => {
    const total = Math.max(0, size - strides[i]!);
    return (
      pads[i] === Math.floor(total / 2) &&
      pads[axes + i] === Math.ceil(total / 2) &&
      extra[i] === Math.max(0, strides[i]! - size)
    );
  });
  if (!valid && !same) site.refuse(`its padding [${pads.join(", ")}] is neither "valid" nor "same".`);
  const config = {
    filters: outputs,
    kernel_size: kernel,
    strides,
    padding: valid ? "valid" : "same",
    data_format: "channels_last",
    activation: "linear",
    use_bias: bias !== null,
  };
  const turned = permuted(weight, [...natural(axes + 2).slice(2), 1, 0]);
  const layer = site.layer(`Conv${axes}DTranspose`, config, [x], withBias(bias, { kernel: turned }));
  site.give({ layer, order: x.order, shape: outputShape(site) });
};

/** Operators whose answers are never negative: zeros around them lose no maximum. */
const NEVER_NEGATIVE: readonly (string | null)[] = ["Relu", "Sigmoid", "Softplus", "HardSigmoid", "Softmax"];

export function pooling(kind: "Max" | "Average"): Row {
  return (site) => {
    const x = site.arranged(site.input(0), channelsLast(site.input(0).shape.length));
    const kernel = site.attributes.ints("kernel_shape")!;
    const { strides, dilations, pads } = windowOf(site.attributes, kernel, x.shape.slice(2));
    if (dilations.some((rate) => rate !== 1)) site.refuse("its window has gaps.");
    if (kernel.length > 3) site.refuse(`it has ${kernel.length} axes.`);
    const shape = outputShape(site);
    const { x: read, padding } = padded(site, x, { reach: kernel, strides, pads });
    const steps = read.shape.slice(2).map((side, i) => {
      const size = side as number;
      return padding === "same" ? Math.ceil(size / strides[i]!) : Math.floor((size - kernel[i]!) / strides[i]!) + 1;
    });
    if (steps.join() !== shape.slice(2).join()) site.refuse("its windows reach over the edge (ceil_mode).");
    if (read.layer !== x.layer && !(kind === "Max" && NEVER_NEGATIVE.includes(site.maker(0)))) {
      site.refuse(`its padding [${pads.join(", ")}] is not what "same" means.`);
    }
    const counted = site.attributes.int("count_include_pad", 0) === 1;
    if (kind === "Average" && padding === "same" && counted) site.refuse("it counts zeros around the image.");
    const config = { pool_size: kernel, strides, padding, data_format: "channels_last" };
    site.give({ layer: site.layer(`${kind}Pooling${kernel.length}D`, config, [read]), order: x.order, shape });
  };
}

/** Over all axes but cases and channels; sizes of 1 are put back where they stay. */
function overImage(site: LayerSite, kind: "Max" | "Average", keeps: boolean): void {
  const rank = site.input(0).shape.length;
  const x = site.arranged(site.input(0), channelsLast(rank));
  if (rank > 4) site.refuse("layers have it for one and two axes.");
  const config = { data_format: "channels_last" };
  const layer = site.layer(`Global${kind}Pooling${rank - 2}D`, config, [x]);
  const shape = outputShape(site);
  if (!keeps) {
    site.give({ layer, order: [0, 1], shape });
    return;
  }
  const flat: Laid = { layer, order: [0, 1], shape: shape.slice(0, 2) };
  const target = channelsLast(rank)
    .slice(1)
    .map((axis) => shape[axis]);
  site.give({ layer: site.layer("Reshape", { target_shape: target }, [flat], {}, "_keep"), order: x.order, shape });
}

export function globalPooling(kind: "Max" | "Average"): Row {
  return (site) => overImage(site, kind, true);
}

export function reduction(kind: "Max" | "Average"): Row {
  return (site) => {
    const rank = site.input(0).shape.length;
    const constant = site.constant(1);
    const named = constant ? Array.from(constant.data as ArrayLike<unknown>, Number) : site.attributes.ints("axes");
    const axes = named?.map((axis) => site.attributes.axis(axis, rank)).toSorted((a, b) => a - b);
    if (rank < 3 || axes?.join() !== natural(rank).slice(2).join())
      site.refuse("it is over other axes than those of the image.");
    overImage(site, kind, site.attributes.int("keepdims", 1) === 1);
  };
}

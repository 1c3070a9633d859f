// Convolution and its transpose, which are each other's gradients. Layout [N, C, spatial...].
import type { Value } from "../builder.ts";
import { type Dim, fixedDims } from "../graph.ts";
import { type Window2d, weightGradient } from "./convolution-weight.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { allButChannels, type GradientSite } from "./rule.ts";
import { inputGradient, slid, window2d, windowAttributes, windowOf } from "./window.ts";

function biased(site: ShapeSite, channels: Dim): void {
  if (!site.has(2)) return;
  site.sameType(0, 2);
  if (site.ranked(2, 1)[0] !== channels) site.fail(`the bias must have ${channels} elements.`);
}

/** Weight gradients of each group, joined along the first axis of the weights. */
function groupedWeightGradient(site: GradientSite, x: Value, dy: Value, weight: Value, window: Window2d): Value {
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

export const convolution: Readonly<Record<"Conv" | "ConvTranspose", Operator>> = {
  Conv: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...windowAttributes, group: "int" },
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
    gradient: (site) => {
      const { b, dy, x, wants } = site;
      const window = window2d(site, x(0).shape);
      return [
        wants(0) ? inputGradient(b, x(0), dy, x(1), window, site.int("group", 1)) : null,
        wants(1) ? groupedWeightGradient(site, x(0), dy, x(1), window) : null,
        wants(2) ? b.reduceSum(dy, allButChannels(dy.shape), false) : null,
      ];
    },
  },
  ConvTranspose: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...windowAttributes, group: "int", output_padding: "ints" },
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
    gradient: (site) => {
      const { b, dy, x, wants } = site;
      const window = window2d(site, x(0).shape);
      return [
        wants(0) ? b.conv(dy, x(1), null, { ...window, group: site.int("group", 1) }) : null,
        wants(1) ? groupedWeightGradient(site, dy, x(0), x(1), window) : null,
        wants(2) ? b.reduceSum(dy, allButChannels(dy.shape), false) : null,
      ];
    },
  },
};

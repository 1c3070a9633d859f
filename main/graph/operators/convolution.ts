// Convolution and its transpose, which are each other's gradients. Layout [N, C, spatial...].
import { type Dim, fixedDims, type Shape } from "../graph.ts";
import { groupedWeightGradient } from "./convolution-weight.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { allButChannels } from "./rule.ts";
import { inputGradient, slid, slidingOf, windowAttributes, windowOf } from "./window.ts";

function biased(site: ShapeSite, channels: Dim): void {
  if (!site.has(2)) return;
  site.sameType(0, 2);
  if (site.ranked(2, 1)[0] !== channels) site.fail(`the bias must have ${channels} elements.`);
}

/** Shape of a convolution of input 0 with the weights of input 1. */
export function convolved(site: ShapeSite): Shape {
  const shape = site.shape(0);
  const weight = site.ranked(1, shape.length);
  if (shape.length < 3) site.fail("the input needs a spatial axis.");
  const group = site.int("group", 1);
  const outputs = site.fixed(weight[0]!, "output channels");
  const perGroup = site.fixed(weight[1]!, "input channels");
  if (shape[1] !== perGroup * group) site.fail(`${shape[1]} channels do not fit ${group} groups of ${perGroup}.`);
  if (group < 1 || outputs % group !== 0) site.fail(`${outputs} outputs do not split into ${group} groups.`);
  const kernel = weight.slice(2).map((dim) => site.fixed(dim, "kernel"));
  return [shape[0]!, outputs, ...slid(site, shape.slice(2), windowOf(site, kernel, shape.slice(2)), false)];
}

export const convolution: Readonly<Record<"Conv" | "ConvTranspose", Operator>> = {
  Conv: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...windowAttributes, group: "int" },
    infer: (site) => {
      const { type } = site.float(0);
      site.sameType(0, 1);
      const shape = convolved(site);
      biased(site, shape[1]!);
      return [{ type, shape }];
    },
    gradient: (site) => {
      const { b, dy, x, wants, target } = site;
      const kernel = fixedDims(x(1).shape.slice(2), "The kernel");
      const window = slidingOf(site, x(0).shape, dy.shape, kernel);
      const group = site.int("group", 1);
      return [
        wants(0) ? inputGradient(b, x(0), dy, x(1), window, group) : null,
        wants(1) ? groupedWeightGradient(b, x(0), dy, kernel, window, group, target) : null,
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
        shape.slice(2),
      );
      if (site.string("auto_pad", "NOTSET") !== "NOTSET") site.fail("auto_pad is not supported here; write the pads.");
      const extra = site.ints("output_padding") ?? new Array<number>(kernel.length).fill(0);
      const spatial = shape.slice(2).map((dim, i) => {
        const covered = (site.fixed(dim, `spatial axis ${i}`) - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
        const size = covered + extra[i]! - pads[i]! - pads[i + kernel.length]!;
        return size > 0 ? size : site.fail(`spatial axis ${i} would have size ${size}.`);
      });
      return [{ type, shape: [shape[0]!, channels, ...spatial] }];
    },
    gradient: (site) => {
      const { b, dy, x, wants, target } = site;
      const kernel = fixedDims(x(1).shape.slice(2), "The kernel");
      if (site.string("auto_pad", "NOTSET") !== "NOTSET") site.refuse("auto_pad; write the pads.");
      const axes = kernel.length;
      const window = {
        strides: site.ints("strides", new Array<number>(axes).fill(1)),
        dilations: site.ints("dilations", new Array<number>(axes).fill(1)),
        pads: site.ints("pads", new Array<number>(2 * axes).fill(0)),
      };
      const group = site.int("group", 1);
      return [
        wants(0) ? b.conv(dy, x(1), null, { ...window, group }) : null,
        wants(1) ? groupedWeightGradient(b, dy, x(0), kernel, window, group, target) : null,
        wants(2) ? b.reduceSum(dy, allButChannels(dy.shape), false) : null,
      ];
    },
  },
};

// Between real numbers and 8-bit codes: real = (code - zero point) * scale, per tensor or per slice along an axis.
import type { DataType } from "../data-type.ts";
import type { Operator, ShapeSite } from "./operator.ts";
import { notDifferentiable } from "./rule.ts";

function scaled(site: ShapeSite): void {
  const { shape } = site.input(0);
  site.typed(1, "float32");
  const scale = site.shape(1);
  if (scale.length > 1) site.fail("the scale must be one number or one per slice.");
  if (scale.length === 1) {
    const axis = site.axis(site.int("axis", 1), shape.length);
    if (scale[0] !== 1 && scale[0] !== shape[axis]) site.fail(`${scale[0]} scales do not fit axis ${axis}.`);
  }
  if (site.has(2) && site.shape(2).join() !== scale.join()) site.fail("scale and zero point differ in shape.");
}

export const quantization: Readonly<Record<"QuantizeLinear" | "DequantizeLinear", Operator>> = {
  QuantizeLinear: {
    domain: "",
    opset: [13, 18],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      site.typed(0, "float32");
      scaled(site);
      const type: DataType = site.has(2) ? site.typed(2, "uint8", "int8").type : "uint8";
      return [{ type, shape: site.shape(0) }];
    },
    gradient: notDifferentiable("rounding is flat almost everywhere; pretending otherwise is a choice of training."),
  },
  DequantizeLinear: {
    domain: "",
    opset: [13, 18],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: (site) => {
      site.typed(0, "uint8", "int8", "int32");
      scaled(site);
      if (site.has(2)) site.sameType(0, 2);
      return [{ type: "float32", shape: site.shape(0) }];
    },
    gradient: notDifferentiable("its input is made of codes, not of real numbers."),
  },
};

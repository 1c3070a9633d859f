// Between real numbers and 8-bit codes: real = (code - zero point) * scale, per tensor or per slice along an axis.
import type { Value } from "../builder.ts";
import type { DataType } from "../data-type.ts";
import type { Operator, ShapeSite } from "./operator.ts";
import { type GradientSite, indicator } from "./rule.ts";

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

/** Scales or zero points shaped to broadcast along their axis. */
function alongAxis({ b, x, int }: GradientSite, values: Value): Value {
  if (values.shape.length === 0) return values;
  const rank = x(0).shape.length;
  const axis = (int("axis", 1) + rank) % rank;
  return b.reshape(
    values,
    x(0).shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** Per code, a real number: what one more code would change. */
function dequantizeGradient(site: GradientSite): readonly (Value | null)[] {
  if (site.wants(1)) site.refuse("its scale is taken as a constant.");
  return [site.b.mul(site.dy, alongAxis(site, site.x(1))), null, null];
}

/**
 * Rounding has no slope, so it is passed as if it were not there, and nothing passes where the code is cut off at an end of its range
 * (straight-through estimator: Bengio, Leonard, Courville 2013, arXiv 1308.3432; Jacob et al. 2018, arXiv 1712.05877).
 */
function quantizeGradient(site: GradientSite): readonly (Value | null)[] {
  const { b, dy, x, y, has } = site;
  if (site.wants(1)) site.refuse("its scale is taken as a constant.");
  const scale = alongAxis(site, x(1));
  const [low, high] = y(0).type === "int8" ? [-128, 127] : [0, 255];
  const scaled = b.div(x(0), scale);
  const code = has(2) ? b.add(scaled, alongAxis(site, b.cast(x(2), dy.type))) : scaled;
  const inside = b.mul(indicator(b, b.greater(code, low - 0.5), dy), indicator(b, b.greater(high + 0.5, code), dy));
  return [b.div(b.mul(dy, inside), scale), null, null];
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
    gradient: quantizeGradient,
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
    gradient: dequantizeGradient,
  },
};

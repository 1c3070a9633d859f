// Between real numbers and 8-bit codes: real = (code - zero point) * scale, per tensor or per slice along an axis.
import type { Value } from "../builder.ts";
import type { DataType } from "../data-type.ts";
import { convolution, convolved } from "./convolution.ts";
import { multiplied } from "./matrix.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { type GradientSite, indicator, notDifferentiable } from "./rule.ts";

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

const gradient = notDifferentiable("sums of codes are for use, not for learning.");

/** What both integer operators ask: codes, and one zero point for each side that has one. */
function codes(site: ShapeSite): void {
  site.typed(0, "uint8", "int8");
  site.typed(1, "uint8", "int8");
  for (const [side, zero] of [
    [0, 2],
    [1, 3],
  ] as const) {
    if (!site.has(zero)) continue;
    site.sameType(side, zero);
    if (site.shape(zero).length > 0) site.fail("one zero point is supported for each side.");
  }
}

type Name =
  | "QuantizeLinear"
  | "DequantizeLinear"
  | "DynamicQuantizeLinear"
  | "ConvInteger"
  | "MatMulInteger"
  | "MatMulNBits";

export const quantization: Readonly<Record<Name, Operator>> = {
  DynamicQuantizeLinear: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, 1],
    outputs: [3, 3],
    attributes: {},
    infer: (site) => [
      { type: "uint8", shape: site.typed(0, "float32").shape },
      { type: "float32", shape: [] },
      { type: "uint8", shape: [] },
    ],
    gradient,
  },
  ConvInteger: {
    domain: "",
    opset: [10, NEWEST],
    inputs: [2, 4],
    outputs: [1, 1],
    attributes: convolution.Conv.attributes,
    infer: (site) => {
      codes(site);
      return [{ type: "int32", shape: convolved(site) }];
    },
    gradient,
  },
  MatMulInteger: {
    domain: "",
    opset: [10, NEWEST],
    inputs: [2, 4],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      codes(site);
      return [{ type: "int32", shape: multiplied(site, site.shape(0), site.shape(1)) }];
    },
    gradient,
  },
  MatMulNBits: {
    // https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; 4 bits, a scale for each block, no zero points
    domain: "com.microsoft",
    opset: [1, 1],
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { K: "int", N: "int", bits: "int", block_size: "int" },
    infer: (site) => {
      site.typed(0, "float32");
      const [K, N, block] = [site.int("K", 0), site.int("N", 0), site.int("block_size", 0)];
      if (site.int("bits", 4) !== 4 || block < 16) site.fail("4 bits in blocks of 16 or more are supported.");
      const blocks = Math.ceil(K / block);
      site.typed(1, "uint8");
      if (site.shape(1).join() !== [N, blocks, block / 2].join())
        site.fail(`the codes must be [${N}, ${blocks}, ${block / 2}].`);
      site.typed(2, "float32");
      if (site.shape(2).join() !== `${N * blocks}`) site.fail(`${N * blocks} scales are needed.`);
      return [{ type: "float32", shape: multiplied(site, site.shape(0), [K, N]) }];
    },
    gradient,
  },
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

// Activations: what stands between two layers, and the soft maxima at the end of a net.
//
// Where one has a corner, its gradient rule says which slope it takes there. Defaults of the attributes are those of the ONNX operators.
import type { Value } from "../builder.ts";
import type { TensorType } from "../graph.ts";
import { NEWEST, type Operator, oneFloat, type ShapeSite, unary } from "./operator.ts";
import { type GradientSite, indicator, sumTo } from "./rule.ts";

function alongAxis(site: ShapeSite): readonly TensorType[] {
  const { type, shape } = site.float(0);
  site.axis(site.int("axis", -1), shape.length);
  return [{ type, shape }];
}

/** The slope of a function of x with a corner at 0: `above` where x > 0, else `below`. */
function twoSlopes({ b, x, dy }: GradientSite, above: number, below: Value): Value {
  const positive = indicator(b, b.greater(x(0), 0), dy);
  return b.add(b.mul(positive, above), b.mul(b.sub(1, positive), below));
}

export const activation: Readonly<
  Record<
    | "Relu"
    | "LeakyRelu"
    | "Elu"
    | "Selu"
    | "Sigmoid"
    | "HardSigmoid"
    | "HardSwish"
    | "Softplus"
    | "Tanh"
    | "Erf"
    | "Softmax"
    | "LogSoftmax"
    | "Clip"
    | "PRelu"
    | "Celu"
    | "Softsign"
    | "ThresholdedRelu"
    | "Shrink"
    | "Dropout",
    Operator
  >
> = {
  PRelu: {
    domain: "",
    opset: [9, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { type, shape } = site.float(0);
      site.sameType(0, 1);
      if (site.broadcast(shape, site.shape(1)).join() !== shape.join()) site.fail("the slopes do not fit the input.");
      return [{ type, shape }];
    },
    // At 0 the slope is the one from below.
    gradient: (site) => {
      const { b, dy, x, wants } = site;
      const below = () => b.sub(1, indicator(b, b.greater(x(0), 0), dy));
      return [
        wants(0) ? b.mul(dy, twoSlopes(site, 1, x(1))) : null,
        wants(1) ? sumTo(b, b.mul(b.mul(dy, x(0)), below()), x(1)) : null,
      ];
    },
  },
  // Below 0 the function is alpha (e^(x / alpha) - 1), so its slope is its value / alpha + 1.
  Celu: {
    ...unary,
    opset: [12, NEWEST],
    attributes: { alpha: "float" },
    infer: oneFloat,
    gradient: (site) => {
      const { b, dy, y } = site;
      return [b.mul(dy, twoSlopes(site, 1, b.add(b.mul(y(0), 1 / site.number("alpha", 1)), 1)))];
    },
  },
  // y = x / (1 + |x|), so its slope 1 / (1 + |x|)^2 is (1 - |y|)^2.
  Softsign: {
    ...unary,
    opset: [1, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, y }) => {
      const rest = b.sub(1, b.op("Abs", [y(0)]));
      return [b.mul(dy, b.mul(rest, rest))];
    },
  },
  // The slope at the threshold is 0.
  ThresholdedRelu: {
    ...unary,
    opset: [10, NEWEST],
    attributes: { alpha: "float" },
    infer: oneFloat,
    gradient: ({ b, dy, x, number }) => [b.mul(dy, indicator(b, b.greater(x(0), number("alpha", 1)), dy))],
  },
  // Flat between both limits, and at them.
  Shrink: {
    ...unary,
    opset: [9, NEWEST],
    attributes: { lambd: "float", bias: "float" },
    infer: oneFloat,
    gradient: ({ b, dy, x, number }) => [
      b.mul(dy, indicator(b, b.greater(b.op("Abs", [x(0)]), number("lambd", 0.5)), dy)),
    ],
  },
  // As models for use have it: nothing is dropped. In training, chance enters a graph of ours as an input.
  Dropout: {
    domain: "",
    opset: [12, NEWEST],
    inputs: [1, 3],
    outputs: [1, 2],
    attributes: { seed: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      const types: readonly TensorType[] = [
        { type, shape },
        { type: "bool", shape },
      ];
      return types.slice(0, site.outputs);
    },
    gradient: ({ dy, has, refuse }) =>
      has(2) ? refuse("which elements it drops is known to the runtime alone.") : [dy],
  },
  Relu: {
    ...unary,
    opset: [6, NEWEST],
    infer: oneFloat,
    // The slope at 0 is 0. A product with a 0/1 mask: Where is several times slower on the CPU.
    gradient: ({ b, dy, y }) => [b.mul(dy, indicator(b, b.greater(y(0), 0), dy))],
  },
  LeakyRelu: {
    ...unary,
    opset: [6, NEWEST],
    attributes: { alpha: "float" },
    infer: oneFloat,
    // Defaults of the attributes are those of the ONNX operators. At 0 the slope is the one from below.
    gradient: (site) => [
      site.b.mul(site.dy, twoSlopes(site, 1, site.b.scalar(site.number("alpha", 0.01), site.dy.type))),
    ],
  },
  Elu: {
    ...unary,
    opset: [6, NEWEST],
    attributes: { alpha: "float" },
    infer: oneFloat,
    // Below 0 the function is alpha (e^x - 1), so its slope is its value + alpha; Selu scales both sides by gamma.
    gradient: (site) => [site.b.mul(site.dy, twoSlopes(site, 1, site.b.add(site.y(0), site.number("alpha", 1))))],
  },
  Selu: {
    ...unary,
    opset: [6, NEWEST],
    attributes: { alpha: "float", gamma: "float" },
    infer: oneFloat,
    gradient: (site) => {
      const gamma = site.number("gamma", 1.0507009873554805);
      const alpha = site.number("alpha", 1.6732632423543772);
      return [site.b.mul(site.dy, twoSlopes(site, gamma, site.b.add(site.y(0), gamma * alpha)))];
    },
  },
  Sigmoid: {
    ...unary,
    opset: [6, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, y }) => [b.mul(dy, b.mul(y(0), b.sub(1, y(0))))],
  },
  HardSigmoid: {
    ...unary,
    opset: [6, NEWEST],
    attributes: { alpha: "float", beta: "float" },
    infer: oneFloat,
    // Flat outside and at both corners.
    gradient: ({ b, dy, y, number }) => {
      const inside = b.mul(indicator(b, b.greater(y(0), 0), dy), indicator(b, b.greater(1, y(0)), dy));
      return [b.mul(b.mul(dy, number("alpha", 0.2)), inside)];
    },
  },
  HardSwish: {
    ...unary,
    opset: [14, NEWEST],
    infer: oneFloat,
    // x * clip(x / 6 + 1/2, 0, 1): the slope is x / 3 + 1/2 between -3 and 3, then 1.
    gradient: ({ b, dy, x }) => {
      const [aboveLow, aboveHigh] = [-3, 3].map((corner) => indicator(b, b.greater(x(0), corner), dy)) as [
        Value,
        Value,
      ];
      const between = b.mul(b.sub(aboveLow, aboveHigh), b.add(b.mul(x(0), 1 / 3), 0.5));
      return [b.mul(dy, b.add(between, aboveHigh))];
    },
  },
  Softplus: { ...unary, opset: [1, NEWEST], infer: oneFloat, gradient: ({ b, dy, x }) => [b.mul(dy, b.sigmoid(x(0)))] },
  Tanh: {
    ...unary,
    opset: [6, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, y }) => [b.mul(dy, b.sub(1, b.mul(y(0), y(0))))],
  },
  Erf: {
    ...unary,
    opset: [9, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, x }) => [b.mul(b.mul(dy, 2 / Math.sqrt(Math.PI)), b.exp(b.neg(b.mul(x(0), x(0)))))],
  },
  Softmax: {
    ...unary,
    opset: [13, NEWEST],
    attributes: { axis: "int" },
    infer: alongAxis,
    gradient: ({ b, dy, y, int }) => {
      const weighted = b.mul(dy, y(0));
      return [b.sub(weighted, b.mul(y(0), b.reduceSum(weighted, [int("axis", -1)])))];
    },
  },
  LogSoftmax: {
    ...unary,
    opset: [13, NEWEST],
    attributes: { axis: "int" },
    infer: alongAxis,
    gradient: ({ b, dy, y, int }) => [b.sub(dy, b.mul(b.exp(y(0)), b.reduceSum(dy, [int("axis", -1)])))],
  },
  Clip: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [1, 3],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      for (const bound of [1, 2]) {
        if (!site.has(bound)) continue;
        site.sameType(0, bound);
        site.ranked(bound, 0);
      }
      return oneFloat(site);
    },
    // The slope at a bound is 0, as at every point outside.
    gradient: ({ b, dy, x, has, wants, refuse }) => {
      if (wants(1) || wants(2)) refuse("its bounds are taken as constants.");
      let inside = dy;
      if (has(1)) inside = b.mul(inside, indicator(b, b.greater(x(0), x(1)), dy));
      if (has(2)) inside = b.mul(inside, indicator(b, b.greater(x(2), x(0)), dy));
      return [inside];
    },
  },
};

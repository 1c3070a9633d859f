// Element by element: the chain rule, then the sum over whatever was broadcast.
import type { Value } from "../builder.ts";
import { isFloat } from "../data-type.ts";
import { type GradientRule, indicator, notDifferentiable, type Site, sumTo } from "./rule.ts";

/** Gradients of both inputs, each written only when wanted. */
function both({ b, x, wants }: Site, first: () => Value, second: () => Value): readonly (Value | null)[] {
  return [wants(0) ? sumTo(b, first(), x(0)) : null, wants(1) ? sumTo(b, second(), x(1)) : null];
}

/** The slope of a function of x with a corner at 0: `above` where x > 0, else `below`. */
function twoSlopes({ b, x, dy }: Site, above: number, below: Value): Value {
  const positive = indicator(b, b.greater(x(0), 0), dy);
  return b.add(b.mul(positive, above), b.mul(b.sub(1, positive), below));
}

export const arithmetic = {
  Add: (site) =>
    both(
      site,
      () => site.dy,
      () => site.dy,
    ),
  Sub: (site) =>
    both(
      site,
      () => site.dy,
      () => site.b.neg(site.dy),
    ),
  Mul: (site) =>
    both(
      site,
      () => site.b.mul(site.dy, site.x(1)),
      () => site.b.mul(site.dy, site.x(0)),
    ),
  Div: (site) => {
    const { b, dy, x, y } = site;
    return both(
      site,
      () => b.div(dy, x(1)),
      () => b.neg(b.div(b.mul(dy, y(0)), x(1))),
    );
  },
  Pow: (site) => {
    const { b, dy, x, y } = site;
    return both(
      site,
      () => b.mul(b.mul(dy, x(1)), b.pow(x(0), b.sub(x(1), 1))),
      () => b.mul(b.mul(dy, y(0)), b.log(x(0))), // real where the base is positive
    );
  },
  Neg: ({ b, dy }) => [b.neg(dy)],
  Sqrt: ({ b, dy, y }) => [b.div(b.mul(dy, 0.5), y(0))],
  Exp: ({ b, dy, y }) => [b.mul(dy, y(0))],
  Log: ({ b, dy, x }) => [b.div(dy, x(0))],
  // The slope at 0 is 0. A product with a 0/1 mask: Where is several times slower on the CPU.
  Relu: ({ b, dy, y }) => [b.mul(dy, indicator(b, b.greater(y(0), 0), dy))],
  Sigmoid: ({ b, dy, y }) => [b.mul(dy, b.mul(y(0), b.sub(1, y(0))))],
  Tanh: ({ b, dy, y }) => [b.mul(dy, b.sub(1, b.mul(y(0), y(0))))],
  Erf: ({ b, dy, x }) => [b.mul(b.mul(dy, 2 / Math.sqrt(Math.PI)), b.exp(b.neg(b.mul(x(0), x(0)))))],
  // The slope at 0 is 0.
  Abs: ({ b, dy, x }) => [b.mul(dy, b.node("Sign", [x(0)])[0]!)],
  Sin: ({ b, dy, x }) => [b.mul(dy, b.node("Cos", [x(0)])[0]!)],
  Cos: ({ b, dy, x }) => [b.neg(b.mul(dy, b.node("Sin", [x(0)])[0]!))],
  Reciprocal: ({ b, dy, y }) => [b.neg(b.mul(dy, b.mul(y(0), y(0))))],
  // Defaults of the attributes are those of the ONNX operators. At 0 the slope is the one from below.
  LeakyRelu: (site) => [
    site.b.mul(site.dy, twoSlopes(site, 1, site.b.scalar(site.number("alpha", 0.01), site.dy.type))),
  ],
  // Below 0 the function is alpha (e^x - 1), so its slope is its value + alpha; Selu scales both sides by gamma.
  Elu: (site) => [site.b.mul(site.dy, twoSlopes(site, 1, site.b.add(site.y(0), site.number("alpha", 1))))],
  Selu: (site) => {
    const gamma = site.number("gamma", 1.0507009873554805);
    const alpha = site.number("alpha", 1.6732632423543772);
    return [site.b.mul(site.dy, twoSlopes(site, gamma, site.b.add(site.y(0), gamma * alpha)))];
  },
  Softplus: ({ b, dy, x }) => [b.mul(dy, b.sigmoid(x(0)))],
  // Flat outside and at both corners.
  HardSigmoid: ({ b, dy, y, number }) => {
    const inside = b.mul(indicator(b, b.greater(y(0), 0), dy), indicator(b, b.greater(1, y(0)), dy));
    return [b.mul(b.mul(dy, number("alpha", 0.2)), inside)];
  },
  // x * clip(x / 6 + 1/2, 0, 1): the slope is x / 3 + 1/2 between -3 and 3, then 1.
  HardSwish: ({ b, dy, x }) => {
    const [aboveLow, aboveHigh] = [-3, 3].map((corner) => indicator(b, b.greater(x(0), corner), dy)) as [Value, Value];
    const between = b.mul(b.sub(aboveLow, aboveHigh), b.add(b.mul(x(0), 1 / 3), 0.5));
    return [b.mul(dy, b.add(between, aboveHigh))];
  },
  Softmax: ({ b, dy, y, int }) => {
    const weighted = b.mul(dy, y(0));
    return [b.sub(weighted, b.mul(y(0), b.reduceSum(weighted, [int("axis", -1)])))];
  },
  LogSoftmax: ({ b, dy, y, int }) => [b.sub(dy, b.mul(b.exp(y(0)), b.reduceSum(dy, [int("axis", -1)])))],
  Identity: ({ dy }) => [dy],
  // The slope at a bound is 0, as at every point outside.
  Clip: ({ b, dy, x, has, wants, refuse }) => {
    if (wants(1) || wants(2)) refuse("its bounds are taken as constants.");
    let inside = dy;
    if (has(1)) inside = b.mul(inside, indicator(b, b.greater(x(0), x(1)), dy));
    if (has(2)) inside = b.mul(inside, indicator(b, b.greater(x(2), x(0)), dy));
    return [inside];
  },
  Cast: ({ b, dy, x }) => [isFloat(x(0).type) ? b.cast(dy, x(0).type) : null],
  Where: (site) => {
    const { b, dy, x, wants } = site;
    const yes = indicator(b, x(0), dy);
    return [
      null,
      wants(1) ? sumTo(b, b.mul(dy, yes), x(1)) : null,
      wants(2) ? sumTo(b, b.mul(dy, b.sub(1, yes)), x(2)) : null,
    ];
  },
  Sign: notDifferentiable("it is flat everywhere but at 0, where it jumps."),
  Equal: notDifferentiable("the output is true or false."),
  Greater: notDifferentiable("the output is true or false."),
} satisfies Record<string, GradientRule>;

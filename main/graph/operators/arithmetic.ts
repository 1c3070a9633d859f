// Element by element: two inputs broadcast, one input keeps its shape. Backwards: the chain rule, then the sum over whatever was broadcast.
import type { Value } from "../builder.ts";
import { DATA_TYPES, dataTypeOf, isFloat } from "../data-type.ts";
import type { TensorType } from "../graph.ts";
import { NEWEST, type Operator, oneFloat, type ShapeSite, unary } from "./operator.ts";
import { type GradientSite, indicator, notDifferentiable, sumTo } from "./rule.ts";

function twoFloats(site: ShapeSite): readonly TensorType[] {
  site.float(0);
  return [{ type: site.sameType(0, 1), shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

function twoNumbers(site: ShapeSite): readonly TensorType[] {
  const type = site.sameType(0, 1);
  if (type === "bool") site.fail("numbers are needed, not bool.");
  return [{ type, shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

/** The same where both inputs are whole numbers that are known, as in the sums that other tools write about shapes. */
function knownNumbers(site: ShapeSite, compute: (a: number, b: number) => number): readonly TensorType[] {
  const [made] = twoNumbers(site) as [TensorType];
  const [a, b] = [site.inputs[0]?.contents, site.inputs[1]?.contents];
  if (!isWhole(made.type) || !a || !b || made.shape.length > 1) return [made];
  const length = Math.max(a.length, b.length);
  const at = (values: readonly unknown[], i: number) => values[values.length === 1 ? 0 : i];
  const contents = Array.from({ length }, (_, i) => {
    const [left, right] = [at(a, i), at(b, i)];
    return typeof left === "number" && typeof right === "number" ? compute(left, right) : Number.NaN;
  });
  return [contents.every(Number.isSafeInteger) ? { ...made, contents } : made];
}

const isWhole = (type: TensorType["type"]): boolean => type === "int64" || type === "int32";

function compared(site: ShapeSite): readonly TensorType[] {
  site.sameType(0, 1);
  return [{ type: "bool", shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

const binary = { domain: "", inputs: [2, 2], outputs: [1, 1], attributes: {} } as const;

/** Gradients of both inputs, each written only when wanted. */
function both({ b, x, wants }: GradientSite, first: () => Value, second: () => Value): readonly (Value | null)[] {
  return [wants(0) ? sumTo(b, first(), x(0)) : null, wants(1) ? sumTo(b, second(), x(1)) : null];
}

function logical(site: ShapeSite): readonly TensorType[] {
  site.typed(0, "bool");
  return [{ type: site.sameType(0, 1), shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

/** Any number of inputs, broadcast together. */
function several(site: ShapeSite): readonly TensorType[] {
  const type = site.sameType(...site.inputs.keys());
  if (type === "bool") site.fail("numbers are needed, not bool.");
  return [{ type, shape: [...site.inputs.keys()].map((i) => site.shape(i)).reduce((a, b) => site.broadcast(a, b)) }];
}

/** Inputs that share the extreme share its gradient evenly. */
function extremeGradient({ b, node, dy, x, y, wants }: GradientSite): readonly (Value | null)[] {
  const hits = node.inputs.map((_, i) => indicator(b, b.equal(x(i), y(0)), dy));
  const share = b.div(
    dy,
    hits.reduce((sum, hit) => b.add(sum, hit)),
  );
  return hits.map((hit, i) => (wants(i) ? sumTo(b, b.mul(hit, share), x(i)) : null));
}

const TRUTH = notDifferentiable("the output is true or false.");
const STEPS = notDifferentiable("it is flat everywhere but where it jumps.");
const variadic = { domain: "", inputs: [1, Number.POSITIVE_INFINITY], outputs: [1, 1], attributes: {} } as const;

export const arithmetic: Readonly<
  Record<
    | "Add"
    | "Sub"
    | "Mul"
    | "Div"
    | "Pow"
    | "Equal"
    | "Greater"
    | "Neg"
    | "Sqrt"
    | "Exp"
    | "Log"
    | "Abs"
    | "Sign"
    | "Sin"
    | "Cos"
    | "Reciprocal"
    | "Identity"
    | "Cast"
    | "Where"
    | "Less"
    | "GreaterOrEqual"
    | "LessOrEqual"
    | "And"
    | "Or"
    | "Xor"
    | "Not"
    | "Floor"
    | "Ceil"
    | "Round"
    | "Min"
    | "Max"
    | "Sum"
    | "Mean"
    | "Mod",
    Operator
  >
> = {
  Less: { ...binary, opset: [9, NEWEST], infer: compared, gradient: TRUTH },
  GreaterOrEqual: { ...binary, opset: [12, NEWEST], infer: compared, gradient: TRUTH },
  LessOrEqual: { ...binary, opset: [12, NEWEST], infer: compared, gradient: TRUTH },
  And: { ...binary, opset: [7, NEWEST], infer: logical, gradient: TRUTH },
  Or: { ...binary, opset: [7, NEWEST], infer: logical, gradient: TRUTH },
  Xor: { ...binary, opset: [7, NEWEST], infer: logical, gradient: TRUTH },
  // a - b times the whole part of a / b: the slope by a is 1, that by b is taken as a constant's.
  Mod: {
    ...binary,
    opset: [13, NEWEST],
    attributes: { fmod: "int" },
    infer: twoNumbers,
    gradient: ({ b, dy, x, wants, refuse }) => {
      if (wants(1)) refuse("its divisor is taken as constant.");
      return [sumTo(b, dy, x(0)), null];
    },
  },
  Not: {
    ...unary,
    opset: [1, NEWEST],
    infer: (site) => [{ type: "bool", shape: site.typed(0, "bool").shape }],
    gradient: TRUTH,
  },
  Floor: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: STEPS },
  Ceil: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: STEPS },
  Round: { ...unary, opset: [11, NEWEST], infer: oneFloat, gradient: STEPS },
  Min: { ...variadic, opset: [8, NEWEST], infer: several, gradient: extremeGradient },
  Max: { ...variadic, opset: [8, NEWEST], infer: several, gradient: extremeGradient },
  Sum: {
    ...variadic,
    opset: [8, NEWEST],
    infer: several,
    gradient: ({ b, node, dy, x, wants }) => node.inputs.map((_, i) => (wants(i) ? sumTo(b, dy, x(i)) : null)),
  },
  Mean: {
    ...variadic,
    opset: [8, NEWEST],
    infer: several,
    gradient: ({ b, node, dy, x, wants }) => {
      const share = b.div(dy, node.inputs.length);
      return node.inputs.map((_, i) => (wants(i) ? sumTo(b, share, x(i)) : null));
    },
  },
  Add: {
    ...binary,
    opset: [7, NEWEST],
    infer: (site) => knownNumbers(site, (a, b) => a + b),
    gradient: (site) =>
      both(
        site,
        () => site.dy,
        () => site.dy,
      ),
  },
  Sub: {
    ...binary,
    opset: [7, NEWEST],
    infer: (site) => knownNumbers(site, (a, b) => a - b),
    gradient: (site) =>
      both(
        site,
        () => site.dy,
        () => site.b.neg(site.dy),
      ),
  },
  Mul: {
    ...binary,
    opset: [7, NEWEST],
    infer: (site) => knownNumbers(site, (a, b) => a * b),
    gradient: (site) =>
      both(
        site,
        () => site.b.mul(site.dy, site.x(1)),
        () => site.b.mul(site.dy, site.x(0)),
      ),
  },
  Div: {
    ...binary,
    opset: [7, NEWEST],
    infer: (site) => knownNumbers(site, (a, b) => Math.trunc(a / b)),
    gradient: (site) => {
      const { b, dy, x, y } = site;
      return both(
        site,
        () => b.div(dy, x(1)),
        () => b.neg(b.div(b.mul(dy, y(0)), x(1))),
      );
    },
  },
  Pow: {
    ...binary,
    opset: [12, NEWEST],
    infer: twoFloats,
    gradient: (site) => {
      const { b, dy, x, y } = site;
      return both(
        site,
        () => b.mul(b.mul(dy, x(1)), b.pow(x(0), b.sub(x(1), 1))),
        () => b.mul(b.mul(dy, y(0)), b.log(x(0))), // real where the base is positive
      );
    },
  },
  Equal: {
    ...binary,
    opset: [11, NEWEST],
    infer: compared,
    gradient: notDifferentiable("the output is true or false."),
  },
  Greater: {
    ...binary,
    opset: [9, NEWEST],
    infer: compared,
    gradient: notDifferentiable("the output is true or false."),
  },
  Neg: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: ({ b, dy }) => [b.neg(dy)] },
  Sqrt: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: ({ b, dy, y }) => [b.div(b.mul(dy, 0.5), y(0))] },
  Exp: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: ({ b, dy, y }) => [b.mul(dy, y(0))] },
  Log: { ...unary, opset: [6, NEWEST], infer: oneFloat, gradient: ({ b, dy, x }) => [b.div(dy, x(0))] },
  Abs: {
    ...unary,
    opset: [6, NEWEST],
    infer: oneFloat,
    // The slope at 0 is 0.
    gradient: ({ b, dy, x }) => [b.mul(dy, b.op("Sign", [x(0)]))],
  },
  Sign: {
    ...unary,
    opset: [9, NEWEST],
    infer: oneFloat,
    gradient: notDifferentiable("it is flat everywhere but at 0, where it jumps."),
  },
  Sin: { ...unary, opset: [7, NEWEST], infer: oneFloat, gradient: ({ b, dy, x }) => [b.mul(dy, b.op("Cos", [x(0)]))] },
  Cos: {
    ...unary,
    opset: [7, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, x }) => [b.neg(b.mul(dy, b.op("Sin", [x(0)])))],
  },
  Reciprocal: {
    ...unary,
    opset: [6, NEWEST],
    infer: oneFloat,
    gradient: ({ b, dy, y }) => [b.neg(b.mul(dy, b.mul(y(0), y(0))))],
  },
  Identity: { ...unary, opset: [1, NEWEST], infer: (site) => [site.input(0)], gradient: ({ dy }) => [dy] },
  Cast: {
    ...unary,
    opset: [9, NEWEST],
    attributes: { to: "int", saturate: "int" },
    infer: (site) => {
      const { type: from, shape, contents } = site.input(0);
      const type = dataTypeOf(site.int("to", 0), site.label);
      // Other tools count sizes in int32 on the way.
      return [isWhole(from) && isWhole(type) ? { type, shape, contents } : { type, shape }];
    },
    gradient: ({ b, dy, x }) => [isFloat(x(0).type) ? b.cast(dy, x(0).type) : null],
  },
  Where: {
    domain: "",
    opset: [9, NEWEST],
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      site.typed(0, "bool");
      const chosen = site.broadcast(site.shape(1), site.shape(2));
      return [{ type: site.sameType(1, 2), shape: site.broadcast(site.shape(0), chosen) }];
    },
    gradient: (site) => {
      const { b, dy, x, wants } = site;
      const yes = indicator(b, x(0), dy);
      return [
        null,
        wants(1) ? sumTo(b, b.mul(dy, yes), x(1)) : null,
        wants(2) ? sumTo(b, b.mul(dy, b.sub(1, yes)), x(2)) : null,
      ];
    },
  },
};

/** The attribute value that makes Cast produce this type. */
export function castTo(type: keyof typeof DATA_TYPES): number {
  return DATA_TYPES[type].code;
}

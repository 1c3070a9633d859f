// Element by element: two inputs broadcast, one input keeps its shape.
import { DATA_TYPES, dataTypeOf } from "../data-type.ts";
import type { TensorType } from "../graph.ts";
import { NEWEST, type Operator, type Site } from "./operator.ts";

function twoFloats(site: Site): readonly TensorType[] {
  site.float(0);
  return [{ type: site.sameType(0, 1), shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

function twoNumbers(site: Site): readonly TensorType[] {
  const type = site.sameType(0, 1);
  if (type === "bool") site.fail("numbers are needed, not bool.");
  return [{ type, shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

function compared(site: Site): readonly TensorType[] {
  site.sameType(0, 1);
  return [{ type: "bool", shape: site.broadcast(site.shape(0), site.shape(1)) }];
}

function oneFloat(site: Site): readonly TensorType[] {
  const { type, shape } = site.float(0);
  return [{ type, shape }];
}

function alongAxis(site: Site): readonly TensorType[] {
  const { type, shape } = site.float(0);
  site.axis(site.int("axis", -1), shape.length);
  return [{ type, shape }];
}

const binary = { domain: "", inputs: [2, 2], outputs: [1, 1], attributes: {} } as const;
const unary = { domain: "", inputs: [1, 1], outputs: [1, 1], attributes: {} } as const;

export const arithmetic = {
  Add: { ...binary, opset: [7, NEWEST], infer: twoNumbers },
  Sub: { ...binary, opset: [7, NEWEST], infer: twoNumbers },
  Mul: { ...binary, opset: [7, NEWEST], infer: twoNumbers },
  Div: { ...binary, opset: [7, NEWEST], infer: twoNumbers },
  Pow: { ...binary, opset: [12, NEWEST], infer: twoFloats },
  Equal: { ...binary, opset: [11, NEWEST], infer: compared },
  Greater: { ...binary, opset: [9, NEWEST], infer: compared },
  Neg: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Sqrt: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Exp: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Log: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Relu: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Sigmoid: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Tanh: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Erf: { ...unary, opset: [9, NEWEST], infer: oneFloat },
  Abs: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  Sign: { ...unary, opset: [9, NEWEST], infer: oneFloat },
  Sin: { ...unary, opset: [7, NEWEST], infer: oneFloat },
  Cos: { ...unary, opset: [7, NEWEST], infer: oneFloat },
  Reciprocal: { ...unary, opset: [6, NEWEST], infer: oneFloat },
  LeakyRelu: { ...unary, opset: [6, NEWEST], attributes: { alpha: "float" }, infer: oneFloat },
  Elu: { ...unary, opset: [6, NEWEST], attributes: { alpha: "float" }, infer: oneFloat },
  Selu: { ...unary, opset: [6, NEWEST], attributes: { alpha: "float", gamma: "float" }, infer: oneFloat },
  Softplus: { ...unary, opset: [1, NEWEST], infer: oneFloat },
  HardSigmoid: { ...unary, opset: [6, NEWEST], attributes: { alpha: "float", beta: "float" }, infer: oneFloat },
  HardSwish: { ...unary, opset: [14, NEWEST], infer: oneFloat },
  Softmax: { ...unary, opset: [13, NEWEST], attributes: { axis: "int" }, infer: alongAxis },
  LogSoftmax: { ...unary, opset: [13, NEWEST], attributes: { axis: "int" }, infer: alongAxis },
  Identity: { ...unary, opset: [1, NEWEST], infer: (site) => [site.input(0)] },
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
  },
  Cast: {
    ...unary,
    opset: [9, NEWEST],
    attributes: { to: "int", saturate: "int" },
    infer: (site) => [{ type: dataTypeOf(site.int("to", 0), site.label), shape: site.shape(0) }],
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
  },
} satisfies Record<string, Operator>;

/** The attribute value that makes Cast produce this type. */
export function castTo(type: keyof typeof DATA_TYPES): number {
  return DATA_TYPES[type].code;
}

// Matrix products. With Y = A' B', the gradients are dA' = dY B'^T and dB' = A'^T dY, read back through any transposition.
import type { Value } from "../builder.ts";
import type { Dim, Shape, TensorType } from "../graph.ts";
import { NEWEST, type Operator, type ShapeSite } from "./operator.ts";
import { type GradientSite, sumTo } from "./rule.ts";

/** Types of a (batched) product; each side may be read with its last two dimensions swapped. */
function product(site: ShapeSite, swapA: boolean, swapB: boolean): readonly TensorType[] {
  site.float(0);
  const type = site.sameType(0, 1);
  return [{ type, shape: multiplied(site, site.shape(0), site.shape(1), swapA, swapB) }];
}

/** Shape of the product of both. */
export function multiplied(site: ShapeSite, left: Shape, right: Shape, swapA = false, swapB = false): Shape {
  const a = swapped(left, swapA);
  const b = swapped(right, swapB);
  if (a.length < 2 || b.length < 2) site.fail("both sides need at least 2 dimensions.");
  if (a.at(-1) !== b.at(-2)) site.fail(`inner sizes ${a.at(-1)} and ${b.at(-2)} differ.`);
  return [...site.broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2)!, b.at(-1)!];
}

function swapped(shape: Shape, swap: boolean): Shape {
  return swap ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
}

/** From so many columns on, turning the left side around first costs less than going down its columns (ONNX Runtime on the processor). */
const LONG_ROWS = 256;

/** op(A) op(B) over the last two axes, in the way that is fast for these shapes and this target. */
function times(
  { b, target }: GradientSite,
  a: Value,
  c: Value,
  transA: boolean,
  transB: boolean,
  alpha: number,
): Value {
  if (a.shape.length === 2 && c.shape.length === 2) {
    const columns = c.shape[transB ? 0 : 1]!;
    if (target === "cpu" && transA && !transB && alpha === 1 && typeof columns === "number" && columns >= LONG_ROWS) {
      return b.matMul(b.transpose(a, [1, 0]), c);
    }
    return b.gemm(a, c, null, { transA, transB, alpha: alpha === 1 ? undefined : alpha });
  }
  if (target === "cpu" && a.type === "float32") return b.fusedMatMul(a, c, { transA, transB, alpha });
  const flip = (value: Value) => {
    const order = value.shape.map((_, i) => i);
    const last = order.length - 1;
    return b.transpose(value, [...order.slice(0, -2), last, last - 1]);
  };
  const result = b.matMul(transA ? flip(a) : a, transB ? flip(c) : c);
  return alpha === 1 ? result : b.mul(result, alpha);
}

function bothSides(site: GradientSite, transA: boolean, transB: boolean, alpha: number): readonly (Value | null)[] {
  const { b, dy, x, wants } = site;
  const da = () => (transA ? times(site, x(1), dy, transB, true, alpha) : times(site, dy, x(1), false, !transB, alpha));
  const db = () => (transB ? times(site, dy, x(0), true, transA, alpha) : times(site, x(0), dy, !transA, false, alpha));
  return [wants(0) ? sumTo(b, da(), x(0)) : null, wants(1) ? sumTo(b, db(), x(1)) : null];
}

interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/** "ab,bc->ac" taken apart; without an arrow the letters that occur once are the result, in order. null for an ellipsis. */
function equationOf(text: string): Equation | null {
  if (text.includes(".")) return null;
  const [left, right] = text.replaceAll(" ", "").split("->") as [string, string | undefined];
  const terms = left.split(",");
  const letters = [...terms.join("")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return { terms, result: right ?? once.sort().join("") };
}

function contracted(site: ShapeSite): readonly TensorType[] {
  site.float(0);
  const text = site.string("equation", "");
  const { terms, result } = equationOf(text) ?? site.fail(`an ellipsis in "${text}" is not supported.`);
  if (terms.length !== site.inputs.length) site.fail(`"${text}" does not fit ${site.inputs.length} inputs.`);
  const sizes = new Map<string, Dim>();
  terms.forEach((term, i) => {
    site.ranked(i, term.length);
    [...term].forEach((letter, axis) => {
      const size = site.shape(i)[axis]!;
      if ((sizes.get(letter) ?? size) !== size) site.fail(`${letter} is both ${sizes.get(letter)} and ${size}.`);
      sizes.set(letter, size);
    });
  });
  const shape = [...result].map((letter) => sizes.get(letter) ?? site.fail(`"${text}": ${letter} is in no input.`));
  return [{ type: site.sameType(...site.inputs.keys()), shape }];
}

/** The gradient of one factor is the product of the others and dy, summed over the letters that the factor lacks. */
function contractedGradient({ b, dy, x, node, wants, string, refuse }: GradientSite): readonly (Value | null)[] {
  const { terms, result } = equationOf(string("equation", ""))!;
  if (terms.some((term) => new Set(term).size !== term.length)) refuse("a letter that occurs twice in one input.");
  return node.inputs.map((_, i) => {
    if (!wants(i)) return null;
    const term = terms[i]!;
    const others = terms.filter((_, k) => k !== i);
    const known = new Set([result, ...others].join(""));
    const kept = [...term].filter((letter) => known.has(letter)).join("");
    const factors = node.inputs.flatMap((_, k) => (k === i ? [] : [x(k)]));
    const part = b.op("Einsum", [dy, ...factors], { equation: `${[result, ...others].join(",")}->${kept}` });
    const missing = [...term].flatMap((letter, axis) => (known.has(letter) ? [] : [axis]));
    return missing.length === 0 ? part : b.expandLike(b.unsqueeze(part, missing), x(i));
  });
}

export const matrix: Readonly<Record<"MatMul" | "FusedMatMul" | "Gemm" | "Einsum", Operator>> = {
  Einsum: {
    domain: "",
    opset: [12, NEWEST],
    inputs: [1, Number.POSITIVE_INFINITY],
    outputs: [1, 1],
    attributes: { equation: "string" },
    infer: contracted,
    gradient: contractedGradient,
  },
  MatMul: {
    domain: "",
    opset: [9, NEWEST],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => product(site, false, false),
    gradient: (site) => bothSides(site, false, false, 1),
  },
  FusedMatMul: {
    // https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; float32 only, and not the transBatch forms
    domain: "com.microsoft",
    opset: [1, 1],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { alpha: "float", transA: "int", transB: "int" },
    infer: (site) => {
      site.typed(0, "float32");
      return product(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1);
    },
    gradient: (site) =>
      bothSides(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1, site.number("alpha", 1)),
  },
  Gemm: {
    domain: "",
    opset: [11, NEWEST],
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    infer: (site) => {
      site.ranked(0, 2);
      site.ranked(1, 2);
      const result = product(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1);
      if (site.has(2)) {
        site.sameType(0, 2);
        const shape = site.broadcast(result[0]!.shape, site.shape(2));
        if (shape.some((dim, i) => dim !== result[0]!.shape[i])) site.fail("C does not broadcast to the product.");
      }
      return result;
    },
    gradient: (site) => {
      const { b, dy, x, int, number, wants } = site;
      const sides = bothSides(site, int("transA", 0) === 1, int("transB", 0) === 1, number("alpha", 1));
      if (!wants(2)) return [...sides, null];
      const beta = number("beta", 1);
      const dc = sumTo(b, dy, x(2));
      return [...sides, beta === 1 ? dc : b.mul(dc, beta)];
    },
  },
};

// Matrix products: with Y = A' B', the gradients are dA' = dY B'^T and dB' = A'^T dY, read back through any transposition.
import type { Value } from "../builder.ts";
import { type GradientRule, type Site, sumTo } from "./rule.ts";

/** op(A) op(B) over the last two axes, in the way that is fast for these shapes and this target. */
function product({ b, target }: Site, a: Value, c: Value, transA: boolean, transB: boolean, alpha: number): Value {
  if (a.shape.length === 2 && c.shape.length === 2) {
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

function bothSides(site: Site, transA: boolean, transB: boolean, alpha: number): readonly (Value | null)[] {
  const { b, dy, x, wants } = site;
  const da = () =>
    transA ? product(site, x(1), dy, transB, true, alpha) : product(site, dy, x(1), false, !transB, alpha);
  const db = () =>
    transB ? product(site, dy, x(0), true, transA, alpha) : product(site, x(0), dy, !transA, false, alpha);
  return [wants(0) ? sumTo(b, da(), x(0)) : null, wants(1) ? sumTo(b, db(), x(1)) : null];
}

export const matrix = {
  MatMul: (site) => bothSides(site, false, false, 1),
  FusedMatMul: (site) =>
    bothSides(site, site.int("transA", 0) === 1, site.int("transB", 0) === 1, site.number("alpha", 1)),
  Gemm: (site) => {
    const { b, dy, x, int, number, wants } = site;
    const sides = bothSides(site, int("transA", 0) === 1, int("transB", 0) === 1, number("alpha", 1));
    if (!wants(2)) return [...sides, null];
    const beta = number("beta", 1);
    const dc = sumTo(b, dy, x(2));
    return [...sides, beta === 1 ? dc : b.mul(dc, beta)];
  },
} satisfies Record<string, GradientRule>;

// Kernels that work element by element: activations, arithmetic with broadcasting, comparisons, types.
import type * as tf from "@tensorflow/tfjs-core";
import type { OpName } from "../../../graph/operators/index.ts";
import { type Kernel, type KernelSite, last, theirType } from "./kernel.ts";

type One = (library: KernelSite["tf"], x: tf.Tensor, site: KernelSite) => tf.Tensor;
type Two = (library: KernelSite["tf"], a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const one =
  (compute: One): Kernel =>
  (site) =>
    compute(site.tf, site.x(0), site);

const two =
  (compute: Two): Kernel =>
  (site) =>
    compute(site.tf, site.x(0), site.x(1));

const many =
  (compute: Two): Kernel =>
  (site) =>
    site.all().reduce((a, b) => compute(site.tf, a, b));

/** As 0 and 1, which is what comparisons of truth values take. */
const whole = (library: KernelSite["tf"], x: tf.Tensor): tf.Tensor =>
  x.dtype === "bool" ? library.cast(x, "int32") : x;

/** Quotients of whole numbers are cut off towards 0. */
function divided(library: KernelSite["tf"], a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (a.dtype !== "int32") return library.div(a, b);
  return library.cast(library.div(library.cast(a, "float32"), library.cast(b, "float32")), "int32");
}

/** With fmod the remainder has the sign of a, otherwise that of b. */
function remainder(site: KernelSite): tf.Tensor {
  const { tf: library, x, int } = site;
  const [a, b] = [library.cast(x(0), "float32"), library.cast(x(1), "float32")];
  const quotient = library.div(a, b);
  const steps =
    int("fmod", 0) === 1
      ? library.mul(library.sign(quotient), library.floor(library.abs(quotient)))
      : library.floor(quotient);
  return library.cast(library.sub(a, library.mul(b, steps)), x(0).dtype);
}

function clip({ tf: library, x, has }: KernelSite): tf.Tensor {
  const above = has(1) ? library.maximum(x(0), x(1)) : x(0);
  return has(2) ? library.minimum(above, x(2)) : library.clone(above);
}

/** x less its largest along the axis, so that no power overflows. */
function shifted({ tf: library, x, int }: KernelSite): readonly [tf.Tensor, number] {
  const axis = last(x(0).rank, int("axis", -1));
  return [library.sub(x(0), library.max(x(0), axis, true)), axis];
}

function cast(site: KernelSite): tf.Tensor {
  const { tf: library, x, made } = site;
  const to = theirType(made(0).type);
  return to === "bool" ? library.notEqual(whole(library, x(0)), 0) : library.cast(x(0), to);
}

function codes({ tf: library, x, has, known, int }: KernelSite, values: tf.Tensor): tf.Tensor {
  const { rank } = x(0);
  if (values.rank === 0) return values;
  const axis = last(rank, int("axis", 1));
  const shape = known(has(2) ? 2 : 1).shape;
  return library.reshape(
    values,
    x(0).shape.map((_, i) => (i === axis ? shape[0]! : 1)),
  );
}

function quantize(site: KernelSite): tf.Tensor {
  const { tf: library, x, has, made } = site;
  const [low, high] = made(0).type === "int8" ? [-128, 127] : [0, 255];
  const scaled = library.round(library.div(x(0), codes(site, x(1))));
  const moved = has(2) ? library.add(scaled, codes(site, library.cast(x(2), "float32"))) : scaled;
  return library.cast(library.clipByValue(moved, low, high), "int32");
}

function dequantize(site: KernelSite): tf.Tensor {
  const { tf: library, x, has } = site;
  const zero = has(2) ? library.cast(x(2), "float32") : library.scalar(0);
  return library.mul(library.sub(library.cast(x(0), "float32"), codes(site, zero)), codes(site, x(1)));
}

export const elementwise = {
  Relu: one((library, x) => library.relu(x)),
  LeakyRelu: one((library, x, { number }) => library.leakyRelu(x, number("alpha", 0.01))),
  PRelu: ({ tf: library, x }) => library.add(library.relu(x(0)), library.mul(x(1), library.minimum(x(0), 0))),
  Elu: one((library, x, { number }) =>
    library.add(library.relu(x), library.mul(number("alpha", 1), library.minimum(library.expm1(x), 0))),
  ),
  Celu: one((library, x, { number }) => {
    const alpha = number("alpha", 1);
    return library.add(library.relu(x), library.mul(alpha, library.minimum(library.expm1(library.div(x, alpha)), 0)));
  }),
  Selu: one((library, x, { number }) => {
    const [alpha, gamma] = [number("alpha", 1.673_263_192_176_818_8), number("gamma", 1.050_701_022_148_132_3)];
    return library.mul(gamma, library.add(library.relu(x), library.mul(alpha, library.minimum(library.expm1(x), 0))));
  }),
  Softsign: one((library, x) => library.div(x, library.add(1, library.abs(x)))),
  ThresholdedRelu: one((library, x, { number }) =>
    library.mul(x, library.cast(library.greater(x, number("alpha", 1)), "float32")),
  ),
  Shrink: one((library, x, { number }) => {
    const [lambd, bias] = [number("lambd", 0.5), number("bias", 0)];
    const beyond = library.cast(library.greater(library.abs(x), lambd), "float32");
    return library.mul(beyond, library.sub(x, library.mul(bias, library.sign(x))));
  }),
  Dropout: (site) => {
    if (site.has(2)) site.refuse("it draws at random; dropout is written out as a product in training.");
    return site.tf.clone(site.x(0));
  },
  Sigmoid: one((library, x) => library.sigmoid(x)),
  HardSigmoid: one((library, x, { number }) =>
    library.clipByValue(library.add(library.mul(x, number("alpha", 0.2)), number("beta", 0.5)), 0, 1),
  ),
  HardSwish: one((library, x) => library.mul(x, library.clipByValue(library.add(library.div(x, 6), 0.5), 0, 1))),
  Softplus: one((library, x) => library.add(library.relu(x), library.log1p(library.exp(library.neg(library.abs(x)))))),
  Tanh: one((library, x) => library.tanh(x)),
  Erf: one((library, x) => library.erf(x)),
  Softmax: (site) => {
    const [x, axis] = shifted(site);
    const powers = site.tf.exp(x);
    return site.tf.div(powers, site.tf.sum(powers, axis, true));
  },
  LogSoftmax: (site) => {
    const [x, axis] = shifted(site);
    return site.tf.sub(x, site.tf.log(site.tf.sum(site.tf.exp(x), axis, true)));
  },
  Clip: clip,
  Add: two((library, a, b) => library.add(a, b)),
  Sub: two((library, a, b) => library.sub(a, b)),
  Mul: two((library, a, b) => library.mul(a, b)),
  Div: two(divided),
  Pow: two((library, a, b) => library.pow(a, library.cast(b, a.dtype))),
  Mod: remainder,
  Min: many((library, a, b) => library.minimum(a, b)),
  Max: many((library, a, b) => library.maximum(a, b)),
  Sum: many((library, a, b) => library.add(a, b)),
  Mean: (site) =>
    site.tf.div(
      site.all().reduce((a, b) => site.tf.add(a, b)),
      site.all().length,
    ),
  Equal: two((library, a, b) => library.equal(whole(library, a), whole(library, b))),
  Greater: two((library, a, b) => library.greater(a, b)),
  GreaterOrEqual: two((library, a, b) => library.greaterEqual(a, b)),
  Less: two((library, a, b) => library.less(a, b)),
  LessOrEqual: two((library, a, b) => library.lessEqual(a, b)),
  And: two((library, a, b) => library.logicalAnd(a, b)),
  Or: two((library, a, b) => library.logicalOr(a, b)),
  Xor: two((library, a, b) => library.notEqual(whole(library, a), whole(library, b))),
  Not: one((library, x) => library.logicalNot(x)),
  Neg: one((library, x) => library.neg(x)),
  Sqrt: one((library, x) => library.sqrt(x)),
  Exp: one((library, x) => library.exp(x)),
  Log: one((library, x) => library.log(x)),
  Abs: one((library, x) => library.abs(x)),
  Sign: one((library, x) => library.sign(x)),
  Sin: one((library, x) => library.sin(x)),
  Cos: one((library, x) => library.cos(x)),
  Floor: one((library, x) => library.floor(x)),
  Ceil: one((library, x) => library.ceil(x)),
  Round: one((library, x) => library.round(x)),
  Reciprocal: one((library, x) => library.div(1, x)),
  Identity: one((library, x) => library.clone(x)),
  Cast: cast,
  Where: ({ tf: library, x }) => library.where(x(0), x(1), x(2)),
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
} satisfies Partial<Record<OpName, Kernel>>;

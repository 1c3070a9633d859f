// One gradient rule, or one written reason why there is none, for every operator: a new name without a row here does not compile.
import type { OpName } from "../operators/names.ts";
import { arithmetic } from "./arithmetic.ts";
import { convolution } from "./convolution.ts";
import { layout } from "./layout.ts";
import { matrix } from "./matrix.ts";
import { reduction } from "./reduction.ts";
import { type GradientRule, notDifferentiable } from "./rule.ts";

const rules = {
  ...arithmetic,
  ...matrix,
  ...convolution,
  ...reduction,
  ...layout,
  QuantizeLinear: notDifferentiable(
    "rounding is flat almost everywhere; pretending otherwise is a choice of training.",
  ),
  DequantizeLinear: notDifferentiable("its input is made of codes, not of real numbers."),
} satisfies Record<OpName, GradientRule>;

export const GRADIENTS: Readonly<Record<OpName, GradientRule>> = rules;

// One row per operator: where it comes from, which opsets it is read from, its arity, attributes and shape rule.
//
// The other table with a row for each is gradients/index.ts. A new operator is a name in names.ts; the compiler then asks for both.
import { arithmetic } from "./arithmetic.ts";
import { convolution } from "./convolution.ts";
import { layout } from "./layout.ts";
import { matrix } from "./matrix.ts";
import type { OpName } from "./names.ts";
import type { Operator } from "./operator.ts";
import { quantization } from "./quantization.ts";
import { reduction } from "./reduction.ts";

const rows = {
  ...arithmetic,
  ...matrix,
  ...convolution,
  ...reduction,
  ...layout,
  ...quantization,
} satisfies Record<OpName, Operator>;

export const OPERATORS: Readonly<Record<OpName, Operator>> = rows;

export function isOpName(name: string): name is OpName {
  return Object.hasOwn(OPERATORS, name);
}

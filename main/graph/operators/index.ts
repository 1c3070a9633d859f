// Every operator that a graph of ours may hold, one row each: where it comes from, which opsets it is read from, its arity, its
// attributes, the shapes it makes and how gradients go through it.
//
// A new operator is a row in the file of its family (and its name in that record's type) and a case in test/graph/operator-cases/.
import { activation } from "./activation.ts";
import { arithmetic } from "./arithmetic.ts";
import { blocked } from "./blocked.ts";
import { convolution } from "./convolution.ts";
import { indexing } from "./indexing.ts";
import { layout } from "./layout.ts";
import { matrix } from "./matrix.ts";
import { normalization } from "./normalization.ts";
import type { Operator } from "./operator.ts";
import { pooling } from "./pooling.ts";
import { quantization } from "./quantization.ts";
import { rearrangement } from "./rearrangement.ts";
import { recurrent } from "./recurrent.ts";
import { reduction } from "./reduction.ts";
import { resampling } from "./resampling.ts";

const rows = {
  ...activation,
  ...arithmetic,
  ...blocked,
  ...convolution,
  ...rearrangement,
  ...indexing,
  ...layout,
  ...matrix,
  ...normalization,
  ...pooling,
  ...quantization,
  ...recurrent,
  ...reduction,
  ...resampling,
};

export type OpName = keyof typeof rows;

export const OPERATORS: Readonly<Record<OpName, Operator>> = rows;

export function isOpName(name: string): name is OpName {
  return Object.hasOwn(OPERATORS, name);
}

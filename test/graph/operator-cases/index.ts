// One family of random cases for every operator that has a gradient, and the same function by TensorFlow.js where it has one.
//
// registry.test.ts runs them: a row without a case, or a case without a row, fails there by name. What a family cannot draw (every window, every mode) has tests
// of its own in gradients/.
import type { OpName } from "../../../main/graph/operators/index.ts";
import type { Draw } from "./draw.ts";
import { elementwise } from "./elementwise.ts";
import { layers } from "./layers.ts";
import { layout } from "./layout.ts";

export const CASES: Readonly<Partial<Record<OpName, Draw>>> = { ...elementwise, ...layout, ...layers };

/** Rows that central differences or TensorFlow.js cannot judge, and what judges them instead. */
export const ELSEWHERE: Readonly<Partial<Record<OpName, string>>> = {
  QuantizeLinear: "its gradient is passed straight through on purpose: gradients/quantization.test.ts",
  DequantizeLinear: "its gradient is passed straight through on purpose: gradients/quantization.test.ts",
  GridSample: "straight only between pixels, so its places are chosen by hand: gradients/windows.test.ts",
};

/** Cases without a witness in TensorFlow.js, and why. */
export const NO_WITNESS: Readonly<Partial<Record<OpName, string>>> = {
  LSTM: "its gates come in another order; PyTorch's whole LSTM is the witness in test/interop",
  GRU: "as for LSTM",
  RNN: "as for LSTM",
};

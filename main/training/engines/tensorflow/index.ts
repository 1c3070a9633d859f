// Every kernel of the TensorFlow.js engine, by operator. Recurrent layers are written out before they get here (graph/write-out.ts).
import type { OpName } from "../../../graph/operators/index.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";
import { layers } from "./layers.ts";
import { layout } from "./layout.ts";

const kernels = { ...elementwise, ...layout, ...layers };

/** Written out, ONNX Runtime's own, or of compressed models, which the processor runs. */
type Elsewhere =
  | "LSTM"
  | "GRU"
  | "RNN"
  | "BlockedConv"
  | "ReorderInput"
  | "ReorderOutput"
  | "DynamicQuantizeLinear"
  | "ConvInteger"
  | "MatMulInteger"
  | "MatMulNBits";

/** The compiler sees to it that no operator is forgotten. */
export const KERNELS: Readonly<Record<Exclude<OpName, Elsewhere>, Kernel>> = kernels;

// Every kernel of the TensorFlow.js engine, by operator. Recurrent layers are written out before they get here (graph/write-out.ts).
import type { OpName } from "../../../graph/operators/index.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";
import { layers } from "./layers.ts";
import { layout } from "./layout.ts";

const kernels = { ...elementwise, ...layout, ...layers };

/** The compiler sees to it that no operator is forgotten. */
export const KERNELS: Readonly<Record<Exclude<OpName, "LSTM" | "GRU" | "RNN">, Kernel>> = kernels;

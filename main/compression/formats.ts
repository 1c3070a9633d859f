// One network in a smaller number format. Each format is a pass of its own; what they share is that any layer can be left in float.
import { AppError, type NumberFormat, type Quantisation } from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { quantizeDynamic } from "./dynamic.ts";
import { foldBatchNorm, foldTransposes } from "./fold.ts";
import { halfLayers, halveWeights } from "./half.ts";
import { integerLayers, quantizableValues, quantizeStatic, weightedLayers } from "./quantize.ts";
import { fourBitLayers, quantizeWeights } from "./weight-only.ts";

export type Numbers = Pick<Quantisation, "format" | "calibration" | "percentile" | "symmetric">;

export interface Reduced {
  /** Layers that can change their format, in the order of the network. */
  readonly layers: readonly string[];
  /** The file with these layers left in float. */
  readonly file: (float: ReadonlySet<string>) => Uint8Array;
}

/** The layers that a format has something for. */
const LAYERS: Readonly<Record<NumberFormat, (graph: Graph) => readonly string[]>> = {
  int8: integerLayers,
  "int8-dynamic": weightedLayers,
  "int8-weights": weightedLayers,
  // Other layers get 8 bits beside them; without a product of 4 bits the format would not be what was asked for.
  "int4-weights": (graph) => (fourBitLayers(graph).length > 0 ? weightedLayers(graph) : []),
  float16: halfLayers,
};

const NOTHING: Readonly<Record<NumberFormat, string>> = {
  int8: "layer that 8-bit integers could replace",
  "int8-dynamic": "layer whose weights could be 8-bit integers",
  "int8-weights": "layer whose weights could be 8-bit integers",
  "int4-weights":
    "matrix product over 32 numbers or more, and the runtime has 4-bit weights for those only. Choose 8-bit weights",
  float16: "layer whose weights 16 bits could hold",
};

/** A network ready to be written in a format; static int8 takes its ranges from the training images. Errors: compression/refused without a layer; as calibrate. */
export async function reduce(onnx: Uint8Array, numbers: Numbers, calibration: Calibration): Promise<Reduced> {
  const { format, symmetric } = numbers;
  const graph = foldTransposes(foldBatchNorm(readOnnx(onnx)));
  const layers = LAYERS[format](graph);
  if (layers.length === 0) throw new AppError("compression/refused", `The model has no ${NOTHING[format]}.`);
  const written = (write: (float: ReadonlySet<string>) => Graph): Reduced => ({
    layers,
    file: (float) => writeOnnx(write(float)),
  });
  switch (format) {
    case "int8": {
      const ranges = await calibrate(graph, quantizableValues(graph), { ...calibration, rule: numbers });
      return written((float) => quantizeStatic(graph, ranges, { float, symmetric }));
    }
    case "int8-dynamic":
      return written((float) => quantizeDynamic(graph, float));
    case "int8-weights":
      return written((float) => quantizeWeights(graph, 8, float));
    case "int4-weights":
      return written((float) => quantizeWeights(graph, 4, float));
    case "float16":
      return written((float) => halveWeights(graph, float));
  }
}

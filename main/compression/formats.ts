// One network in a smaller number format. Each format is a pass of its own; what they share is that any layer can be left in float.
import { AppError } from "../../preload/contract/index.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { foldBatchNorm } from "./fold.ts";
import { integerLayers, quantizableValues, quantizeStatic } from "./quantize.ts";

export interface Reduced {
  /** Layers that can change their format, in the order of the network. */
  readonly layers: readonly string[];
  /** The file with these layers left in float. */
  readonly file: (float: ReadonlySet<string>) => Uint8Array;
}

/** A network ready to be written as static int8, its ranges from these training images. Errors: compression/refused without a layer; as calibrate. */
export async function reduce(onnx: Uint8Array, calibration: Calibration): Promise<Reduced> {
  const graph = foldBatchNorm(readOnnx(onnx));
  const layers = integerLayers(graph);
  if (layers.length === 0) {
    throw new AppError("compression/refused", "The model has no layer that smaller numbers could replace.");
  }
  const ranges = await calibrate(graph, quantizableValues(graph), calibration);
  return { layers, file: (float) => writeOnnx(quantizeStatic(graph, ranges, { float })) };
}

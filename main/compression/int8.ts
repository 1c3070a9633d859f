// Static int8 of one network: calibrated, each layer's harm measured alone, and put back to float layer by layer until the gate holds.
//
// Sensitivity is measured on training images, like the ranges, so the gate's images stay unseen by every choice but the number of layers put back.
import type { LayerSensitivity, Model } from "../../preload/contract/index.ts";
import { AppError } from "../../preload/contract/index.ts";
import type { Graph } from "../graph/graph.ts";
import { readOnnx } from "../graph/onnx-reader.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { type PreparedPart, requireNotAborted } from "../training/dataset.ts";
import { createSession } from "../training/engines/session.ts";
import { predict } from "../training/evaluate.ts";
import { calibrate } from "./calibrate.ts";
import { foldBatchNorm } from "./fold.ts";
import type { MeasuringOptions } from "./measure.ts";
import { integerLayers, quantizableValues, quantizeStatic, type Range } from "./quantize.ts";

/** Sensitivity hardly changes its order with more. */
const SENSITIVITY_IMAGES = 64;

export interface Int8Model {
  /** Layers that can be int8, in the order of the network. */
  readonly layers: readonly string[];
  /** The file with these layers left in float. */
  readonly file: (float: ReadonlySet<string>) => Uint8Array;
  readonly sensitivities: (options: SensitivityOptions) => Promise<readonly LayerSensitivity[]>;
}

interface SensitivityOptions extends MeasuringOptions {
  readonly onLayer: () => void;
}

/** A model ready to be written as int8, its ranges from these training images. Errors: compression/refused without a layer; as calibrate. */
export async function prepareInt8(
  onnx: Uint8Array,
  seen: PreparedPart,
  model: Model,
  options: MeasuringOptions & { readonly onImages: (done: number) => void },
): Promise<Int8Model> {
  const folded = foldBatchNorm(readOnnx(onnx));
  const values = quantizableValues(folded);
  if (values.length === 0) {
    throw new AppError("compression/refused", `The model "${model.name}" has no layer that int8 could replace.`);
  }
  const ranges = await calibrate(folded, values, { images: seen.pixels, size: model.input.size, ...options });
  const layers = integerLayers(folded);
  return {
    layers,
    file: (float) => writeOnnx(quantizeStatic(folded, ranges, float)),
    sensitivities: (how) => sensitivities(folded, ranges, layers, some(seen, model.input.size), model.input.size, how),
  };
}

/** The first images; calibration images are already spread over the part. */
function some({ pixels, imageIds, classIndex, ...rest }: PreparedPart, size: number): PreparedPart {
  const count = Math.min(SENSITIVITY_IMAGES, imageIds.length);
  const step = imageIds.length / count;
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(i * step));
  const area = size * size;
  const taken = new Float32Array(count * area);
  chosen.forEach((image, i) => {
    taken.set(pixels.subarray(image * area, (image + 1) * area), i * area);
  });
  return {
    ...rest,
    pixels: taken,
    imageIds: chosen.map((i) => imageIds[i]!),
    classIndex: classIndex.filter((_, i) => chosen.includes(i)),
  };
}

/** How far the answers move when one layer alone is int8: the mean total variation distance of the probabilities, 0 to 1. */
async function sensitivities(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  layers: readonly string[],
  images: PreparedPart,
  size: number,
  { threads, signal, onLayer }: SensitivityOptions,
): Promise<readonly LayerSensitivity[]> {
  const answersOf = async (one: Graph) => {
    const session = await createSession(writeOnnx(one), { device: "cpu", threads, use: "inference" });
    try {
      return await predict(session, images, size, { signal });
    } finally {
      await session.dispose();
    }
  };
  const exact = await answersOf(graph);
  const found: LayerSensitivity[] = [];
  for (const name of layers) {
    requireNotAborted(signal);
    const alone = await answersOf(quantizeStatic(graph, ranges, new Set(layers.filter((other) => other !== name))));
    const moved = alone.map(({ probabilities }, i) => {
      const before = exact[i]!.probabilities;
      return probabilities.reduce((sum, p, c) => sum + Math.abs(p - before[c]!), 0) / 2;
    });
    found.push({ layer: name, moved: moved.reduce((sum, one) => sum + one, 0) / moved.length, float: false });
    onLayer();
  }
  return found;
}

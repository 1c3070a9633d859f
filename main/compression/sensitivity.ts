// How far each layer alone, in its new number format, moves a model's answers.
//
// Measured on training images, like the ranges, so the gate's images stay unseen by every choice but the number of layers put back to float. Answers are probabilities of classes, of an
// image or of each of its pixels: how far they move is the same figure for both.
import type { LayerSensitivity } from "../../preload/contract/index.ts";
import { floatTensor } from "../graph/graph.ts";
import { requireNotAborted } from "../training/dataset.ts";
import { createSession } from "../training/engines/session.ts";
import { batchOf } from "./calibrate.ts";
import type { Reduced } from "./formats.ts";
import type { MeasuringOptions } from "./measure.ts";

/** The order of the layers hardly changes with more. */
const MOST_IMAGES = 64;
const MOST_PIXELS = 2 ** 20;

interface Images {
  /** [count, size, size], in [0, 1]. */
  readonly pixels: Float32Array;
  readonly size: number;
}

interface SensitivityOptions extends MeasuringOptions {
  readonly onLayer: () => void;
}

/** For each layer the mean total variation distance between the probabilities with it alone reduced and those of the network in float, 0 to 1. */
export async function sensitivities(
  { layers, file }: Reduced,
  images: Images,
  { threads, signal, onLayer }: SensitivityOptions,
): Promise<readonly LayerSensitivity[]> {
  const chosen = some(images);
  const exact = await answersOf(file(new Set(layers)), chosen, threads);
  const found: LayerSensitivity[] = [];
  for (const layer of layers) {
    requireNotAborted(signal);
    const alone = await answersOf(file(new Set(layers.filter((other) => other !== layer))), chosen, threads);
    found.push({ layer, moved: distance(exact, alone), float: false });
    onLayer();
  }
  return found;
}

/** Spread over the images, as calibration images are over the part. */
function some({ pixels, size }: Images): Images {
  const area = size * size;
  const all = pixels.length / area;
  const count = Math.min(MOST_IMAGES, all, Math.max(1, Math.floor(MOST_PIXELS / area)));
  const taken = new Float32Array(count * area);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * all) / count) * area;
    taken.set(pixels.subarray(from, from + area), i * area);
  }
  return { pixels: taken, size };
}

interface Answers {
  readonly batches: readonly Float32Array[];
  readonly classes: number;
}

async function answersOf(onnx: Uint8Array, { pixels, size }: Images, threads: number): Promise<Answers> {
  const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
  const [area, batch] = [size * size, batchOf(size)];
  const batches: Float32Array[] = [];
  let classes = 1;
  try {
    for (let start = 0; start < pixels.length; start += batch * area) {
      const data = pixels.subarray(start, Math.min(pixels.length, start + batch * area));
      const image = floatTensor([data.length / area, 1, size, size], data);
      const { probabilities } = await session.run({ image }, ["probabilities"]);
      classes = probabilities!.dims[1]!;
      batches.push(probabilities!.data as Float32Array);
    }
  } finally {
    await session.dispose();
  }
  return { batches, classes };
}

/** Half the sum of the differences over the classes, its mean over images or pixels. */
function distance(one: Answers, other: Answers): number {
  let [sum, count] = [0, 0];
  one.batches.forEach((values, batch) => {
    const others = other.batches[batch]!;
    for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]! - others[i]!);
    count += values.length;
  });
  return sum / 2 / (count / one.classes);
}

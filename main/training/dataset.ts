// From a snapshot to arrays: every image of a part decoded and prepared once, then held in memory for all epochs.
//
// Memory is 4 bytes for each input pixel of each image: 4 000 images of 64x64 take 65 MB. Nothing decoded is ever written to disk.
// What preparing means (InputSpec) is chosen on the training part alone, so that validation and test stay unseen, and travels with the model.
// Of a multi-frame image the middle frame stands for the image: labels are given to images.
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError, type InputSpec, type Part, type PixelDescription } from "../../preload/contract/index.ts";
import { decodeFrame } from "../imaging/decode.ts";
import { prepareImage } from "../imaging/prepare.ts";
import type { DecodedFrame } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";

/** One image of a snapshot with what it is. */
export interface SnapshotItem {
  readonly imageId: string;
  readonly part: Part;
  readonly classIndex: number;
}

/** The images of one part. */
export interface PreparedPart {
  readonly imageIds: readonly string[];
  readonly classIndex: Uint16Array;
  /** [count, size, size], values in [0, 1]. */
  readonly pixels: Float32Array;
}

interface Work {
  signal: AbortSignal;
  /** Called after each image. */
  onImage?: (() => void) | undefined;
}

/** Decodes and prepares images. Errors: imaging/*, naming what is wrong with a frame; app/aborted. */
export async function prepareImages(
  project: Project,
  items: readonly SnapshotItem[],
  input: InputSpec,
  { signal, onImage }: Work,
): Promise<PreparedPart> {
  const area = input.size * input.size;
  const pixels = new Float32Array(items.length * area);
  for (const [i, item] of items.entries()) {
    await breathe(i, signal);
    const { frame, description } = representativeFrame(project, item.imageId);
    pixels.set(prepareImage(frame, description, input), i * area);
    onImage?.();
  }
  return {
    imageIds: items.map((item) => item.imageId),
    classIndex: Uint16Array.from(items, (item) => item.classIndex),
    pixels,
  };
}

function representativeFrame(
  project: Project,
  imageId: string,
): { frame: DecodedFrame; description: PixelDescription } {
  const { frames } = project.images.get(imageId).pixels;
  const { frame, pixels, encoding } = project.images.frame(imageId, frames >> 1);
  return { frame: decodeFrame(frame, pixels, encoding), description: pixels };
}

/** Lets messages in, such as a wish to stop, without waiting at every image. */
async function breathe(i: number, signal: AbortSignal): Promise<void> {
  if (i % 16 === 0) await nextTurn();
  requireNotAborted(signal);
}

export function requireNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError("app/aborted", "The work was stopped.");
}

/** Values looked at in all, spread evenly over at most this many images. */
const SAMPLED_IMAGES = 200;
const SAMPLED_PER_IMAGE = 4096;
const LOW_PERCENTILE = 0.005;
const HIGH_PERCENTILE = 0.995;

/**
 * Modality values that become 0 and 1: 0 and 255 where all images are plain 8 bit, else the 0.5 and 99.5 percentiles of the images given,
 * which are those of the training part. A set of one value gets a range of 1.
 */
export async function chooseRange(
  project: Project,
  items: readonly SnapshotItem[],
  { signal }: Work,
): Promise<Pick<InputSpec, "low" | "high">> {
  const descriptions = items.map((item) => project.images.get(item.imageId).pixels);
  if (descriptions.every(isPlain8Bit)) return { low: 0, high: 255 };
  const values: number[] = [];
  const everyImage = Math.ceil(items.length / SAMPLED_IMAGES);
  for (let i = 0; i < items.length; i += everyImage) {
    await breathe(i, signal);
    const { frame, description } = representativeFrame(project, items[i]!.imageId);
    const every = Math.ceil(frame.values.length / SAMPLED_PER_IMAGE);
    for (let k = 0; k < frame.values.length; k += every) {
      const value = frame.values[k]! * description.slope + description.intercept;
      if (Number.isFinite(value)) values.push(value); // float images mark the outside with NaN
    }
  }
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new AppError("imaging/empty", "The training images hold no finite value.");
  const low = sorted[Math.floor(LOW_PERCENTILE * (sorted.length - 1))]!;
  const high = sorted[Math.ceil(HIGH_PERCENTILE * (sorted.length - 1))]!;
  return { low, high: high > low ? high : low + 1 };
}

const isPlain8Bit = (pixels: PixelDescription): boolean =>
  pixels.type === "uint8" && pixels.bitsStored === 8 && pixels.slope === 1 && pixels.intercept === 0;

/** Mean and standard deviation of prepared pixels, for the normalisation inside the model; a constant set gets deviation 1. */
export function statistics({ pixels }: PreparedPart): { mean: number; std: number } {
  let [sum, square] = [0, 0];
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  for (const value of pixels) square += (value - mean) ** 2;
  const std = Math.sqrt(square / pixels.length);
  return { mean, std: std > 1e-6 ? std : 1 };
}

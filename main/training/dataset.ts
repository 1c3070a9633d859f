// From a snapshot to arrays: every image of a part decoded and prepared once, then held in memory for all epochs.
//
// Memory is 4 bytes for each input pixel of each image: 4 000 images of 64x64 take 65 MB. Nothing decoded is ever written to disk.
// What preparing means (InputSpec) is chosen on the training part alone, so that validation and test stay unseen, and travels with the model.
// Of a multi-frame image the middle frame stands for the image: labels are given to images.
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError, type InputSpec, type Part } from "../../preload/contract/index.ts";
import { floatTensor, type Tensor } from "../graph/graph.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { valueRange } from "../imaging/prepare.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import type { Project } from "../project/project.ts";
import { type Kept, prepareAll } from "./preparation.ts";

/** One image of a snapshot with what it is. */
export interface SnapshotItem {
  readonly imageId: string;
  readonly part: Part;
  readonly classIndex: number;
  /** Patient ID, or empty. */
  readonly patient: string;
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
  await prepareAll({
    count: items.length,
    input,
    read: (i) => representativeFrame(project, items[i]!.imageId),
    take: (i, values) => {
      pixels.set(values, i * area);
      onImage?.();
    },
    proceed: (i) => breathe(i, signal),
  });
  return {
    imageIds: items.map((item) => item.imageId),
    classIndex: Uint16Array.from(items, (item) => item.classIndex),
    pixels,
  };
}

function representativeFrame(project: Project, imageId: string): Kept {
  const { frames } = project.images.get(imageId).pixels;
  const { frame, pixels, encoding } = project.images.frame(imageId, frames >> 1);
  // The project keeps what imaging gave it and does not look inside.
  return { frame, pixels, encoding: encoding as FrameEncoding };
}

/** Lets messages in, such as a wish to stop, without waiting at every image. */
async function breathe(i: number, signal: AbortSignal): Promise<void> {
  if (i % 16 === 0) await nextTurn();
  requireNotAborted(signal);
}

export function requireNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError("app/aborted", "The work was stopped.");
}

/** Images that the range is chosen from, spread evenly over those given. */
const RANGE_IMAGES = 64;

/** Modality values that become 0 and 1, chosen from images of the training part (imaging's `valueRange`). */
export function chooseRange(project: Project, items: readonly SnapshotItem[]): Pick<InputSpec, "low" | "high"> {
  const every = Math.ceil(items.length / RANGE_IMAGES);
  function* chosen() {
    for (let i = 0; i < items.length; i += every) {
      const { frame, pixels, encoding } = representativeFrame(project, items[i]!.imageId);
      yield { frame: decodeFrame(frame, pixels, encoding), pixels };
    }
  }
  return valueRange(chosen());
}

/** Some images of a part as a batch, float32 [cases, 1, size, size]. */
export function gather({ pixels }: Pick<PreparedPart, "pixels">, size: number, cases: Uint32Array): Tensor {
  const area = size * size;
  const batch = new Float32Array(cases.length * area);
  for (const [row, index] of cases.entries()) batch.set(pixels.subarray(index * area, (index + 1) * area), row * area);
  return floatTensor([cases.length, 1, size, size], batch);
}

/** Mean and standard deviation of prepared pixels, for the normalisation inside the model; a constant set gets deviation 1. */
export function statistics({ pixels }: Pick<PreparedPart, "pixels">): { mean: number; std: number } {
  let [sum, square] = [0, 0];
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  for (const value of pixels) square += (value - mean) ** 2;
  const std = Math.sqrt(square / pixels.length);
  return { mean, std: std > 1e-6 ? std : 1 };
}

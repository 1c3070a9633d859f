// int8 of the membrane U-Net: Dice of the cells' interior on the 6 unseen slices, before and after, and the file's size.
import { compressMasks } from "../../../main/compression/masks.ts";
import { addCounts, dice, emptyCounts } from "../../../main/models/metrics/overlap.ts";
import { createSession } from "../../../main/training/engines/session.ts";
import { slidingWindow } from "../../../main/training/sliding-window.ts";
import { likeliest, type MaskedImage } from "../../../main/training/tasks/segmentation.ts";
import { CLASSES, PATCH, readMembranes, trainMembranes } from "../membrane/net.ts";

/** Nothing is refused: the figures say what was lost. */
const LIMITS = { maxDiceDrop: 0.5, maxWorstClassDrop: null, minSmaller: null, minFaster: null };

/** Times smaller and faster, and the Dice lost, of a U-Net trained here for so many epochs. @throws BenchUnavailable where the images are not on this machine */
export async function int8OfMembranes(
  epochs: number,
  threads: number,
): Promise<{ size: number; speed: number; diceLoss: number }> {
  const slices = readMembranes();
  const { onnx } = await trainMembranes(slices, { epochs, threads });
  const { train: training, validation, test } = slices;
  const found = await compressMasks({
    onnx,
    patch: PATCH,
    classes: CLASSES,
    training,
    validation,
    limits: LIMITS,
    threads,
  });
  const [exact, int8] = [await diceOf(onnx, test, threads), await diceOf(found.file, test, threads)];
  const { before, after } = found;
  console.error(
    `U-Net: test Dice ${exact.toFixed(4)}, int8 ${int8.toFixed(4)}; ${before.bytes} to ${after.bytes} bytes, ${before.latencyMs.toFixed(2)} to ${after.latencyMs.toFixed(2)} ms a patch; validation Dice ${before.dice.toFixed(4)} to ${after.dice.toFixed(4)}`,
  );
  return {
    size: before.bytes / after.bytes,
    speed: before.latencyMs / after.latencyMs,
    diceLoss: exact - int8,
  };
}

async function diceOf(onnx: Uint8Array, images: readonly MaskedImage[], threads: number): Promise<number> {
  const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
  const counts = emptyCounts(CLASSES);
  for (const image of images) {
    const probabilities = await slidingWindow(session, image, { patch: PATCH, classes: CLASSES });
    addCounts(counts, likeliest(probabilities, CLASSES), image.classes);
  }
  await session.dispose();
  return dice(counts, 1);
}

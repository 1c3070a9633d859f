// Cell membranes in electron microscopy (ISBI 2012): a U-Net on 24 of the 30 slices, judged by Dice of the cells' interior on the other 6.
//
// Of the 24, the last 4 are for validation: they choose the epoch. The 6 test slices are looked at once, at the end.
import { addCounts, dice, emptyCounts } from "../../main/models/metrics/overlap.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { mirroredWindows } from "../../main/training/sliding-window.ts";
import { likeliest } from "../../main/training/tasks/segmentation.ts";
import type { BenchResult } from "../support/bench.ts";
import { CLASSES, PATCH, readMembranes, trainMembranes } from "./membrane/net.ts";

export const title = "U-Net on cell membranes: Dice of the cells' interior on 6 unseen slices, minutes";

const THREADS = 2;
const DICE = 0.95;
const MINUTES = 20;

export default async function membrane(): Promise<BenchResult> {
  const slices = readMembranes();
  const began = performance.now();
  const { onnx, best } = await trainMembranes(slices, { threads: THREADS });
  const session = await createSession(onnx, { device: "cpu", threads: THREADS, use: "inference" });
  const counts = emptyCounts(CLASSES);
  for (const image of slices.test) {
    const probabilities = await mirroredWindows(session, image, { patch: PATCH, classes: CLASSES });
    addCounts(counts, likeliest(probabilities, CLASSES), image.classes);
  }
  await session.dispose();
  const minutes = (performance.now() - began) / 60_000;
  const figures = { dice: dice(counts, 1), minutes, peakMb: process.resourceUsage().maxRSS / 1024 };
  console.error(`epoch ${best.epoch + 1} chosen, validation Dice ${best.score?.toFixed(4)}`);
  return {
    figures,
    required: { dice: `>= ${DICE}`, minutes: `<= ${MINUTES}` },
    ok: figures.dice >= DICE && figures.minutes <= MINUTES,
  };
}

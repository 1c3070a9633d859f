// Cell membranes in electron microscopy (ISBI 2012): a U-Net on 24 of the 30 slices, judged by Dice of the cells' interior on the other 6.
//
// Of the 24, the last 4 are for validation: they choose the epoch. The 6 test slices are looked at once, at the end.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { addCounts, dice, emptyCounts } from "../../main/models/metrics/overlap.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { mirroredWindows } from "../../main/training/sliding-window.ts";
import { likeliest, type MaskedImage, segmentation } from "../../main/training/tasks/segmentation.ts";
import { train } from "../../main/training/trainer.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";

export const title = "U-Net on cell membranes: Dice of the cells' interior on 6 unseen slices, minutes";

const DATA = fileURLToPath(new URL("../../../shared/data/membrane/", import.meta.url));
const THREADS = 2;
const DICE = 0.95;
const MINUTES = 20;
const SLICES = { train: [0, 20], validation: [20, 24], test: [24, 30] } as const;
const [PATCH, WIDTH, EPOCHS] = [256, 16, 20];

const RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: PATCH,
  width: WIDTH,
  epochs: EPOCHS,
  batchSize: 4,
  optimiser: "adam",
  learningRate: 2e-3,
  weightDecay: 1e-4,
  schedule: "cosine",
  balanced: false,
  augment: null,
  patience: null,
  average: "ema",
  seed: 1,
});
const AUGMENT = {
  shift: 0,
  rotate: 15,
  scale: 0.1,
  flip: true,
  intensity: 0.1,
  flipVertical: true,
  quarterTurns: true,
  elastic: 0.04,
  gamma: 0.2,
  shear: 0,
  noise: 0,
  blur: 0,
  cutout: 0,
};

export default async function membrane(): Promise<BenchResult> {
  if (!existsSync(DATA)) throw new BenchUnavailable(`The images are not on this machine: expected ${DATA}.`);
  const [trainSlices, validation, unseen] = [SLICES.train, SLICES.validation, SLICES.test].map(([from, to]) =>
    Array.from({ length: to - from }, (_, i) => slice(from + i)),
  ) as [MaskedImage[], MaskedImage[], MaskedImage[]];
  const began = performance.now();
  const minutes = (): number => (performance.now() - began) / 60_000;
  const on = { device: "cpu", threads: THREADS } as const;
  const task = await segmentation({
    recipe: { ...RECIPE, augment: AUGMENT },
    architecture: "unet",
    width: WIDTH,
    loss: "dice-cross-entropy",
    patch: PATCH,
    classes: 2,
    train: trainSlices,
    validation,
    ...on,
  });
  const { onnx, best } = await train({
    recipe: RECIPE,
    task,
    ...on,
    signal: new AbortController().signal,
    from: null,
    events: {
      begin: ({ parameters, steps }) => console.error(`${parameters} parameters, ${steps} steps`),
      points: (points) => {
        const found = points.find(({ metric }) => metric === "dice");
        if (found)
          console.error(`${minutes().toFixed(1)} min  epoch ${found.epoch}  validation Dice ${found.value.toFixed(4)}`);
      },
      progress: () => {},
      checkpoint: () => {},
      best: () => {},
    },
  }).finally(() => task.dispose());
  const session = await createSession(onnx, { ...on, use: "inference" });
  const counts = emptyCounts(2);
  for (const image of unseen) {
    const probabilities = await mirroredWindows(session, image, { patch: PATCH, classes: 2 });
    addCounts(counts, likeliest(probabilities, 2), image.classes);
  }
  await session.dispose();
  const figures = { dice: dice(counts, 1), minutes: minutes(), peakMb: process.resourceUsage().maxRSS / 1024 };
  console.error(`epoch ${best.epoch + 1} chosen, validation Dice ${best.score?.toFixed(4)}`);
  return {
    figures,
    required: { dice: `>= ${DICE}`, minutes: `<= ${MINUTES}` },
    ok: figures.dice >= DICE && figures.minutes <= MINUTES,
  };
}

/** Slice `index` and its labels: white (1) is the inside of a cell, black (0) a membrane. */
function slice(index: number): MaskedImage {
  const read = (folder: string) => decode(readFileSync(`${DATA}${folder}/${index}.png`));
  const [image, label] = [read("image"), read("label")];
  return {
    rows: image.height,
    columns: image.width,
    pixels: Float32Array.from(image.data, (value) => value / 255),
    classes: Int8Array.from(label.data, (value) => (value > 127 ? 1 : 0)),
  };
}

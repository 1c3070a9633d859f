import { expect, test } from "vitest";
import { createRandom } from "../../main/models/random.ts";
import { type Checkpoint, readCheckpoint } from "../../main/training/checkpoint.ts";
import { type MaskedImage, segmentation } from "../../main/training/tasks/segmentation.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import { trainQuietly } from "./train-quietly.ts";

const PATCH = 16;
const ON = { device: "cpu", threads: 2 } as const;

/** Noise with bright discs of a size and place of their own; images are larger than a patch and not square. */
function discs(count: number, seed: number): MaskedImage[] {
  const random = createRandom(seed, 3);
  const [rows, columns] = [24, 40];
  return Array.from({ length: count }, () => {
    const spots = [0, 1].map(() => ({
      y: random.below(rows),
      x: random.below(columns),
      r: 3 + 2 * random.uniform(),
    }));
    const classes = Int8Array.from({ length: rows * columns }, (_, i) =>
      Number(spots.some(({ y, x, r }) => Math.hypot(Math.floor(i / columns) - y, (i % columns) - x) < r)),
    );
    const pixels = Float32Array.from(classes, (inside) => 0.3 + 0.2 * inside + 0.25 * random.uniform());
    return { rows, columns, pixels, classes };
  });
}

const recipe = recipeSchema.parse({
  architecture: "convnet",
  inputSize: PATCH,
  width: 4,
  epochs: 6,
  batchSize: 8,
  optimiser: "adam",
  learningRate: 0.01,
  weightDecay: 0,
  schedule: "cosine",
  balanced: false,
  augment: { shift: 0.05, rotate: 20, scale: 0.1, flip: true, intensity: 0.05, elastic: 0.02 },
  patience: null,
  average: "ema",
  seed: 2,
});

async function run(from: Checkpoint | null = null) {
  const task = await segmentation({
    recipe,
    architecture: "unet",
    width: 4,
    loss: "dice-cross-entropy",
    patch: PATCH,
    classes: 2,
    train: discs(24, 1),
    validation: discs(8, 2),
    ...ON,
  });
  return trainQuietly(task, recipe, from);
}

test("a small U-Net learns discs from patches: Dice above 0.9 on whole images it has not seen; resumed in an epoch it ends with the same weights", async () => {
  const { best, kept, onnx } = await run();
  expect(best.score!).toBeGreaterThan(0.9);
  const resumed = await run(readCheckpoint(kept[Math.floor(kept.length / 2)]!));
  expect(resumed.onnx).toEqual(onnx);
});

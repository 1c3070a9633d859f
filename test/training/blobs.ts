// Images that a small net can learn in seconds: noise, and in half of them a bright blob somewhere. Like the phantoms, but tiny.

import { createRandom } from "../../main/models/random.ts";
import type { PreparedPart } from "../../main/training/dataset.ts";
import { recipeSchema } from "../../preload/contract/index.ts";

export const BLOB_SIZE = 16;

/** `count` images, alternating without (0) and with (1) a blob. */
export function drawBlobs(count: number, seed: number): PreparedPart {
  const random = createRandom(seed);
  const area = BLOB_SIZE * BLOB_SIZE;
  const pixels = Float32Array.from({ length: count * area }, () => 0.3 + 0.3 * random.uniform());
  for (let i = 1; i < count; i += 2) {
    const [row, column] = [2 + random.below(BLOB_SIZE - 4), 2 + random.below(BLOB_SIZE - 4)];
    for (let y = -2; y <= 2; y++) {
      for (let x = -2; x <= 2; x++) {
        pixels[i * area + (row + y) * BLOB_SIZE + column + x]! += 0.3 * Math.exp(-(x * x + y * y) / 3);
      }
    }
  }
  return {
    imageIds: Array.from({ length: count }, (_, i) => `${seed}/${i}`),
    classIndex: Uint16Array.from({ length: count }, (_, i) => i % 2),
    pixels,
  };
}

export const BLOB_RECIPE = recipeSchema.parse({
  architecture: "convnet",
  inputSize: BLOB_SIZE,
  width: 8,
  epochs: 6,
  batchSize: 16,
  optimiser: "adam",
  learningRate: 0.01,
  weightDecay: 1e-3,
  schedule: "cosine",
  balanced: true,
  augment: { shift: 0.1, rotate: 10, scale: 0.1, flip: true, intensity: 0.1 },
  patience: null,
  seed: 5,
});

// How long one step of a recipe takes on this machine: measured, because processors, memory and other work differ more than any formula knows.
import type { Recipe } from "../../preload/contract/index.ts";
import { createRandom } from "../models/random.ts";
import type { PreparedPart } from "./dataset.ts";
import { Learner } from "./learner.ts";
import { classification } from "./tasks/classification.ts";

const STEPS = 3;

/**
 * Seconds of a step on the processor, augmentation included: the least of a few, after one that warms up. The images are noise; a step's time does not depend
 * on what it sees. Blocks its thread: child process.
 */
export async function measureStep(recipe: Recipe, classes: number, threads: number): Promise<number> {
  const part = noise(recipe, classes);
  const task = await classification({ recipe, classes, train: part, validation: part, device: "cpu", threads });
  try {
    const { batchSize, accumulate, seed } = recipe;
    const learner = await Learner.create({ task, batchSize, accumulate, seed, device: "cpu", threads }, null);
    try {
      const cases = Uint32Array.from({ length: batchSize }, (_, i) => i);
      let least = Number.POSITIVE_INFINITY;
      for (let step = 0; step <= STEPS; step++) {
        const began = performance.now();
        await learner.step(cases, step, { learningRate: 1e-6, averageRate: 1 });
        if (step > 0) least = Math.min(least, performance.now() - began);
      }
      return least / 1000;
    } finally {
      await learner.dispose();
    }
  } finally {
    await task.dispose();
  }
}

function noise({ batchSize, inputSize, seed }: Recipe, classes: number): PreparedPart {
  const random = createRandom(seed, batchSize);
  return {
    imageIds: Array.from({ length: batchSize }, (_, i) => `${i}`),
    classIndex: Uint16Array.from({ length: batchSize }, (_, i) => i % classes),
    pixels: Float32Array.from({ length: batchSize * inputSize ** 2 }, () => random.uniform()),
  };
}

// The detector learns to find bright squares of two sizes, each size a class of its own, in pictures that are not square.
import { expect, test } from "vitest";
import { meanAveragePrecision } from "../../main/models/metrics/average-precision.ts";
import { createRandom } from "../../main/models/random.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { type BoxedImage, detect, detection } from "../../main/training/tasks/detection.ts";
import { train } from "../../main/training/trainer.ts";
import { recipeSchema } from "../../preload/contract/index.ts";

const ON = { device: "cpu", threads: 1 } as const;
const MODEL = { side: 32, classes: 2 } as const;

function picture(seed: number): BoxedImage {
  const random = createRandom(seed, 5);
  const [rows, columns] = [36, 48];
  const pixels = Float32Array.from({ length: rows * columns }, () => 0.2 * random.uniform());
  const classIndex = random.below(2);
  const size = classIndex === 0 ? 7 : 14;
  const [left, top] = [random.below(columns - size), random.below(rows - size)];
  for (let y = top; y < top + size; y++) pixels.fill(0.9, y * columns + left, y * columns + left + size);
  return { rows, columns, pixels, objects: [{ box: [left, top, left + size, top + size], classIndex }] };
}
const pictures = (from: number, count: number) => Array.from({ length: count }, (_, i) => picture(from + i));

test("squares are found where they are, in the picture's own pixels", async () => {
  const recipe = recipeSchema.parse({
    architecture: "convnet",
    inputSize: 32,
    width: 8,
    epochs: 12,
    batchSize: 16,
    optimiser: "adam",
    learningRate: 4e-3,
    weightDecay: 0,
    schedule: "cosine",
    balanced: false,
    augment: { shift: 0.1, rotate: 0, scale: 0.05, flip: true, intensity: 0.05 },
    patience: null,
    average: "none",
    seed: 2,
  });
  const task = await detection({
    recipe,
    width: 8,
    train: pictures(0, 160),
    validation: pictures(1000, 40),
    ...MODEL,
    ...ON,
  });
  const silent = () => {};
  const { onnx, best } = await train({
    recipe,
    task,
    ...ON,
    signal: new AbortController().signal,
    from: null,
    events: { begin: silent, points: silent, progress: silent, checkpoint: silent, best: silent },
  });
  await task.dispose();
  const session = await createSession(onnx, { ...ON, use: "inference" });
  const unseen = pictures(2000, 40);
  const found = await detect(session, unseen, MODEL);
  await session.dispose();
  expect(best.score).toBeGreaterThan(0.9);
  expect(
    meanAveragePrecision(
      unseen.map(({ objects }, i) => ({ found: found[i]!, there: objects })),
      2,
    ),
  ).toBeGreaterThan(0.9);
});

import { expect, test } from "vitest";
import { createRandom } from "../../main/models/random.ts";
import { type Checkpoint, readCheckpoint } from "../../main/training/checkpoint.ts";
import { createSession } from "../../main/training/engines/session.ts";
import type { Task } from "../../main/training/task.ts";
import { multiTask, type QuestionedPart, type Truths } from "../../main/training/tasks/multi-task.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import { trainQuietly } from "./train-quietly.ts";

const SIZE = 16;
const ON = { device: "cpu", threads: 2 } as const;

/**
 * Noise with or without a bright spot. Asked: is there one (class); is it in the upper half, is the picture bright (labels); in which column is it (a number).
 * Where there is none nobody can say where, and a part `hidden` of all truths is not told.
 */
function spots(count: number, seed: number, hidden: number): QuestionedPart {
  const random = createRandom(seed, 8);
  const area = SIZE * SIZE;
  const pixels = new Float32Array(count * area);
  const index = new Int32Array(count);
  const holds = new Int8Array(count * 2);
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [there, bright] = [random.below(2), random.below(2)];
    const [row, column] = [2 + random.below(SIZE - 4), 2 + random.below(SIZE - 4)];
    for (let at = 0; at < area; at++) {
      const [y, x] = [Math.floor(at / SIZE), at % SIZE];
      const spot = there * 0.5 * Math.exp(-((y - row) ** 2 + (x - column) ** 2) / 4);
      pixels[i * area + at] = 0.1 + 0.15 * bright + 0.15 * random.uniform() + spot;
    }
    const told = (): boolean => random.uniform() >= hidden;
    index[i] = told() ? there : -1;
    holds[2 * i] = there === 1 && told() ? Number(row < SIZE / 2) : -1;
    holds[2 * i + 1] = told() ? bright : -1;
    numbers[i] = there === 1 && told() ? column : Number.NaN;
  }
  const truths: Record<string, Truths> = {
    spot: { kind: "class", classes: 2, index },
    signs: { kind: "labels", labels: 2, holds },
    column: { kind: "value", values: 1, numbers },
  };
  return { pixels, truths };
}

const recipe = recipeSchema.parse({
  architecture: "mlp",
  inputSize: SIZE,
  width: 64,
  epochs: 20,
  batchSize: 32,
  optimiser: "adam",
  learningRate: 0.003,
  weightDecay: 0.01,
  schedule: "cosine",
  balanced: false,
  augment: null,
  patience: null,
  seed: 1,
});

async function run(from: Checkpoint | null = null) {
  const parts = { train: spots(1200, 1, 0.5), validation: spots(200, 2, 0) };
  const task = await multiTask({ recipe, ...parts, ...ON });
  let figures: Readonly<Record<string, number>> = {};
  const heard: Task = {
    ...task,
    validate: async (inference) => {
      const said = await task.validate(inference);
      figures = said.figures;
      return said;
    },
  };
  return { ...(await trainQuietly(heard, recipe, from)), figures };
}

test("one net learns to answer four questions from images that half of the answers are missing from, in the units asked for; resumed it ends with the same weights", async () => {
  const { best, figures, kept, onnx } = await run();
  expect(best.score!).toBeGreaterThan(0.9);
  expect(figures["spot/auc"]!).toBeGreaterThan(0.97);
  expect(figures["signs/auc"]!).toBeGreaterThan(0.95);
  expect(figures["column/mae"]!).toBeLessThan(1.5);
  expect(figures["column/r2"]!).toBeGreaterThan(0.7);

  const again = await run(readCheckpoint(kept[Math.floor(kept.length / 2)]!));
  expect(again.onnx).toEqual(onnx);

  const session = await createSession(onnx, { ...ON, use: "inference" });
  const { pixels, truths } = spots(50, 3, 0);
  const said = await session.run({ image: { type: "float32", dims: [50, 1, SIZE, SIZE], data: pixels } });
  expect(Object.keys(said).sort()).toEqual([
    "column/values",
    "signs/logits",
    "signs/probabilities",
    "spot/logits",
    "spot/probabilities",
  ]);
  const { numbers } = truths.column as Extract<Truths, { kind: "value" }>;
  const off = [...numbers].flatMap((column, i) =>
    Number.isNaN(column) ? [] : [Math.abs(column - (said["column/values"]!.data[i] as number))],
  );
  expect(off.length).toBeGreaterThan(10);
  expect(off.reduce((sum, one) => sum + one, 0) / off.length).toBeLessThan(1.5);
  await session.dispose();
});

test("a question that no training image answers is named", async () => {
  const train = spots(8, 1, 0);
  const truths = { ...train.truths, stage: { kind: "class", classes: 3, index: new Int32Array(8).fill(-1) } } as const;
  const asked = multiTask({ recipe, train: { ...train, truths }, validation: train, ...ON });
  await expect(asked).rejects.toThrow('No training image says anything about "stage"');
});

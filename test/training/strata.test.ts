// Groups served alike: strata and weights by hand, one step of group DRO by the paper's formulas, and what each way does to the worst group of a small problem.
import { expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { groupRobustObjective } from "../../main/models/objectives.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import type { PreparedPart } from "../../main/training/dataset.ts";
import { createSession } from "../../main/training/engines/session.ts";
import { predict } from "../../main/training/evaluate.ts";
import { strataOf } from "../../main/training/strata.ts";
import { classification } from "../../main/training/tasks/classification.ts";
import { train } from "../../main/training/trainer.ts";
import { type Recipe, recipeSchema } from "../../preload/contract/index.ts";

const ON = { device: "cpu", threads: 1 } as const;

test("strata are the groups of each class that have a case; each counts the same in all, a case 1 on average", () => {
  const { count, of, weights } = strataOf(["F", "F", "F", "M", "F", "M"], [0, 0, 0, 0, 1, 1]);
  expect(count).toBe(4);
  expect([...of]).toEqual([0, 0, 0, 1, 2, 3]);
  expect(weights).toEqual([0.5, 1.5, 1.5, 1.5]);
});

test("one step of group DRO: the loss is that of the groups by their weights, and weights grow by exp(step x loss)", async () => {
  const size = 4;
  const model = buildArchitecture(
    "logistic",
    {
      ...{ input: { kind: "image", channels: 1, size: [size, size] }, output: { kind: "class", classes: 2 } },
      ...{ normalise: { mean: 0, std: 1 }, seed: 3, dropout: 0, stochasticDepth: 0 },
    },
    8,
  );
  const step = trainingStep(model, {
    ...{ optimiser: "sgd", batchSize: 4, weightDecay: 0, momentum: 0 },
    objective: groupRobustObjective({ groups: 3, step: 0.5 }),
  });
  const random = createRandom(7);
  const pixels = Float32Array.from({ length: 4 * size * size }, () => random.normal());
  const truth = [0, 1, 1, 0];
  // The third group has no case here.
  const group = [0, 0, 1, 1];
  const oneHot = (of: readonly number[], width: number): Tensor =>
    floatTensor(
      [4, width],
      of.flatMap((one) => Array.from({ length: width }, (_, i) => Number(i === one))),
    );
  const session = await createSession(writeOnnx(step.graph), { ...ON, use: "training" });
  const feeds = {
    ...{ image: floatTensor([4, 1, size, size], pixels), target: oneHot(truth, 2), group: oneHot(group, 3) },
    ...Object.fromEntries(step.state.map(({ name, initial }) => [name, initial])),
    group_weights: floatTensor([3], [0.5, 0.2, 0.3]),
    ...Object.fromEntries(step.scalars(1, 0.1)),
  };
  const {
    probabilities,
    loss,
    "next/group_weights": next,
  } = await session.run(feeds, [...["probabilities", "loss", "next/group_weights"]]);
  await session.dispose();
  const costs = truth.map((t, i) => -Math.log(Number(probabilities!.data[2 * i + t])));
  const means = [(costs[0]! + costs[1]!) / 2, (costs[2]! + costs[3]!) / 2, 0];
  expect(Number(loss!.data[0])).toBeCloseTo(0.5 * means[0]! + 0.2 * means[1]!, 5);
  const grown = [0.5, 0.2, 0.3].map((weight, g) => weight * Math.exp(0.5 * means[g]!));
  const total = grown.reduce((sum, one) => sum + one, 0);
  for (const [g, one] of grown.entries()) expect(Number(next!.data[g])).toBeCloseTo(one / total, 5);
});

const SIZE = 8;

/** A faint finding in one corner; in the other a bright mark that most cases of the class have and few others: a short cut. */
function shortCuts(count: number, rare: number, seed: number): PreparedPart & { groups: string[] } {
  const random = createRandom(seed);
  const pixels = Float32Array.from({ length: count * SIZE * SIZE }, () => 0.4 + 0.1 * random.normal());
  const groups: string[] = [];
  const classIndex = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    classIndex[i] = i % 2;
    const misleads = random.uniform() < rare;
    const marked = (classIndex[i] === 1) !== misleads;
    groups.push(marked ? "marked" : "plain");
    for (let y = 0; y < 2; y++) {
      for (let x = 0; x < 2; x++) {
        const at = i * SIZE * SIZE + y * SIZE + x;
        if (classIndex[i] === 1) pixels[at]! += 0.12;
        if (marked) pixels[at + 5 * SIZE + 5]! += 0.3;
      }
    }
  }
  return { imageIds: groups.map((_, i) => `${seed}/${i}`), classIndex, pixels, groups };
}

const RECIPE = recipeSchema.parse({
  ...{ architecture: "logistic", inputSize: SIZE, width: 8, epochs: 25, batchSize: 32, optimiser: "adam" },
  ...{
    learningRate: 0.01,
    weightDecay: 0,
    schedule: "constant",
    balanced: false,
    augment: null,
    patience: null,
    seed: 3,
  },
});

/** Share of wrong answers in each combination of group and class on cases that nothing was learnt from; the worst of them. */
async function worstError(more: Partial<Recipe>): Promise<number> {
  const recipe = { ...RECIPE, ...more };
  const [own, validation, unseen] = [shortCuts(600, 0.05, 1), shortCuts(200, 0.05, 2), shortCuts(800, 0.5, 3)];
  const groups = recipe.groupBy === "" ? null : own.groups;
  const task = await classification({ recipe, classes: 2, train: own, validation, groups, ...ON });
  try {
    const events = { begin() {}, points() {}, progress() {}, checkpoint() {}, best() {} };
    const { onnx } = await train({ recipe, task, ...ON, signal: new AbortController().signal, from: null, events });
    const session = await createSession(onnx, { ...ON, use: "inference" });
    const predictions = await predict(session, unseen, SIZE, {});
    await session.dispose();
    const { of, count } = strataOf(unseen.groups, unseen.classIndex);
    const wrong = new Array<number>(count).fill(0);
    const all = new Array<number>(count).fill(0);
    predictions.forEach(({ truth, probabilities }, i) => {
      all[of[i]!]!++;
      if (Number(probabilities[1]! > 0.5) !== truth) wrong[of[i]!]!++;
    });
    return Math.max(...wrong.map((count, i) => count / all[i]!));
  } finally {
    await task.dispose();
  }
}

test("on a problem with a short cut, reweighting, resampling and group DRO each lower the error of the worst group by a third and more", async () => {
  const plain = await worstError({});
  const errors: Record<string, number> = {};
  for (const groupMethod of ["reweight", "resample", "dro"] as const) {
    errors[groupMethod] = await worstError({ groupBy: "view", groupMethod, groupStep: 0.05 });
  }
  // Without groups the model reads the mark: it is wrong where the mark misleads.
  expect(plain).toBeGreaterThan(0.3);
  for (const error of Object.values(errors)) expect(error).toBeLessThan(plain * (2 / 3));
});

test("group DRO refuses what weighs or mixes cases otherwise, and says what to switch off", async () => {
  const own = shortCuts(20, 0.1, 1);
  const recipe = { ...RECIPE, groupBy: "sex", groupMethod: "dro" as const, mixup: 0.2 };
  const started = classification({ recipe, classes: 2, train: own, validation: own, groups: own.groups, ...ON });
  await expect(started).rejects.toThrow("switch mixup");
});

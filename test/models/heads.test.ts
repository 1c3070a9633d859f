// Several answers about a case: what is known of each counts, and nothing else.
import { expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { determination, meanAbsoluteError } from "../../main/models/metrics.ts";
import type { Head } from "../../main/models/model-graph.ts";
import { headsObjective } from "../../main/models/objectives.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { randomTensor } from "../graph/central-differences.ts";
import { load, numbers } from "../graph/onnx-runtime.ts";

const N = 4;
const HEADS: readonly Head[] = [
  { name: "finding", answer: { kind: "class", classes: 3 } },
  { name: "signs", answer: { kind: "labels", labels: 2 } },
  { name: "age", answer: { kind: "value", values: 1, scale: [{ mean: 50, std: 20 }] } },
];
const model = buildArchitecture(
  "mlp",
  {
    input: { kind: "table", features: 5 },
    output: { kind: "heads", heads: HEADS },
    normalise: { mean: 0, std: 1 },
    seed: 3,
  },
  6,
);
const table = randomTensor("float32", [N, 5], 2, -1, 1);

/** One step of plain SGD; what was remembered after it is the gradient. */
async function stepped(truths: Readonly<Record<string, Tensor>>, losses: Parameters<typeof headsObjective>[1] = {}) {
  const objective = headsObjective(HEADS, losses);
  const step = trainingStep(model, { optimiser: "sgd", momentum: 0, batchSize: N, weightDecay: 0, objective });
  const answers = await (await load(step.graph))({
    table,
    ...truths,
    ...Object.fromEntries(step.state.map(({ name, initial }) => [name, initial])),
    ...Object.fromEntries(step.scalars(1, 0.1)),
  });
  return { answers, gradient: (name: string) => numbers(answers[`next/velocity/${name}`]!) };
}

const UNKNOWN = {
  "finding/target": floatTensor([N, 3], new Float32Array(N * 3)),
  "signs/target": floatTensor([N, 2], new Float32Array(N * 2).fill(-1)),
  "age/target": floatTensor([N, 1], [0, 0, 0, 0]),
  "age/known": floatTensor([N, 1], [0, 0, 0, 0]),
};
const SOME = {
  "finding/target": floatTensor([N, 3], [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]),
  "signs/target": floatTensor([N, 2], [1, -1, -1, -1, 0, 1, -1, 0]),
  "age/target": floatTensor([N, 1], [70, 0, 0, 35]),
  "age/known": floatTensor([N, 1], [1, 0, 0, 1]),
};

test("the loss is the weighted sum of each head's mean over what is known", async () => {
  const { answers } = await stepped(SOME, { finding: { weight: 2 }, age: { weight: 0.5 } });
  const p = numbers(answers["finding/probabilities"]!);
  const finding = -(Math.log(p[1]!) + Math.log(p[6]!)) / 2;
  const q = numbers(answers["signs/probabilities"]!);
  const signs = -(Math.log(q[0]!) + Math.log(1 - q[4]!) + Math.log(q[5]!) + Math.log(1 - q[7]!)) / 4;
  const age = numbers(answers["age/values"]!);
  const off = (((age[0]! - 70) / 20) ** 2 + ((age[3]! - 35) / 20) ** 2) / 2;
  expect(numbers(answers.loss!)[0]!).toBeCloseTo(2 * finding + signs + 0.5 * off, 4);
});

test("what stands where nothing is known changes nothing, in any head", async () => {
  const before = await stepped(SOME);
  const after = await stepped({
    ...SOME,
    "signs/target": floatTensor([N, 2], [1, -7, -7, -7, 0, 1, -7, 0]),
    "age/target": floatTensor([N, 1], [70, 1e3, -1e3, 35]),
  });
  expect(Object.keys(before.answers).length).toBeGreaterThan(10);
  for (const [name, value] of Object.entries(before.answers)) {
    expect(numbers(after.answers[name]!), name).toEqual(numbers(value));
  }
});

test("a head of which nothing is known in a batch learns nothing from it, and others do", async () => {
  for (const [only, keys] of [
    ["finding", ["finding/target"]],
    ["signs", ["signs/target"]],
    ["age", ["age/target", "age/known"]],
  ] as const) {
    const known = Object.fromEntries(keys.map((key) => [key, SOME[key as keyof typeof SOME]]));
    const { gradient, answers } = await stepped({ ...UNKNOWN, ...known });
    expect(Number.isFinite(numbers(answers.loss!)[0]!)).toBe(true);
    for (const { name } of model.parameters) {
      const [head] = name.split("/");
      const other = name.includes("/") && head !== only;
      expect(
        gradient(name).some((value) => value !== 0),
        `${name} when only ${only} is known`,
      ).toBe(!other);
    }
  }
  const { answers } = await stepped(UNKNOWN);
  expect(numbers(answers.loss!)[0]!).toBe(0);
});

test("heads are one layer: all of them can be kept while the layers below are frozen, and have one rate", () => {
  const depths = new Set(model.parameters.filter(({ name }) => name.includes("/")).map(({ depth }) => depth));
  expect(depths.size).toBe(1);
  expect(Math.max(...model.parameters.map(({ depth }) => depth))).toBe([...depths][0]);
});

test("numbers are judged as scikit-learn's r2_score and mean_absolute_error judge the example of their pages", () => {
  const [truth, predicted] = [
    [3, -0.5, 2, 7],
    [2.5, 0, 2, 8],
  ];
  expect(determination(truth!, predicted!)!.value).toBeCloseTo(0.9486081370449679, 12);
  expect(meanAbsoluteError(truth!, predicted!)).toBe(0.5);
  expect(determination([1, 2], [1, 2])).toBeNull();
  expect(determination([2, 2, 2], [1, 2, 3])).toBeNull();
});

test("the interval of the coefficient of determination holds what it says about as often as it says", () => {
  const [random, n, rounds, noise] = [createRandom(5, 1), 60, 600, 0.8];
  let held = 0;
  for (let round = 0; round < rounds; round++) {
    const predicted = Array.from({ length: n }, () => random.normal());
    const truth = predicted.map((value) => value + noise * random.normal());
    const { low, high } = determination(truth, predicted)!;
    if (low <= 1 / (1 + noise ** 2) && 1 / (1 + noise ** 2) <= high) held++;
  }
  expect(held / rounds).toBeGreaterThan(0.9);
  expect(held / rounds).toBeLessThan(0.99);
});

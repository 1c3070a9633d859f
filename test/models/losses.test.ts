// Losses against their formulas, written a second time number by number, and their gradients against central differences.
import { describe, expect, test } from "vitest";
import { GraphBuilder, type Value } from "../../main/graph/builder.ts";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import {
  binaryCrossEntropy,
  diceLoss,
  huber,
  lovaszLoss,
  softmaxCrossEntropy,
  softTargetsLoss,
  squaredError,
  tverskyLoss,
} from "../../main/models/losses.ts";
import { expectGradient, randomTensor } from "../graph/central-differences.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

/** float32 functions that curve within a step. */
const CURVED = { step: 0.01, within: 2e-3 };
const [N, K] = [4, 3];

type Loss = (b: GraphBuilder, logits: Value, target: Value) => Value;

async function lossValue(loss: Loss, logits: Tensor, target: Tensor): Promise<number> {
  const b = new GraphBuilder("loss");
  const inputs = [b.input("logits", "float32", logits.dims), b.input("target", "float32", target.dims)] as const;
  b.output(b.as("loss").identity(loss(b, ...inputs)));
  return numbers((await runGraph(b.build(), { logits, target })).loss!)[0]!;
}

const gradientHolds = (loss: Loss, logits: Tensor, target: Tensor) =>
  expectGradient({
    inputs: { logits },
    ...CURVED,
    build: (b, { logits: z }) => loss(b, z!, b.constant(target)),
  });

/** Rows of numbers. */
const rowsOf = (tensor: Tensor, width: number): number[][] => {
  const flat = numbers(tensor);
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
};
const softmax = (row: readonly number[]): number[] => {
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
};

describe("cross-entropy over classes", () => {
  const logits = randomTensor("float32", [N, K], 1, -2, 2);
  const truth = [0, 2, 1, 2];
  const target = floatTensor(
    [N, K],
    truth.flatMap((label) => [0, 1, 2].map((k) => Number(k === label))),
  );
  const weights = [1, 3, 0.5];
  const mean = (costs: readonly number[], by: readonly number[]) =>
    costs.reduce((sum, cost, n) => sum + cost * by[n]!, 0) / by.reduce((sum, w) => sum + w, 0);
  const logs = rowsOf(logits, K).map((row) => softmax(row).map(Math.log));
  const own = truth.map((label) => weights[label]!);
  const cases: readonly [string, Parameters<typeof softmaxCrossEntropy>[3], number][] = [
    [
      "plain",
      {},
      mean(
        truth.map((k, n) => -logs[n]![k]!),
        [1, 1, 1, 1],
      ),
    ],
    [
      "weighted by class",
      { classWeights: weights },
      mean(
        truth.map((k, n) => -logs[n]![k]!),
        own,
      ),
    ],
    [
      "smoothed by a tenth",
      { smoothing: 0.1 },
      mean(
        truth.map((k, n) => -(0.9 * logs[n]![k]! + (0.1 * (logs[n]![0]! + logs[n]![1]! + logs[n]![2]!)) / 3)),
        [1, 1, 1, 1],
      ),
    ],
    [
      "focal, gamma 2",
      { gamma: 2 },
      mean(
        truth.map((k, n) => -((1 - Math.exp(logs[n]![k]!)) ** 2) * logs[n]![k]!),
        [1, 1, 1, 1],
      ),
    ],
  ];
  for (const [title, options, expected] of cases)
    test(title, async () => {
      const loss: Loss = (b, z, t) => softmaxCrossEntropy(b, z, t, options);
      expect(await lossValue(loss, logits, target)).toBeCloseTo(expected, 5);
      await gradientHolds(loss, logits, target);
    });

  test("of masks, where a pixel without a truth does not count", async () => {
    const maps = randomTensor("float32", [1, 2, 2, 2], 3, -1, 1);
    // Pixels are 0, 1, unknown, 1; channel by channel.
    const known = floatTensor([1, 2, 2, 2], [1, 0, 0, 0, 0, 1, 0, 1]);
    const z = numbers(maps);
    const cost = (pixel: number, label: number) => -Math.log(softmax([z[pixel]!, z[4 + pixel]!])[label]!);
    const loss: Loss = (b, logit, t) => softmaxCrossEntropy(b, logit, t);
    expect(await lossValue(loss, maps, known)).toBeCloseTo((cost(0, 0) + cost(1, 1) + cost(3, 1)) / 3, 5);
    await gradientHolds(loss, maps, known);
  });
});

test("what a teacher says costs the cross-entropy of both at a temperature, times its square", async () => {
  const temperature = 3;
  const logits = randomTensor("float32", [N, K], 1, -2, 2);
  const soft = (tensor: Tensor) => rowsOf(tensor, K).map((row) => softmax(row.map((z) => z / temperature)));
  const said = soft(randomTensor("float32", [N, K], 2, -2, 2));
  const costs = soft(logits).map((row, n) => -row.reduce((sum, p, k) => sum + said[n]![k]! * Math.log(p), 0));
  const expected = (temperature ** 2 * costs.reduce((sum, cost) => sum + cost, 0)) / N;
  const loss: Loss = (b, z, t) => softTargetsLoss(b, z, t, temperature);
  const teacher = floatTensor([N, K], said.flat());
  expect(await lossValue(loss, logits, teacher)).toBeCloseTo(expected, 4);
  await gradientHolds(loss, logits, teacher);
});

test("binary cross-entropy is the mean over known truths; focal with alpha as published", async () => {
  const logits = randomTensor("float32", [2, 3], 4, -2, 2);
  const target = floatTensor([2, 3], [1, 0, -1, -1, 1, 0]);
  const terms = numbers(logits).flatMap((z, i) => {
    const t = numbers(target)[i]!;
    if (t < 0) return [];
    const p = 1 / (1 + Math.exp(-z));
    const right = t === 1 ? p : 1 - p;
    return [{ plain: -Math.log(right), focal: -(t === 1 ? 0.25 : 0.75) * (1 - right) ** 2 * Math.log(right) }];
  });
  const mean = (key: "plain" | "focal") => terms.reduce((sum, term) => sum + term[key], 0) / terms.length;
  const plain: Loss = (b, z, t) => binaryCrossEntropy(b, z, t);
  const focal: Loss = (b, z, t) => binaryCrossEntropy(b, z, t, { gamma: 2, alpha: 0.25 });
  expect(await lossValue(plain, logits, target)).toBeCloseTo(mean("plain"), 5);
  expect(await lossValue(focal, logits, target)).toBeCloseTo(mean("focal"), 5);
  await gradientHolds(plain, logits, target);
  await gradientHolds(focal, logits, target);
});

test("squared error and Huber's loss, on both sides of its corner", async () => {
  const [values, target] = [floatTensor([4, 1], [0.2, 3, -2, 0.9]), floatTensor([4, 1], [0, 0, 0.5, 0.5])];
  const off = [0.2, 3, -2.5, 0.4];
  const expected = off.map((e) => (Math.abs(e) <= 0.5 ? (e * e) / 2 : 0.5 * (Math.abs(e) - 0.25)));
  const loss: Loss = (b, z, t) => huber(b, b.sub(z, t), 0.5);
  const squared: Loss = (b, z, t) => squaredError(b, b.sub(z, t));
  expect(await lossValue(loss, values, target)).toBeCloseTo(expected.reduce((sum, c) => sum + c, 0) / 4, 6);
  expect(await lossValue(squared, values, target)).toBeCloseTo(off.reduce((sum, e) => sum + e * e, 0) / 4, 5);
  await gradientHolds(loss, values, target);
  await gradientHolds(squared, values, target);
});

describe("overlap of masks", () => {
  const logits = randomTensor("float32", [2, 3, 2, 3], 7, -1, 1);
  const labels = [0, 1, 2, 1, 1, 0, 2, 2, 0, 1, 0, 2];
  const target = floatTensor(
    [2, 3, 2, 3],
    [0, 1].flatMap((n) => [0, 1, 2].flatMap((k) => labels.slice(6 * n, 6 * n + 6).map((label) => Number(label === k)))),
  );
  /** Probability and truth of a class at every pixel of the batch. */
  const ofClass = (k: number) => {
    const z = numbers(logits);
    return labels.map((label, i) => {
      const [n, at] = [Math.floor(i / 6), i % 6];
      return { p: softmax([0, 1, 2].map((c) => z[(n * 3 + c) * 6 + at]!))[k]!, t: Number(label === k) };
    });
  };
  const classMean = (of: (k: number) => number) => (of(1) + of(2)) / 2;

  for (const [title, loss, alpha, beta] of [
    ["Dice", diceLoss, 0.5, 0.5],
    ["Tversky that minds what was missed", (b, z, t) => tverskyLoss(b, z, t, { alpha: 0.3, beta: 0.7 }), 0.3, 0.7],
  ] as const satisfies readonly (readonly [string, Loss, number, number])[])
    test(title, async () => {
      const expected = classMean((k) => {
        const pixels = ofClass(k);
        const both = pixels.reduce((sum, { p, t }) => sum + p * t, 0);
        const [found, there] = [pixels.reduce((sum, { p }) => sum + p, 0), pixels.reduce((sum, { t }) => sum + t, 0)];
        return 1 - (both + 1) / (both + alpha * (found - both) + beta * (there - both) + 1);
      });
      expect(await lossValue(loss, logits, target)).toBeCloseTo(expected, 5);
      await gradientHolds(loss, logits, target);
    });

  test("Lovasz-softmax as its authors' code computes it", async () => {
    const expected = classMean((k) => {
      const sorted = ofClass(k)
        .map(({ p, t }) => ({ error: Math.abs(t - p), t }))
        .sort((a, b) => b.error - a.error);
      const total = sorted.reduce((sum, { t }) => sum + t, 0);
      let [before, seen, sum] = [0, 0, 0];
      sorted.forEach(({ error, t }, i) => {
        seen += t;
        const jaccard = 1 - (total - seen) / (total + (i + 1 - seen));
        sum += error * (jaccard - before);
        before = jaccard;
      });
      return sum;
    });
    expect(await lossValue(lovaszLoss, logits, target)).toBeCloseTo(expected, 5);
    await gradientHolds(lovaszLoss, logits, target);
  });
});

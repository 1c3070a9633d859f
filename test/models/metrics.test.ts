import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wilson } from "../../main/models/metrics/evaluation.ts";
import { aucDeLong, aucMacro, rocCurve } from "../../main/models/metrics/ranking.ts";
import { chooseTemperature, chooseThreshold, evaluate, type Prediction } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";
import { type MetricsReference, predictionsOf, sameFigures } from "../support/metricsReference.ts";

const recorded = JSON.parse(
  readFileSync(new URL("./fixtures/metrics.json", import.meta.url), "utf8"),
) as MetricsReference[];

const classes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `c${i}`, name: `${i}`, color: "#000000" }));
const predictions = (rows: [truth: number, probability: number][]): Prediction[] =>
  rows.map(([truth, p], i) => ({ imageId: `i${i}`, truth, probabilities: [1 - p, p] }));

for (const reference of recorded) {
  test(`figures equal scikit-learn's and DeLong's definition: ${reference.title}`, () => {
    sameFigures(evaluate(classes(reference.probabilities[0]!.length), predictionsOf(reference)), reference.reference);
  });
}

test("the macro interval is repeatable, holds the estimate and shrinks with the number of cases", () => {
  const make = (n: number) => {
    const random = createRandom(5);
    const truth = Array.from({ length: n }, (_, i) => i % 3);
    const scores = [0, 1, 2].map((c) => truth.map((t) => random.normal() + (t === c ? 1 : 0)));
    return aucMacro(truth, scores, 1)!;
  };
  const [few, many] = [make(60), make(960)];
  expect(few).toEqual(make(60));
  expect(few.low).toBeLessThan(few.value);
  expect(few.high).toBeGreaterThan(few.value);
  // A sixteenth of the cases: four times the width, within what one draw scatters.
  expect((few.high - few.low) / (many.high - many.low)).toBeGreaterThan(2.5);
  expect((few.high - few.low) / (many.high - many.low)).toBeLessThan(6);
});

test("where macro and two-class AUC are the same number, the bootstrap interval is DeLong's to a hundredth", () => {
  // With two classes and mirrored scores both one-versus-rest problems are the same problem.
  const random = createRandom(9);
  const truth = Array.from({ length: 400 }, (_, i) => i % 2);
  const score = truth.map((t) => random.normal() + t);
  const macro = aucMacro(truth, [score.map((x) => -x), score], 3)!;
  const delong = aucDeLong(
    truth.map((t) => t === 1),
    score,
  )!;
  expect(macro.value).toBeCloseTo(delong.value, 12);
  expect(Math.abs(macro.low - delong.low)).toBeLessThan(0.01);
  expect(Math.abs(macro.high - delong.high)).toBeLessThan(0.01);
});

test("a ROC curve of 20 000 cases is thinned to 512 points and keeps its area", () => {
  const random = createRandom(4);
  const positive = Array.from({ length: 20_000 }, () => random.uniform() < 0.1);
  const scores = positive.map((yes) => random.normal() + (yes ? 1 : 0));
  const points = rocCurve(positive, scores);
  expect(points.length).toBeLessThanOrEqual(512);
  expect(points.length).toBeGreaterThan(400);
  expect(points[0]!.slice(0, 2)).toEqual([0, 0]);
  expect(points.at(-1)!.slice(0, 2)).toEqual([1, 1]);
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    area += ((points[i]![0] - points[i - 1]![0]) * (points[i]![1] + points[i - 1]![1])) / 2;
  }
  expect(Math.abs(area - aucDeLong(positive, scores)!.value)).toBeLessThan(1e-3);
});

test("cases come worst first, and a truth that got probability 0 has a large, finite loss", () => {
  const { cases } = evaluate(
    classes(2),
    predictions([
      [1, 0.9],
      [1, 0],
      [0, 0.6],
    ]),
  );
  expect(cases.map((one) => one.imageId)).toEqual(["i1", "i2", "i0"]);
  expect(cases[0]!.loss).toBeGreaterThan(30);
  expect(cases[0]!.loss).toBeLessThan(40);
});

test("without a case of one class AUC is null and there is no curve; the rest is still told", () => {
  const result = evaluate(
    classes(2),
    predictions([
      [1, 0.9],
      [1, 0.2],
    ]),
  );
  expect(result.auc).toBeNull();
  expect(result.roc).toEqual([]);
  expect(result.accuracy.value).toBe(0.5);
  expect(result.confusion).toEqual([
    [0, 0],
    [1, 1],
  ]);
  const three = evaluate(classes(3), [
    { imageId: "a", truth: 0, probabilities: [0.8, 0.1, 0.1] },
    { imageId: "b", truth: 2, probabilities: [0.1, 0.1, 0.8] },
  ]);
  expect(three.auc).toBeNull();
  expect(three.roc.map((curve) => curve.classIndex)).toEqual([0, 2]);
});

test("one case in each class, in order: AUC 1 with an interval that admits how little that says", () => {
  const { auc } = evaluate(
    classes(2),
    predictions([
      [0, 0.4],
      [1, 0.6],
    ]),
  );
  expect(auc!.value).toBe(1);
  expect(auc!.low).toBeLessThan(0.1);
});

test("no case at all is refused as an empty part", () => {
  expect(() => evaluate(classes(2), [])).toThrow(expect.objectContaining({ code: "snapshot/part-empty" }));
});

for (const [title, probabilities, truth] of [
  ["NaN", [Number.NaN, 1], 0],
  ["a probability above 1", [-0.5, 1.5], 0],
  ["probabilities that sum to 2", [1, 1], 0],
  ["a missing class", [1], 0],
  ["a truth outside the classes", [0.5, 0.5], 2],
] as const) {
  test(`${title} is refused rather than judged`, () => {
    expect(() => evaluate(classes(2), [{ imageId: "a", truth, probabilities }])).toThrow(
      expect.objectContaining({ code: "app/invalid-input" }),
    );
  });
}

test("Wilson's interval has width at the ends and never leaves [0, 1]", () => {
  expect(wilson(0, 10).low).toBe(0);
  expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
  expect(wilson(10, 10).high).toBe(1);
  expect(wilson(10, 10).low).toBeCloseTo(0.7225, 4);
});

test("the chosen threshold lies between classes that are apart, and moves with their scores", () => {
  // Logits normal around two centres of equal spread: Youden's index is largest halfway between them, and one standard error below that 0.4 away.
  const CENTRE_ERROR = 0.4 + 0.3; // 0.3 for the scatter of 400 cases
  for (const shift of [-3, 0, 2]) {
    const random = createRandom(11, shift + 3);
    const rows = Array.from({ length: 400 }, (_, i): [number, number] => {
      const truth = i % 4 === 0 ? 0 : 1; // three times as many of one class change nothing
      return [truth, 1 / (1 + Math.exp(-(shift + (truth ? 2 : -2) + random.normal())))];
    });
    const threshold = chooseThreshold(predictions(rows));
    expect(Math.abs(Math.log(threshold / (1 - threshold)) - shift)).toBeLessThan(CENTRE_ERROR);
    // Where the classes meet near one half, cases cannot tell it from the best place.
    if (shift === 0) expect(threshold).toBeCloseTo(0.5, 2);
  }
});

test("one half is kept where there is nothing to choose from: one class absent, or three classes", () => {
  const half = 0.5;
  expect(
    chooseThreshold(
      predictions([
        [1, 0.9],
        [1, 0.2],
      ]),
    ),
  ).toBe(half);
  expect(chooseThreshold([{ imageId: "a", truth: 2, probabilities: [0.2, 0.2, 0.6] }])).toBe(half);
  expect(chooseThreshold([])).toBe(half);
});

test("a threshold decides between two classes, in predictions, accuracy and confusion, and leaves AUC and calibration alone", () => {
  const rows: [number, number][] = [
    [0, 0.1],
    [0, 0.3],
    [1, 0.4],
    [1, 0.9],
  ];
  const [plain, moved] = [evaluate(classes(2), predictions(rows)), evaluate(classes(2), predictions(rows), 0.35)];
  expect([plain.threshold, moved.threshold]).toEqual([0.5, 0.35]);
  expect([plain.accuracy.value, moved.accuracy.value]).toEqual([0.75, 1]);
  expect(plain.confusion).toEqual([
    [2, 0],
    [1, 1],
  ]);
  expect(moved.confusion).toEqual([
    [2, 0],
    [0, 2],
  ]);
  expect([moved.auc, moved.calibration]).toEqual([plain.auc, plain.calibration]);
});

test("the temperature undoes logits that were multiplied, and is 1 where probabilities mean what they say", () => {
  const SCATTER = 0.15; // relative, of 3000 cases
  for (const factor of [1, 3, 0.5]) {
    const random = createRandom(21);
    const rows = Array.from({ length: 3000 }, (): [number, number] => {
      const logit = 2 * random.normal();
      const truth = random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
      return [truth, 1 / (1 + Math.exp(-logit * factor))];
    });
    expect(Math.abs(chooseTemperature(predictions(rows)) / factor - 1)).toBeLessThan(SCATTER);
  }
  expect(chooseTemperature([])).toBe(1);
});
